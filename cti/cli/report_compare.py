"""`cti report compare NAME`: two periods of any report side by side. It asks and prints."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ..reporting.answer import answer_beside
from ..reports.catalogue import REPORTS
from .progress import watched
from .report_options import against_of, options_of, question_of
from .report_output import show

_AGAINST = click.option(
    "--against", default="previous", show_default=True, metavar="PERIOD",
    help="previous (as long, just before), last-week, last-year, or 2026-11-01..2026-11-08.",
)  # fmt: skip


class Compared(click.Group):
    """One command for each report."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(REPORTS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        return command(cmd_name) if cmd_name in REPORTS else None


@click.group(cls=Compared)
def compare() -> None:
    """Two periods of a report side by side: difference, relative change, and how many each number is made of."""


def command(name: str) -> click.Command:
    """The command of one report."""

    def body(home: Path, /, form: str, out: Path | None, against: str, **options: Any) -> None:
        question = question_of(home, name, **options)
        period = against_of(against, question.asked)
        show(watched(home, question, lambda store, asked: answer_beside(store, asked, period)), form, out)

    callback: Callable[..., Any] = click.pass_obj(body)
    for option in reversed((*options_of(name, rows=False), _AGAINST)):
        callback = option(callback)
    return click.command(name, help=f"Compared: {REPORTS[name].says}.")(callback)
