"""Which agents meet which need, kept up to date so that a decision never has to ask every agent.

It knows three sets per need (logged in, at work, ready), and the ready ones in order. It knows nothing of calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from .agent import Agent
from .ranking import Order, Ranking
from .skills import satisfies
from .words import AgentId, Need, Skill

SPARE_POOLS = 256  # pools of needs that nobody waits with any more, kept because callers' needs come back
SPARE_RANKINGS = 8  # the same for the orders of one pool


class Pool:
    """The agents `able` to meet one need; of them `here` logged in, `serving` at work, `ready` free this instant."""

    __slots__ = ("able", "here", "need", "rankings", "ready", "serving", "users")

    def __init__(self, need: Need) -> None:
        self.need = need
        self.able: set[AgentId] = set()
        self.here: set[AgentId] = set()
        self.serving: set[AgentId] = set()
        self.ready: set[AgentId] = set()
        self.rankings: dict[Order, Ranking] = {}
        self.users = 0

    def note(self, agent: Agent) -> bool:
        """Put an able agent where the presence says; True when that is the first logged-in agent or was the last."""
        name = agent.agent
        if not agent.is_here:
            return self.drop(name)
        is_first = not self.here
        self.here.add(name)
        (self.serving.add if agent.is_serving else self.serving.discard)(name)
        if not agent.is_ready:
            self.not_ready(name)
        elif name not in self.ready:
            self.ready.add(name)
            for ranking in self.rankings.values():
                ranking.add(agent)
        return is_first

    def drop(self, agent: AgentId) -> bool:
        """The agent is not here, or not able any more; see `note`."""
        was_last = self.here == {agent}
        self.here.discard(agent)
        self.serving.discard(agent)
        self.not_ready(agent)
        return was_last

    def not_ready(self, agent: AgentId) -> None:
        """The agent may not be offered a call now."""
        if agent in self.ready:
            self.ready.discard(agent)
            for ranking in self.rankings.values():
                ranking.remove(agent)

    def take_ranking(self, order: Order, agents: Mapping[AgentId, Agent]) -> Ranking:
        """The ready agents in this order; give it back with `drop_ranking`."""
        ranking = self.rankings.get(order)
        if ranking is None:
            ranking = self.rankings[order] = Ranking(order, [agents[agent] for agent in self.ready])
        ranking.users += 1
        return ranking

    def drop_ranking(self, ranking: Ranking) -> None:
        """No longer used here; forgotten when too many are spare."""
        ranking.users -= 1
        if len(self.rankings) > SPARE_RANKINGS:
            self.rankings = {order: kept for order, kept in self.rankings.items() if kept.users > 0}


class Pools:
    """Every pool in use, shared by the queues and callers that need the same."""

    def __init__(self, agents: Mapping[AgentId, Agent]) -> None:
        self.agents = agents
        self._pools: dict[Need, Pool] = {}
        self._of: dict[AgentId, dict[Need, Pool]] = {}  # those that the agent is able for
        self._skills: dict[AgentId, tuple[Skill, ...]] = {}  # as last learned
        self._skilled: dict[Skill, dict[AgentId, None]] = {}  # who has a skill at all
        for agent in agents.values():
            self._learn_skills(agent)

    def take(self, need: Need) -> Pool:
        """The pool of this need; give it back with `drop`."""
        pool = self._pools.pop(need, None)
        if pool is None:
            pool = Pool(need)
            for agent in self._candidates(need):
                self._learn(agent, pool)
        self._pools[need] = pool  # the last one taken is the last one forgotten
        pool.users += 1
        return pool

    def _candidates(self, need: Need) -> Iterable[Agent]:
        """All who may be able: those who have the rarest of the skills."""
        if not need:
            return self.agents.values()
        rarest = min((self._skilled.get(skill, {}) for skill, _ in need), key=len)
        return map(self.agents.__getitem__, rarest)

    def drop(self, pool: Pool) -> None:
        """No longer used here; when too many are kept, the one that was not taken for longest is forgotten."""
        pool.users -= 1
        if len(self._pools) <= SPARE_POOLS:
            return
        for need, spare in self._pools.items():
            if spare.users == 0:
                del self._pools[need]
                for agent in spare.able:
                    del self._of[agent][need]
                return

    def learn(self, agent: Agent) -> list[Pool]:
        """The agent is new or has other skills; returns the pools that just got their first or lost their last one."""
        self._forget_skills(agent)
        self._learn_skills(agent)
        for pool in self._of.get(agent.agent, {}).values():
            pool.not_ready(agent.agent)  # what an order sorts by may be new
        return [pool for pool in self if self._learn(agent, pool)]

    def _learn(self, agent: Agent, pool: Pool) -> bool:
        mine = self._of.setdefault(agent.agent, {})
        if satisfies(agent.card.skills, pool.need):
            pool.able.add(agent.agent)
            mine[pool.need] = pool
            return pool.note(agent)
        pool.able.discard(agent.agent)
        mine.pop(pool.need, None)
        return pool.drop(agent.agent)

    def forget(self, agent: Agent) -> None:
        """There is no such agent any more."""
        self._forget_skills(agent)
        for pool in self._of.pop(agent.agent, {}).values():
            pool.able.discard(agent.agent)
            pool.drop(agent.agent)

    def _learn_skills(self, agent: Agent) -> None:
        self._skills[agent.agent] = tuple(agent.card.skills)
        for skill in agent.card.skills:
            self._skilled.setdefault(skill, {})[agent.agent] = None

    def _forget_skills(self, agent: Agent) -> None:
        for skill in self._skills.pop(agent.agent, ()):
            del self._skilled[skill][agent.agent]

    def note(self, agent: Agent) -> list[Pool]:
        """The presence changed; returns the pools that just got their first or lost their last logged-in agent."""
        return [pool for pool in self._of.get(agent.agent, {}).values() if pool.note(agent)]

    def sort_anew(self) -> None:
        """What the orders sort by moved for everybody: a clock set back."""
        for pool in self:
            for ranking in pool.rankings.values():
                ranking.sort_anew(self.agents)

    def __iter__(self) -> Iterator[Pool]:
        return iter(self._pools.values())

    def __len__(self) -> int:
        return len(self._pools)
