"""`cti report`: numbers with their definitions, from the rows. It asks and prints; counting is elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..db.store import Store
from ..reporting.answer import answer, drilled
from ..reporting.check import differences
from ..reporting.makers import MAKERS
from ..reporting.question import Question
from ..reports.build import definitions
from ..reports.catalogue import REPORTS
from ..reports.compare import compare_definitions
from .progress import watched
from .report_compare import compare
from .report_options import options_of, question_of
from .report_output import show, show_rows
from .report_schedule import schedule
from .rows import print_json, print_table, seen

_MOST_SAID = 1_000  # differences: who has more of them needs a rebuild, not a list


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
    for option in reversed(options_of(name, made=name in MAKERS)):
        callback = option(callback)
    return click.command(name, help=f"{REPORTS[name].says.capitalize()}.")(callback)


def _run(home: Path, name: str, *, form: str, out: Path | None, drill: bool, **options: Any) -> None:
    check = options.pop("check", False)
    question = question_of(home, name, **options)
    if drill:
        show_rows(watched(home, question, drilled), form, question.asked.zone)
        return
    show(watched(home, question, answer), form, out)
    if check and watched(home, question, _check):
        raise SystemExit(1)


async def _check(store: Store, question: Question) -> int:
    """Says each difference as it is found; how many."""
    found = 0
    async for difference in differences(store.database, question.asked, question.span, question.now):
        found += 1
        if found <= _MOST_SAID:
            click.echo(f"differs: {seen(difference)}", err=True)
    click.echo(f"check: {found:,} difference(s)", err=True)
    return found
