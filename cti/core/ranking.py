"""Who of a pool comes first: the ready agents, sorted in a queue's own order as they come and go.

It knows the orders (longest idle, best skilled, fewest calls) and keeps each sorted, so that a decision looks at the
first few and never at all of them. It knows nothing of pools, rings or callers.

What an order sorts by (idle since, calls answered, levels) never changes while an agent is ready; with new skills the
agent goes and comes again, and a clock set back sorts all anew.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import attrgetter
from typing import Any

from .agent import Agent
from .skills import mastery
from .words import AgentId, Skill

Order = tuple[str, tuple[Skill, ...]]  # the queue's order; the skills that count, where it is best_skill


class Ranking:
    """Ready agents in one order, the first to be offered a call first. Ties go to the lower agent number."""

    __slots__ = ("_key", "_keys", "_sorted", "users")

    def __init__(self, order: Order, ready: Iterable[Agent]) -> None:
        self._key = _sort_key(order)
        self._keys: dict[AgentId, Any] = {agent.agent: self._key(agent) for agent in ready}
        self._sorted: list[tuple[Any, AgentId]] = sorted((key, agent) for agent, key in self._keys.items())
        self.users = 0

    def add(self, agent: Agent) -> None:
        """The agent became ready. O(log n) to find the place."""
        key = self._keys[agent.agent] = self._key(agent)
        insort(self._sorted, (key, agent.agent))

    def remove(self, agent: AgentId) -> None:
        """The agent is ready no more."""
        del self._sorted[bisect_left(self._sorted, (self._keys.pop(agent), agent))]

    def sort_anew(self, agents: Mapping[AgentId, Agent]) -> None:
        """What the order sorts by has changed for all alike, as with a clock set back."""
        self._keys = {agent: self._key(agents[agent]) for agent in self._keys}
        self._sorted = sorted((key, agent) for agent, key in self._keys.items())

    def __iter__(self) -> Iterator[AgentId]:
        return (agent for _, agent in self._sorted)

    def __len__(self) -> int:
        return len(self._sorted)


def _sort_key(order: Order) -> Callable[[Agent], Any]:
    name, wanted = order
    match name:
        case "best_skill":
            return lambda agent: (-mastery(agent.card.skills, wanted), agent.order)
        case "fewest_calls":
            return attrgetter("answered", "order")
        case _:
            return attrgetter("idle_since", "order")
