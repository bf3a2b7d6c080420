"""Who waited and who was there, moment by moment: stays in line without their rings, and agents' presences.

It knows rows and how far back to look for what still went on; counting moments is `core.metrics.moments`'.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from .connection import Database
from .counting import Span
from .fact_tables import OfferRow, VisitRow

LONGEST_WAIT = timedelta(days=1)  # max_wait_seconds is at most so long


@dataclass(frozen=True, slots=True, kw_only=True)
class InLine:
    """One caller in the line of a queue, from `started` to `ended`; between rings a caller is in line again."""

    call: str
    queue: str
    entered: datetime
    started: datetime
    ended: datetime
    outcome: str
    agent: str


async def in_line(database: Database, span: Span, now: datetime) -> list[InLine]:
    """Everybody who was in line in the period, in the order of entry; who still is, until `now`."""
    visit, offer = VisitRow, OfferRow
    columns: tuple[Any, ...] = (visit.call, visit.queue, visit.entered, visit.wait_ms, visit.outcome, visit.agent)
    since = span.since - LONGEST_WAIT
    waits = select(*columns).where(visit.entered >= since, visit.entered < span.until, visit.channel == "live")
    rings = select(offer.call, offer.queue, offer.offered, offer.ring_ms, offer.outcome)
    rings = rings.where(offer.offered >= since, offer.offered < span.until)
    if span.queues:
        waits, rings = waits.where(visit.queue.in_(span.queues)), rings.where(offer.queue.in_(span.queues))
    rung: dict[tuple[str, str], list[tuple[datetime, datetime]]] = defaultdict(list)
    found: list[InLine] = []
    async with database.reading() as connection:
        for call, queue, offered, ring_ms, outcome in await connection.execute(rings.order_by(offer.offered)):
            ended = offered + timedelta(milliseconds=ring_ms) if outcome else now
            rung[call, queue].append((offered, ended))
        for row in await connection.execute(waits.order_by(visit.entered, visit.call)):
            gone = row.entered + timedelta(milliseconds=row.wait_ms) if row.outcome else now
            if gone > span.since:
                found += between(row, gone, rung.get((row.call, row.queue), []))
    return found


def between(row: Any, gone: datetime, rung: Sequence[tuple[datetime, datetime]]) -> Iterator[InLine]:
    """The wait of a visit without the rings in it."""
    at = row.entered
    for offered, ended in [*rung, (gone, gone)]:
        until = min(offered, gone)
        if until > at:
            yield InLine(
                call=row.call,
                queue=row.queue,
                entered=row.entered,
                started=at,
                ended=until,
                outcome=row.outcome,
                agent=row.agent,
            )
        at = max(at, ended)
