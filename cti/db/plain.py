"""Rows as plain tuples, straight to the driver: COPY on PostgreSQL, a prepared statement run for each row on SQLite.

An import writes a dozen rows for each line of a call's story, and SQLAlchemy's way to the driver costs several times
what the database does. This knows how each of the two drivers takes a table's values and a list of keys, within the
transaction that SQLAlchemy opened; what the rows mean it does not know. Everything else goes by SQLAlchemy.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from typing import Any

import orjson
from sqlalchemy import JSON, Boolean
from sqlalchemy.ext.asyncio import AsyncConnection

from .months import LAST_YEAR, PARTED, Month, make_room_for, months_of
from .tables import Table, UtcInstant

Plain = tuple[Any, ...]
Column = Sequence[Any]
Encoder = Callable[[Column], Column]  # of a whole column: a value at a time it takes twice as long


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How a table's rows look to a driver: the columns in order, and those whose values are written otherwise."""

    table: str
    columns: tuple[str, ...]
    encoders: tuple[tuple[int, Encoder], ...]

    def rows(self, values: Iterable[Sequence[Any]]) -> list[Plain]:
        """These values, in the order of `columns`, as the driver takes them."""
        columns: list[Column] = list(zip(*values, strict=True))
        for index, encode in self.encoders if columns else ():
            columns[index] = encode(columns[index])
        return list(zip(*columns, strict=True))

    @property
    def insert(self) -> str:
        names = ", ".join(f'"{name}"' for name in self.columns)
        return f"INSERT INTO {self.table} ({names}) VALUES ({', '.join('?' * len(self.columns))})"  # noqa: S608 -- ours


@cache
def form_of(table: type[Table], *first: str, sqlite: bool, words: tuple[str, ...] = ()) -> Form:
    """The form of this table for SQLite, or for PostgreSQL; its columns in order, `first` before all others. `words`
    are columns whose values are members of a StrEnum: they become mere text, which `marshal` asks for."""
    columns = table.__table__.columns
    names = (*first, *(name for name in columns.keys() if name not in first))  # noqa: SIM118 -- no mapping
    found = (_mere if name in words else _encoder(columns[name].type, sqlite) for name in names)
    encoders = tuple((index, encode) for index, encode in enumerate(found) if encode)
    return Form(table=table.__tablename__, columns=names, encoders=encoders)


def _encoder(kind: Any, sqlite: bool) -> Encoder | None:
    if isinstance(kind, JSON):
        return _all_said
    if not sqlite:
        return None
    return moments if isinstance(kind, UtcInstant) else _flags if isinstance(kind, Boolean) else None


def said(value: Any) -> str:
    """As JSON with its keys in order, so that the same value is always the same bytes."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _all_said(column: Column) -> list[str]:
    return [said(value) for value in column]


def moments(column: Column) -> list[str | None]:
    """As SQLAlchemy writes instants to SQLite: UTC, six digits of a second, no zone; None stays None."""
    return but_none(column, _moments, None)


def _moments(column: Column) -> list[str]:
    told = (text.replace("T", " ").removesuffix("+00:00") for text in iso(column))
    return [text if len(text) == 26 else f"{text}.000000" for text in told]


def iso(column: Column) -> list[str]:
    """Instants in ISO's form, UTC; a fraction where there is one. orjson writes all of them as one text: `isoformat`
    takes seven times as long."""
    if any(at.tzinfo is not UTC for at in column):
        column = [at.astimezone(UTC) for at in column]
    return orjson.dumps(column).decode()[2:-2].split('","') if column else []


def but_none(column: Column, write: Callable[[Column], Iterable[Any]], nothing: Any) -> list[Any]:
    """What is written of a column's values, and `nothing` where there is none."""
    known = [value for value in column if value is not None]
    told = iter(write(known))
    return list(told) if len(known) == len(column) else [nothing if value is None else next(told) for value in column]


def _flags(column: Column) -> list[int]:
    return [int(value) for value in column]


def _mere(column: Column) -> list[str]:
    return [str.__str__(value) for value in column]


def _months(column: str, since: datetime, until: datetime | None) -> str:
    """Whole months as text, not values: with values PostgreSQL opens every part before it knows which it needs."""
    first, last = Month.of(since).begin, Month.of(until).next.begin if until else None
    low = f" AND {column} >= '{first.isoformat()}'" if first else ""
    return low + (f" AND {column} < '{last.isoformat()}'" if last and last.year <= LAST_YEAR else "")


