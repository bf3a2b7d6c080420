"""Rows -> the report `wallboard`: the period's intervals, who was in line, and what every agent did."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from ..core.metrics.intervals import By, intervals
from ..core.metrics.moments import Span as Moments
from ..db.store import Store
from ..errors import UsageError
from ..reports.document import Report
from ..reports.wallboard import wallboard_report
from .question import Maker, Question, Row

MOST_LINES = 100_000


async def _make(store: Store, question: Question) -> Report:
    spans = _intervals(question)
    question.tell("reading who was in line", 0, 0)
    waits = await question.facts_of(store).in_line(question.span, question.now)
    question.tell("reading presences", 0, 0)
    presences: dict[str, list[Moments]] = defaultdict(list)
    for time in await question.facts_of(store).agent_times(question.span, question.now):
        presences[time.presence].append((time.started, time.started + timedelta(milliseconds=time.ms)))
    lines = [(wait.entered, wait.started, wait.ended) for wait in waits]
    return wallboard_report(question.asked, spans, lines, presences)


def _intervals(question: Question) -> list[Moments]:
    """Cut to the period, and to what is known."""
    asked, until = question.asked, min(question.asked.until, question.now)
    found: list[Moments] = []
    for start, end in intervals(asked.since, until, asked.by or By.QUARTER, asked.zone):
        found.append((max(start, asked.since), min(end, until)))
        if len(found) > MOST_LINES:
            raise UsageError(f"more than {MOST_LINES:,} lines; ask for a shorter period or --by hour")
    return found


async def _drill(store: Store, question: Question) -> list[Row]:
    """Everybody in line, each time once."""
    return [
        {
            "call": wait.call,
            "queue": wait.queue,
            "entered": wait.entered,
            "in_line_from": max(wait.started, _since(question)),
            "in_line_to": min(wait.ended, question.span.until),
            "outcome": wait.outcome,
            "agent": wait.agent,
        }
        for wait in await question.facts_of(store).in_line(question.span, question.now)
        if wait.ended > question.span.since
    ]


def _since(question: Question) -> datetime:
    return question.span.since


WALLBOARD = Maker(make=_make, drill=_drill)
