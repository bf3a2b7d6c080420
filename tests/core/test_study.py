"""Several seeds put together: what a change does is told by the same callers."""

from __future__ import annotations

import random

import pytest
from acd_playbook import card, queue

from cti.core.arrivals import Demand, generate
from cti.core.scenario import Scenario
from cti.core.study import Terms, difference, study

RULES = queue("sales", wrap_up_seconds=20.0)
TERMS = Terms(within_seconds=20.0, patience={"sales": 200.0})


def seeds(number: int) -> list:
    demand = Demand(calls=400, rate=0.04, shares={"sales": 1}, talk_seconds=100, patience_seconds=200)
    return [generate(demand, lambda use, seed=seed: random.Random(f"{seed} {use}").random) for seed in range(number)]


def floor(agents: int) -> Scenario:
    return Scenario(queues=[RULES, queue("parts")], agents=[card(str(1000 + n)) for n in range(agents)])


def test_a_change_is_told_sharper_than_either_side():
    before, after = study(floor(5), seeds(5), TERMS), study(floor(6), seeds(5), TERMS)
    change = difference(before, after)["sales"]["service_level"]
    sides = [one.queues["sales"]["service_level"] for one in (before, after)]
    assert change.mean == pytest.approx(sides[1].mean - sides[0].mean)
    assert change.mean > change.margin > 0
    assert change.margin < max(side.margin for side in sides)


def test_the_same_roster_changes_nothing():
    one = study(floor(5), seeds(3), TERMS)
    assert {e.mean for e in difference(one, study(floor(5), seeds(3), TERMS))["sales"].values()} == {0.0}


def test_theory_stands_beside_with_wrap_up_and_those_at_work():
    found = study(floor(6), seeds(4), TERMS)
    beside = found.theory["sales"]
    assert (beside.agents, beside.patience_seconds) == (6, 200.0)
    assert beside.calls_per_hour == pytest.approx(144, rel=0.1)
    assert beside.handling_seconds == pytest.approx(120, rel=0.1)
    assert found.queues["sales"]["abandoned"].mean == pytest.approx(beside.erlang_a.abandoned, abs=0.05)
    assert "parts" not in found.theory  # nobody called


def test_each_agent_is_told_and_every_call_ticks():
    ticks = []
    found = study(floor(5), seeds(2), TERMS, tick=lambda: ticks.append(1))
    assert len(ticks) == 800
    assert sum(one["answered"].mean for one in found.agents.values()) == pytest.approx(
        found.queues[""]["answered"].mean
    )
    assert all(0 < one["occupancy"].mean < 1 for one in found.agents.values())
