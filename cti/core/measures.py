"""What a simulated run came to: service level, waits, abandonment, occupancy, each with its definition.

It knows how to count visits and attendance and how to put several runs together with a confidence interval. It knows
nothing of how they came about. A share of nothing is None, never 0 or 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from statistics import NormalDist, fmean, stdev

from .routing import penalty
from .scenario import Attendance, Run, Scenario, Visit
from .words import AgentId, Outcome, Presence, QueueName

DEFINITIONS: Mapping[str, str] = {
    "offered": "callers who joined the queue",
    "answered": "of them, those who talked with an agent",
    "abandoned": "share of the offered who hung up, before or while a phone rang",
    "released": "share of the offered whom the queue sent on (time-out, full, overflow)",
    "stranded": "share of the offered who still waited when nothing more could happen",
    "service_level": "answered within T seconds / offered; abandoned and released count against it",
    "asa_seconds": "mean wait of the answered, ringing included",
    "wait_seconds": "mean wait of all the offered, ringing included",
    "wait_p50": "half of the offered waited at most so long",
    "wait_p90": "nine of ten of the offered waited at most so long",
    "wait_p95": "nineteen of twenty of the offered waited at most so long",
    "had_to_wait": "share of the offered for whom no phone rang at once",
    "occupancy": "talk and wrap-up / time at work (logged in, not paused); of a queue: of all agents who serve it",
}
_BUSY = (Presence.TALKING, Presence.WRAP_UP)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueMeasures:
    """One queue, or all of them; see DEFINITIONS. Shares are 0 to 1."""

    offered: int
    answered: int
    abandoned: float | None
    released: float | None
    stranded: float | None
    service_level: float | None
    asa_seconds: float | None
    wait_seconds: float | None
    wait_p50: float | None
    wait_p90: float | None
    wait_p95: float | None
    had_to_wait: float | None
    occupancy: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A mean over runs; it lies within ± `margin` with 95 % confidence. None: it cannot be said."""

    mean: float | None
    margin: float | None


def measure_queues(
    run: Run, scenario: Scenario, *, within_seconds: float = 20.0, warm_up_seconds: float = 0.0
) -> dict[QueueName, QueueMeasures]:
    """Per queue; "" is everything together. Callers of the first `warm_up_seconds` do not count."""
    counted = [visit for visit in run.visits if visit.joined >= warm_up_seconds]
    serving = serving_agents(scenario)
    found = {
        rules.name: _measure(
            [visit for visit in counted if visit.queue == rules.name],
            occupancy(run.agents[agent] for agent in serving[rules.name]),
            within_seconds,
        )
        for rules in scenario.queues
    }
    return found | {QueueName(""): _measure(counted, occupancy(run.agents.values()), within_seconds)}


def serving_agents(scenario: Scenario) -> dict[QueueName, list[AgentId]]:
    """Who serves which queue, in whatever ring."""
    return {
        rules.name: [card.agent for card in scenario.agents if penalty(card, rules) is not None]
        for rules in scenario.queues
    }


def occupancy(agents: Iterable[Attendance]) -> float | None:
    """Busy time / time at work of these agents together."""
    everybody = list(agents)
    at_work = sum(work_seconds(one) for one in everybody)
    busy = sum(one.seconds.get(presence, 0.0) for one in everybody for presence in _BUSY)
    return _share(busy, at_work)


def work_seconds(one: Attendance) -> float:
    """Time logged in and not paused."""
    away = (Presence.OFFLINE, Presence.PAUSED)
    return sum(seconds for presence, seconds in one.seconds.items() if presence not in away)


def _measure(visits: Sequence[Visit], occupied: float | None, within: float) -> QueueMeasures:
    answered = [visit for visit in visits if visit.outcome is Outcome.ANSWERED]
    abandoned = sum(visit.outcome is Outcome.ABANDONED for visit in visits)
    stranded = sum(visit.outcome is None for visit in visits)
    waits = sorted(visit.wait_seconds for visit in visits)
    return QueueMeasures(
        offered=len(visits),
        answered=len(answered),
        abandoned=_share(abandoned, len(visits)),
        released=_share(len(visits) - len(answered) - abandoned - stranded, len(visits)),
        stranded=_share(stranded, len(visits)),
        service_level=_share(sum(visit.wait_seconds <= within for visit in answered), len(visits)),
        asa_seconds=fmean(visit.wait_seconds for visit in answered) if answered else None,
        wait_seconds=fmean(waits) if waits else None,
        wait_p50=_percentile(waits, 0.50),
        wait_p90=_percentile(waits, 0.90),
        wait_p95=_percentile(waits, 0.95),
        had_to_wait=_share(sum(visit.offered is None or visit.offered > visit.joined for visit in visits), len(visits)),
        occupancy=occupied,
    )


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


def _percentile(ordered: Sequence[float], share: float) -> float | None:
    """The smallest value that at least this share of them does not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None


def estimates(runs: Sequence[QueueMeasures]) -> dict[str, Estimate]:
    """Each measure over several runs."""
    return {field.name: estimate([getattr(run, field.name) for run in runs]) for field in fields(QueueMeasures)}


def estimate(values: Sequence[float | None]) -> Estimate:
    """The mean and its 95 % margin by Student's t; runs that have no value are left out."""
    known = [float(value) for value in values if value is not None]
    if not known:
        return Estimate(mean=None, margin=None)
    if len(known) < 2:
        return Estimate(mean=known[0], margin=None)
    return Estimate(mean=fmean(known), margin=t_975(len(known) - 1) * stdev(known) / math.sqrt(len(known)))


def t_975(freedom: int) -> float:
    """The 97.5 % quantile of Student's t. Abramowitz and Stegun 26.7.5 from 13 on (error under 0.0005), else tabled."""
    if freedom <= len(_T):
        return _T[freedom - 1]
    x = NormalDist().inv_cdf(0.975)
    g1 = (x**3 + x) / 4
    g2 = (5 * x**5 + 16 * x**3 + 3 * x) / 96
    g3 = (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / 384
    return x + g1 / freedom + g2 / freedom**2 + g3 / freedom**3


_T = (12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281, 2.2010, 2.1788)
