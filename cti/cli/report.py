"""`cti report`: numbers with their definitions, from the rows. It asks and prints; counting is elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..db.store import Store
from ..reporting.answer import answer, drilled
from ..reporting.counted import check_counts, counted_for
from ..reporting.makers import MAKERS
from ..reporting.question import Question
from ..reports.build import build, definitions
from ..reports.catalogue import REPORTS
from ..reports.compare import compare_definitions
from ..reports.document import Report
from .progress import watched
from .report_compare import compare
from .report_options import options_of, question_of
from .report_output import show, show_rows
from .report_schedule import schedule
from .rows import print_json, print_table, with_store


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
    elif check:
        _checked(home, question, form, out)
    else:
        show(watched(home, question, answer), form, out)


def _checked(home: Path, question: Question, form: str, out: Path | None) -> None:
    async def read(store: Store) -> tuple[Report, list[tuple[str, str, int, int]]]:
        counted, titles = await counted_for(store, question.asked, question.span)
        differences = await check_counts(store.database, question.asked, question.span, counted)
        return build(question.asked, counted, titles), differences

    found, differences = with_store(home, read)
    show(found, form, out)
    for line, counter, ours, rows_say in differences:
        click.echo(f"differs: {line or 'all'}: {counter} is {ours}, the rows say {rows_say}", err=True)
    click.echo(f"check: {len(differences)} difference(s)", err=True)
    if differences:
        raise SystemExit(1)
