"""Callers drawn from rates, and callers taken from what was recorded."""

from __future__ import annotations

import math
import random
from statistics import fmean

import pytest

from cti.core.arrivals import Demand, Recorded, exponential, generate, patience_of, pick, replay
from cti.core.words import Outcome

AB, ANS, SHORT, OUT = Outcome.ABANDONED, Outcome.ANSWERED, Outcome.SHORT_ABANDON, Outcome.OVERFLOW


def stream(purpose: str):
    return random.Random(f"7 {purpose}").random


def seen(call: str, outcome: Outcome, wait: float, queue: str = "sales", **fields) -> Recorded:
    return Recorded(call=call, at=fields.pop("at", 0.0), queue=queue, outcome=outcome, wait_seconds=wait, **fields)


def test_rates_shares_and_means_are_those_asked_for():
    demand = Demand(calls=20_000, rate=0.5, shares={"a": 3, "b": 1}, talk_seconds=100, patience_seconds=50)
    callers = generate(demand, stream)
    assert callers[-1].at == pytest.approx(20_000 / 0.5, rel=0.03)
    assert sum(c.queue == "a" for c in callers) / 20_000 == pytest.approx(0.75, abs=0.01)
    assert fmean(c.talk_seconds for c in callers) == pytest.approx(100, rel=0.03)
    assert fmean(c.patience_seconds for c in callers) == pytest.approx(50, rel=0.03)


def test_uniform_numbers_at_the_edges_give_times():
    assert exponential(10, 0.0) == 0
    assert 0 < exponential(10, 1.0) < 1000
    assert exponential(math.inf, 0.5) == math.inf
    assert (pick({"a": 1, "b": 1}, 0.0), pick({"a": 1, "b": 1}, 0.999999), pick({"a": 1}, 1.0)) == ("a", "b", "a")


def test_patience_counts_the_waits_of_those_who_were_answered_too():
    """2,000 callers of mean patience 60 s are answered after 10 to 50 s, if they still wait: the abandoned alone
    waited 20 s on average, yet the estimate finds 60."""
    draw = random.Random(1)
    callers = []
    for number in range(2_000):
        patience, answer = draw.expovariate(1 / 60), draw.uniform(10, 50)
        callers.append(seen(str(number), AB if patience < answer else ANS, min(patience, answer)))
    assert fmean(c.wait_seconds for c in callers if c.gave_up) < 25
    assert patience_of(callers)["sales"] == pytest.approx(60, rel=0.05)


def test_a_queue_of_few_takes_the_patience_of_all_and_where_nobody_gave_up_it_has_no_end():
    many = [seen(f"s{n}", AB, 30.0) for n in range(20)]
    assert patience_of([*many, seen("p1", ANS, 10.0, "parts")]) == {"parts": 610 / 20, "sales": 30.0}
    assert patience_of([seen("c1", ANS, 10.0)]) == {"sales": math.inf}
    assert patience_of([]) == {}


def test_what_was_seen_is_kept_and_what_was_not_is_drawn():
    callers = [
        seen("c2", AB, 12.0, at=9.0),
        seen("c1", ANS, 20.0, at=5.0, talk_seconds=77.0, ring_seconds=4.0, need=(("en", 50),), priority=3),
        seen("c3", OUT, 180.0, at=10.0),
        seen("c4", SHORT, 2.0, at=11.0, queue="parts"),
    ]
    first, gave_up, sent_on, short = replay(callers, stream)
    assert (first.call, first.at, first.talk_seconds, first.answer_seconds) == ("c1", 5.0, 77.0, 4.0)
    assert (first.need, first.priority) == ((("en", 50),), 3)
    assert first.patience_seconds > 20.0
    assert (gave_up.patience_seconds, gave_up.talk_seconds) == (12.0, 77.0)
    assert sent_on.patience_seconds > 180.0
    assert (short.patience_seconds, short.talk_seconds) == (2.0, 77.0)


def test_the_same_chance_gives_the_same_callers():
    callers = [seen(str(n), ANS if n % 3 else AB, n, talk_seconds=n) for n in range(50)]
    assert replay(callers, stream) == replay(callers, stream)
    assert replay(callers, stream) != replay(callers, lambda purpose: random.Random(f"8 {purpose}").random)


def test_no_caller_was_ever_answered():
    assert [a.talk_seconds for a in replay([seen("c1", AB, 5.0)], stream)] == [0.0]
