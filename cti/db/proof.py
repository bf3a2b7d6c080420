"""Whether the rows are those of the stored lines: every conversation is folded once more and held against its rows.

It goes through all calls in batches, in one consistent view, and keeps nothing. Whether the stored lines are those of
the files on disk is asked with `lines_between`; the files are `journal`'s.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, exists, func, not_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from ..core.conversation import Conversation, fold
from ..core.journal import JournalLine, Source
from .connection import Database
from .copied import COPIED, copies
from .folded import FOLDED
from .plain import Driver, Form, Plain, said
from .refold import touched_by
from .stored import line_of, own_lines
from .tables import ConversationRow, JournalFileRow, JournalLineRow

_CALLS, _LINES = 400, 5_000
_LINE = JournalLineRow


@dataclass(frozen=True, slots=True, kw_only=True)
class RowDifference:
    """One row that is not what the lines make: `found` or `expected` is None where there is no such row."""

    table: str
    key: str
    found: dict[str, Any] | None
    expected: dict[str, Any] | None

    def __str__(self) -> str:
        name = f"{self.table} {self.key}"
        if self.found is None:
            return f"{name}: is missing"
        if self.expected is None:
            return f"{name}: is there, and no line says so"
        both = ((column, value, self.expected[column]) for column, value in self.found.items())
        told = ", ".join(
            f"{column} is {ours!r}, the lines say {theirs!r}" for column, ours, theirs in both if ours != theirs
        )
        return f"{name}: {told}"


class Proof:
    """Asks within one consistent view; `proving` opens it."""

    def __init__(self, connection: AsyncConnection, driver: Driver) -> None:
        self._connection = connection
        self._driver = driver

    async def files(self) -> dict[tuple[Source, str], tuple[str, int]]:
        """(journal, file_id) -> (path, bytes read) of every file that was read."""
        row = JournalFileRow
        found = await self._connection.execute(select(row.source, row.file_id, row.path, row.offset))
        return {(Source(source), file_id): (path, offset) for source, file_id, path, offset in found}

    async def lines_between(self, source: Source, file_id: str, begin: int, end: int) -> dict[int, JournalLine]:
        """The stored lines of a file that begin at these bytes, by offset."""
        own = own_lines(source, file_id).where(_LINE.offset >= begin, _LINE.offset < end)
        return {row.offset: line_of(row) for row in await self._connection.execute(own)}

    async def count_lines(self, source: Source, file_id: str, begin: int = 0) -> int:
        """How many stored lines of a file begin at or after a byte."""
        own = and_(_LINE.source == source.value, _LINE.file_id == file_id, _LINE.offset >= begin)
        return int((await self._connection.execute(select(func.count()).select_from(_LINE).where(own))).scalar_one())

    async def begin(self) -> datetime | None:
        """When the first month that is kept began; months before it may have been let go (`cti db forget`)."""
        first: datetime | None = (
            await self._connection.execute(select(func.min(ConversationRow.started)))
        ).scalar_one()
        return first and first.replace(day=1, hour=0, minute=0, second=0, microsecond=0)

    async def rows(self, say: Callable[[int], None]) -> AsyncIterator[RowDifference]:
        """Every row that is not what the stored lines make. `say` is told how many conversations are proven."""
        proven = 0
        async for calls in self._calls():
            touched = await touched_by(self._driver, (), calls)
            asked = set(calls)
            ours = [lines for lines in touched.lines if min(line.call for line in lines) in asked]
            keys = sorted({key for lines in ours for line in lines for key in (line.call, line.leg) if key})
            folded = [conversation for lines in ours if (conversation := fold(lines))]
            async for difference in self._folded(folded, keys):
                yield difference
            say(proven := proven + len(folded))
        async for difference in self._strays():
            yield difference
        async for difference in self._copied():
            yield difference

    async def _calls(self) -> AsyncIterator[list[str]]:
        """All calls that lines tell of, each once."""
        last = ""
        while True:
            some = select(_LINE.call).distinct().where(_LINE.call > last, _LINE.source != Source.VOICEMAIL.value)
            found = (await self._connection.execute(some.order_by(_LINE.call).limit(_CALLS))).scalars().all()
            if not found:
                return
            yield list(found)
            last = found[-1]

    async def _folded(self, folded: list[Conversation], keys: list[str]) -> AsyncIterator[RowDifference]:
        for kind in FOLDED:
            expected = kind.rows(folded, sqlite=self._driver.sqlite)
            found = await self._driver.rows(f'{_selected(expected.form)} WHERE "{kind.key}" {{among}}', keys)
            named = ("id",) if kind.table is ConversationRow else ("call", "position")
            for difference in _compared(expected.form, named, map(tuple, found), expected.rows):
                yield difference

    async def _strays(self) -> AsyncIterator[RowDifference]:
        """Rows of calls that no line tells of."""
        for kind in FOLDED:
            of = kind.table.__table__.c[kind.key]
            alone: Select[Any] = select(of).distinct().where(not_(exists().where(of == _LINE.call)))
            for key in (await self._connection.execute(alone.order_by(of))).scalars().all():
                yield RowDifference(table=kind.table.__tablename__, key=key, found={}, expected=None)

    async def _copied(self) -> AsyncIterator[RowDifference]:
        """The rows that are lines as they stand."""
        told: Select[Any] = select(_LINE.file_id).where(_LINE.source == Source.ENGINE.value)
        every = told.union(*(select(table.file_id) for table in COPIED.values()))
        for (file_id,) in (await self._connection.execute(every)).all():
            last = -1
            while True:
                some = own_lines(Source.ENGINE, file_id).where(_LINE.offset > last, _LINE.kind.in_(COPIED))
                lines = [line_of(row) for row in await self._connection.execute(some.limit(_LINES))]
                async for difference in self._copies(file_id, lines, last):
                    yield difference
                if len(lines) < _LINES:
                    break
                last = lines[-1].offset

    async def _copies(self, file_id: str, lines: list[JournalLine], last: int) -> AsyncIterator[RowDifference]:
        until = f' AND "offset" <= {lines[-1].offset}' if len(lines) == _LINES else ""
        for form, expected in copies(lines, sqlite=self._driver.sqlite):
            between = f'{_selected(form)} WHERE file_id {{among}} AND "offset" > {last}{until}'
            found = await self._driver.rows(between, [file_id])
            for difference in _compared(form, ("file_id", "offset"), map(tuple, found), expected):
                yield difference


@asynccontextmanager
async def proving(database: Database) -> AsyncIterator[Proof]:
    """A view in which nothing changes while it is looked at."""
    async with database.reading() as connection:
        await connection.execute(
            text("SELECT 1" if database.is_sqlite else "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        )
        yield Proof(connection, await Driver.under(connection))


def _selected(form: Form) -> str:
    columns = ", ".join(f'"{name}"' for name in form.columns)
    return f"SELECT {columns} FROM {form.table}"  # noqa: S608 -- names of ours


def _compared(
    form: Form, named: tuple[str, ...], found: Iterable[Plain], expected: Iterable[Plain]
) -> Iterator[RowDifference]:
    places = [form.columns.index(name) for name in named]
    ours, theirs = ({tuple(row[place] for place in places): row for row in rows} for rows in (found, expected))
    for key in sorted(ours.keys() | theirs.keys()):
        one, other = _named(form, ours.get(key)), _named(form, theirs.get(key))
        if one != other:
            yield RowDifference(table=form.table, key=" ".join(map(str, key)), found=one, expected=other)


def _plain(value: Any) -> Any:
    """JSON that a driver has read already is compared as it is written."""
    return said(value) if isinstance(value, dict | list) else value


def _named(form: Form, row: Plain | None) -> dict[str, Any] | None:
    return None if row is None else dict(zip(form.columns, map(_plain, row), strict=True))
