"""Statements that count facts: every counter of `core.metrics.counters` at once, by interval and by whom, either from
the rows or from the sums by quarter of an hour. Also the rows themselves.

It knows tables and which sums there are. Which of both a period is counted from, `tally` decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Select, cast, func, literal_column, select

from ..core.metrics.counters import COUNTERS, sql_of
from ..core.metrics.facts import AgentTime, Offer, Visit
from ..core.metrics.thresholds import Thresholds
from .agent_time import agent_times, times_in_quarters
from .connection import Database
from .fact_tables import OfferRow, VisitRow
from .quarters import Grid, quarter_sql
from .rollup_tables import AgentOffers, AgentTimes, AgentVisits, AllVisits, QueueOffers, QueueVisits
from .span import Span

__all__ = ["Span", "agent_times", "offers", "visits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Facts of one kind: their table and instant (None = made of presences), and their sums by whose they are."""

    fact: type[Visit] | type[Offer] | type[AgentTime]
    rows: Any
    at: str
    sums: dict[str, Any]

    @property
    def names(self) -> list[str]:
        """Its counters."""
        return [name for name, counter in COUNTERS.items() if counter.fact is self.fact]


SOURCES = {
    "visits": Source(
        fact=Visit,
        rows=VisitRow,
        at="entered",
        sums={"": AllVisits, "queue": QueueVisits, "agent": AgentVisits},
    ),
    "offers": Source(fact=Offer, rows=OfferRow, at="offered", sums={"queue": QueueOffers, "agent": AgentOffers}),
    "agent_times": Source(fact=AgentTime, rows=None, at="", sums={"agent": AgentTimes}),
}


def from_rows(
    database: Database,
    source: Source,
    span: Span,
    key: str,
    names: Iterable[str],
    thresholds: Thresholds,
    grid: Grid,
) -> Select[Any]:
    """(interval's number, value of the column `key` or "", counts…) of the facts that begin in the span."""
    # The conditions are written in core, of words, numbers and the site's names; nothing of a caller's is in them.
    sums: list[Any] = [literal_column(sql_of(COUNTERS[name], thresholds)).label(f"n_{name}") for name in names]
    if source.rows is None:
        times = times_in_quarters(database, span)
        columns: Any = times.c
        quarter, conditions = times.c.quarter, []
    else:
        columns, at = source.rows, getattr(source.rows, source.at)
        quarter = quarter_sql(at, sqlite=database.is_sqlite)
        conditions = [at >= span.since, at < span.until, *_only(columns, span)]
    line = getattr(columns, key) if key else literal_column("''")
    number = grid.sql(quarter).label("number")
    return select(number, line.label("line"), *sums).where(*conditions).group_by("number", "line")


def from_sums(source: Source, span: Span, key: str, names: Sequence[str], grid: Grid, quarters: range) -> Select[Any]:
    """The same from the sums of these quarters. There must be some for this key and these filters (`summed_by`)."""
    table = source.sums[summed_by(source, span, key) or ""]
    of = [table.quarter >= quarters.start, table.quarter < quarters.stop, *_only(table, span)]
    sums = [_whole(func.sum(getattr(table, name))).label(f"n_{name}") for name in names]
    if key or table is AllVisits:
        number = grid.sql(table.quarter).label("number")
        line = (getattr(table, key) if key else literal_column("''")).label("line")
        return select(number, line, *sums).where(*of).group_by("number", "line")
    # Many lines of a quarter: by quarter first, in which order they lie. SQLite sorts what is grouped by an expression.
    each = select(table.quarter, *sums).where(*of).group_by(table.quarter).subquery()
    number = grid.sql(each.c.quarter).label("number")
    again = [_whole(func.sum(each.c[f"n_{name}"])) for name in names]
    return select(number, literal_column("''").label("line"), *again).group_by("number")


def _whole(sum_: Any) -> Any:
    """As a number that a driver needs not make out of text: PostgreSQL's sums of 8 bytes are `numeric`."""
    return cast(sum_, BigInteger)


def summed_by(source: Source, span: Span, key: str) -> str | None:
    """Whose sums answer this question; None: only the rows can (a queue's calls of one agent)."""
    asked = {key} | ({"queue"} if span.queues else set()) | ({"agent"} if span.agents else set())
    asked -= {"", "queue"} if source.rows is None else {""}  # time belongs to no queue
    return next((by for by in source.sums if asked <= {by}), None)


def _only(table: Any, span: Span) -> list[Any]:
    found = []
    if span.queues and hasattr(table, "queue"):
        found.append(table.queue.in_(span.queues))
    if span.agents and hasattr(table, "agent"):
        found.append(table.agent.in_(span.agents))
    return found


async def visits(database: Database, span: Span) -> list[dict[str, Any]]:
    """The rows behind the numbers, in the order of entry."""
    return await _listed(database, span, VisitRow, VisitRow.entered)


async def offers(database: Database, span: Span) -> list[dict[str, Any]]:
    """The rings behind the numbers, in order."""
    return await _listed(database, span, OfferRow, OfferRow.offered)


async def _listed(database: Database, span: Span, table: Any, at: Any) -> list[dict[str, Any]]:
    wanted = select(table.__table__).where(at >= span.since, at < span.until, *_only(table, span))
    async with database.reading() as connection:
        found = await connection.execute(wanted.order_by(at, table.call, table.position))
        return [dict(row) for row in found.mappings()]
