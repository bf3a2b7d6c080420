"""What agents did, from their changes of presence: each stretch until the next change, cut at quarters of an hour.

It knows the order of changes, and that an agent's last change before a period still holds in it, however long ago that
was. A change at the same instant as another one ends the one that was written first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import BigInteger, Boolean, Integer, Subquery, Text, TextClause, bindparam, column, text

from ..core.metrics.facts import AgentTime
from .connection import Database
from .quarters import QUARTER_MS, epoch_ms, epoch_ms_sql
from .span import Span
from .tables import UtcInstant

# Each agent's changes in the period, and the last one before it; agents are found by hopping through the index.
_SEEN = """
WITH RECURSIVE known(agent) AS (
    SELECT MIN(agent) FROM presences
    UNION ALL
    SELECT (SELECT MIN(p.agent) FROM presences p WHERE p.agent > known.agent) FROM known WHERE known.agent IS NOT NULL
), seen AS (
    SELECT agent, at, file_id, "offset", presence, reason, payable, billable
    FROM presences WHERE at >= :since AND at < :until {only}
    UNION ALL
    SELECT p.agent, p.at, p.file_id, p."offset", p.presence, p.reason, p.payable, p.billable
    FROM known JOIN presences p ON p.agent = known.agent
    AND p.at = (SELECT MAX(b.at) FROM presences b WHERE b.agent = known.agent AND b.at < :since) {only_p}
)"""
_LISTED = ' SELECT agent, at, presence, reason, payable, billable FROM seen ORDER BY agent, at, file_id, "offset"'
_STRETCHES = """, stretches AS (
    SELECT agent, presence, reason, payable, billable, {greatest}({at_ms}, {since_ms}) AS s,
           COALESCE(LEAD({at_ms}) OVER (PARTITION BY agent ORDER BY at, file_id, "offset"), {until_ms}) AS e
    FROM seen
), pieces AS (
    SELECT agent, presence, reason, payable, billable, s, e, s / {quarter_ms} AS quarter
    FROM stretches WHERE s < e AND presence <> 'offline'
    UNION ALL
    SELECT agent, presence, reason, payable, billable, (quarter + 1) * {quarter_ms}, e, quarter + 1
    FROM pieces WHERE e > (quarter + 1) * {quarter_ms}
)
SELECT agent, presence, reason, payable, billable, CAST(quarter AS INTEGER) AS quarter,
       {least}(e, (quarter + 1) * {quarter_ms}) - s AS ms
FROM pieces"""


def times_in_quarters(database: Database, span: Span) -> Subquery:
    """Rows with a fact's columns (`core.metrics.facts.AgentTime`) and its quarter; logged out is no time."""
    lite = database.is_sqlite
    sql = _STRETCHES.format(
        greatest="MAX" if lite else "GREATEST",
        least="MIN" if lite else "LEAST",
        at_ms=epoch_ms_sql("at", sqlite=lite),
        since_ms=epoch_ms(span.since),
        until_ms=epoch_ms(span.until),
        quarter_ms=QUARTER_MS,
    )
    found = _bound(_SEEN + sql, span).columns(
        column("agent", Text()),
        column("presence", Text()),
        column("reason", Text()),
        column("payable", Boolean()),
        column("billable", Boolean()),
        column("quarter", Integer()),
        column("ms", BigInteger()),
    )
    return found.subquery("times")


def _bound(sql: str, span: Span) -> TextClause:
    only, only_p = ("AND agent IN :agents", "AND p.agent IN :agents") if span.agents else ("", "")
    given: list[Any] = [
        bindparam("since", span.since, type_=UtcInstant()),
        bindparam("until", span.until, type_=UtcInstant()),
    ]
    if span.agents:
        given.append(bindparam("agents", list(span.agents), expanding=True))
    return text(sql.replace("{only}", only).replace("{only_p}", only_p)).bindparams(*given)


async def agent_times(database: Database, span: Span, now: datetime) -> list[AgentTime]:
    """What every agent did in the period, cut to it, logged out too; nothing is told of time after `now`."""
    wanted = _bound(_SEEN + _LISTED, span).columns(
        column("agent", Text()),
        column("at", UtcInstant()),
        column("presence", Text()),
        column("reason", Text()),
        column("payable", Boolean()),
        column("billable", Boolean()),
    )
    async with database.reading() as connection:
        rows = (await connection.execute(wanted)).all()
    return list(times_of(rows, span.since, min(span.until, now)))


def times_of(rows: Sequence[Any], since: datetime, until: datetime) -> Iterator[AgentTime]:
    """What changes of presence tell of this time: in the order of agents and instants, each agent's last before too."""
    for row, following in pairwise([*rows, None]):
        same = following is not None and following.agent == row.agent
        started, ended = max(row.at, since), min(following.at if same else until, until)
        if started < ended:
            yield AgentTime(
                agent=row.agent,
                started=started,
                presence=row.presence,
                ms=epoch_ms(ended) - epoch_ms(started),
                reason=row.reason,
                payable=row.payable,
                billable=row.billable,
            )
