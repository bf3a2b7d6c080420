"""Estimates against what comes true: simulated queues with the ACD itself, bounds, and the measure of trust."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta
from statistics import fmean

import pytest
from acd_playbook import card, queue
from hypothesis import given
from hypothesis import strategies as st

from cti.core import announcing
from cti.core.arrivals import Demand, generate
from cti.core.expected_wait import MIN_COMPARED, MIN_SERVICES, ExpectedWait
from cti.core.rivals import Stage
from cti.core.simulate import Scenario, simulate
from cti.core.words import AnnounceRules

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SPOKEN = AnnounceRules(first_after_seconds=10.0, every_seconds=300.0, position=9, wait=True)


class Watched(ExpectedWait):
    """Keeps every estimate beside what became of it, and how many of what came first."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[tuple[float, float, float]] = []
        self.accuracies: list[object] = []
        self._ahead: dict[str, float] = {}

    def entered(self, call, queue, stages, at):
        super().entered(call, queue, stages, at)
        self._ahead[call] = sum(share for _, share in stages[0].ahead)

    def answered(self, call, at):
        known = self._entered.get(call)
        super().answered(call, at)
        if known is not None:
            self.waits.append((known[3], (at - known[1]).total_seconds(), self._ahead[call]))
            self.accuracies.append(self.accuracy(known[0], at))

    @property
    def bias(self) -> float:
        """What was said in the mean, of what was waited."""
        return fmean(said for said, _, _ in self.waits) / fmean(waited for _, waited, _ in self.waits)

    @property
    def error(self) -> float:
        return math.sqrt(fmean((said - waited) ** 2 for said, waited, _ in self.waits))

    @property
    def trusted(self) -> float:
        return fmean(accuracy.reliable for accuracy in self.accuracies)


@pytest.fixture
def watched(monkeypatch):
    watcher = Watched()
    monkeypatch.setattr(announcing, "ExpectedWait", lambda: watcher)
    return watcher


def day(queues, agents, *, rate, calls, talk=180.0, patience=math.inf, shares=None, seed=1):
    demand = Demand(
        calls=calls,
        rate=rate,
        shares=shares or {queues[0].name: 1.0},
        talk_seconds=talk,
        patience_seconds=patience,
    )
    arrivals = generate(demand, lambda purpose: random.Random(f"{seed} {purpose}").random)
    return simulate(Scenario(queues=queues, agents=agents), arrivals)


def people(count, first=1001, **skills):
    return [card(str(first + n), **skills) for n in range(count)]


# --- against simulated queues ---------------------------------------------------------------------


@pytest.mark.parametrize(("agents", "load", "slack"), [(1, 0.8, 1.6), (3, 0.9, 1.3), (20, 0.96, 1.3)])
def test_in_m_m_c_the_estimate_has_no_bias_and_the_error_that_chance_alone_makes(watched, agents, load, slack):
    """With n ahead the wait is a sum of n + 1 exponential gaps of mean S/c: its deviation is S/c × √(n + 1) (Whitt).
    The mean service time and the correction are learned from few calls, which adds to it: most with one agent."""
    day([queue(announce=SPOKEN)], people(agents), rate=load * agents / 180.0, calls=3000)
    assert len(watched.waits) > 1000
    assert watched.bias == pytest.approx(1.0, abs=0.12)
    by_chance = math.sqrt(fmean(n + 1 for _, _, n in watched.waits)) * 180.0 / agents
    assert 0.8 * by_chance < watched.error < slack * by_chance
    print("bias", watched.bias, "error", watched.error, "by chance alone", by_chance)


def test_callers_who_give_up_shorten_the_wait_and_the_estimate_learns_it(watched):
    day([queue(announce=SPOKEN)], people(10), rate=1.3 * 10 / 180.0, calls=3000, patience=240.0)
    assert watched.bias == pytest.approx(1.0, abs=0.15)
    assert watched.trusted > 0.9


def test_two_queues_that_share_agents_and_widen_their_rings_are_estimated_well_enough_to_speak(watched):
    queues = [
        queue("sales", (0, {"sales": 50}), (60, {}), announce=SPOKEN),
        queue("parts", (0, {"parts": 50}), announce=SPOKEN),
    ]
    agents = people(6, sales=90) + people(4, 2001, parts=90) + people(4, 3001, sales=60, parts=60)
    day(queues, agents, rate=0.95 * 14 / 180.0, calls=3000, shares={"sales": 0.6, "parts": 0.4})
    assert watched.bias == pytest.approx(1.0, abs=0.25)
    assert watched.trusted > 0.9


def test_trust_ends_when_the_world_changes_and_comes_back_with_it():
    expected = calm(ExpectedWait(), waits=[120.0] * 30)
    assert expected.believable("sales", NOON)
    calm(expected, waits=[1200.0] * 20)
    accuracy = expected.accuracy("sales", NOON)
    assert not accuracy.reliable
    assert (accuracy.compared, accuracy.mean_wait_seconds) == (30, pytest.approx(840.0))
    calm(expected, waits=[120.0] * 100)
    assert expected.believable("sales", NOON)


# --- the formula ----------------------------------------------------------------------------------


