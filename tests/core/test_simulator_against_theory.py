"""The simulator against Erlang C and A: M/M/c with one skill, ten seeds, within two percent.

The mean wait of a busy queue varies so much from run to run that millions of calls are needed to see two percent of it.
So the recursion of Kiefer and Wolfowitz (1955; each caller goes to the agent who is free first, or has left by then) is
the control variate: it is checked to give every single simulated call the same wait, and is quick enough to know its
own mean. Compared with theory is: ten simulated seeds - the recursion on the same callers + the recursion's mean.
"""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import tee
from statistics import fmean

import pytest

from cti.core.arrivals import Demand, generate
from cti.core.erlang import Theory, erlang_a
from cti.core.measures import QueueMeasures, estimate, measure_queues
from cti.core.scenario import Scenario
from cti.core.simulate import simulate
from cti.core.words import AgentCard, AgentId, Outcome, Phone, QueueName, QueueRules

Q, SEEDS, CALLS, LONG = QueueName("q"), range(10), 2_000, 1_000_000
TALK = 100.0


def mm_c(agents: int) -> Scenario:
    cards = [AgentCard(agent=AgentId(str(1000 + n)), name="", phone=Phone("")) for n in range(agents)]
    return Scenario(queues=[QueueRules(name=Q)], agents=cards)


def demand(agents: int, load: float, patience: float, calls: int = CALLS) -> Demand:
    return Demand(calls=calls, rate=load * agents / TALK, shares={Q: 1.0}, talk_seconds=TALK, patience_seconds=patience)


def recursion(callers: Iterable[tuple[float, float, float]], agents: int) -> Iterator[float]:
    """(arrival, talk, patience) -> how long this caller would wait for an agent."""
    free = [0.0] * agents
    for at, talk, patience in callers:
        wait = max(0.0, free[0] - at)
        if wait <= patience:
            heapq.heapreplace(free, at + wait + talk)
        yield wait


def many(agents: int, load: float, patience: float) -> Iterator[tuple[float, float, float]]:
    draw, at = random.Random(2026).expovariate, 0.0
    for _ in range(LONG):
        at += draw(load * agents / TALK)
        yield at, draw(1 / TALK), draw(1 / patience) if math.isfinite(patience) else math.inf


def the_recursions_means(agents: int, load: float, patience: float) -> tuple[float, float, float]:
    """Share who waited, mean wait of the answered, share who gave up; over LONG callers."""
    waited = answered = 0
    total = 0.0
    patients, callers = tee(many(agents, load, patience))
    for (_, _, patient), wait in zip(patients, recursion(callers, agents), strict=True):
        waited += wait > 0
        if wait <= patient:
            answered += 1
            total += wait
    return waited / LONG, total / answered, 1 - answered / LONG


@cache
def ten_seeds(agents: int, load: float, patience: float) -> list[tuple[QueueMeasures, tuple[float, float, float]]]:
    """Each seed simulated, with what the recursion says of the same callers; their waits are the same, one by one."""
    runs = []
    for seed in SEEDS:
        arrivals = generate(
            demand(agents, load, patience), lambda use, seed=seed: random.Random(f"{seed} {use}").random
        )
        run = simulate(mm_c(agents), arrivals)
        callers = [(a.at, a.talk_seconds, a.patience_seconds) for a in arrivals]
        waits = list(recursion(callers, agents))
        assert len(run.visits) == CALLS
        for visit, wait, (_, _, patient) in zip(run.visits, waits, callers, strict=True):
            assert visit.wait_seconds == pytest.approx(min(wait, patient), abs=1e-5)
            assert (visit.outcome is Outcome.ANSWERED) == (wait <= patient)
        answered = [wait for wait, (_, _, patient) in zip(waits, callers, strict=True) if wait <= patient]
        said = sum(wait > 0 for wait in waits) / CALLS, fmean(answered), 1 - len(answered) / CALLS
        runs.append((measure_queues(run, mm_c(agents))[Q], said))
    return runs


def controlled(agents: int, load: float, patience: float) -> tuple[float, float, float]:
    runs = ten_seeds(agents, load, patience)
    means = the_recursions_means(agents, load, patience)
    simulated = [(m.had_to_wait, m.asa_seconds, m.abandoned) for m, _ in runs]
    return tuple(  # type: ignore[return-value]
        fmean(row[i] for row in simulated) - fmean(said[i] for _, said in runs) + means[i] for i in range(3)
    )


@pytest.mark.parametrize(("agents", "load"), [(3, 0.7), (10, 0.65)])
def test_one_skill_gives_erlang_cs_wait_probability_and_speed_of_answer(agents: int, load: float) -> None:
    theory = erlang_a(agents, load * agents / TALK, TALK, math.inf)
    waits, asa, gone = controlled(agents, load, math.inf)
    assert waits == pytest.approx(theory.wait_probability, rel=0.02)
    assert asa == pytest.approx(theory.asa_seconds, rel=0.02)
    assert gone == 0


@pytest.mark.parametrize(("agents", "load", "patience"), [(6, 0.9, 100.0)])
def test_with_patience_it_gives_erlang_as_abandonment(agents: int, load: float, patience: float) -> None:
    theory = erlang_a(agents, load * agents / TALK, TALK, patience)
    waits, asa, gone = controlled(agents, load, patience)
    assert gone == pytest.approx(theory.abandoned, rel=0.02)
    assert asa == pytest.approx(theory.asa_seconds, rel=0.02)
    assert waits == pytest.approx(theory.wait_probability, rel=0.02)


def test_the_confidence_interval_of_ten_plain_seeds_holds_theory() -> None:
    agents, load, patience = 6, 0.9, 100.0
    theory: Theory = erlang_a(agents, load * agents / TALK, TALK, patience)
    runs = [measures for measures, _ in ten_seeds(agents, load, patience)]
    for name, truth in (("abandoned", theory.abandoned), ("service_level", theory.service_level)):
        found = estimate([getattr(measures, name) for measures in runs])
        assert found.mean is not None
        assert found.margin is not None
        assert abs(found.mean - truth) < found.margin < 0.2 * truth
    assert estimate([m.occupancy for m in runs]).mean == pytest.approx(theory.occupancy, rel=0.03)
