"""`cti report export`: history as Parquet files by day, for any engine that reads them. It asks and prints."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from ..db.exported import EXPORTED, Exported, Snapshot, snapshot
from ..db.store import Store
from ..errors import UsageError
from ..reports.by_day import DayFolder, alone
from .report_options import begin
from .rows import as_json, print_json, print_table, timezone, with_store, zone

_Line = dict[str, Any]


@click.command("export")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--from", "since", default="", help="Only from this day on: 2026-11-22, or 7d ago. Default: all days.")
@click.option("--to", "until", default="", help="Only up to here (not included).")
@click.option(
    "--table", "tables", multiple=True, type=click.Choice(list(EXPORTED)), help="Only this one; several times."
)
@click.option("--dry-run", is_flag=True, help="Say which days would be written and removed; change nothing.")
@as_json
@timezone
@click.pass_obj
def export(
    home: Path,
    folder: Path,
    since: str,
    until: str,
    tables: tuple[str, ...],
    dry_run: bool,
    as_json: bool,
    timezone: str,
) -> None:
    """Write history into FOLDER as Parquet, a file for each table and day: visits/day=2026-11-22/part-0.parquet.

    A day is a day in UTC: instants are UTC timestamps, durations whole milliseconds (wait_ms). Run it again at any
    time: days that changed are written anew, the others are not touched, days without rows lose theirs. Every engine
    that knows Hive's folders reads it (DuckDB, Spark, Trino, ClickHouse); the README has queries.
    """
    span = _days(since, until, zone(home, timezone))

    async def go(store: Store) -> list[_Line]:
        return await export_tables(store, folder, span=span, tables=tables, dry_run=dry_run)

    with alone(folder):
        lines = with_store(home, go)
    if as_json:
        print_json(lines)
        return
    names = list(lines[0])
    print_table(names, [[_shown(line[name]) for name in names] for line in lines], none="")


def _shown(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _days(since: str, until: str, where: Any) -> tuple[date, date]:
    """Whole UTC days that hold the period. Raises UsageError."""
    first, last = begin(since, datetime.now(UTC), where), begin(until, datetime.now(UTC), where)
    if first and last and last <= first:
        raise UsageError("the period is empty: --to must be after --from")
    latest = (last - timedelta(microseconds=1)).date() if last else date.max
    return (first.date() if first else date.min), latest


async def export_tables(
    store: Store,
    folder: Path,
    *,
    span: tuple[date, date] = (date.min, date.max),
    tables: Sequence[str] = (),
    dry_run: bool = False,
) -> list[_Line]:
    """Every one of `tables` (none = all) for the days of `span`; what became of each. Raises StoreError."""
    wanted = [EXPORTED[name] for name in dict.fromkeys(tables)] or list(EXPORTED.values())
    progress = _Progress()
    async with snapshot(store.database) as rows:
        return [await _table(rows, table, folder, span, progress, dry_run) for table in wanted]


async def _table(
    rows: Snapshot, table: Exported, folder: Path, span: tuple[date, date], progress: _Progress, dry_run: bool
) -> _Line:
    """Write every day of one table, then remove the days that have no rows any more."""
    with DayFolder(folder, table.name, table.columns, dry_run=dry_run) as days:
        async for day, some in rows.days(table, *span):
            days.put(day, some)
            progress.say(table.name, day, days.rows)
        days.finish(*span)
    return {"table": table.name, "rows": days.rows, **{f"days_{what.value}": n for what, n in days.became.items()}}


class _Progress:
    """A line on stderr each second: long exports show where they are."""

    def __init__(self) -> None:
        self._said = time.monotonic()

    def say(self, table: str, day: date, rows: int) -> None:
        if time.monotonic() - self._said >= 1:
            self._said = time.monotonic()
            click.echo(f"{table}: {day}, {rows:,} rows", err=True)
            sys.stderr.flush()
