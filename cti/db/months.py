"""Months of history on PostgreSQL: a part of its own for each table and month, made before a row needs it.

It knows which tables are parted, what the parts are called and which lie ahead; SQLite has no parts, and nothing here
does anything there. There is no part for "everything else": a row without a part is refused by PostgreSQL and nothing
of its transaction is stored, so whoever stores history calls `make_room` first. Months are UTC. What lies before 2000
or after 2099 (a clock without battery) has one part on each side, so that no line can ask for parts without end.

The parts lie in the schema `cti_months`: whoever looks at the tables sees six, not six for each month.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from . import fact_tables  # noqa: F401 -- its tables are among ours
from .tables import Table

SCHEMA = "cti_months"
# table -> the column whose month parts it
PARTED = {
    name: str(by)[len("RANGE (") : -1]
    for name, one in sorted(Table.metadata.tables.items())
    if (by := one.dialect_options["postgresql"]["partition_by"])
}
_FIRST_YEAR, LAST_YEAR = 2000, 2099
_MONTH = re.compile(r"[0-9]{4}_[0-9]{2}|earlier|later", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """One month of UTC; year 0 stands for all before 2000, year 9999 for all after 2099."""

    year: int
    month: int

    @staticmethod
    def of(at: datetime) -> Month:
        """The month that holds this aware instant."""
        at = at if at.tzinfo is UTC else at.astimezone(UTC)
        if at.year < _FIRST_YEAR:
            return Month(0, 1)
        return Month(9999, 1) if at.year > LAST_YEAR else Month(at.year, at.month)

    @property
    def next(self) -> Month:
        """The one after it; the last one is its own."""
        if self.year == 0:
            return Month(_FIRST_YEAR, 1)
        if (self.year, self.month) >= (LAST_YEAR, 12):
            return Month(9999, 1)
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    @property
    def name(self) -> str:
        """As the end of a part's name: 2026_11, earlier, later."""
        return {0: "earlier", 9999: "later"}.get(self.year, f"{self.year:04}_{self.month:02}")

    @staticmethod
    def named(name: str) -> Month:
        """The month of a part's name, as `name` gives it."""
        if name in ("earlier", "later"):
            return Month(0 if name == "earlier" else 9999, 1)
        return Month(int(name[:4]), int(name[5:]))

    @property
    def begin(self) -> datetime | None:
        """Its first instant; None: it has no beginning."""
        if self.year == 0:
            return None
        return datetime(min(self.year, LAST_YEAR + 1), self.month, 1, tzinfo=UTC)

    @property
    def bounds(self) -> str:
        """For values from … to …, as PostgreSQL reads it."""
        first = f"'{self.begin.isoformat()}'" if self.begin else "MINVALUE"
        last = f"'{self.next.begin.isoformat()}'" if self.year != 9999 and self.next.begin else "MAXVALUE"
        return f"FROM ({first}) TO ({last})"


def months_of(instants: Iterable[datetime]) -> frozenset[Month]:
    """The months that hold these aware instants."""
    utc = (at if at.tzinfo is UTC else at.astimezone(UTC) for at in instants)
    return frozenset(Month.of(at) for at in {(at.year, at.month): at for at in utc}.values())


_THERE = text(
    f"SELECT count(*) FROM pg_class WHERE relnamespace = '{SCHEMA}'::regnamespace AND relname = ANY(:parts)"  # noqa: S608
)


async def make_room(connection: AsyncConnection, instants: Iterable[datetime]) -> None:
    """Parts for rows of these instants, and for the month after the last, in the caller's transaction.

    Readers and other writers go on meanwhile (a part is attached, which takes no lock that they would wait for).
    """
    if connection.dialect.name == "postgresql":
        await make_room_for(connection, months_of(instants))


async def make_room_for(connection: AsyncConnection, months: Collection[Month]) -> None:
    """The same for these months, on PostgreSQL."""
    if not months:
        return
    parts = [f"{table}_{month.name}" for table in PARTED for month in _with_next(months)]
    if (await connection.execute(_THERE, {"parts": parts})).scalar_one() < len(parts):
        await connection.run_sync(make_months, months)


def make_months(connection: Connection, months: Iterable[Month]) -> None:
    """The parts of every parted table for these months and the one after; those that exist stay. Not for SQLite."""
    tables, there = _parts(connection)
    for table in tables:
        for month in _with_next(months):
            part = f"{table}_{month.name}"
            if part not in there:
                _make_part(connection, table, part, month)


def months_there(connection: Connection) -> dict[str, list[Month]]:
    """The months of every parted table, in order. Not for SQLite."""
    tables, there = _parts(connection)
    found: dict[str, list[Month]] = {table: [] for table in tables}
    for part in there:
        table = next(name for name in tables if _MONTH.fullmatch(part[len(name) + 1 :]) and part.startswith(f"{name}_"))
        found[table].append(Month.named(part[len(table) + 1 :]))
    return {table: sorted(months) for table, months in found.items()}


def _with_next(months: Iterable[Month]) -> list[Month]:
    wanted = set(months)
    return sorted(wanted | {max(wanted).next}) if wanted else []


def _parts(connection: Connection) -> tuple[list[str], set[str]]:
    """The parted tables, and the names of all parts that there are."""
    found = connection.execute(text(_PARTS)).all()
    return sorted({name for name, _ in found}), {part for _, part in found if part}


_PARTS = """
SELECT parent.relname, part.relname FROM pg_class parent
LEFT JOIN pg_inherits ON inhparent = parent.oid LEFT JOIN pg_class part ON part.oid = inhrelid
WHERE parent.relkind = 'p' AND parent.relnamespace = current_schema()::regnamespace
"""


def _make_part(connection: Connection, table: str, part: str, month: Month) -> None:
    # Not CREATE TABLE … PARTITION OF: that locks out every reader of the whole table (its ACCESS EXCLUSIVE lock).
    connection.execute(text(f"CREATE TABLE {SCHEMA}.{part} (LIKE {table} INCLUDING ALL)"))
    connection.execute(text(f"ALTER TABLE {table} ATTACH PARTITION {SCHEMA}.{part} FOR VALUES {month.bounds}"))
