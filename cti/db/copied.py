"""Lines of the engine's journal that are rows of their own as they stand: explanations, changes of presence,
and what waiting callers were told.

It knows which kinds these are and their columns. They are stored with their line, go when it goes, and can be made anew
from the stored lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import and_, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ..core.journal import JournalLine, Position, Source
from .fact_tables import AnnouncementRow, PresenceRow
from .plain import Form, Plain, form_of
from .rollups import touch_presences
from .tables import ExplanationRow, JournalLineRow

Row = dict[str, Any]
Values = tuple[Any, ...]
Reach = dict[str, tuple[datetime, datetime]]
_MANY = 1_000


def _explanation(line: Any) -> Row:
    return {"call": line.call, "decision": dict(line.data)}


def _presence(line: Any) -> Row:
    return {
        "agent": str(line.data.get("agent", "")),
        "presence": str(line.data.get("presence", "")),
        "reason": str(line.data.get("reason", "")),
        "payable": bool(line.data.get("payable", True)),
        "billable": bool(line.data.get("billable", False)),
        "over_time": bool(line.data.get("over_time", False)),
    }


def _announcement(line: Any) -> Row:
    minutes, expected = line.data.get("wait_minutes"), line.data.get("expected_seconds")
    return {
        "call": line.call,
        "queue": str(line.data.get("queue", "")),
        "place": int(line.data.get("position") or 0),
        "wait_minutes": None if minutes is None else int(minutes),
        "expected_ms": None if expected is None else round(float(expected) * 1000),
    }


_Copied = type[ExplanationRow] | type[PresenceRow] | type[AnnouncementRow]
_KINDS: dict[str, tuple[_Copied, Callable[[Any], Row]]] = {
    "told": (AnnouncementRow, _announcement),
    "explain": (ExplanationRow, _explanation),
    "presence": (PresenceRow, _presence),
}
COPIED = {kind: table for kind, (table, _) in _KINDS.items()}  # which lines these are, and their tables


def presences_in(lines: Iterable[JournalLine], known: Reach | None = None) -> Reach:
    """Which agents' presences these lines tell, and `known`, from when to when."""
    ours = (line for line in lines if line.source is Source.ENGINE and line.kind == "presence")
    return _reach(((str(line.data.get("agent", "")), line.at) for line in ours), known)


def copies(lines: Iterable[JournalLine], *, sqlite: bool) -> Iterator[tuple[Form, list[Plain]]]:
    """The rows of these lines, table by table."""
    for table, values in copied(lines):
        form = form_of(table, sqlite=sqlite)
        yield form, form.rows(values)


def copied(lines: Iterable[JournalLine]) -> Iterator[tuple[_Copied, list[Values]]]:
    """The same as values in the order of the tables' columns."""
    ours = [line for line in lines if line.source is Source.ENGINE]
    for kind, (table, of) in _KINDS.items():
        told = itemgetter(*form_of(table, sqlite=True).columns)
        yield table, [told(_keyed(line, of)) for line in ours if line.kind == kind]


async def forget(connection: AsyncConnection, position: Position) -> None:
    """The engine's journal lost its end: the rows of what stood there go."""
    if position.source is Source.ENGINE:
        for table, _ in _KINDS.values():
            lost = and_(table.file_id == position.file_id, table.offset >= position.offset)
            if table is PresenceRow:
                gone = await connection.execute(delete(table).where(lost).returning(PresenceRow.agent, PresenceRow.at))
                await touch_presences(connection, _reach((agent, at) for agent, at in gone))
            else:
                await connection.execute(delete(table).where(lost))


def _reach(presences: Iterable[tuple[str, datetime]], known: Reach | None = None) -> Reach:
    """Of each agent the first and the last instant."""
    found: Reach = dict(known or {})
    for agent, at in presences:
        low, high = found.get(agent, (at, at))
        found[agent] = min(low, at), max(high, at)
    return found


async def copy_all(connection: AsyncConnection) -> None:
    """Make every such row anew from the stored lines."""
    line = JournalLineRow
    for kind, (table, of) in _KINDS.items():
        await connection.execute(delete(table))
        wanted = select(line.file_id, line.offset, line.call, line.at, line.data).where(
            line.source == Source.ENGINE.value, line.kind == kind
        )
        found = await connection.execute(wanted.order_by(line.file_id, line.offset))
        for some in found.partitions(_MANY):
            await connection.execute(insert(table), [_keyed(row, of) for row in some])


def presence_of(line: Any) -> Row:
    """The row of a line that tells of a presence."""
    return _keyed(line, _presence)


def announcement_of(line: Any) -> Row:
    """The row of a line that tells what a caller was told."""
    return _keyed(line, _announcement)


def _keyed(line: Any, of: Callable[[Any], Row]) -> Row:
    return {"file_id": line.file_id, "offset": line.offset, "at": line.at, **of(line)}
