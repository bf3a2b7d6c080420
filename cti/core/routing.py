"""Who answers this call: rings, ranking, and the explanation of both.

It knows how to choose among agents for one caller; it changes nothing, keeps nothing, and knows neither timers nor
commands. The order is: preferred agent, inner ring, the queue's own order, agent number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from heapq import nsmallest
from itertools import chain, islice
from operator import attrgetter
from typing import Any

from .agent import Agent
from .queue import Entry, Line
from .skills import mastery, missing, satisfies
from .words import AgentCard, AgentId, Presence, QueueRules

EXPLAINED_AGENTS = 20  # agents named in one explanation; the rest are counted

Agents = Mapping[AgentId, Agent]
Reasons = tuple[tuple[AgentId, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What was found for a caller: the ring that is open, and the agent or None."""

    ring: int
    agent: Agent | None


def penalty(card: AgentCard, rules: QueueRules) -> int | None:
    """The index of the first ring that this agent satisfies (0 = innermost); None: doesn't serve this queue."""
    return next((i for i, ring in enumerate(rules.rings) if satisfies(card.skills, ring.need)), None)


def choose(entry: Entry, line: Line, agents: Agents, at: datetime) -> Choice:
    """The ready agent who ranks first in the rings open now, leaving out those who missed this call."""
    ring = line.open_ring(entry, at)
    if entry.prefer is not None and _may(entry.prefer, entry, line, ring):
        return Choice(ring=ring, agent=agents[entry.prefer])
    for inner in range(ring + 1):
        ready = line.pools[inner].ready
        able = [agents[agent] for agent in ready if agent not in entry.missed]
        if able:  # nobody of an inner ring, or we would not be here: the queue's own order decides
            return Choice(ring=ring, agent=min(able, key=_own_order(line)))
    return Choice(ring=ring, agent=None)


def all_tried(entry: Entry, line: Line, at: datetime) -> bool:
    """Whether everybody at work in the rings open now has missed this call, so that all may be tried again."""
    serving = [line.pools[ring].serving for ring in range(line.open_ring(entry, at) + 1)]
    return bool(entry.missed) and all(members <= entry.missed for members in serving)


def explain(entry: Entry, line: Line, agents: Agents, choice: Choice, at: datetime) -> Reasons:
    """Why each agent was in or out, the best ranked first; at most EXPLAINED_AGENTS of them, then a count."""
    ready: set[AgentId] = set().union(*(pool.ready for pool in line.pools[: choice.ring + 1])) - entry.missed
    everyone = islice(chain(_ranked(entry, line, agents, ready), _others(agents, ready)), EXPLAINED_AGENTS)
    named = [(agent.agent, _reason(agent, entry, line, choice, at)) for agent in everyone]
    if len(agents) > len(named):
        named.append((AgentId(""), f"and {len(agents) - len(named)} more"))
    return tuple(named)


def _may(agent: AgentId, entry: Entry, line: Line, ring: int) -> bool:
    return agent not in entry.missed and any(agent in pool.ready for pool in line.pools[: ring + 1])


def _ranked(entry: Entry, line: Line, agents: Agents, ready: set[AgentId]) -> Iterator[Agent]:
    """The first EXPLAINED_AGENTS of `ready` in the order in which they would be offered the call."""
    own, left = _own_order(line), set(ready)
    if entry.prefer in left:
        left.discard(entry.prefer)
        yield agents[entry.prefer]
    for pool in line.pools:  # ring by ring: sorting everybody by ring as well would ask each of them for it
        inside = left & pool.ready
        left -= inside
        yield from nsmallest(EXPLAINED_AGENTS, map(agents.__getitem__, inside), key=own)


def _own_order(line: Line) -> Callable[[Agent], Any]:
    """The queue's own order, then the agent number; the lowest is first. Every decision asks it of all ready agents."""
    match line.rules.order:
        case "best_skill":
            return lambda agent: (-mastery(agent.card.skills, line.wanted), agent.order)
        case "fewest_calls":
            return attrgetter("answered", "order")
        case _:
            return attrgetter("idle_since", "order")


def _others(agents: Agents, ready: set[AgentId]) -> Iterator[Agent]:
    """Those who are not ready, lazily, as few are named: the logged in first, then the rest."""
    rest = (agent for agent in agents.values() if agent.is_here and agent.agent not in ready)
    return chain(rest, (agent for agent in agents.values() if not agent.is_here))


def _reason(agent: Agent, entry: Entry, line: Line, choice: Choice, at: datetime) -> str:
    if agent.presence is Presence.OFFLINE:
        return "out: offline"
    ring = line.ring_of(agent.agent)
    if ring is None:
        lacking = missing(agent.card.skills, line.pools[-1].need) or ("", 0)
        return f"out: lacks {lacking[0]} {lacking[1]}"
    if agent.agent in entry.missed:
        return "out: missed this call"
    if not agent.reachable:
        return "out: phone unreachable"
    if agent.presence is not Presence.READY:
        return f"out: {agent.presence}" + (f" ({agent.reason})" if agent.reason else "")
    if ring > choice.ring:
        return f"out: ring {ring} opens after {line.opens[ring]:g} s"
    verb = "chosen" if choice.agent is agent else "in"
    return f"{verb}: ring {ring}, {_strength(agent, line, at)}"


def _strength(agent: Agent, line: Line, at: datetime) -> str:
    match line.rules.order:
        case "best_skill":
            return f"level {mastery(agent.card.skills, line.wanted)}"
        case "fewest_calls":
            return f"{agent.answered} calls"
        case _:
            return f"idle {max(0.0, (at - agent.idle_since).total_seconds()):.0f} s"
