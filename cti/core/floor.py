"""The floor at an instant, as frozen values: for the wallboard, the API and the command line.

It knows what can be shown; it knows nothing of how it came about, and nobody decides anything from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .agent import Agent
from .queue import Away, CallState, Connected, Offered, Waiting
from .words import AgentId, Caller, CallId, Phone, Presence, QueueName


class CallPhase(StrEnum):
    """Where a queued call is."""

    WAITING = "waiting"
    OFFERED = "offered"
    CONNECTED = "connected"
    AWAY = "away"  # between a miss and its return to the line


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentOnFloor:
    """One agent. `call` None while talking: a call that the queues did not offer. `next` is for after the call.

    `serves` are the queues whose callers the agent may be offered, sorted.
    """

    agent: AgentId
    name: str
    phone: Phone
    presence: Presence
    since: datetime
    reason: str
    call: CallId | None
    reachable: bool
    next: Presence | None
    serves: tuple[QueueName, ...] = ()
    over_time: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueOnFloor:
    """One queue. `longest` is when its longest waiting caller entered, None when nobody waits."""

    queue: QueueName
    waiting: int
    ready: int
    longest: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOnFloor:
    """One call that waits, is offered, talks with an agent of a queue, or is on its way back to the line."""

    call: CallId
    queue: QueueName
    entered: datetime
    state: CallPhase
    agent: AgentId | None
    caller: Caller
    priority: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorSnapshot:
    """Everything at once; agents and queues in the order in which they were defined, calls as they came."""

    agents: tuple[AgentOnFloor, ...]
    queues: tuple[QueueOnFloor, ...]
    calls: tuple[CallOnFloor, ...]


def show_agent(agent: Agent) -> AgentOnFloor:
    """This agent as a value."""
    return AgentOnFloor(
        agent=agent.agent,
        name=agent.card.name,
        phone=agent.card.phone,
        presence=agent.presence,
        since=agent.since,
        reason=agent.reason,
        call=agent.call,
        reachable=agent.reachable,
        next=agent.next,
        serves=tuple(sorted(agent.serves)),
        over_time=agent.over_time,
    )


def show_call(state: CallState) -> CallOnFloor:
    """This call as a value."""
    phase, agent = _phase(state)
    entry = state.entry
    return CallOnFloor(
        call=entry.call,
        queue=entry.queue,
        entered=entry.entered,
        state=phase,
        agent=agent,
        caller=entry.caller,
        priority=entry.priority,
    )


def _phase(state: CallState) -> tuple[CallPhase, AgentId | None]:
    match state:
        case Waiting():
            return CallPhase.WAITING, None
        case Offered(agent=agent):
            return CallPhase.OFFERED, agent
        case Connected(agent=agent):
            return CallPhase.CONNECTED, agent
        case Away():
            return CallPhase.AWAY, None
