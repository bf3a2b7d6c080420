"""The sums of the stays in queues since an instant, and the stays of some calls that are in these sums.

It knows that both must be of the same moment though the importer goes on writing: they are read in one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import literal_column, select

from ..core.metrics.counters import Counter, sql_of
from ..core.metrics.facts import Channel, Visit
from ..core.metrics.thresholds import Thresholds
from .connection import Database
from .fact_tables import VisitRow
from .pieces import in_pieces
from .span import Span

_COLUMNS = [getattr(VisitRow, name) for name in Visit._fields]
_CHANNEL = Visit._fields.index("channel")


async def stays_since(
    database: Database, span: Span, counters: Sequence[Counter], thresholds: Thresholds, calls: Sequence[str]
) -> tuple[dict[str, dict[str, int]], list[Visit]]:
    """(queue -> these counters of what was entered in the span, the stays among them of these calls)."""
    async with database.still() as view:
        return await _sums(view, span, counters, thresholds), await _stays_of(view, span, calls)


async def _sums(
    database: Database, span: Span, counters: Sequence[Counter], thresholds: Thresholds
) -> dict[str, dict[str, int]]:
    # The conditions are written in core, of words and numbers; nothing of a caller's is in them.
    columns: list[Any] = [literal_column(sql_of(counter, thresholds)) for counter in counters]
    wanted = select(VisitRow.queue, *columns).group_by(VisitRow.queue)
    wanted = wanted.where(VisitRow.entered >= span.since, VisitRow.entered < span.until)
    names = [counter.name for counter in counters]
    async with database.reading() as connection:
        rows = (await connection.execute(wanted)).all()
    return {row[0]: {name: int(value) for name, value in zip(names, row[1:], strict=True)} for row in rows}


async def _stays_of(database: Database, span: Span, calls: Sequence[str]) -> list[Visit]:
    table = VisitRow
    found: list[Visit] = []
    wanted: Any = select(*_COLUMNS).where(table.entered >= span.since, table.entered < span.until)
    async with database.reading() as connection:
        for some in in_pieces(calls):
            theirs = wanted.where(table.call.in_(some)).order_by(table.call, table.position)
            rows = (await connection.execute(theirs)).all()
            found += [Visit._make(row)._replace(channel=Channel(row[_CHANNEL])) for row in rows]
    return found
