"""Who answers this call: rings, ranking, and the explanation of both.

It knows how to choose among agents for one caller; it changes nothing, keeps nothing, and knows neither timers nor
commands. The order is: preferred agent, inner ring, the queue's own order, agent number. Waiting for a preferred
agent who is busy is `matching`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice

from .agent import Agent
from .queue import Entry, Line
from .skills import mastery, missing, satisfies
from .words import AgentCard, AgentId, Presence, QueueRules

SPREAD = 64  # so many agents share the calls that count on one of them
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
    """The ready agent who ranks first in the rings open now, leaving out those who missed this call.

    The preferred agent comes before everybody, whatever ring is open: they have served this caller before.
    """
    ring = line.open_ring(entry, at)
    if wished(entry, line):
        return Choice(ring=ring, agent=agents[AgentId(str(entry.prefer))])
    for ranked in line.ranked[: ring + 1]:  # once an inner ring has nobody, the queue's own order decides
        for agent in ranked:
            if agent not in entry.missed:
                return Choice(ring=ring, agent=agents[agent])
    return Choice(ring=ring, agent=None)


def wished(entry: Entry, line: Line) -> bool:
    """Whether the preferred agent of this caller is ready, serves the queue, and has not missed the call."""
    agent = entry.prefer
    return agent is not None and agent not in entry.missed and any(agent in pool.ready for pool in line.pools)


def untried(entry: Entry, line: Line, at: datetime) -> AgentId | None:
    """Somebody at work in the rings open now who has not missed this call; None: all of them may be tried again.

    Not the same one for every call: when that one goes, all calls that count on them must be looked at.
    """
    serving = chain.from_iterable(pool.serving for pool in line.pools[: line.open_ring(entry, at) + 1])
    few = list(islice((agent for agent in serving if agent not in entry.missed), 1 + entry.arrival % SPREAD))
    return few[-1] if few else None


def explain(
    entry: Entry, line: Line, agents: Agents, here: Iterable[AgentId], choice: Choice, at: datetime, held: bool = False
) -> Reasons:
    """Why each agent was in or out, the best ranked first; at most EXPLAINED_AGENTS of them, then a count.

    `here` are those logged in. `held`: the call waits for its preferred agent alone.
    """
    everyone = islice(_everyone(entry, line, agents, here, choice.ring), EXPLAINED_AGENTS)
    named = [(agent, _reason(agents[agent], entry, line, choice, at, held)) for agent in everyone]
    if len(agents) > len(named):
        named.append((AgentId(""), f"and {len(agents) - len(named)} more"))
    return tuple(named)


def _everyone(entry: Entry, line: Line, agents: Agents, here: Iterable[AgentId], ring: int) -> Iterator[AgentId]:
    """Agents lazily, as few are named: the preferred one, those ready in their order, who is here, the rest."""
    wish = (entry.prefer,) if entry.prefer is not None and entry.prefer in agents else ()
    ready = (agent for ranked in line.ranked[: ring + 1] for agent in ranked if agent not in entry.missed)
    seen: set[AgentId] = set()
    for agent in chain(wish, ready, here, agents):
        if agent not in seen:
            seen.add(agent)
            yield agent


def _reason(agent: Agent, entry: Entry, line: Line, choice: Choice, at: datetime, held: bool) -> str:
    mark = "preferred, " if agent.agent == entry.prefer else ""
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
    if agent.rest is not None:
        return "out: the phone has just failed to ring"
    if agent.presence is not Presence.READY:
        return f"out: {mark}{agent.presence}" + (f" ({agent.reason})" if agent.reason else "")
    if held and not mark:
        return f"out: held for {entry.prefer}"
    if ring > choice.ring and not mark:
        return f"out: ring {ring} opens after {line.opens[ring]:g} s"
    verb = "chosen" if choice.agent is agent else "in"
    return f"{verb}: {mark}ring {ring}, {_strength(agent, line, at)}"


def _strength(agent: Agent, line: Line, at: datetime) -> str:
    match line.rules.order:
        case "best_skill":
            return f"level {mastery(agent.card.skills, line.wanted)}"
        case "fewest_calls":
            return f"{agent.answered} calls"
        case _:
            return f"idle {max(0.0, (at - agent.idle_since).total_seconds()):.0f} s"
