"""Several scenarios over several seeds, the same callers for each: estimates, paired differences, theory beside them.

It knows how runs are put together. It knows no chance (the callers of each seed are given), no file and no clock.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from statistics import fmean

from .erlang import Theory, erlang_a, erlang_c
from .measures import (
    Estimate,
    QueueMeasures,
    estimate,
    estimates,
    measure_queues,
    occupancy,
    serving_agents,
    work_seconds,
)
from .scenario import Arrival, Run, Scenario
from .simulate import EPOCH, simulate
from .words import AgentId, QueueName, QueueRules, WrapUpMode

Estimates = Mapping[str, Estimate]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Erlang C and A for one queue, as if its agents were alike and served nobody else. Agents: at work on average."""

    agents: int
    calls_per_hour: float
    handling_seconds: float
    patience_seconds: float
    erlang_c: Theory
    erlang_a: Theory


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """One scenario over all seeds; the queue "" is all queues together. `runs` has each seed's own measures."""

    runs: Sequence[Mapping[QueueName, QueueMeasures]]
    queues: Mapping[QueueName, Estimates]
    agents: Mapping[AgentId, Estimates]
    theory: Mapping[QueueName, Beside]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How it is counted: the target of the service level, the beginning left out, where theory takes patience from."""

    within_seconds: float = 20.0
    warm_up_seconds: float = 0.0
    patience: Mapping[QueueName, float]


def study(
    scenario: Scenario,
    seeds: Sequence[Sequence[Arrival]],
    terms: Terms,
    *,
    begin: datetime = EPOCH,
    tick: Callable[[], None] | None = None,
) -> Study:
    """Simulate every seed's callers with this scenario."""
    runs = [simulate(scenario, arrivals, begin=begin, tick=tick) for arrivals in seeds]
    measured = [
        measure_queues(run, scenario, within_seconds=terms.within_seconds, warm_up_seconds=terms.warm_up_seconds)
        for run in runs
    ]
    agents = {card.agent: _agent(runs, card.agent) for card in scenario.agents}
    theory = {rules.name: _beside(runs, scenario, rules.name, terms) for rules in scenario.queues}
    return Study(
        runs=measured,
        queues={queue: estimates([one[queue] for one in measured]) for queue in measured[0]},
        agents=agents,
        theory={queue: beside for queue, beside in theory.items() if beside is not None},
    )


def difference(before: Study, after: Study) -> dict[QueueName, dict[str, Estimate]]:
    """How `after` differs, seed by seed: the same callers called, so most of chance cancels out."""
    shared = [queue for queue in before.queues if queue in after.queues]
    return {
        queue: {field.name: _paired(before, after, queue, field.name) for field in fields(QueueMeasures)}
        for queue in shared
    }


def _paired(before: Study, after: Study, queue: QueueName, name: str) -> Estimate:
    pairs = [(getattr(b[queue], name), getattr(a[queue], name)) for b, a in zip(before.runs, after.runs, strict=True)]
    return estimate([None if None in pair else pair[1] - pair[0] for pair in pairs])


def _agent(runs: Sequence[Run], agent: AgentId) -> dict[str, Estimate]:
    days = [run.agents[agent] for run in runs]
    return {
        "answered": estimate([day.answered for day in days]),
        "occupancy": estimate([occupancy([day]) for day in days]),
        "work_seconds": estimate([work_seconds(day) for day in days]),
    }


def _beside(runs: Sequence[Run], scenario: Scenario, queue: QueueName, terms: Terms) -> Beside | None:
    """None where nobody called, nobody was answered or nobody was at work."""
    visits = [visit for run in runs for visit in run.visits if visit.queue == queue]
    talks = [visit.talk_seconds for visit in visits if visit.agent is not None]
    seconds = sum(run.seconds for run in runs)
    at_work = sum(work_seconds(run.agents[agent]) for run in runs for agent in serving_agents(scenario)[queue])
    agents = round(at_work / seconds) if seconds else 0
    if not talks or not agents:
        return None
    wrap_up = next(_wrap_up(rules) for rules in scenario.queues if rules.name == queue)
    rate, handling, patience = len(visits) / seconds, fmean(talks) + wrap_up, terms.patience.get(queue, math.inf)
    return Beside(
        agents=agents,
        calls_per_hour=rate * 3600,
        handling_seconds=handling,
        patience_seconds=patience,
        erlang_c=erlang_c(agents, rate, handling, terms.within_seconds),
        erlang_a=erlang_a(agents, rate, handling, patience, terms.within_seconds),
    )


def _wrap_up(rules: QueueRules) -> float:
    """Seconds after each talk; nobody in here asks for an optional one."""
    return 0.0 if rules.wrap_up_mode in (WrapUpMode.NONE, WrapUpMode.OPTIONAL) else rules.wrap_up_seconds
