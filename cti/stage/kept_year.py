"""Keeps a made year: as rows of a database, and as the Parquet files that the export would make of these rows.

It knows the quickest way into each database (a prepared statement on SQLite, COPY on PostgreSQL), and that indexes
which scatter are made at the end. It makes nothing up: what the year is, `year_of_calls` says. Day by day, a day's file
last; what is there already is left, so that it can be done in pieces.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.csv
from sqlalchemy import Connection, Index, Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ..db.connection import Database
from ..db.fact_tables import VisitRow
from ..db.months import make_room
from ..db.plain import Driver
from ..reports.by_day import NAME
from ..reports.parquet import GROUP, arrow_writer
from .year_of_calls import DAYS, calls_of_day, date_of, day_of_calls

Say = Callable[[str], None]
ROWS = 100_000  # of one transaction
# COPY takes nothing without quotes for NULL.
_QUOTED = pyarrow.csv.WriteOptions(include_header=False, quoting_style="all_valid")


async def keep_year(database: Database, folder: Path, calls: int, until: float, say: Say) -> bool:
    """All of it. False: `until` (of time.monotonic) came before the end; the same again goes on."""
    missing = [day for day in range(DAYS) if not _file(folder, day).exists()]
    if missing:
        await _indexes(database, there=False)
    while missing:
        if time.monotonic() > until:
            return False
        some = _some(missing, calls)
        await _keep_days(database, folder, {day: day_of_calls(day, calls) for day in some})
        missing = missing[len(some) :]
        say(f"made {DAYS - len(missing)} of {DAYS} days")
    say("indexes …")
    await _indexes(database, there=True)
    return True


def _some(days: Sequence[int], calls: int) -> list[int]:
    """As many of them as are worth a transaction."""
    upto = accumulate(calls_of_day(day, calls) for day in days)
    return [days[0], *(day for day, rows in zip(days[1:], upto, strict=False) if rows < ROWS)]


def _file(folder: Path, day: int) -> Path:
    return folder / "visits" / f"day={date_of(day)}" / NAME


async def _indexes(database: Database, *, there: bool) -> None:
    """All but the one by instant, at whose end each day is."""

    def made(connection: Connection) -> None:
        for index in _scattered():
            (index.create if there else index.drop)(connection, checkfirst=True)

    async with database.writing() as connection:
        await connection.run_sync(made)


def _scattered() -> list[Index]:
    table = cast("Table", VisitRow.__table__)
    return [index for index in table.indexes if index.columns.keys()[0] != "entered"]


async def _keep_days(database: Database, folder: Path, days: Mapping[int, Any]) -> None:
    async with database.writing(folding=True) as connection:
        newest = (await connection.execute(select(func.max(VisitRow.entered)))).scalar()
        for day, rows in days.items():
            if rows.num_rows and (newest is None or newest.date() < date_of(day)):
                await _store(connection, rows)
    for day, rows in days.items():
        file = _file(folder, day)
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_name(f".{NAME}.new")
        with arrow_writer(str(new), rows.schema) as writer:
            writer.write_table(rows, row_group_size=GROUP)
        new.replace(file)


async def _store(connection: AsyncConnection, rows: Any) -> None:
    await make_room(connection, [rows["entered"][0].as_py()])
    driver = await Driver.under(connection)
    form = driver.form(VisitRow)
    rows = rows.select(form.columns)
    if driver.sqlite:
        moments = rows["entered"].cast(pa.timestamp("us")).cast(pa.string())  # as `db.plain` writes them
        rows = rows.set_column(form.columns.index("entered"), "entered", moments)
        await driver.insert(form, list(zip(*(column.to_pylist() for column in rows.columns), strict=True)))
        return
    data = io.BytesIO()
    pyarrow.csv.write_csv(rows, data, _QUOTED)
    data.seek(0)
    raw: Any = (await connection.get_raw_connection()).driver_connection
    await raw.copy_to_table(form.table, source=data, columns=form.columns, format="csv")
