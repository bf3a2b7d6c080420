"""Conversations in which somebody was passed on, with their segments. It judges nothing."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import select

from ..core.metrics.passings import Passing, Piece, passings
from ..core.stretches import Kind
from .connection import Database
from .counting import Span
from .tables import ConversationRow, SegmentRow


async def passed_on(database: Database, span: Span) -> list[tuple[str, Passing]]:
    """(call, transfer) of every conversation with a transfer in the period, in order; those outside of it too."""
    row, segment = ConversationRow, SegmentRow
    calls = select(segment.call).where(
        segment.kind == Kind.TRANSFER.value, segment.started >= span.since, segment.started < span.until
    )
    columns: tuple[Any, ...] = (segment.call, *(getattr(segment, name) for name in Piece._fields))
    pieces: dict[str, list[Piece]] = defaultdict(list)
    async with database.reading() as connection:
        wanted = select(*columns).where(segment.call.in_(calls)).order_by(segment.call, segment.position)
        for call, *values in await connection.execute(wanted):
            pieces[call].append(Piece(*values))
        ends = await connection.execute(select(row.id, row.ended).where(row.id.in_(calls)))
        found = [(call, one) for call, ended in ends for one in passings(pieces[call], ended)]
    return sorted(found, key=lambda item: (item[1].at, item[0]))
