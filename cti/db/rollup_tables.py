"""The sums by quarter of an hour that reports are answered from, and which quarters they are right for.

It knows names and types. Each of these rows can be made again from visits, offers and presences at any time; how, and
why a row here may be stale, is `rollups`' to know: only quarters that stand in `rolled_quarters` may be read.

`quarter` is the number of whole quarters of an hour since 1970-01-01 00:00 UTC (times 900 = epoch seconds); the other
columns are counters of `core.metrics.counters`, under their names. There is a table for each fact and whose it is, and
not one for all: a queue has some calls in a quarter, but an agent in a queue has one, so that the sums of both together
would be as many as the rows.
"""

from __future__ import annotations

from typing import Annotated, Any

from sqlalchemy import BigInteger, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from .tables import Table

Quarter = Annotated[int, mapped_column(Integer, primary_key=True, autoincrement=False)]
Line = Annotated[str, mapped_column(primary_key=True)]
Later = Annotated[int, mapped_column(Integer, server_default=text("0"))]  # a counter that came when there were rows
Milliseconds = Annotated[int, mapped_column(BigInteger)]
_CLUSTERED: dict[str, Any] = {"sqlite_with_rowid": False}  # rows of a quarter lie beside each other


class RolledQuarterRow(Table):
    """A quarter whose sums are those of its rows; `thresholds` says for which T and S (`Thresholds.key`)."""

    __tablename__ = "rolled_quarters"

    quarter: Mapped[Quarter]
    thresholds: Mapped[str]


class _VisitCounters:
    """Counters of stays in queues."""

    entered: Mapped[int]
    closed: Mapped[int]
    answered: Mapped[int]
    answered_in_time: Mapped[int]
    answered_under_time: Mapped[int]
    abandoned: Mapped[int]
    abandoned_in_time: Mapped[int]
    short_abandoned: Mapped[int]
    under_short_abandoned: Mapped[int]
    abandoned_after_short_in_time: Mapped[int]
    late: Mapped[int]
    sent_on: Mapped[int]
    callback_requested: Mapped[int]
    overflowed: Mapped[Later]
    timed_out: Mapped[Later]
    left_by_key: Mapped[Later]
    found_full: Mapped[Later]
    left_for_voicemail: Mapped[Later]
    failed: Mapped[Later]
    found_closed: Mapped[Later]
    blocked: Mapped[Later]
    still_waiting: Mapped[int]
    called_back: Mapped[int]
    transferred: Mapped[int]
    called_back_transferred: Mapped[int]
    wait_ms: Mapped[Milliseconds]
    answered_wait_ms: Mapped[Milliseconds]
    abandoned_wait_ms: Mapped[Milliseconds]
    abandoned_after_short_wait_ms: Mapped[Milliseconds]
    talk_ms: Mapped[Milliseconds]
    hold_ms: Mapped[Milliseconds]
    wrap_ms: Mapped[Milliseconds]
    callback_talk_ms: Mapped[Milliseconds]
    callback_hold_ms: Mapped[Milliseconds]
    callback_wrap_ms: Mapped[Milliseconds]
    taken_over: Mapped[int]
    taken_over_transferred: Mapped[int]
    taken_over_talk_ms: Mapped[Milliseconds]
    taken_over_hold_ms: Mapped[Milliseconds]
    taken_over_wrap_ms: Mapped[Milliseconds]


class _OfferCounters:
    """Counters of rings at agents."""

    offers: Mapped[int]
    offers_answered: Mapped[int]
    offers_missed: Mapped[int]
    offers_withdrawn: Mapped[int]
    ring_ms: Mapped[Milliseconds]


class AllVisits(_VisitCounters, Table):
    """All stays that began in a quarter."""

    __tablename__ = "rollup_visits"

    quarter: Mapped[Quarter]


class QueueVisits(_VisitCounters, Table):
    """The stays in one queue that began in a quarter."""

    __tablename__ = "rollup_queue_visits"
    __table_args__ = _CLUSTERED

    quarter: Mapped[Quarter]
    queue: Mapped[Line]


class AgentVisits(_VisitCounters, Table):
    """The stays that ended with one agent, by the quarter in which they began; agent "" = with nobody."""

    __tablename__ = "rollup_agent_visits"
    __table_args__ = _CLUSTERED

    quarter: Mapped[Quarter]
    agent: Mapped[Line]


class QueueOffers(_OfferCounters, Table):
    """The rings for callers of one queue that began in a quarter."""

    __tablename__ = "rollup_queue_offers"
    __table_args__ = _CLUSTERED

    quarter: Mapped[Quarter]
    queue: Mapped[Line]


class AgentOffers(_OfferCounters, Table):
    """The rings at one agent that began in a quarter."""

    __tablename__ = "rollup_agent_offers"
    __table_args__ = _CLUSTERED

    quarter: Mapped[Quarter]
    agent: Mapped[Line]


class AgentTimes(Table):
    """What one agent did in a quarter; time that they were logged out is in no column."""

    __tablename__ = "rollup_agent_times"
    __table_args__ = _CLUSTERED

    quarter: Mapped[Quarter]
    agent: Mapped[Line]
    ready_ms: Mapped[Milliseconds]
    ringing_ms: Mapped[Milliseconds]
    talking_ms: Mapped[Milliseconds]
    wrap_up_ms: Mapped[Milliseconds]
    paused_ms: Mapped[Milliseconds]
    paused_payable_ms: Mapped[Milliseconds]
    paused_billable_ms: Mapped[Milliseconds]
    at_work_ms: Mapped[Milliseconds]
    logged_in_ms: Mapped[Milliseconds]


SUMS: tuple[type[Table], ...] = (AllVisits, QueueVisits, AgentVisits, QueueOffers, AgentOffers, AgentTimes)