def calm(expected: ExpectedWait, *, waits=(), service: float = 120.0, queue="sales") -> ExpectedWait:
    """With services of `service` seconds, and callers who were told that of one agent and waited `waits` seconds."""
    for _ in range(MIN_SERVICES):
        expected.served(queue, service, NOON)
    for number, seconds in enumerate(waits):
        expected.entered(f"c{number}", queue, [stage()], NOON - timedelta(seconds=seconds))
        expected.answered(f"c{number}", NOON)
    return expected


def stage(opens=0.0, agents=1, ready=0, **ahead):
    return Stage(opens=opens, agents=agents, ready=ready, ahead=tuple(ahead.items()))


def remaining(expected, *stages):
    return expected.remaining("sales", stages, NOON)


def test_the_wait_is_the_work_ahead_and_one_turn_shared_by_the_agents():
    assert remaining(calm(ExpectedWait()), stage(agents=4, sales=3.0)) == pytest.approx((3 + 1) * 120 / 4)


def test_rivals_of_another_queue_count_with_their_own_service_time():
    expected = calm(calm(ExpectedWait()), service=480.0, queue="service")
    assert remaining(expected, stage(agents=2, service=1.0)) == pytest.approx((480 + (480 + 120) / 2) / 2)


def test_a_wider_ring_speeds_up_the_rest_of_the_wait():
    stages = stage(agents=1, sales=1.0), stage(opens=60.0, agents=3, sales=1.0)
    assert remaining(calm(ExpectedWait()), *stages) == pytest.approx(60 + (1 - 60 / 240) * 80)


def test_agents_who_are_free_in_a_ring_that_opens_answer_at_once():
    stages = stage(agents=1), stage(opens=20.0, agents=2, ready=1)
    assert remaining(calm(ExpectedWait()), *stages) == pytest.approx(20.0)
    crowded = stage(agents=1, sales=2.0), stage(opens=20.0, agents=2, ready=1, sales=2.0)
    assert remaining(calm(ExpectedWait()), *crowded) > 100


def test_while_nobody_is_at_work_the_wait_begins_with_the_ring_that_has_somebody():
    stages = stage(agents=0), stage(opens=45.0, agents=1, sales=0.0)
    assert remaining(calm(ExpectedWait()), *stages) == pytest.approx(45 + 120)
    assert remaining(calm(ExpectedWait()), stage(agents=0)) is None


def test_nothing_is_estimated_without_history_or_with_one_of_another_day():
    expected = ExpectedWait()
    assert remaining(expected, stage()) is None
    calm(expected)
    assert remaining(expected, stage()) == pytest.approx(120)
    assert expected.remaining("sales", [stage()], NOON + timedelta(hours=3)) is None


def test_too_few_comparisons_are_not_believed():
    expected = calm(ExpectedWait(), waits=[120.0] * (MIN_COMPARED - 1))
    assert not expected.believable("sales", NOON)
    assert ExpectedWait().accuracy("sales", NOON) is None
    assert calm(expected, waits=[120.0]).believable("sales", NOON)


def test_who_gives_up_early_says_nothing_and_who_gives_up_late_says_that_it_took_longer():
    expected = calm(ExpectedWait())
    expected.entered("early", "sales", [stage()], NOON - timedelta(seconds=30))
    expected.gone("early", NOON)
    assert expected.accuracy("sales", NOON) is None
    expected.entered("late", "sales", [stage()], NOON - timedelta(seconds=300))
    expected.gone("late", NOON)
    assert expected.accuracy("sales", NOON).mean_error_seconds == pytest.approx(180)


COUNTS = st.floats(min_value=0, max_value=500)


@given(st.integers(1, 200), COUNTS, COUNTS, st.floats(min_value=1, max_value=7200))
def test_the_estimate_grows_with_those_ahead_and_shrinks_with_agents(agents, few, more, service):
    expected = calm(ExpectedWait(), service=service)
    few, many = sorted((few, few + more))
    wait = remaining(expected, stage(agents=agents, sales=few))
    assert service / agents * 0.999 <= wait <= remaining(expected, stage(agents=agents, sales=many)) * 1.001
    assert remaining(expected, stage(agents=agents + 1, sales=few)) < wait


@given(st.lists(st.tuples(st.floats(0, 600), st.integers(0, 9), st.integers(0, 3), COUNTS), min_size=1, max_size=5))
def test_with_any_rings_the_estimate_is_finite_and_not_negative_and_no_ring_makes_it_longer(rings):
    opens = [0.0, *sorted(at for at, *_ in rings[1:])]
    stages = [stage(at, agents, ready, sales=n) for at, (_, agents, ready, n) in zip(opens, rings, strict=True)]
    wait = remaining(calm(ExpectedWait()), *stages)
    assert wait is None or 0 <= wait < math.inf
    assert wait is not None or not any(one.agents for one in stages[-1:])
    alone = remaining(calm(ExpectedWait()), stages[0])
    better = Stage(opens=opens[-1], agents=stages[0].agents + 5, ready=0, ahead=stages[0].ahead)
    assert alone is None or remaining(calm(ExpectedWait()), stages[0], better) <= alone * 1.001
