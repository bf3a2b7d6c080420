"""History for other engines: which tables leave as columns, by which instant a row has its day, and the rows of a day.

It knows names, types and the order of rows, which is the same on every database. Durations leave as whole milliseconds
(`wait_ms`), instants as UTC; a day is a UTC day. It knows no file format. Columns follow the tables: a new one leaves
with the next export.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Container
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Float, Integer, Select, cast, func, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from .connection import Database
from .fact_tables import AnnouncementRow, OfferRow, PresenceRow, SurveyRow, VisitRow
from .tables import ConversationRow, SegmentRow, UtcInstant, VoicemailRow

ROWS = 8_192  # fetched at once
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """One table. `columns`: (name, type, whether it may be null); types are text, instant, bool, int32 and int64.

    `at` is the column whose UTC day a row belongs to; rows are ordered by it, then by `keys`.
    """

    name: str
    at: str
    keys: tuple[str, ...]
    columns: tuple[tuple[str, str, bool], ...]
    selected: tuple[Any, ...]

    @property
    def instant(self) -> Any:
        return next(column for (name, *_), column in zip(self.columns, self.selected, strict=True) if name == self.at)


class Snapshot:
    """History at one instant, however long it takes to read."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def days(self, table: Exported, since: date, until: date) -> AsyncIterator[tuple[date, list[Any]]]:
        """(UTC day, some of its rows) from `since` to `until`, both included, in order; a day comes in portions.

        One query for all days: it sorts once where there is no index of the instant.
        """
        wanted = select(*table.selected).where(table.instant >= _midnight(since))
        if until < date.max:
            wanted = wanted.where(table.instant < _midnight(until + _DAY))
        result = await self._connection.stream(self._ordered(wanted, table), execution_options={"yield_per": ROWS})
        place = [name for name, *_ in table.columns].index(table.at)
        async for some in result.partitions():
            for day, rows in groupby(some, lambda row: row[place].date()):
                yield day, list(rows)

    def _ordered(self, wanted: Select[Any], table: Exported) -> Select[Any]:
        sqlite = self._connection.dialect.name == "sqlite"
        kinds = {name: kind for name, kind, _ in table.columns}
        by_name = dict(zip(kinds, table.selected, strict=True))
        keys = [by_name[name] if sqlite or kinds[name] != "text" else by_name[name].collate("C") for name in table.keys]
        return wanted.order_by(table.instant, *keys)  # text by its bytes, whatever the database's language


@asynccontextmanager
async def snapshot(database: Database) -> AsyncIterator[Snapshot]:
    """A view in which nothing changes while it is read."""
    async with database.reading() as connection:
        if not database.is_sqlite:
            await connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        yield Snapshot(connection)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _table(row: Any, at: str, *keys: str, name: str = "", without: Container[str] = ()) -> Exported:
    """Every column of a table but documents; `wait_seconds` leaves as `wait_ms`, a bare `seconds` as `duration_ms`."""
    columns: list[tuple[str, str, bool]] = []
    selected: list[Any] = []
    for column in row.__table__.columns:
        if isinstance(column.type, JSON) or column.name in without:
            continue
        called, value = column.name, column
        if isinstance(column.type, Float):
            called = "duration_ms" if called == "seconds" else f"{called.removesuffix('_seconds')}_ms"
            value = cast(func.round(column * 1000), BigInteger)
        columns.append((called, _kind(column.type), bool(column.nullable)))
        selected.append(value.label(called) if value is not column else column)
    return Exported(name=name or row.__tablename__, at=at, keys=keys, columns=tuple(columns), selected=tuple(selected))


def _kind(of: Any) -> str:
    if isinstance(of, UtcInstant):
        return "instant"
    if isinstance(of, BigInteger | Float):
        return "int64"
    return "int32" if isinstance(of, Integer) else "bool" if isinstance(of, Boolean) else "text"


def _agent_states() -> Exported:
    """As the view of that name; that one would look at all of history for each day."""
    row, later = PresenceRow, aliased(PresenceRow)
    place = tuple_(later.at, later.file_id, later.offset)
    after = select(later.at).where(later.agent == row.agent, later.at >= row.at)
    after = after.where(place > tuple_(row.at, row.file_id, row.offset))
    ended = after.order_by(later.at, later.file_id, later.offset).limit(1).scalar_subquery()
    columns = (
        ("agent", "text", False),
        ("presence", "text", False),
        ("reason", "text", False),
        ("started", "instant", False),
        ("ended", "instant", True),
        ("payable", "bool", False),
        ("billable", "bool", False),
    )
    selected = (row.agent, row.presence, row.reason, row.at, ended.label("ended"), row.payable, row.billable)
    return Exported(name="agent_states", at="started", keys=("agent",), columns=columns, selected=selected)


EXPORTED: dict[str, Exported] = {
    table.name: table
    for table in (
        _table(ConversationRow, "started", "id"),
        _table(SegmentRow, "started", "call", "position"),
        _table(VisitRow, "entered", "call", "position"),
        _table(OfferRow, "offered", "call", "position"),
        _table(SurveyRow, "at", "call", "position"),
        _table(AnnouncementRow, "at", "call", without=("file_id", "offset")),
        _agent_states(),
        _table(VoicemailRow, "received", "id", name="voicemail_messages"),
    )
}
