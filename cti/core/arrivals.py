"""Callers to simulate: generated from rates, or taken from what was recorded. Chance is an argument.

It knows how to draw times and how to estimate patience from callers who mostly did not lose it; it knows no queue's
rules and no roster. A `Chance` gives uniform numbers in [0, 1); each purpose draws from its own, so that a change of
one (longer talks) leaves the others (who calls when) as they were.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .scenario import Arrival
from .words import CallId, Need, Outcome, QueueName

Chance = Callable[[], float]
ENOUGH_ABANDONED = 20  # below so many a queue's patience is estimated from all queues together


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Poisson callers: `rate` calls a second over all queues, split by `shares`; means in seconds, exponential."""

    calls: int
    rate: float
    shares: Mapping[QueueName, float]
    talk_seconds: float
    patience_seconds: float = math.inf
    answer_seconds: float = 0.0  # the same for every call: a habit more than chance


def generate(demand: Demand, chances: Callable[[str], Chance]) -> list[Arrival]:
    """`demand.calls` callers. `chances(purpose)` gives a stream of its own for each purpose."""
    gap, which = chances("gap"), chances("queue")
    talk, patience, luck = chances("talk"), chances("patience"), chances("luck")
    found, at = [], 0.0
    for number in range(1, demand.calls + 1):
        at += exponential(1.0 / demand.rate, gap())
        found.append(
            Arrival(
                call=CallId(f"call {number}"),
                at=at,
                queue=pick(demand.shares, which()),
                talk_seconds=exponential(demand.talk_seconds, talk()),
                patience_seconds=exponential(demand.patience_seconds, patience()),
                answer_seconds=demand.answer_seconds,
                luck=luck(),
            )
        )
    return found


def exponential(mean: float, uniform: float) -> float:
    """An exponential time of this mean, by inversion: 1 - uniform gives the antithetic one."""
    return math.inf if math.isinf(mean) else -mean * math.log1p(-min(uniform, 1.0 - 1e-16))


def pick(shares: Mapping[QueueName, float], uniform: float) -> QueueName:
    """The queue in whose part of the whole `uniform` lies."""
    left = uniform * sum(shares.values())
    name = QueueName("")
    for name, share in shares.items():
        left -= share
        if left < 0:
            return name
    return name


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One caller as the rows tell: `wait_seconds` until answered, hung up or sent on; `ring_seconds` when answered."""

    call: CallId
    at: float
    queue: QueueName
    outcome: Outcome
    wait_seconds: float
    talk_seconds: float = 0.0
    ring_seconds: float = 0.0
    misses: int = 0  # phones that rang in vain
    need: Need = ()
    priority: int | None = None

    @property
    def gave_up(self) -> bool:
        """Hung up while waiting: the only ones whose patience was seen whole."""
        return self.outcome in (Outcome.ABANDONED, Outcome.SHORT_ABANDON)


def patience_of(callers: Sequence[Recorded]) -> dict[QueueName, float]:
    """Mean patience per queue, seconds: the exponential maximum likelihood estimate with right censoring.

    That is all waiting (also of those who were answered) / number of those who gave up; the mean wait of the abandoned
    alone would be far too short, as the patient are answered first. A queue where fewer than ENOUGH_ABANDONED gave up
    takes the estimate of all queues together; where nobody did, patience has no end.
    """
    queues = {caller.queue for caller in callers}
    pooled = _mean_patience(callers)
    own = {queue: [caller for caller in callers if caller.queue == queue] for queue in queues}
    enough = {queue for queue, some in own.items() if sum(caller.gave_up for caller in some) >= ENOUGH_ABANDONED}
    return {queue: _mean_patience(own[queue]) if queue in enough else pooled for queue in sorted(queues)}


def _mean_patience(callers: Sequence[Recorded]) -> float:
    gone = sum(caller.gave_up for caller in callers)
    return sum(caller.wait_seconds for caller in callers) / gone if gone else math.inf


def miss_chance_of(callers: Sequence[Recorded]) -> float:
    """The share of the offers that nobody answered; 0 where there were none."""
    misses = sum(caller.misses for caller in callers)
    offers = misses + sum(caller.outcome is Outcome.ANSWERED for caller in callers)
    return misses / offers if offers else 0.0


def replay(callers: Sequence[Recorded], chances: Callable[[str], Chance]) -> list[Arrival]:
    """The same callers again. What was not seen is drawn: the rest of the patience of whoever was answered or sent on
    (exponential, so beginning where the wait ended), and the talk and ringing of whoever was not answered (one of the
    answered in the same queue, or in any)."""
    patience, means = chances("patience"), patience_of(callers)
    which, luck = chances("talk"), chances("luck")
    answered = [caller for caller in callers if caller.outcome is Outcome.ANSWERED]
    of_queue = {queue: [one for one in answered if one.queue == queue] or answered for queue in means}
    found = []
    for caller in sorted(callers, key=lambda one: (one.at, one.call)):
        like, rest = _one_of(of_queue[caller.queue], which()), exponential(means[caller.queue], patience())
        seen = caller if caller.outcome is Outcome.ANSWERED else like
        found.append(
            Arrival(
                call=caller.call,
                at=caller.at,
                queue=caller.queue,
                talk_seconds=seen.talk_seconds if seen else 0.0,
                patience_seconds=caller.wait_seconds + (0.0 if caller.gave_up else rest),
                answer_seconds=seen.ring_seconds if seen else 0.0,
                need=caller.need,
                priority=caller.priority,
                luck=luck(),
            )
        )
    return found


def _one_of(callers: Sequence[Recorded], uniform: float) -> Recorded | None:
    return callers[int(uniform * len(callers))] if callers else None
