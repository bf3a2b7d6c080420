"""Who served a number last: what counts, what is forgotten, and who asks."""

from datetime import UTC, datetime, timedelta

import pytest

from cti.engine.familiar import TALKS, Familiar, Served, Window

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NUMBER = "13800138000"


def familiar(*talks, most=100, **windows) -> Familiar:
    known = Familiar(most)
    known.define(windows or {"sales": Window(30, 60)})
    known.fill(talks)
    return known


def talk(agent, *, ago_days=1.0, seconds=100.0, number=NUMBER):
    return Served(number, agent, NOON - timedelta(days=ago_days), seconds)


def test_the_last_agent_who_talked_long_enough_is_preferred():
    known = familiar(talk("1001", ago_days=3), talk("1003", ago_days=1, seconds=59), talk("1002", ago_days=2))
    assert known.prefers("sales", NUMBER, NOON) == "1002"


def test_talks_are_remembered_in_any_order_and_as_they_end():
    known = familiar(talk("1002", ago_days=2), talk("1001", ago_days=3))
    known.note(talk("1004", ago_days=0))
    known.fill([talk("1002", ago_days=2), talk("1001", ago_days=3)])
    assert known.prefers("sales", NUMBER, NOON) == "1004"


@pytest.mark.parametrize(("days", "agent"), [(29.9, "1001"), (30.1, None)])
def test_a_talk_counts_for_so_many_days(days, agent):
    assert familiar(talk("1001", ago_days=days)).prefers("sales", NUMBER, NOON) == agent


def test_each_queue_has_its_own_window():
    known = familiar(
        talk("1001", ago_days=5, seconds=20), talk("1002", ago_days=9), sales=Window(30, 60), parts=Window(6, 10)
    )
    assert (known.prefers("sales", NUMBER, NOON), known.prefers("parts", NUMBER, NOON)) == ("1002", "1001")
    assert known.widest == Window(30, 10)


def test_a_queue_without_days_and_a_withheld_number_prefer_nobody():
    known = familiar(talk("1001"), talk("1002", number=""), sales=Window(0, 0), parts=Window(1, 0))
    assert known.prefers("sales", NUMBER, NOON) is None
    assert known.prefers("nowhere", NUMBER, NOON) is None
    assert known.prefers("parts", "", NOON) is None


def test_without_the_option_nothing_is_remembered():
    known = familiar(talk("1001"), sales=Window(0, 60))
    assert (len(known), known.widest) == (0, None)


def test_the_memory_is_bounded():
    known = familiar(*(talk("1001", number=str(n), ago_days=20 - n) for n in range(1, 12)), most=10)
    assert len(known) == 10
    assert (known.prefers("sales", "1", NOON), known.prefers("sales", "2", NOON)) == (None, "1001")
    for n in range(TALKS):
        known.note(talk(f"200{n}", number="5", seconds=60, ago_days=0.1 - n / 100))
    assert known.prefers("sales", "5", NOON) == f"200{TALKS - 1}"
