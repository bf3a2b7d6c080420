"""Questions about history, as statements: which conversations, who talked in them, what belongs to one.

It knows columns and pages. It opens no transaction: `Store` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ..core.journal import Source
from ..errors import NotFound, UsageError
from .pieces import in_pieces
from .refold import together
from .tables import ConversationRow, JournalLineRow, RecordingRow, SegmentRow

MOST_ROWS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which conversations: begun in [since, until), and every given field must match. Newest first.

    `agent` matches whoever talked in it, not only who talked first. `limit` is 1 to 100,000.
    """

    since: datetime | None = None
    until: datetime | None = None
    queue: str = ""
    agent: str = ""
    outcome: str = ""
    number: str = ""
    open_only: bool = False
    limit: int = 100
    after: str = ""  # `next` of the page before


def with_recordings() -> Select[Any]:
    sound = RecordingRow
    whole = sound.state != "missing"
    path = select(func.min(sound.path)).where(sound.call == ConversationRow.id, whole).scalar_subquery()
    seconds = select(func.sum(sound.seconds)).where(sound.call == ConversationRow.id, whole).scalar_subquery()
    columns = ConversationRow.__table__.c
    return select(
        *columns, func.coalesce(path, "").label("recording"), func.coalesce(seconds, 0.0).label("recording_seconds")
    )


def wanted_rows(wanted: Wanted) -> Select[Any]:
    row = ConversationRow
    statement = with_recordings().order_by(row.started.desc(), row.id.desc()).limit(wanted.limit + 1)
    for column, value in ((row.queue, wanted.queue), (row.outcome, wanted.outcome), (row.number, wanted.number)):
        if value:
            statement = statement.where(column == value)
    if wanted.agent:
        took = exists().where(SegmentRow.call == row.id, SegmentRow.kind == "talk", SegmentRow.agent == wanted.agent)
        statement = statement.where(or_(row.agent == wanted.agent, took))
    if wanted.since:
        statement = statement.where(row.started >= wanted.since)
    if wanted.until:
        statement = statement.where(row.started < wanted.until)
    if wanted.after:
        started, call = _after(wanted.after)
        statement = statement.where(or_(row.started < started, and_(row.started == started, row.id < call)))
    return statement.where(row.ended.is_(None)) if wanted.open_only else statement


def _after(text: str) -> tuple[datetime, str]:
    at, _, call = text.partition("~")
    try:
        started = datetime.fromisoformat(at)
    except ValueError:
        started = None
    if started is None or started.tzinfo is None:
        raise UsageError(f"after must be the `next` of a page, got {text[:80]!r}")
    return started, call


def talks_with_numbers(since: datetime, most: int) -> Select[Any]:
    """Call, number, agent, begin, end: the pieces of talk in queue calls begun since then, the newest `most`."""
    row, talk = ConversationRow, SegmentRow
    columns: tuple[Any, ...] = (row.id, row.number, talk.agent, talk.started, talk.ended)
    return (
        select(*columns)
        .join(talk, talk.call == row.id)
        .where(row.started >= since, row.number != "", row.queue != "")
        .where(talk.kind == "talk", talk.agent != "", talk.ended.is_not(None))
        .order_by(row.started.desc())
        .limit(most)
    )


async def agents_of(connection: AsyncConnection, calls: Sequence[str]) -> dict[str, list[str]]:
    """Who talked in each of these conversations, in the order of their first talk."""
    found: dict[str, list[str]] = {}
    row = SegmentRow
    for some in in_pieces(calls):
        talked = select(row.call, row.agent).where(row.call.in_(some), row.kind == "talk", row.agent != "")
        for call, agent in await connection.execute(talked.order_by(row.call, row.position)):
            agents = found.setdefault(call, [])
            if agent not in agents:
                agents.append(agent)
    return found


async def engine_lines(connection: AsyncConnection, keys: Sequence[str]) -> list[dict[str, Any]]:
    """The lines of the engine's journal that name one of these calls, as they were written."""
    row = JournalLineRow
    columns = (row.call, row.at, row.kind, row.data)
    wanted = select(*columns).where(row.source == Source.ENGINE.value, row.call.in_(keys))
    found = await connection.execute(wanted.order_by(row.at, row.file_id, row.offset))
    return [dict(line) for line in found.mappings()]


async def name_of(connection: AsyncConnection, call: str) -> tuple[str, list[str]]:
    """The conversation that this id, or this channel, belongs to, and everything that belongs to it."""
    groups: list[set[str]] = await together(connection, {call}) if call else []
    for group in groups:
        keys = sorted(group)
        found = await connection.execute(select(ConversationRow.id).where(ConversationRow.id.in_(keys)))
        if name := found.scalars().first():
            return name, keys
    raise NotFound(f"no conversation {call!r}; list them with: cti call list")
