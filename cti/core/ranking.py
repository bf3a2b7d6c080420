"""Who of a pool comes first: the ready agents, sorted in a queue's own order as they come and go.

It knows the orders (longest idle, best skilled, fewest calls) and keeps each sorted, so that a decision looks at the
first few and never at all of them. It knows nothing of pools, rings or callers.

What an order sorts by (idle since, calls answered, levels) never changes while an agent is ready; with new skills the
agent goes and comes again, and a clock set back sorts all anew.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import attrgetter
from typing import Any

from .agent import Agent
from .skills import mastery
from .words import AgentId, Skill

FEW = 32  # sorted in one by one; more are sorted with all the others, who are in order already
Order = tuple[str, tuple[Skill, ...]]  # the queue's order; the skills that count, where it is best_skill


class Ranking:
    """Ready agents in one order, the first to be offered a call first. Ties go to the lower agent number.

    Who comes is sorted in, and who went is passed over, when somebody looks: most of an agent's many rankings are
    looked at far less often than the agent comes and goes.
    """

    __slots__ = ("_fresh", "_key", "_keys", "_sorted", "users")

    def __init__(self, order: Order, ready: Iterable[Agent]) -> None:
        self._key = _sort_key(order)
        self._fresh: dict[AgentId, Agent] = {agent.agent: agent for agent in ready}  # not sorted in yet
        self._keys: dict[AgentId, Any] = {}  # of those who are sorted in
        self._sorted: list[tuple[Any, AgentId]] = []  # with some who went: their key is not this one any more
        self.users = 0

    def add(self, agent: Agent) -> None:
        """The agent became ready."""
        self._fresh[agent.agent] = agent

    def remove(self, agent: AgentId) -> None:
        """The agent is ready no more."""
        if self._fresh.pop(agent, None) is None:
            del self._keys[agent]

    def sort_anew(self, agents: Mapping[AgentId, Agent]) -> None:
        """What the order sorts by has changed for all alike, as with a clock set back."""
        self._fresh |= {agent: agents[agent] for agent in self._keys}
        self._keys, self._sorted = {}, []

    def _settle(self) -> None:
        fresh = [(self._key(agent), name) for name, agent in self._fresh.items()]
        self._keys.update((name, key) for key, name in fresh)
        if len(self._sorted) + len(fresh) > 2 * len(self._keys) + FEW:
            self._sorted = sorted((key, name) for name, key in self._keys.items())
        elif len(fresh) > FEW:
            self._sorted = sorted(self._sorted + fresh)
        else:
            for item in fresh:
                insort(self._sorted, item)
        self._fresh.clear()
        gone = next((i for i, (key, name) in enumerate(self._sorted) if self._keys.get(name) is key), len(self._sorted))
        del self._sorted[:gone]

    def __iter__(self) -> Iterator[AgentId]:
        self._settle()
        return (name for key, name in self._sorted if self._keys.get(name) is key)

    def __len__(self) -> int:
        return len(self._keys) + len(self._fresh)


def _sort_key(order: Order) -> Callable[[Agent], Any]:
    name, wanted = order
    match name:
        case "best_skill":
            return lambda agent: (-mastery(agent.card.skills, wanted), agent.order)
        case "fewest_calls":
            return attrgetter("answered", "order")
        case _:
            return attrgetter("idle_since", "order")
