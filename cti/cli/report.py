"""`cti report`: numbers with their definitions, from the rows. It asks and prints; counting is elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..reporting.answer import answer, drilled
from ..reports.build import definitions
from ..reports.catalogue import REPORTS
from ..reports.compare import compare_definitions
from .progress import watched
from .report_check import checked
from .report_compare import compare
from .report_options import options_of, question_of
from .report_output import show, show_rows
from .report_schedule import schedule
from .rows import print_json, print_table


class Reports(click.Group):
    """One command for each report of the catalogue."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*REPORTS, *super().list_commands(ctx), "export"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name == "export":
            from .report_export import export  # a big library, which the other reports do not wait for

            return export
        return _command(cmd_name) if cmd_name in REPORTS else super().get_command(ctx, cmd_name)


@click.group(cls=Reports)
def report() -> None:
    """Numbers from the call records; each says which definition it used."""


report.add_command(compare)
report.add_command(schedule)


@report.command("explain")
@click.argument("name", type=click.Choice([*REPORTS, "compare"]))
@click.option("--json", "as_json_", is_flag=True, help="Print JSON.")
def explain(name: str, as_json_: bool) -> None:
    """What every number of a report means: metric, formula, words."""
    rows = compare_definitions() if name == "compare" else definitions(name)
    if as_json_:
        print_json([dict(zip(("metric", "formula", "says", "says_zh"), row, strict=True)) for row in rows])
    else:
        print_table(("metric", "formula", "means", "含义"), rows, none="")


def _command(name: str) -> click.Command:
    def body(home: Path, /, **options: Any) -> None:
        _run(home, name, **options)

    callback = click.pass_obj(body)
    for option in reversed(options_of(name)):
        callback = option(callback)
    says = REPORTS[name].says
    return click.command(name, help=f"{says[0].upper()}{says[1:]}.")(callback)


def _run(home: Path, name: str, *, form: str, out: Path | None, drill: bool, **options: Any) -> None:
    check = options.pop("check", False)
    question = question_of(home, name, **options)
    if drill:
        show_rows(watched(home, question, drilled), form, question.asked.zone)
        return
    report = watched(home, question, answer)
    if not check:
        show(report, form, out)
        return
    found = watched(home, question, checked)
    show(report, form, out, check=found.entity)
    found.say(name)
    if found.count:
        raise SystemExit(1)
