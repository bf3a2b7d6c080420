"""Everybody who could answer: agents, the queues they serve, and what the fallback queue must know of them.

It knows presence changes and their echoes (what is shown, what is mirrored, which need has whom). It knows nothing
of callers: who came free, and which need lost its last agent, is noted for the ACD to read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cti.errors import Refused

from .agent import Agent, Signal
from .commands import Command, MirrorMember, MirrorPause, ShowPresence, StartTimer, UnmirrorMember
from .fallback import native_penalty
from .pauses import Pauses
from .pool import Pool, Pools
from .routing import penalty
from .timer_keys import PhoneRest
from .words import AgentCard, AgentId, CallId, Presence, QueueName, QueueRules


@dataclass(slots=True, kw_only=True)
class Served:
    """A queue as the roster sees it: its rules, and those of its agents who are at work and who are ready."""

    rules: QueueRules
    closed: bool = False  # by hand; new rules don't open it
    serving: set[AgentId] = field(default_factory=set)
    ready: set[AgentId] = field(default_factory=set)


_Look = tuple[Presence, str, CallId | None]


class Roster:
    """Agents and queues; writes what must be shown or mirrored to `out`."""

    def __init__(self, out: list[Command]) -> None:
        self._out = out
        self.agents: dict[AgentId, Agent] = {}
        self.queues: dict[QueueName, Served] = {}
        self.pools = Pools(self.agents)
        self.pauses = Pauses(out)
        self.woken: dict[AgentId, None] = {}  # became ready since the ACD last looked, in that order
        self.turned: list[Pool] = []  # got their first or lost their last logged-in agent since then
        self.here: dict[AgentId, None] = {}  # logged in
        self.gone: dict[AgentId, None] = {}  # since then: not at work, about to leave, or with other skills
        self.changed: dict[QueueName, None] = {}  # whose ready agents changed; whoever tells of it empties this

    def person(self, agent: AgentId) -> Agent:
        """The agent who asks for something. Raises Refused for a stranger."""
        try:
            return self.agents[agent]
        except KeyError:
            raise Refused(f"there is no agent {agent[:40]!r}; see: cti agent list") from None

    # --- who there is ----------------------------------------------------------------------------

    def define_agent(self, card: AgentCard, at: datetime) -> None:
        """A new agent starts offline; a known one keeps the presence."""
        agent = self.agents.get(card.agent)
        if agent is not None and agent.card == card:
            return
        if agent is None:
            agent = self.agents[card.agent] = Agent(card=card, since=at, idle_since=at)
        agent.card = card
        self.gone[agent.agent] = None
        self.turned += self.pools.learn(agent)
        self._assign(agent)
        if agent.is_ready:
            self.woken[agent.agent] = None  # new skills may fit somebody who waits

    def remove_agent(self, agent: Agent, at: datetime) -> None:
        """Forget an agent, whatever the presence was."""
        before = _look(agent)
        agent.presence, agent.since, agent.reason, agent.call = Presence.OFFLINE, at, "", None
        self._show(agent, before, at)
        self.pools.forget(agent)
        self.here.pop(agent.agent, None)
        del self.agents[agent.agent]

    def define_queue(self, rules: QueueRules) -> None:
        """The queue is served by these rules from now on."""
        self.queues.setdefault(rules.name, Served(rules=rules)).rules = rules
        self.changed[rules.name] = None
        for agent in self.agents.values():
            known = agent.serves.get(rules.name), agent.penalties.get(rules.name)
            if known != (penalty(agent.card, rules), native_penalty(agent.card, rules)):
                self._assign(agent)
            if agent.is_ready:
                self.woken[agent.agent] = None

    def remove_queue(self, queue: QueueName) -> None:
        """The queue is gone; so are its members in the fallback."""
        del self.queues[queue]
        for agent in self.agents.values():
            self._assign(agent)

    # --- what people ask for (Refused or IllegalTransition before anything changes) ------------------

    def log_in(self, agent: Agent, at: datetime) -> None:
        """Here and ready; or, during a call, staying after all."""
        if agent.cancel_next(Presence.OFFLINE):
            return
        agent.allow(Signal.LOGGED_IN)
        agent.misses, agent.rest = 0, None
        self.move(agent, Signal.LOGGED_IN, at)

    def log_out(self, agent: Agent, at: datetime) -> None:
        """Gone, after the call if there is one."""
        agent.allow(Signal.LOGGED_OUT)
        if agent.postpone(Presence.OFFLINE):
            self.gone[agent.agent] = None
        else:
            self.move(agent, Signal.LOGGED_OUT, at)

    def pause(self, agent: Agent, reason: str, at: datetime, *, restored: bool = False) -> None:
        """No calls, for a reason; after the call if there is one. A `restored` pause keeps whatever reason it had."""
        agent.allow(Signal.PAUSED)
        if not restored:
            self.pauses.check(reason)
        if agent.postpone(Presence.PAUSED, reason):
            self.gone[agent.agent] = None
        else:
            self.move(agent, Signal.PAUSED, at, reason=reason)

    def unpause(self, agent: Agent, at: datetime) -> None:
        """Calls again; or, during a call, no pause after all."""
        if agent.cancel_next(Presence.PAUSED):
            return
        agent.allow(Signal.UNPAUSED)
        agent.misses, agent.rest = 0, None
        self.move(agent, Signal.UNPAUSED, at)

    # --- what happens to them ---------------------------------------------------------------------

    def move(self, agent: Agent, signal: Signal, at: datetime, *, call: CallId | None = None, reason: str = "") -> None:
        """Follow the table, then what was chosen for afterwards; tell everybody who shows or mirrors it."""
        before = _look(agent)
        agent.take(signal, at, call=call, reason=reason)
        agent.settle(at)
        self._show(agent, before, at)

    def busy(self, agent: Agent, at: datetime) -> None:
        """The phone is on a call of its own. Shown as talking when nothing else is going on."""
        agent.busy = True
        self.move(agent, Signal.BUSIED, at, call=agent.call, reason=agent.reason)

    def free(self, agent: Agent, at: datetime) -> None:
        """The phone's own calls are over; a talk with an offered call goes on."""
        agent.busy = False
        if agent.call is None:
            self.move(agent, Signal.FREED, at, reason=agent.reason)

    def reach(self, agent: Agent, reachable: bool) -> None:
        """The phone can or cannot be rung: the login stays, offers stop."""
        was_ready = agent.is_ready
        agent.reachable = reachable
        if reachable:
            agent.rest = None
        self._wake(agent, was_ready)

    def rest(self, agent: Agent, seconds: float, at: datetime) -> None:
        """The phone failed at once. It is left alone for a moment, or the next caller would fail at once as well."""
        agent.rest = PhoneRest(agent.agent, at)
        self._out.append(StartTimer(key=agent.rest, seconds=seconds))

    def rested(self, key: PhoneRest) -> None:
        """A rest is over, if it is still the one that is kept."""
        agent = self.agents.get(key.agent)
        if agent is not None and agent.rest == key:
            was_ready, agent.rest = agent.is_ready, None
            self._wake(agent, was_ready)

    def _wake(self, agent: Agent, was_ready: bool) -> None:
        self._echo(agent)
        if agent.is_ready and not was_ready:
            self.woken[agent.agent] = None

    def shift(self, back: timedelta) -> None:
        """The wall clock went back: what lasts already goes on lasting as long."""
        for agent in self.agents.values():  # their timers go on; keys are names, not instants to compare with
            agent.since -= back
            agent.idle_since -= back
        self.pools.sort_anew()

    def take_woken(self) -> list[Agent]:
        """Those who became ready and still are; starts noting anew."""
        woken = [self.agents[agent] for agent in self.woken if agent in self.agents and self.agents[agent].is_ready]
        self.woken, self.turned, self.gone = {}, [], {}
        return woken

    # --- echoes -----------------------------------------------------------------------------------

    def _show(self, agent: Agent, before: _Look, at: datetime) -> None:
        if before == _look(agent):
            return
        presence, reason, call = _look(agent)
        wrapped = before[2] if before[0] is Presence.WRAP_UP and presence is not Presence.WRAP_UP else None
        self.pauses.changed(agent, at)
        self._out.append(ShowPresence(agent=agent.agent, presence=presence, reason=reason, call=call, wrapped=wrapped))
        self._echo(agent)
        paused, was_paused = presence is Presence.PAUSED, before[0] is Presence.PAUSED
        if (paused, reason if paused else "") != (was_paused, before[1] if was_paused else ""):
            self._out.append(MirrorPause(agent=agent.agent, paused=paused, reason=reason if paused else ""))
        if agent.is_ready:
            self.woken[agent.agent] = None

    def _assign(self, agent: Agent) -> None:
        """The agent's skills or a queue's rules changed: see anew which queues the agent serves."""
        served = ((queue, penalty(agent.card, serves.rules)) for queue, serves in self.queues.items())
        agent.serves = {queue: ring for queue, ring in served if ring is not None}
        costs = ((queue, native_penalty(agent.card, self.queues[queue].rules)) for queue in agent.serves)
        agent.penalties = {queue: cost for queue, cost in costs if cost is not None}
        for queue, serves in self.queues.items():
            serves.serving.discard(agent.agent)
            if agent.agent in serves.ready:
                serves.ready.discard(agent.agent)
                self.changed[queue] = None
        self._echo(agent)

    def _echo(self, agent: Agent) -> None:
        """Bring the pools, the queues' ready sets and the fallback's members up to date."""
        self.turned += self.pools.note(agent)
        if not agent.comes_back:
            self.gone[agent.agent] = None
        if agent.is_here:
            self.here[agent.agent] = None
        else:
            self.here.pop(agent.agent, None)
        self._count(agent)
        wanted = agent.penalties if agent.is_here else {}
        if wanted is not agent.mirrored and wanted != agent.mirrored:
            self._mirror(agent, wanted)

    def _count(self, agent: Agent) -> None:
        name, serving, ready = agent.agent, agent.is_serving, agent.is_ready
        for queue in agent.serves:
            served = self.queues[queue]
            (served.serving.add if serving else served.serving.discard)(name)
            if (name in served.ready) is not ready:
                (served.ready.add if ready else served.ready.discard)(name)
                self.changed[queue] = None

    def _mirror(self, agent: Agent, wanted: dict[QueueName, int]) -> None:
        for queue in sorted(agent.mirrored.keys() - wanted.keys()):
            self._out.append(UnmirrorMember(queue=queue, agent=agent.agent))
        for queue, cost in wanted.items():
            if agent.mirrored.get(queue) != cost:
                self._out.append(MirrorMember(queue=queue, agent=agent.agent, penalty=cost))
        if agent.presence is Presence.PAUSED and wanted.keys() - agent.mirrored.keys():
            self._out.append(MirrorPause(agent=agent.agent, paused=True, reason=agent.reason))
        agent.mirrored = wanted


def _look(agent: Agent) -> _Look:
    return agent.presence, agent.reason, agent.call
