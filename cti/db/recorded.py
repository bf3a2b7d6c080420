"""What was recorded, as the simulator takes it: callers of the queues and the presences of agents.

It knows which rows tell of a caller's first queue, of the talk with the first agent and of the need that was asked for.
It knows nothing of simulating.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from ..core.arrivals import Recorded
from ..core.journal import Source
from ..core.recorded import Noted
from ..core.words import AgentId, CallId, Need, Outcome, Presence, QueueName, Skill
from .connection import Database
from .pieces import in_pieces
from .tables import ConversationRow, JournalLineRow, SegmentRow

BEFORE = timedelta(days=1)  # how far back an agent's last presence before the beginning is looked for
_SEEN = {outcome.value for outcome in Outcome}


async def recorded_callers(database: Database, since: datetime, until: datetime) -> list[Recorded]:
    """Everybody who waited in a queue and whose conversation began in [since, until) and is over, as they came.

    `at` is seconds from `since`. The talk is that with the first agent, holds included: so long the agent was busy.
    """
    row = ConversationRow
    over = select(row.id, row.outcome, row.agent, row.wait_seconds).where(
        row.started >= since, row.started < until, row.queue != "", row.ended.is_not(None), row.outcome != ""
    )
    found: list[Recorded] = []
    async with database.reading() as connection:
        calls = {call.id: call for call in await connection.execute(over.order_by(row.started, row.id))}
        for some in in_pieces(list(calls)):
            segments, asked = await _segments(connection, some), await _asked(connection, some)
            for name in some:
                caller = caller_of(calls[name], segments[name], asked.get(name, {}), since)
                if caller is not None:
                    found.append(caller)
    return sorted(found, key=lambda caller: (caller.at, caller.call))


async def recorded_presences(database: Database, since: datetime, until: datetime) -> list[Noted]:
    """Every change of presence until `until`, in seconds from `since`; negative ones tell how the time began."""
    line = JournalLineRow
    told = select(line.at, line.data).where(
        line.source == Source.ENGINE.value, line.kind == "presence", line.at >= since - BEFORE, line.at < until
    )
    async with database.reading() as connection:
        rows = (await connection.execute(told.order_by(line.at, line.offset))).all()
    return [_noted(row.at, row.data, since) for row in rows if row.data.get("agent")]


def _noted(at: datetime, data: Mapping[str, Any], since: datetime) -> Noted:
    return Noted(
        agent=AgentId(str(data["agent"])),
        at=(at - since).total_seconds(),
        presence=Presence(data["presence"]),
        reason=str(data.get("reason", "")),
    )


async def _segments(connection: AsyncConnection, calls: Sequence[str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    row = SegmentRow
    wanted = select(row.call, row.kind, row.queue, row.agent, row.outcome, row.started, row.ended)
    for segment in await connection.execute(wanted.where(row.call.in_(calls)).order_by(row.call, row.position)):
        found[segment.call].append(segment)
    return found


async def _asked(connection: AsyncConnection, calls: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """What each caller asked for when first joining."""
    line = JournalLineRow
    joined = select(line.call, line.data).where(
        line.source == Source.ENGINE.value, line.kind == "joined", line.call.in_(calls)
    )
    found: dict[str, Mapping[str, Any]] = {}
    for row in await connection.execute(joined.order_by(line.at, line.offset)):
        found.setdefault(row.call, row.data)
    return found


def caller_of(call: Any, segments: Sequence[Any], asked: Mapping[str, Any], since: datetime) -> Recorded | None:
    """One caller, from a conversation, its segments and what was asked for; None: never waited."""
    wait = next((s for s in segments if s.kind == "wait" and s.queue), None)
    if wait is None or call.outcome not in _SEEN:
        return None
    talks = [s for s in segments if s.kind == "talk" and s.agent == call.agent and s.ended]
    rings = [s for s in segments if s.kind == "ring" and s.agent == call.agent and s.outcome == "answered" and s.ended]
    return Recorded(
        call=CallId(call.id),
        at=max(0.0, (wait.started - since).total_seconds()),
        queue=QueueName(wait.queue),
        outcome=Outcome(call.outcome),
        wait_seconds=call.wait_seconds,
        talk_seconds=sum((s.ended - s.started).total_seconds() for s in talks),
        ring_seconds=sum((s.ended - s.started).total_seconds() for s in rings[:1]),
        misses=sum(s.kind == "ring" and s.outcome == "no_answer" for s in segments),
        need=_need(asked.get("need")),
        priority=int(asked["priority"]) if "priority" in asked else None,
    )


def _need(parts: Any) -> Need:
    """The journal's `[[skill, level], …]`."""
    return tuple(sorted((Skill(str(skill)), int(level)) for skill, level in parts or ()))
