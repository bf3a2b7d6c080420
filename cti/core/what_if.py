"""What would be decided now, if: some events that did not happen, tried on a twin of the machine.

It knows which suppositions can be made, what each would be as events, and how to tell what follows: the decisions with
their reasons, who would wait at which place, whose presence would differ. It knows nothing of who asks, and the machine
that it is given is changed: give it a twin (`core.twin`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cti.errors import Refused

from . import events as ev
from .acd import Acd
from .commands import Command, Explain
from .floor import CallOnFloor, CallPhase
from .timer_keys import WrapUp
from .words import AgentId, CallId, Need, Presence, QueueName, Ring, Skill


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """An agent does something: login, logout, pause, unpause, or free (whatever keeps the agent busy is over)."""

    agent: AgentId
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """An agent has another level of a skill; 0 takes it away."""

    agent: AgentId
    skill: Skill
    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One more caller, who joins now."""

    queue: QueueName
    need: Need = ()
    priority: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rings:
    """A queue has other rings; the rest of its rules stays."""

    queue: QueueName
    rings: tuple[Ring, ...]


Supposition = Ask | Level | Call | Rings
ASKED = ("login", "logout", "pause", "unpause", "free")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What would be decided on a call, and why. `decision` is offer, wait or release."""

    call: CallId
    queue: QueueName
    decision: str
    ring: int
    agent: AgentId | None
    candidates: tuple[tuple[AgentId, str], ...]
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A caller's place in the order of all who wait, from 1; None: not waiting (or not there) then."""

    call: CallId
    queue: QueueName
    number: str
    waited_seconds: float
    before: int | None
    after: int | None
    becomes: str  # waiting, offered, away or gone
    agent: AgentId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequences:
    """What would follow. `agents` are (who, presence now, presence then) of those whose presence would differ."""

    at: datetime
    decisions: tuple[Decision, ...]
    waiting: tuple[Place, ...]
    agents: tuple[tuple[AgentId, Presence, Presence], ...]


def what_if(machine: Acd, suppositions: Iterable[Supposition], at: datetime) -> Consequences:
    """Suppose these, one after the other, all at `at`. Raises Refused for what could not happen now."""
    before, order = machine.snapshot(), _order(machine)
    commands: list[Command] = []
    joined: dict[CallId, QueueName] = {}
    for number, supposition in enumerate(suppositions, start=1):
        for event in _events(machine, supposition, CallId(f"what-if-{number}"), at):
            if isinstance(event, ev.CallerJoined):
                joined[event.call] = event.queue
            commands += machine.handle(event)
    presences = {agent.agent: agent.presence for agent in before.agents}
    queues = {call.call: call.queue for call in before.calls} | joined
    return Consequences(
        at=at,
        decisions=tuple(_decision(told, queues) for told in commands if isinstance(told, Explain)),
        waiting=tuple(_places({call.call: call for call in before.calls}, order, machine, joined, at)),
        agents=tuple(
            (agent.agent, presences[agent.agent], agent.presence)
            for agent in machine.snapshot().agents
            if agent.presence is not presences[agent.agent]
        ),
    )


def _events(machine: Acd, supposed: Supposition, call: CallId, at: datetime) -> Iterator[ev.Event]:
    """What would have happened; each is made when the one before has been handled."""
    match supposed:
        case Ask(agent=agent, what="free"):
            yield from _freed(machine, agent, at)
        case Ask(agent=agent, what="pause"):
            yield ev.AgentPaused(at=at, agent=agent, reason="what-if")
        case Ask(agent=agent, what=what):
            kinds = {"login": ev.AgentLoggedIn, "logout": ev.AgentLoggedOut, "unpause": ev.AgentUnpaused}
            yield kinds[what](at=at, agent=agent)
        case Level(agent=agent, skill=skill, level=level):
            card = machine.card(agent)
            skills = {name: value for name, value in card.skills.items() if name != skill}
            yield ev.AgentDefined(at=at, card=replace(card, skills=skills | ({skill: level} if level else {})))
        case Call(queue=queue, need=need, priority=priority):
            _known(machine, queue)
            yield ev.CallerJoined(at=at, call=call, queue=queue, entered=at, need=need, priority=priority)
        case Rings(queue=queue, rings=rings):
            rules = machine.rules(_known(machine, queue))
            if rules is not None and rules.rings != rings:
                yield ev.QueueDefined(at=at, rules=replace(rules, rings=rings))


def _freed(machine: Acd, agent: AgentId, at: datetime) -> Iterator[ev.Event]:
    now = machine.agent(agent)
    if now.presence in (Presence.OFFLINE, Presence.PAUSED, Presence.RINGING):
        hint = {Presence.OFFLINE: "suppose a login", Presence.PAUSED: "suppose an unpause"}.get(now.presence, "wait")
        raise Refused(f"agent {agent} is {now.presence}, not busy; {hint} instead")
    yield ev.AgentFreed(at=at, agent=agent)
    if now.presence is Presence.TALKING and now.call is not None:
        yield ev.TalkEnded(at=at, call=now.call, agent=agent)
    then = machine.agent(agent)
    if then.presence is Presence.WRAP_UP and then.call is not None:
        yield ev.DispositionGiven(at=at, call=then.call, agent=agent, code="what-if")
    if machine.agent(agent).presence is Presence.WRAP_UP and then.call is not None:
        yield ev.TimerFired(at=at, key=WrapUp(agent, then.call))


def _known(machine: Acd, queue: QueueName) -> QueueName:
    if machine.rules(queue) is None:
        raise Refused(f"there is no queue {queue[:40]!r}; see: cti queue list")
    return queue


def _decision(told: Explain, queues: Mapping[CallId, QueueName]) -> Decision:
    return Decision(
        call=told.call,
        queue=queues.get(told.call, QueueName("")),
        decision=told.decision,
        ring=told.ring,
        agent=told.chosen,
        candidates=told.candidates,
        why=told.why,
    )


# --- the order of those who wait ---------------------------------------------------------------------


def _order(machine: Acd) -> list[CallId]:
    """Who waits, the highest score first, over all queues."""
    waiting = [call.call for call in machine.snapshot().calls if call.state is CallPhase.WAITING]
    states = {call: machine.state_of(call) for call in waiting}
    return sorted(waiting, key=lambda call: state.entry.place if (state := states[call]) else (0.0, 0))


def _places(
    before: Mapping[CallId, CallOnFloor], order: Sequence[CallId], machine: Acd, joined: Iterable[CallId], at: datetime
) -> Iterator[Place]:
    """Those who waited, in their order, then those who joined."""
    then = {call.call: call for call in machine.snapshot().calls}
    ranks, was = _ranks(_order(machine)), _ranks(order)
    for name in (*order, *joined):
        now = then.get(name)
        caller = now or before.get(name)
        yield Place(
            call=name,
            queue=caller.queue if caller else QueueName(""),
            number=caller.caller.number if caller else "",
            waited_seconds=max(0.0, (at - caller.entered).total_seconds()) if caller else 0.0,
            before=was.get(name),
            after=ranks.get(name),
            becomes=str(now.state) if now else "gone",
            agent=now.agent if now else None,
        )


def _ranks(order: Sequence[CallId]) -> dict[CallId, int]:
    return {call: rank for rank, call in enumerate(order, start=1)}
