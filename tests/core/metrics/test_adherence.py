"""Presence against the plan, moment by moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cti.core.metrics.adherence import Planned, pieces
from cti.core.metrics.facts import AgentTime

ZERO = datetime(2026, 11, 2, 9, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return ZERO + timedelta(minutes=minutes)


def shift(first: float, last: float, reason: str = "") -> Planned:
    return Planned(agent="1001", started=at(first), ended=at(last), reason=reason)


def was(first: float, last: float, presence: str) -> AgentTime:
    return AgentTime(agent="1001", started=at(first), presence=presence, ms=int((last - first) * 60_000))


def told(plan: list[Planned], times: list[AgentTime], last: float = 60) -> list[tuple[str, str, float, bool]]:
    found = pieces(plan, times, at(0), at(last))
    return [(p.planned, p.presence, (p.ended - p.started) / timedelta(minutes=1), p.adheres) for p in found]


def test_at_work_in_a_shift_and_away_in_its_break_is_as_planned():
    plan = [shift(0, 60), shift(30, 40, "lunch")]
    times = [was(0, 30, "ready"), was(30, 40, "paused"), was(40, 60, "talking")]
    assert told(plan, times) == [
        ("work", "ready", 30, True),
        ("lunch", "paused", 10, True),
        ("work", "talking", 20, True),
    ]


def test_late_away_and_working_through_a_break_are_not():
    plan = [shift(0, 60), shift(30, 40, "lunch")]
    times = [was(10, 50, "ready"), was(50, 60, "paused")]
    assert told(plan, times) == [
        ("work", "offline", 10, False),
        ("work", "ready", 20, True),
        ("lunch", "ready", 10, False),
        ("work", "ready", 10, True),
        ("work", "paused", 10, False),
    ]


def test_work_without_a_plan_is_told_and_is_not_adherence():
    assert told([shift(0, 30)], [was(0, 60, "ready")]) == [("work", "ready", 30, True), ("", "ready", 30, False)]


def test_whoever_has_no_plan_is_not_told_of():
    assert told([], [was(0, 60, "ready")]) == []


def test_who_never_came_did_not_keep_the_break_either():
    assert told([shift(0, 60), shift(30, 40, "lunch")], []) == [
        ("work", "offline", 30, False),
        ("lunch", "offline", 10, False),
        ("work", "offline", 20, False),
    ]


def test_who_logs_out_for_lunch_keeps_it():
    plan, times = [shift(0, 60), shift(30, 40, "lunch")], [was(0, 30, "ready"), was(40, 60, "ready")]
    assert [kept for *_, kept in told(plan, times)] == [True, True, True]


def test_who_was_never_seen_was_not_there():
    assert told([shift(0, 60)], []) == [("work", "offline", 60, False)]


def test_a_shift_over_the_border_of_the_period_is_cut():
    assert told([shift(-60, 20)], [was(0, 20, "ready")], last=15) == [("work", "ready", 15, True)]
