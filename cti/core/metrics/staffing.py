"""How many agents an interval needed by theory, and what theory says of those who were there. Pure.

It knows Erlang C and A of one interval (`core.erlang`) and searches the fewest agents; it knows no queue's rules. What
it cannot say (nobody called, nobody was ever answered) is None.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from ..erlang import Theory, erlang_a, erlang_c

MOST_AGENTS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Of one interval. `rate` is calls a second; `patience_seconds` inf: nobody gives up."""

    rate: float
    handling_seconds: float
    patience_seconds: float
    within_seconds: float

    @property
    def load(self) -> float:
        """In erlangs: agents who would be busy all the time."""
        return self.rate * self.handling_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Staffed:
    """`needed_…`: the fewest agents; `with_…`: what is to be expected with those who were there (None: nobody was)."""

    needed_erlang_c: int
    needed_erlang_a: int
    with_erlang_c: Theory | None
    with_erlang_a: Theory | None


@lru_cache(maxsize=4_096)
def staffed(demand: Demand, agents: int, target: float) -> Staffed:
    """`agents` were there; `target` is the share (0 to 1) to be answered within the time."""
    return Staffed(
        needed_erlang_c=fewest(lambda n: _erlang_c(demand, n).service_level, target),
        needed_erlang_a=fewest(lambda n: _erlang_a(demand, n).service_level, target),
        with_erlang_c=_erlang_c(demand, agents) if agents else None,
        with_erlang_a=_erlang_a(demand, agents) if agents else None,
    )


def fewest(service_level: Callable[[int], float], target: float) -> int:
    """The least n from 1 on that reaches `target`; `service_level` grows with n. More than MOST_AGENTS: that number."""
    high = 1
    while high < MOST_AGENTS and service_level(high) < target:
        high *= 2
    low = high // 2
    while low + 1 < high:
        middle = (low + high) // 2
        if service_level(middle) < target:
            low = middle
        else:
            high = middle
    return min(high, MOST_AGENTS)


def _erlang_c(demand: Demand, agents: int) -> Theory:
    return erlang_c(agents, demand.rate, demand.handling_seconds, demand.within_seconds)


def _erlang_a(demand: Demand, agents: int) -> Theory:
    return erlang_a(agents, demand.rate, demand.handling_seconds, demand.patience_seconds, demand.within_seconds)


def patience_seconds(wait_ms: int, abandoned: int) -> float:
    """The mean patience: exponential, censored by answers (all waiting / those who gave up)."""
    return wait_ms / 1000 / abandoned if abandoned else math.inf
