"""The sums of the stays in queues since an instant, and the stays of some calls that are in these sums.

It knows that both must be of the same moment though the importer goes on writing: what is read before and after the
sums must be the same, else all is read again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import select

from ..core.metrics.counters import Thresholds, add
from ..core.metrics.facts import Channel, Visit
from .connection import Database
from .counting import Span, visit_counts
from .fact_tables import VisitRow

_MANY = 400
_TRIES = 3
_COLUMNS = [getattr(VisitRow, field.name) for field in fields(Visit)]


async def stays_since(
    database: Database, since: datetime, until: datetime, thresholds: Thresholds, calls: Sequence[str]
) -> tuple[dict[str, dict[str, int]], list[Visit]]:
    """(queue -> counts of what was entered in [since, until), the stays among them of these calls)."""
    span = Span(since=since, until=until)
    before = await _stays_of(database, span, calls)
    for _ in range(_TRIES):
        sums: dict[str, dict[str, int]] = {}
        for _, (queue,), counts in await visit_counts(database, span, ["queue"], thresholds):
            sums[queue] = dict(add(sums.get(queue, {}), counts))
        after = await _stays_of(database, span, calls)
        if after == before:
            break
        before = after
    return sums, before


async def _stays_of(database: Database, span: Span, calls: Sequence[str]) -> list[Visit]:
    table = VisitRow
    found: list[Visit] = []
    wanted: Any = select(*_COLUMNS).where(table.entered >= span.since, table.entered < span.until)
    async with database.reading() as connection:
        for start in range(0, len(calls), _MANY):
            some = wanted.where(table.call.in_(calls[start : start + _MANY])).order_by(table.call, table.position)
            rows = (await connection.execute(some)).mappings()
            found += [Visit(**dict(row) | {"channel": Channel(row["channel"])}) for row in rows]
    return found
