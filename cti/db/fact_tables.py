"""The rows that reports count: stays in queues, rings, changes of presence, answers. A fold of the journals as well.

It knows names, types and indexes. Durations are whole milliseconds, so that every database adds them up to the same
number; instants are UTC. The columns are those of `core.metrics.facts`, whose conditions are written for them.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, String, false
from sqlalchemy.orm import Mapped, mapped_column

from .tables import Table, by_month


class VisitRow(Table):
    """One stay of one caller in one queue; the columns are those of `core.metrics.facts.Visit`."""

    __tablename__ = "visits"
    __table_args__ = (
        Index(None, "entered"),
        Index(None, "queue", "entered"),
        Index(None, "agent", "entered"),
        by_month("entered"),
    )

    call: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    queue: Mapped[str]
    entered: Mapped[datetime] = mapped_column(primary_key=True)
    outcome: Mapped[str]
    channel: Mapped[str]
    agent: Mapped[str]
    wait_ms: Mapped[int] = mapped_column(BigInteger)
    ring_ms: Mapped[int] = mapped_column(BigInteger)
    talk_ms: Mapped[int] = mapped_column(BigInteger)
    hold_ms: Mapped[int] = mapped_column(BigInteger)
    wrap_ms: Mapped[int] = mapped_column(BigInteger)
    transferred: Mapped[bool]


class OfferRow(Table):
    """One ring at one agent; the columns are those of `core.metrics.facts.Offer`."""

    __tablename__ = "offers"
    __table_args__ = (
        Index(None, "offered"),
        Index(None, "agent", "offered"),
        Index(None, "queue", "offered"),
        by_month("offered"),
    )

    call: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    queue: Mapped[str]
    agent: Mapped[str]
    offered: Mapped[datetime] = mapped_column(primary_key=True)
    outcome: Mapped[str]
    ring_ms: Mapped[int] = mapped_column(BigInteger)


class SurveyRow(Table):
    """One question asked after the talk; the columns are those of `core.metrics.facts.SurveyAnswer`."""

    __tablename__ = "surveys"
    __table_args__ = (Index(None, "at"), Index(None, "queue", "at"), Index(None, "agent", "at"))

    call: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    queue: Mapped[str]
    agent: Mapped[str]
    survey: Mapped[str]
    question: Mapped[str]
    at: Mapped[datetime]
    outcome: Mapped[str]
    answer: Mapped[int | None] = mapped_column(Integer)
    worst: Mapped[int] = mapped_column(Integer)
    best: Mapped[int] = mapped_column(Integer)
    top_two: Mapped[bool]


class PresenceRow(Table):
    """An agent's presence from `at` on, until the agent's next row. Of a pause: what its reason counted as then."""

    __tablename__ = "presences"
    __table_args__ = (Index(None, "agent", "at"), Index(None, "at"), by_month("at"))

    file_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    offset: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    agent: Mapped[str]
    at: Mapped[datetime] = mapped_column(primary_key=True)
    presence: Mapped[str]
    reason: Mapped[str]
    payable: Mapped[bool]
    billable: Mapped[bool]
    over_time: Mapped[bool] = mapped_column(server_default=false())  # told again: longer than its reason allows


class AnnouncementRow(Table):
    """The numbers that a waiting caller was told. `place` 0 = none; `wait_minutes`: at most so many, 0 = more than the
    longest that is said, NULL = no wait was said; `expected_ms` is the estimate behind it."""

    __tablename__ = "announcements"
    __table_args__ = (Index(None, "at"), Index(None, "queue", "at"))

    file_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    offset: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    call: Mapped[str]
    at: Mapped[datetime]
    queue: Mapped[str]
    place: Mapped[int] = mapped_column(Integer)
    wait_minutes: Mapped[int | None] = mapped_column(Integer)
    expected_ms: Mapped[int | None] = mapped_column(BigInteger)
