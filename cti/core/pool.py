"""Which agents meet which need, kept up to date so that a decision never has to ask every agent.

It knows three sets per need: logged in, at work, ready. It knows nothing of calls, rings or order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .agent import Agent
from .skills import satisfies
from .words import AgentId, Need

SPARE_POOLS = 256  # pools of needs that nobody waits with any more, kept because callers' needs come back


class Pool:
    """The agents `able` to meet one need; of them `here` logged in, `serving` at work, `ready` free this instant."""

    __slots__ = ("able", "here", "need", "ready", "serving", "users")

    def __init__(self, need: Need) -> None:
        self.need = need
        self.able: set[AgentId] = set()
        self.here: set[AgentId] = set()
        self.serving: set[AgentId] = set()
        self.ready: set[AgentId] = set()
        self.users = 0

    def learn(self, agent: Agent) -> bool:
        """The agent's skills are new; see `note`."""
        if satisfies(agent.card.skills, self.need):
            self.able.add(agent.agent)
            return self.note(agent)
        self.able.discard(agent.agent)
        return self._drop(agent.agent)

    def note(self, agent: Agent) -> bool:
        """Put the agent where the presence says; True when the pool has just lost its last logged-in agent."""
        if agent.agent not in self.able:
            return False
        if not agent.is_here:
            return self._drop(agent.agent)
        self.here.add(agent.agent)
        (self.serving.add if agent.is_serving else self.serving.discard)(agent.agent)
        (self.ready.add if agent.is_ready else self.ready.discard)(agent.agent)
        return False

    def _drop(self, agent: AgentId) -> bool:
        was_last = self.here == {agent}
        for members in (self.here, self.serving, self.ready):
            members.discard(agent)
        return was_last


class Pools:
    """Every pool in use, shared by the queues and callers that need the same."""

    def __init__(self, agents: Mapping[AgentId, Agent]) -> None:
        self._agents = agents
        self._pools: dict[Need, Pool] = {}

    def take(self, need: Need) -> Pool:
        """The pool of this need; give it back with `drop`."""
        pool = self._pools.get(need)
        if pool is None:
            pool = self._pools[need] = Pool(need)
            for agent in self._agents.values():
                pool.learn(agent)
        pool.users += 1
        return pool

    def drop(self, pool: Pool) -> None:
        """No longer used here; forgotten when too many are spare."""
        pool.users -= 1
        if len(self._pools) > SPARE_POOLS:
            self._pools = {need: kept for need, kept in self._pools.items() if kept.users > 0}

    def learn(self, agent: Agent) -> list[Pool]:
        """The agent is new or has other skills; returns the pools that have just lost their last logged-in agent."""
        return [pool for pool in self if pool.learn(agent)]

    def forget(self, agent: Agent) -> None:
        """There is no such agent any more."""
        for pool in self:
            pool.able.discard(agent.agent)

    def note(self, agent: Agent) -> list[Pool]:
        """The presence changed; returns the pools that have just lost their last logged-in agent."""
        return [pool for pool in self if pool.note(agent)]

    def __iter__(self) -> Iterator[Pool]:
        return iter(self._pools.values())

    def __len__(self) -> int:
        return len(self._pools)
