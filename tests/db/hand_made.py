"""Rows written by hand, for reports whose every number can be counted on fingers. Minutes count from ZERO."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from cti.core.metrics.intervals import By
from cti.core.metrics.thresholds import Thresholds
from cti.db.counting import Span
from cti.db.fact_tables import OfferRow, PresenceRow, VisitRow
from cti.db.months import PARTED, make_room
from cti.db.store import Store
from cti.db.tables import ConversationRow, RecordingRow, SegmentRow
from cti.reporting.question import Question
from cti.reports.build import Asked
from cti.reports.document import Report

ZERO = datetime(2026, 11, 2, 1, tzinfo=UTC)  # a Monday, 09:00 in Shanghai
SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = 24 * 60


def at(minutes: float) -> datetime:
    return ZERO + timedelta(minutes=minutes)


class Hand:
    """Writes rows; `said(name, …)` asks for a report."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._presences = 0

    async def write(self, table: Any, *rows: dict[str, Any]) -> None:
        async with self.store.database.writing() as connection:
            if at := PARTED.get(table.__tablename__):
                await make_room(connection, [row[at] for row in rows])
            await connection.execute(insert(table), list(rows))

    async def call(self, call: str, minute: float, **said: Any) -> None:
        """A conversation from outside that lasts five minutes, unless said otherwise."""
        usual = dict.fromkeys(
            ("name", "did", "path", "language", "customer", "queue", "agent", "disposition", "note"), ""
        )
        seconds = dict.fromkeys(("wait_seconds", "ring_seconds", "talk_seconds", "hold_seconds"), 0.0)
        row = {
            "id": call,
            "started": at(minute),
            "ended": at(minute + 5),
            "direction": "inbound",
            "number": "13800000001",
            "outcome": "answered",
            "interrupted": False,
            "callback_of": "",
            "source": "engine",
        }
        await self.write(ConversationRow, {**usual, **seconds, **row, **said})

    async def visit(self, call: str, minute: float, **said: Any) -> None:
        """A stay in `sales` that an agent ended after ten seconds."""
        numbers = {"ring_ms": 0, "talk_ms": 60_000, "hold_ms": 0, "wrap_ms": 0, "position": 0}
        row = {"call": call, "queue": "sales", "entered": at(minute), "outcome": "answered", "channel": "live"}
        row |= {"agent": "1001", "wait_ms": 10_000, "transferred": False}
        await self.write(VisitRow, {**numbers, **row, **said})

    async def offer(self, call: str, minute: float, **said: Any) -> None:
        row = {"call": call, "position": 0, "queue": "sales", "agent": "1001", "offered": at(minute)}
        await self.write(OfferRow, {**row, "outcome": "answered", "ring_ms": 4_000, **said})

    async def segment(self, call: str, position: int, minute: float, until: float | None, **said: Any) -> None:
        row = {"call": call, "position": position, "kind": "talk", "agent": "1001", "queue": "sales"}
        ended = None if until is None else at(until)
        await self.write(
            SegmentRow, {**row, "outcome": "", "detail": "", "started": at(minute), "ended": ended, **said}
        )

    async def presence(self, agent: str, minute: float, presence: str, **said: Any) -> None:
        self._presences += 1
        row = {"file_id": "hand", "offset": self._presences, "agent": agent, "at": at(minute), "presence": presence}
        await self.write(PresenceRow, {**row, "reason": "", "payable": True, "billable": False, **said})

    async def sound(self, call: str, seconds: float, **said: Any) -> None:
        row = {"path": f"{call}.raw", "call": call, "started": ZERO, "seconds": seconds, "bytes": int(seconds * 32_000)}
        await self.write(RecordingRow, {**row, "channels": 2, "state": "whole", **said})


def question(
    name: str,
    since: float = 0,
    until: float = DAY,
    *,
    by: By | None = None,
    now: float = 100 * DAY,
    queues: tuple[str, ...] = (),
    agents: tuple[str, ...] = (),
    **more: Any,
) -> Question:
    asked = Asked(name=name, since=at(since), until=at(until), zone=SHANGHAI, thresholds=Thresholds(), by=by)
    span = Span(since=at(since), until=at(until), queues=queues, agents=agents)
    return Question(asked=asked, span=span, now=at(now), more=more)


def rows(report: Report) -> list[dict[str, Any]]:
    names = [column.name for column in report.columns]
    return [dict(zip(names, row, strict=True)) for row in report.rows]


def total(report: Report) -> dict[str, Any]:
    return dict(zip([column.name for column in report.columns], report.total, strict=True))
