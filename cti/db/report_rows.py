"""Rows that reports read one by one, or count in a way of their own, because no sum of counters tells it.

It knows the statements; what the rows mean, the reports know.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, case, func, select

from ..core.metrics.facts import Channel
from ..core.metrics.pauses import Pause, Told, pauses_of
from ..core.metrics.thresholds import Thresholds
from ..core.words import Miss, Outcome
from .connection import Database
from .fact_tables import OfferRow, PresenceRow, VisitRow
from .quarters import instant_of, quarter_sql
from .span import Span
from .tables import ConversationRow
from .tally import Counted

_FLAGS = (PresenceRow.payable, PresenceRow.billable, PresenceRow.over_time)
ABANDONS = (Outcome.ABANDONED.value, Outcome.SHORT_ABANDON.value)
TURNED_AWAY = (Outcome.CLOSED.value, Outcome.BLOCKED.value)  # they came, and waited for nothing
MISSED = [word.value for word in Miss if word is not Miss.CALLER_GONE]
COUNTERS_OF = {  # how a call ended, by the names of the counters of stays in queues
    Outcome.ANSWERED.value: "answered",
    Outcome.OVERFLOW.value: "overflowed",
    Outcome.TIMEOUT.value: "timed_out",
    Outcome.EXIT_KEY.value: "left_by_key",
    Outcome.FULL.value: "found_full",
    Outcome.VOICEMAIL.value: "left_for_voicemail",
    Outcome.CALLBACK_REQUESTED.value: "callback_requested",
    Outcome.CLOSED.value: "found_closed",
    Outcome.BLOCKED.value: "blocked",
    Outcome.FAILED.value: "failed",
    "": "still_waiting",
}


async def outcomes_by_number(database: Database, span: Span, thresholds: Thresholds) -> list[Counted]:
    """(quarter, (number dialled,), counts of outcomes) of the calls from outside that began in the period."""
    row = ConversationRow
    quarter = quarter_sql(row.started, sqlite=database.is_sqlite).label("quarter")
    limits: Any = [(row.queue == queue, own.short_ms / 1000) for queue, own in thresholds.own.items()]
    limit = case(*limits, else_=thresholds.short_ms / 1000) if limits else thresholds.short_ms / 1000
    short = case((and_(row.queue != "", row.wait_seconds <= limit), 1), else_=0).label("short")
    queued = case((row.queue != "", 1), else_=0).label("queued")
    keys = (quarter, row.did, row.outcome, short, queued)
    wanted = calls_within(select(*keys, func.count()), span).where(row.direction == "inbound").group_by(*keys)
    found: dict[tuple[int, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    async with database.reading() as connection:
        for at, did, outcome, is_short, was_queued, calls in await connection.execute(wanted):
            counts = found[at, did]
            if outcome not in ABANDONS:
                counts[COUNTERS_OF.get(outcome, "failed")] += calls
            elif not was_queued:
                counts["hung_up_before"] += calls
            else:
                counts["abandoned"] += calls
                counts["short_abandoned"] += calls * is_short
    return [(instant_of(at), (did,), counts) for (at, did), counts in found.items()]


def calls_within(statement: Select[Any], span: Span) -> Select[Any]:
    """Of the conversations that began in the period, those of the queues and agents asked for."""
    row = ConversationRow
    statement = statement.where(row.started >= span.since, row.started < span.until)
    if span.queues:
        statement = statement.where(row.queue.in_(span.queues))
    return statement.where(row.agent.in_(span.agents)) if span.agents else statement


async def calls_behind(database: Database, span: Span) -> list[dict[str, Any]]:
    """The calls from outside that began in the period, in order, as `--drill` shows them."""
    row = ConversationRow
    about = (row.id, row.started, row.ended, row.number, row.did, row.path, row.queue, row.agent, row.outcome)
    columns: tuple[Any, ...] = (*about, row.wait_seconds, row.talk_seconds)
    wanted = calls_within(select(*columns), span).where(row.direction == "inbound")
    async with database.reading() as connection:
        found = await connection.execute(wanted.order_by(row.started, row.id))
        return [dict(call) for call in found.mappings()]


async def missed_rings(database: Database, span: Span) -> list[dict[str, Any]]:
    """Every ring that an agent missed, in order; `served`: the caller talked with somebody in the end."""
    row, call = OfferRow, ConversationRow
    served = case((call.outcome == Outcome.ANSWERED.value, 1), else_=0).label("served")
    columns = (row.call, row.queue, row.agent, row.offered, row.outcome, row.ring_ms, served)
    wanted = (
        select(*columns)
        .join(call, call.id == row.call)
        .where(row.offered >= span.since, row.offered < span.until, row.outcome.in_(MISSED))
        .order_by(row.offered, row.call, row.position)
    )
    if span.queues:
        wanted = wanted.where(row.queue.in_(span.queues))
    if span.agents:
        wanted = wanted.where(row.agent.in_(span.agents))
    async with database.reading() as connection:
        return [
            dict(found) | {"served": bool(found["served"])} for found in (await connection.execute(wanted)).mappings()
        ]


async def waits(database: Database, span: Span, *, by_quarter: bool) -> list[tuple[datetime, str, str, int, int]]:
    """(quarter of an hour of the entry, queue, outcome, wait_ms, how many) of the live stays that entered in the
    period; without quarters all of it is told as of its beginning, which is fewer lines."""
    row = VisitRow
    quarter = [quarter_sql(row.entered, sqlite=database.is_sqlite).label("quarter")] if by_quarter else []
    keys: list[Any] = [row.queue, row.outcome, row.wait_ms, *quarter]
    wanted = (
        select(*keys, func.count())
        .where(row.entered >= span.since, row.entered < span.until)
        .where(row.channel == Channel.LIVE.value, row.outcome.not_in(TURNED_AWAY))
        .group_by(*keys)
    )
    if span.queues:
        wanted = wanted.where(row.queue.in_(span.queues))
    if span.agents:
        wanted = wanted.where(row.agent.in_(span.agents))
    found = []
    async with database.reading() as connection:
        for queue, outcome, ms, *at, count in await connection.execute(wanted):
            when = instant_of(at[0]) if at else span.since
            found.append((max(when, span.since), queue, outcome, ms, count))
    return found


async def pauses(database: Database, span: Span, now: datetime) -> list[Pause]:
    """Every pause that touches the period, whole as far as it is known at `now`, by agent and beginning."""
    row = PresenceRow
    newest = select(row.agent, func.max(row.at).label("at")).where(row.at < span.since).group_by(row.agent).subquery()
    columns = (row.agent, row.at, row.file_id, row.offset, row.presence, row.reason, *_FLAGS)
    before = select(*columns).join(newest, and_(newest.c.agent == row.agent, newest.c.at == row.at))
    within = select(*columns).where(row.at >= span.since, row.at < span.until)
    rows: list[Any] = []
    async with database.reading() as connection:
        for wanted in (before, within):
            if span.agents:
                wanted = wanted.where(row.agent.in_(span.agents))
            rows += (await connection.execute(wanted)).all()
    told = map(told_of, sorted(rows, key=lambda row: tuple(row[:4])))
    return [pause for pause in pauses_of(told, min(span.until, now)) if pause.ended > span.since]


def told_of(row: Any) -> Told:
    """A row of presences, as pauses are made of."""
    return Told(
        agent=row.agent,
        at=row.at,
        presence=row.presence,
        reason=row.reason,
        payable=row.payable,
        billable=row.billable,
        over_time=row.over_time,
    )
