"""Calls from outside with the places they came through, as the menu funnel counts them. It judges nothing."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from ..core.metrics.intervals import milliseconds
from ..core.metrics.journeys import Stop, asked_in
from ..core.stretches import Kind
from .connection import Database
from .counting import Span
from .report_rows import calls_within
from .tables import ConversationRow, SegmentRow

KINDS = [kind.value for kind in (Kind.MENU, Kind.WAIT, Kind.VOICEMAIL, Kind.RING, Kind.TALK)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call from outside."""

    started: datetime
    did: str
    outcome: str
    stops: list[Stop] = field(default_factory=list)


async def travelled(database: Database, span: Span) -> list[Call]:
    """The calls from outside that began in the period, in order."""
    row, segment = ConversationRow, SegmentRow
    about: tuple[Any, ...] = (row.id, row.started, row.did, row.outcome)
    calls = calls_within(select(*about), span).where(row.direction == "inbound").order_by(row.started, row.id)
    columns: tuple[Any, ...] = (segment.call, segment.kind, segment.queue, segment.agent, segment.detail)
    more = (segment.target, segment.outcome, segment.started, segment.ended)
    stops = calls_within(select(*columns, *more).join(row, row.id == segment.call), span)
    stops = stops.where(row.direction == "inbound", segment.kind.in_(KINDS), segment.started >= span.since)
    found: dict[str, list[Stop]] = defaultdict(list)
    async with database.reading() as connection:
        for one in await connection.execute(stops.order_by(segment.call, segment.position)):
            found[one.call] += stops_of(one)
        return [
            Call(started=started, did=did, outcome=outcome, stops=found.get(call, []))
            for call, started, did, outcome in await connection.execute(calls)
        ]


def stops_of(row: Any) -> list[Stop]:
    """The places of one segment of these kinds."""
    if row.kind == Kind.MENU and not row.outcome and ":" in row.detail:
        return asked_in(row.detail)  # told by the engine only: the path, and nothing of the askings
    name = {Kind.MENU.value: row.detail, Kind.WAIT.value: row.queue, Kind.VOICEMAIL.value: row.detail}
    ms = milliseconds(row.ended - row.started) if row.ended else 0
    return [Stop(row.kind, name.get(row.kind, row.agent), row.outcome, row.target if row.kind == Kind.MENU else "", ms)]
