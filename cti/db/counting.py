"""Counts facts in the database: every counter of `core.metrics.counters` at once, by quarter of an hour and by whom.

It knows how each database rounds an instant down to a quarter of an hour. It knows no calendar: every zone's hours and
days are made of whole quarters (no offset of a zone differs from UTC by less), so the same sums serve every report.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import Integer, Select, cast, func, literal_column, select

from ..core.metrics.counters import COUNTERS, Thresholds, sql_of
from ..core.metrics.facts import AgentTime, Offer, Visit
from ..core.metrics.intervals import milliseconds
from .connection import Database
from .fact_tables import OfferRow, PresenceRow, VisitRow

QUARTER_SECONDS = 900
BEFORE = timedelta(days=2)  # how far back an agent's last presence before the period is looked for
Counted = tuple[datetime, tuple[str, ...], dict[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Facts that begin in [since, until), of these queues and agents (none = all)."""

    since: datetime
    until: datetime
    queues: Sequence[str] = field(default=())
    agents: Sequence[str] = field(default=())


async def visit_counts(database: Database, span: Span, keys: Sequence[str], thresholds: Thresholds) -> list[Counted]:
    """(quarter, values of the columns `keys`, counts) of the stays in queues."""
    return await _counts(database, span, VisitRow, VisitRow.entered, keys, Visit, thresholds)


async def offer_counts(database: Database, span: Span, keys: Sequence[str], thresholds: Thresholds) -> list[Counted]:
    """The same of rings at agents."""
    return await _counts(database, span, OfferRow, OfferRow.offered, keys, Offer, thresholds)


async def _counts(
    database: Database, span: Span, table: Any, at: Any, keys: Sequence[str], fact: type, thresholds: Thresholds
) -> list[Counted]:
    names = [name for name, counter in COUNTERS.items() if counter.fact is fact]
    columns = [getattr(table, key) for key in keys]
    # The conditions are written in core, of words and numbers; nothing of a caller's is in them.
    sums: list[Any] = [literal_column(sql_of(COUNTERS[name], thresholds)).label(f"n_{name}") for name in names]
    quarter = _quarter(database, at).label("quarter")
    wanted = _within(select(quarter, *columns, *sums), span, table, at).group_by(quarter, *columns)
    async with database.reading() as connection:
        rows = (await connection.execute(wanted)).all()
    width = len(columns)
    return [
        (
            datetime.fromtimestamp(row[0] * QUARTER_SECONDS, UTC),
            tuple(row[1 : 1 + width]),
            {name: int(value) for name, value in zip(names, row[1 + width :], strict=True)},
        )
        for row in rows
    ]


def _within(statement: Select[Any], span: Span, table: Any, at: Any) -> Select[Any]:
    statement = statement.where(at >= span.since, at < span.until)
    if span.queues:
        statement = statement.where(table.queue.in_(span.queues))
    return statement.where(table.agent.in_(span.agents)) if span.agents else statement


def _quarter(database: Database, at: Any) -> Any:
    if database.is_sqlite:
        return cast(func.strftime("%s", at), Integer) // literal_column(str(QUARTER_SECONDS), Integer)
    return cast(func.floor(func.extract("epoch", at) / QUARTER_SECONDS), Integer)


async def visits(database: Database, span: Span) -> list[dict[str, Any]]:
    """The rows behind the numbers, in the order of entry."""
    table = VisitRow
    wanted = _within(select(table.__table__), span, table, table.entered)
    async with database.reading() as connection:
        found = await connection.execute(wanted.order_by(table.entered, table.call, table.position))
        return [dict(row) for row in found.mappings()]


async def offers(database: Database, span: Span) -> list[dict[str, Any]]:
    """The rings behind the numbers, in order."""
    table = OfferRow
    wanted = _within(select(table.__table__), span, table, table.offered)
    async with database.reading() as connection:
        found = await connection.execute(wanted.order_by(table.offered, table.call, table.position))
        return [dict(row) for row in found.mappings()]


async def agent_times(database: Database, span: Span, now: datetime) -> list[AgentTime]:
    """What every agent did in the period, cut to it; nothing is told of time after `now`."""
    table = PresenceRow
    columns = (table.agent, table.at, table.presence, table.reason, table.payable, table.billable)
    wanted = select(*columns).where(table.at >= span.since - BEFORE, table.at < span.until)
    if span.agents:
        wanted = wanted.where(table.agent.in_(span.agents))
    async with database.reading() as connection:
        rows = (await connection.execute(wanted.order_by(table.agent, table.at, table.file_id, table.offset))).all()
    until = min(span.until, now)
    return list(_times(rows, span.since, until))


def _times(rows: Sequence[Any], since: datetime, until: datetime) -> Iterator[AgentTime]:
    for row, following in pairwise([*rows, None]):
        same = following is not None and following.agent == row.agent
        started, ended = max(row.at, since), min(following.at if same else until, until)
        if started < ended:
            yield AgentTime(
                agent=row.agent,
                started=started,
                presence=row.presence,
                ms=milliseconds(ended - started),
                reason=row.reason,
                payable=row.payable,
                billable=row.billable,
            )
