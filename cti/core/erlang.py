"""Erlang C and Erlang A: what theory says of one queue whose agents are all alike, to hold a simulation against.

It knows formulas for a stationary M/M/c queue without and with exponential patience, first come first served; it knows
nothing of skills, rings or rosters. `load` is in erlangs (arrival rate × mean handling time); seconds are seconds.

Sources. Erlang B and C: the recursion 1/B(c) = 1 + c/(a·B(c-1)), e.g. Cooper, Introduction to Queueing Theory (1981).
Erlang A: Baccelli and Hebuterne (1981), in the form of Zeltyn and Mandelbaum, "Call centers with impatient customers"
(2005): with H(x) = (1 - exp(-θx))/θ the time that an offered wait of x would last, its density over x > 0 is
proportional to λ·exp(λ·H(x) - cμx), and the mass at 0 to 1/B(c-1, a). Recursion and integral stay within floats at any
number of agents, because only their quotient is needed.

Libraries looked at: pyworkforce 0.5 (Erlang C only; brings ortools and pandas), call-center-tools 1.0 (Erlang C only),
ErlangCCmath 1.3 (asks a web service), erlanglib 1.2 (no release since 2023), pyqueueing 0.1 (has Erlang A, with numpy
and scipy, 240 MB; but it cuts its sum at 500 callers whatever the number of agents, approximates the service level, and
counts the waits of those who gave up into the speed of answer). So the formulas are here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

_POINTS = 4_000  # of Simpson's rule; even
_NEGLIGIBLE = 45.0  # exp(-45) of the largest value counts as nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Theory:
    """What is to be expected. Shares are 0 to 1; `asa_seconds` is the mean wait of those who were answered.

    `service_level` is the share of all callers who are answered within the target. `inf`: the queue grows for ever.
    """

    wait_probability: float
    abandoned: float
    asa_seconds: float
    service_level: float
    occupancy: float


def erlang_b(agents: int, load: float) -> float:
    """The share of callers who find all lines taken when nobody waits."""
    inverse = 1.0
    for line in range(1, agents + 1):
        inverse = 1.0 + inverse * line / load if load > 0 else math.inf
    return 1.0 / inverse


def erlang_c(agents: int, rate: float, handling_seconds: float, within_seconds: float = 20.0) -> Theory:
    """M/M/c: everybody waits until answered. `rate` is calls a second."""
    load = rate * handling_seconds
    if load >= agents:
        return Theory(wait_probability=1.0, abandoned=0.0, asa_seconds=math.inf, service_level=0.0, occupancy=1.0)
    blocked = erlang_b(agents, load)
    waits = agents * blocked / (agents - load * (1.0 - blocked))
    spare = (agents - load) / handling_seconds  # callers a second by which a queue shrinks
    return Theory(
        wait_probability=waits,
        abandoned=0.0,
        asa_seconds=waits / spare,
        service_level=1.0 - waits * math.exp(-spare * within_seconds),
        occupancy=load / agents,
    )


def erlang_a(
    agents: int, rate: float, handling_seconds: float, patience_seconds: float, within_seconds: float = 20.0
) -> Theory:
    """M/M/c+M: callers give up after an exponential time of mean `patience_seconds`; `inf` is Erlang C."""
    if math.isinf(patience_seconds):
        return erlang_c(agents, rate, handling_seconds, within_seconds)
    if agents == 0 or rate <= 0:
        gone = float(agents == 0)
        return Theory(wait_probability=gone, abandoned=gone, asa_seconds=0.0, service_level=1.0 - gone, occupancy=0.0)
    blocked = erlang_b(agents - 1, rate * handling_seconds)
    if blocked == 0.0:  # so many agents that nobody ever waits, as far as a float can tell
        occupancy = rate * handling_seconds / agents
        return Theory(wait_probability=0.0, abandoned=0.0, asa_seconds=0.0, service_level=1.0, occupancy=occupancy)
    wait = _Wait(agents, rate, handling_seconds, patience_seconds)
    at_once = math.exp(-wait.highest) / blocked
    total = at_once + wait.mean(lambda _: 1.0)
    answered = (at_once + wait.mean(wait.stays)) / total
    in_time = (at_once + wait.mean(wait.stays, until=within_seconds)) / total
    return Theory(
        wait_probability=1.0 - at_once / total,
        abandoned=1.0 - answered,
        asa_seconds=wait.mean(lambda x: x * wait.stays(x)) / total / answered,
        service_level=in_time,
        occupancy=rate * answered * handling_seconds / agents,
    )


class _Wait:
    """The offered wait (how long a caller without end to patience would wait), over x > 0, up to one factor."""

    def __init__(self, agents: int, rate: float, handling_seconds: float, patience_seconds: float) -> None:
        self._rate, self._leave, self._serve = rate, 1.0 / patience_seconds, agents / handling_seconds
        peak = max(0.0, math.log(rate / self._serve) * patience_seconds)  # where arrivals who stay equal the service
        self.highest = self._exponent(peak)
        self._end = self._where_negligible(peak)

    def stays(self, x: float) -> float:
        """The share of callers whose patience outlasts x seconds."""
        return math.exp(-self._leave * x)

    def mean(self, of: Callable[[float], float], until: float = math.inf) -> float:
        """The integral of the density times `of`, to `until`. Simpson's rule."""
        end = min(self._end, until)
        step = end / _POINTS
        total = 0.0
        for i in range(_POINTS + 1):
            weight = 1.0 if i in (0, _POINTS) else 4.0 if i % 2 else 2.0
            x = i * step
            total += weight * of(x) * math.exp(self._exponent(x) - self.highest)
        return self._rate * total * step / 3.0

    def _exponent(self, x: float) -> float:
        return -self._rate * math.expm1(-self._leave * x) / self._leave - self._serve * x

    def _where_negligible(self, peak: float) -> float:
        width = 1.0 / self._serve
        while self._exponent(peak + width) > self.highest - _NEGLIGIBLE:
            width *= 1.5
        return peak + width
