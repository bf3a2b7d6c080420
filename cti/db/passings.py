"""Conversations in which somebody was passed on, with their segments. It judges nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import select

from ..core.metrics.passings import Passing, Piece, passings
from ..core.stretches import Kind
from .connection import Database
from .counting import Span
from .streamed import streamed
from .tables import ConversationRow, SegmentRow


async def passed_on(database: Database, span: Span) -> AsyncIterator[tuple[str, Passing]]:
    """(call, transfer) of every conversation with a transfer in the period, call by call; those outside of it too."""
    row, segment = ConversationRow, SegmentRow
    calls = select(segment.call).where(
        segment.kind == Kind.TRANSFER.value, segment.started >= span.since, segment.started < span.until
    )
    columns: tuple[Any, ...] = (segment.call, *(getattr(segment, name) for name in Piece._fields))
    wanted = select(*columns, row.ended.label("over")).join(row, row.id == segment.call)
    wanted = wanted.where(segment.call.in_(calls)).order_by(segment.call, segment.position)
    pieces: list[Piece] = []
    now, over = "", None
    async for call, *values, ended in streamed(database, wanted):
        if pieces and call != now:
            for one in passings(pieces, over):
                yield now, one
            pieces = []
        now, over = call, ended
        pieces.append(Piece(*values))
    for one in passings(pieces, over) if pieces else ():
        yield now, one
