"""A report on the terminal or in a file, in whichever format. It prints; it asks nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from ..errors import UsageError
from ..reporting.written import WRITTEN
from ..reports.document import Report, Value, shown
from ..reports.formats import as_json
from .out_file import print_or_put
from .rows import console, localised, print_json, print_table, seen
from .wide_table import pieces, widths_of

_SAYS = ("text", "instant")  # columns that say what a line is about


def show(found: Report, form: str, out: Path | None, *, check: Mapping[str, Any] | None = None) -> None:
    """Print it, or write it into a file; `check` is what became of its check, for JSON. Raises UsageError."""
    if form == "table" and out is None:
        _print(found)
    elif form == "json" and check is not None:
        print_or_put(json.dumps({**json.loads(as_json(found)), "check": check}, ensure_ascii=False), out)
    else:
        form = "csv" if form == "table" else form  # nobody looks at a file with columns in mind
        print_or_put(WRITTEN[form](found), out)


def _print(found: Report) -> None:
    for part in found.compact:
        click.echo(part.title)
        _print_table(part)
        click.echo()
    if not found.compact:
        _print_table(found)
    console().print(seen(", ".join(f"{name} {value}" for name, value in found.about.items())), style="dim")
    for note in found.notes:
        console().print(seen(note.says), style="dim")


def _print_table(found: Report) -> None:
    """In one piece when it fits the terminal."""
    names = [column.title for column in found.columns]
    units = [column.unit for column in found.columns]
    rows = [[shown(value, unit) for value, unit in zip(row, units, strict=True)] for row in found.rows]
    if len(rows) > 1 and found.total:
        rows.append([_summed(value, unit) for value, unit in zip(found.total, units, strict=True)])
        rows[-1][0] = "all"
    for number, places in enumerate(pieces(widths_of(names, rows), _heads(found), console().width)):
        if number:
            click.echo()
        right = [n for n, place in enumerate(places) if units[place] not in _SAYS]
        some = [[row[place] for place in places] for row in rows]
        print_table([names[place] for place in places], some, none="no calls in this period", right=right)


def _heads(found: Report) -> int:
    """How many columns say what a line is about: those before the first number with a definition."""
    defined = any(column.metric for column in found.columns)
    says = [not column.metric if defined else column.unit in _SAYS for column in found.columns]
    return says.index(False) if False in says else len(says)


def _summed(value: Value, unit: str) -> str:
    return "" if value is None or unit in _SAYS else shown(value, unit)


def show_rows(rows: list[dict[str, Any]], form: str, where: ZoneInfo) -> None:
    """The rows behind a report's numbers. Raises UsageError."""
    if form == "json":
        print_json(localised(rows, where))
        return
    if form == "csv":
        raise UsageError("--drill prints a table or JSON; the rows as CSV come from the database's views")
    names = list(rows[0]) if rows else []
    print_table(names, [[_cell(row[name], where) for name in names] for row in rows], none="no rows in this period")


def _cell(value: Any, where: ZoneInfo) -> str:
    return value.astimezone(where).strftime("%Y-%m-%d %H:%M:%S") if isinstance(value, datetime) else str(value)
