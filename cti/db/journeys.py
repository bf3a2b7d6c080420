"""Calls from outside with the places they came through, as the menu funnel counts them. It judges nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, select

from ..core.metrics.intervals import milliseconds
from ..core.metrics.journeys import Stop, asked_in
from ..core.stretches import Kind
from .connection import Database
from .counting import Span
from .report_rows import calls_within
from .streamed import streamed
from .tables import ConversationRow, SegmentRow

KINDS = [kind.value for kind in (Kind.MENU, Kind.WAIT, Kind.VOICEMAIL, Kind.RING, Kind.TALK)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call from outside."""

    started: datetime
    did: str
    outcome: str
    stops: list[Stop] = field(default_factory=list)


class _Segment(NamedTuple):
    kind: str | None  # None: the call has none of these
    queue: str
    agent: str
    detail: str
    target: str
    outcome: str
    started: datetime
    ended: datetime | None


async def travelled(database: Database, span: Span) -> AsyncIterator[Call]:
    """The calls from outside that began in the period, one by one."""
    row, segment = ConversationRow, SegmentRow
    theirs = and_(segment.call == row.id, segment.kind.in_(KINDS), segment.started >= span.since)
    columns: list[Any] = [getattr(segment, name).label(f"segment_{name}") for name in _Segment._fields]
    about: tuple[Any, ...] = (row.id, row.started, row.did, row.outcome)
    wanted = calls_within(select(*about, *columns).outerjoin(segment, theirs), span).where(row.direction == "inbound")
    now, call = "", None
    async for id_, started, did, outcome, *values in streamed(database, wanted.order_by(row.id, segment.position)):
        if call is None or now != id_:
            if call is not None:
                yield call
            now, call = id_, Call(started=started, did=did, outcome=outcome)
        place = _Segment(*values)
        if place.kind is not None:
            call.stops.extend(stops_of(place))
    if call is not None:
        yield call


def stops_of(row: Any) -> list[Stop]:
    """The places of one segment of these kinds."""
    if row.kind == Kind.MENU and not row.outcome and ":" in row.detail:
        return asked_in(row.detail)  # told by the engine only: the path, and nothing of the askings
    name = {Kind.MENU.value: row.detail, Kind.WAIT.value: row.queue, Kind.VOICEMAIL.value: row.detail}
    ms = milliseconds(row.ended - row.started) if row.ended else 0
    return [Stop(row.kind, name.get(row.kind, row.agent), row.outcome, row.target if row.kind == Kind.MENU else "", ms)]
