"""Which lines of presence are one pause, and when it counted as what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cti.core.metrics.pauses import Told, pauses_of

ZERO = datetime(2026, 11, 2, tzinfo=UTC)


def at(minute: float) -> datetime:
    return ZERO + timedelta(minutes=minute)


def told(minute: float, presence: str, reason: str = "", agent: str = "1001", **more) -> Told:
    return Told(agent=agent, at=at(minute), presence=presence, reason=reason, **more)


def lengths(*lines: Told, until: float = 100) -> list[tuple[str, str, float]]:
    found = pauses_of(lines, at(until))
    return [(pause.agent, pause.reason, (pause.ended - pause.started) / timedelta(minutes=1)) for pause in found]


def test_a_pause_lasts_until_the_agent_does_something_else():
    assert lengths(told(0, "ready"), told(5, "paused", "lunch"), told(35, "ready")) == [("1001", "lunch", 30)]


def test_told_again_it_is_still_the_same_pause_and_its_time_over_the_maximum_is_known():
    over = told(20, "paused", "break", over_time=True)
    (pause,) = pauses_of([told(5, "paused", "break"), over, told(21, "ready")], at(100))
    assert [(part.ended - part.started, part.over_time) for part in pause.parts] == [
        (timedelta(minutes=15), False),
        (timedelta(minutes=1), True),
    ]


def test_another_reason_is_another_pause():
    lines = (told(0, "paused", "lunch"), told(10, "paused", "meeting"), told(30, "offline"))
    assert lengths(*lines) == [("1001", "lunch", 10), ("1001", "meeting", 20)]


def test_a_pause_that_goes_on_is_known_until_now():
    assert lengths(told(0, "paused", "lunch"), until=7) == [("1001", "lunch", 7)]
    assert lengths(told(0, "paused", "lunch"), told(5, "ready"), until=3) == [("1001", "lunch", 3)]


def test_two_agents_pauses_are_two_even_with_the_same_reason():
    lines = (told(0, "paused", "lunch"), told(0, "paused", "lunch", agent="1002"), told(4, "ready", agent="1002"))
    assert lengths(*lines, until=10) == [("1001", "lunch", 10), ("1002", "lunch", 4)]