class Driver:
    """The driver's own connection, within a transaction of SQLAlchemy's. `under` makes one."""

    def __init__(self, connection: AsyncConnection, driver: Any) -> None:
        self.connection = connection  # what the same transaction is to SQLAlchemy
        self.sqlite = connection.dialect.name == "sqlite"
        self._driver = driver
        self._room: set[Month] = set()  # the months that surely have their parts

    @classmethod
    async def under(cls, connection: AsyncConnection) -> Driver:
        """The one that this connection speaks through; its transaction must have begun with a statement."""
        raw = await connection.get_raw_connection()
        return cls(connection, raw.driver_connection)

    def form(self, table: type[Table], *first: str) -> Form:
        return form_of(table, *first, sqlite=self.sqlite)

    async def insert(self, form: Form, rows: Sequence[Plain]) -> None:
        """Store rows that are not there yet."""
        if not rows:
            return
        if self.sqlite:
            await self._driver.executemany(form.insert, rows)
        else:
            if column := PARTED.get(form.table):
                at = form.columns.index(column)
                await self._make_room(months_of({row[at] for row in rows}))
            await self._driver.copy_records_to_table(form.table, records=rows, columns=form.columns)

    async def copy(self, form: Form, text: bytes, months: Collection[Month]) -> None:
        """The same of rows as the text that PostgreSQL's COPY reads, all of them in these months."""
        if text:
            await self._make_room(months)
            await self._driver.copy_to_table(form.table, source=BytesIO(text), columns=form.columns)

    async def _make_room(self, months: Collection[Month]) -> None:
        """Asked for once in this transaction: all tables get the parts of a month together."""
        if not self._room.issuperset(months):
            await make_room_for(self.connection, months)
            self._room.update(months)

    async def rows(self, select: str, keys: Iterable[str]) -> list[Any]:
        """What `select` finds; `{among}` in it compares a column with the keys: `call {among}`."""
        if self.sqlite:
            statement = select.format(among="IN (SELECT value FROM json_each(?))")
            return list(await self._driver.execute_fetchall(statement, (orjson.dumps(list(keys)).decode(),)))
        return list(await self._driver.fetch(select.format(among="= ANY($1::text[])"), list(keys)))

    async def known(self, keys: Sequence[str], select: str) -> set[str]:
        """Those of the keys for which `select`, which compares with `key`, finds a row: one look for each."""
        told = "(SELECT value AS key FROM json_each(?))" if self.sqlite else "unnest($1::text[]) AS key"
        found = f"SELECT key FROM {told} WHERE ({select} LIMIT 1) IS NOT NULL"  # noqa: S608 -- ours
        values = orjson.dumps(list(keys)).decode() if self.sqlite else list(keys)
        rows = self._driver.execute_fetchall(found, (values,)) if self.sqlite else self._driver.fetch(found, values)
        return {key for (key,) in await rows}

    async def first(self, select: str, *values: Any) -> Any:
        """The first row that `select` finds, or None; `{0}`, `{1}` … in it are these values."""
        statement = select.format(*(f"{'?' if self.sqlite else '$'}{place}" for place in range(1, len(values) + 1)))
        if self.sqlite:
            return next(iter(await self._driver.execute_fetchall(statement, values)), None)
        return await self._driver.fetchrow(statement, *values)

    async def delete(
        self,
        table: type[Table],
        key: str,
        keys: Iterable[str],
        *,
        returning: Sequence[str] = (),
        within: tuple[datetime, datetime | None] | None = None,
    ) -> list[Any]:
        """Take away the rows whose column `key` has one of these values; the columns `returning` of each. `within`:
        from when to when (None: open) they begin; in other months nobody looks for them."""
        name = table.__tablename__
        where = "" if within is None or self.sqlite else _months(PARTED[name], *within)
        tell = f" RETURNING {', '.join(returning)}" if returning else ""
        statement = f'DELETE FROM {name} WHERE "{key}" {{among}}{where}{tell}'  # noqa: S608 -- ours
        return await self.rows(statement, keys)

    def instant(self, value: Any) -> datetime:
        """An instant as it was read, aware."""
        found: datetime = datetime.fromisoformat(value + "+00:00") if self.sqlite else value
        return found

    def told(self, value: Any) -> Any:
        """A JSON value as it was read; PostgreSQL's driver was given a decoder by SQLAlchemy."""
        return orjson.loads(value) if self.sqlite else value
