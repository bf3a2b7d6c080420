"""How calls ended: every one stands in one line, and the shares of a line add up to 100.0."""

from __future__ import annotations

import random

import pytest

from cti.core.metrics.counters import count
from cti.core.metrics.facts import Channel, Visit
from cti.core.metrics.thresholds import Thresholds
from cti.core.words import Outcome
from cti.reports.lines import shares
from cti.reports.outcome import outcome_report

from .asking import asked, local, rows, total

DAY = ("2026-11-02", "2026-11-03")


def visit(at: str, outcome: str, wait_ms: int = 10_000, queue: str = "sales", **more) -> Visit:
    return Visit(call="c", queue=queue, entered=local(at), outcome=outcome, wait_ms=wait_ms, **more)


def counted(*visits: Visit) -> list:
    quarter = lambda at: at.replace(minute=at.minute // 15 * 15, second=0)  # noqa: E731
    return [(quarter(v.entered), (v.queue,), count([v], Thresholds())) for v in visits]


def test_every_outcome_has_its_line_and_together_they_are_all_who_came():
    visits = [visit("2026-11-02 09:00", word.value) for word in Outcome] + [visit("2026-11-02 09:00", "")]
    found = outcome_report(asked("outcome", *DAY), per="queue", counted=counted(*visits))
    told = {row["outcome"]: row["calls"] for row in rows(found)}
    # A stay that its conversation calls short is abandoned here: after 10 s it is not short by S = 5 s.
    expected = {word.value: 1 for word in Outcome} | {"open": 1, "abandoned": 2}
    assert told == {word: calls for word, calls in expected.items() if word != "short_abandon"}
    assert round(sum(row["share_percent"] for row in rows(found)), 6) == 100.0
    assert total(found) | {"calls": len(visits), "share_percent": 100.0} == total(found)


def test_an_abandon_after_exactly_s_is_short_and_a_millisecond_later_it_is_not():
    found = outcome_report(
        asked("outcome", *DAY),
        per="queue",
        counted=counted(visit("2026-11-02 09:00", "abandoned", 5_000), visit("2026-11-02 09:00", "abandoned", 5_001)),
    )
    assert {row["outcome"]: row["calls"] for row in rows(found)} == {"abandoned": 1, "short_abandon": 1}


def test_a_caller_in_two_queues_ends_once_in_each():
    found = outcome_report(
        asked("outcome", *DAY),
        per="queue",
        counted=counted(visit("2026-11-02 09:00", "timeout"), visit("2026-11-02 09:01", "answered", queue="service")),
    )
    assert [(row["queue"], row["outcome"], row["share_percent"]) for row in rows(found)] == [
        ("sales", "timeout", 100.0),
        ("service", "answered", 100.0),
    ]


def test_a_call_counts_in_the_interval_in_which_it_came():
    visits = [visit("2026-11-02 23:59:59", "answered"), visit("2026-11-03 00:00", "abandoned")]
    found = outcome_report(asked("outcome", "2026-11-02", "2026-11-04", by="day"), per="all", counted=counted(*visits))
    assert [(f"{row['from']:%d}", row["outcome"]) for row in rows(found)] == [("02", "answered"), ("03", "abandoned")]


def test_nobody_came_makes_no_line_and_no_share():
    found = outcome_report(asked("outcome", *DAY), per="queue", counted=[])
    assert (found.rows, total(found)["calls"], total(found)["share_percent"]) == ((), 0, None)


def test_a_callback_that_we_made_is_not_somebody_who_came():
    found = outcome_report(
        asked("outcome", *DAY),
        per="queue",
        counted=counted(visit("2026-11-02 09:00", "answered", channel=Channel.CALLBACK)),
    )
    assert found.rows == ()


@pytest.mark.parametrize("seed", range(50))
def test_shares_add_up_and_none_is_further_off_than_its_rounding(seed):
    chance = random.Random(seed)
    counts = [chance.choice((0, 1, 3, 10**6, chance.randrange(10_000))) for _ in range(1 + seed % 14)]
    found = shares(counts)
    assert round(sum(found), 6) == (100.0 if any(counts) else 0.0)
    for part, share in zip(counts, found, strict=True):
        assert abs(share - 100 * part / (sum(counts) or 1)) < 0.1
