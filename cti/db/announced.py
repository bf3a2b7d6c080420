"""Announcements of a wait, each with the stay in the queue that it was about. It judges nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import and_, select

from ..core.metrics.promises import Told
from ..core.words import Outcome
from .connection import Database
from .counting import Span
from .fact_tables import AnnouncementRow, VisitRow


async def announced_waits(database: Database, span: Span) -> list[Told]:
    """What was said in the period, in order. A stay that nobody knows of is one that did not end."""
    told, visit = AnnouncementRow, VisitRow
    its_own = and_(visit.call == told.call, visit.queue == told.queue, visit.entered <= told.at)
    columns: tuple[Any, ...] = (
        *(told.file_id, told.offset, told.call, told.queue, told.at, told.wait_minutes, told.expected_ms),
        *(visit.entered, visit.wait_ms, visit.outcome),
    )
    wanted = select(*columns).select_from(told).outerjoin(visit, its_own)
    wanted = wanted.where(told.at >= span.since, told.at < span.until, told.wait_minutes.is_not(None))
    if span.queues:
        wanted = wanted.where(told.queue.in_(span.queues))
    found: dict[tuple[str, int], Told] = {}
    async with database.reading() as connection:
        for row in await connection.execute(wanted.order_by(told.at, told.file_id, told.offset, visit.entered)):
            gone = row.entered + timedelta(milliseconds=row.wait_ms) if row.entered and row.outcome else None
            found[row.file_id, row.offset] = Told(  # of several stays in the same queue the last one before it
                call=row.call,
                queue=row.queue,
                at=row.at,
                minutes=row.wait_minutes,
                expected_ms=row.expected_ms,
                gone=gone,
                answered=row.outcome == Outcome.ANSWERED.value,
            )
    return list(found.values())
