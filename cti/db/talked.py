"""Calls in which somebody talked, and the sound files of each: what the coverage of recordings is judged by.

It knows rows, and which channels belong to a conversation. It judges nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from .connection import Database
from .counting import Span
from .pieces import in_pieces
from .tables import ConversationRow, JournalLineRow, RecordingRow, SegmentRow

_MS = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkedRow:
    """`talk_ms` with the holds, of the stretches that have ended; `ended`: whether the call has."""

    call: str
    started: datetime
    queue: str
    agent: str
    ended: bool
    talk_ms: int


async def talked_calls(database: Database, span: Span) -> list[TalkedRow]:
    """Calls that began in the period and in which somebody talked, in order."""
    row, talk = ConversationRow, SegmentRow
    columns: tuple[Any, ...] = (row.id, row.started, row.queue, row.agent, row.ended, talk.started, talk.ended)
    wanted = select(*columns).join(talk, talk.call == row.id)
    wanted = wanted.where(row.started >= span.since, row.started < span.until, talk.kind.in_(("talk", "hold")))
    if span.queues:
        wanted = wanted.where(row.queue.in_(span.queues))
    if span.agents:
        wanted = wanted.where(row.agent.in_(span.agents))
    found: dict[str, TalkedRow] = {}
    async with database.reading() as connection:
        for call, started, queue, agent, ended, since, until in await connection.execute(wanted.order_by(row.started)):
            before = found[call].talk_ms if call in found else 0
            length = (until - since) // _MS if until else 0
            found[call] = TalkedRow(
                call=call,
                started=started,
                queue=queue,
                agent=agent,
                ended=ended is not None,
                talk_ms=before + length,
            )
    return list(found.values())


async def sounds_of(database: Database, calls: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """call -> its files {path, state, seconds}, those of its other channels too (a customer who was called back)."""
    async with database.reading() as connection:
        found = await _named_after(connection, {call: call for call in calls})
        others = await _channels(connection, [call for call in calls if call not in found])
        found |= await _named_after(connection, others)
    return found


async def _named_after(connection: AsyncConnection, owner: dict[str, str]) -> dict[str, list[dict[str, Any]]]:
    """`owner`: channel -> call."""
    row = RecordingRow
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for some in in_pieces(sorted(owner)):
        wanted = select(row.call, row.path, row.state, row.seconds).where(row.call.in_(some)).order_by(row.path)
        for channel, path, state, seconds in await connection.execute(wanted):
            found[owner[channel]].append({"path": path, "state": state, "seconds": seconds})
    return dict(found)


async def _channels(connection: AsyncConnection, calls: Iterable[str]) -> dict[str, str]:
    row = JournalLineRow
    found: dict[str, str] = {}
    for some in in_pieces(list(calls)):
        wanted = select(row.call, row.leg).distinct().where(row.call.in_(some), row.leg != "")
        found |= {leg: call for call, leg in await connection.execute(wanted)}
    return found
