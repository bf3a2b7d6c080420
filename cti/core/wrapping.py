"""What comes after a talk: which wrap-up, for how long, and what the agent may say about the call.

It knows the queue's mode, the agent's own wish and time, and the disposition. Which presence may follow which is
`agent.WRAP_UPS`. It knows nothing of callers or of who comes free.

A presence that was chosen during the call (pause, log-out) replaces a wrap-up that the agent could end anyway, and
follows one that they could not. A disposition may be given during the talk, in the wrap-up, and for the last call until
the next one is answered; where it is mandatory, one given in the wrap-up ends it, and one given during the talk leaves
a wrap-up as where it is timed.
"""

from __future__ import annotations

from datetime import datetime

from cti.errors import Refused

from . import events as ev
from .agent import Agent, Signal
from .commands import CancelTimer, Command, StartTimer
from .roster import Roster
from .timer_keys import WrapUp
from .words import CallId, Presence, QueueName, QueueRules, WrapUpMode


class Wrapping:
    """Ends talks and wrap-ups. Shares the roster and `out` with the ACD."""

    def __init__(self, roster: Roster, out: list[Command]) -> None:
        self._roster, self._out = roster, out

    def talk_began(self, agent: Agent, call: CallId) -> None:
        """A new call: nothing has been said about it yet."""
        agent.last, agent.disposed, agent.wants_wrap_up = call, False, False

    def talk_ended(self, agent: Agent, call: CallId, queue: QueueName, at: datetime) -> None:
        """Ready again, or what the queue wants first."""
        served = self._roster.queues.get(queue)
        follows = what_follows(agent, served.rules) if served is not None else None
        if follows is None:
            self._roster.move(agent, Signal.TALK_ENDED, at)
            return
        agent.wrap_up, seconds = follows
        self._roster.move(agent, Signal.WRAP_UP_BEGAN, at, call=call)
        if seconds > 0:
            self._out.append(StartTimer(key=WrapUp(agent.agent, call), seconds=seconds))

    def ran_out(self, key: WrapUp, at: datetime) -> None:
        """The time for it is over; a stale timer changes nothing."""
        agent = self._roster.agents.get(key.agent)
        if agent is not None and agent.presence is Presence.WRAP_UP and agent.call == key.call:
            self._roster.move(agent, Signal.WRAP_UP_RAN_OUT, at)

    def end(self, agent: Agent, at: datetime) -> None:
        """The agent has finished. Raises IllegalTransition where the wrap-up is not theirs to end."""
        agent.allow(Signal.WRAP_UP_ENDED)
        self._roster.move(agent, Signal.WRAP_UP_ENDED, at)

    def ask(self, event: ev.WrapUpAsked) -> None:
        """During a call: a wrap-up after it, please. Raises Refused where the call has none to give."""
        agent = self._roster.person(event.agent)
        agent.allow(Signal.WRAP_UP_ASKED)
        if agent.call is None:
            raise Refused(f"agent {agent.agent} is on a call of their own: no wrap-up follows it")
        agent.wants_wrap_up = True

    def dispose(self, event: ev.DispositionGiven) -> None:
        """How the call ended, in the agent's words. Raises Refused for a call that is not theirs."""
        agent = self._roster.person(event.agent)
        if event.call not in (agent.call, agent.last):
            raise Refused(f"agent {agent.agent} has no call {event.call[:40]!r} to say the end of")
        if not event.code:
            raise Refused("a disposition needs a code")
        if event.call != agent.call:
            return  # the last one, whose wrap-up is over
        agent.allow(Signal.DISPOSED)
        agent.disposed = True
        stays = agent.after(Signal.DISPOSED) is agent.presence
        self._roster.move(agent, Signal.DISPOSED, event.at, call=agent.call if stays else None)

    def cancel(self, agent: Agent) -> None:
        """The timer of the agent's wrap-up, if one runs, is not needed any more."""
        if agent.presence is Presence.WRAP_UP and agent.call is not None:
            self._out.append(CancelTimer(key=WrapUp(agent.agent, agent.call)))


def what_follows(agent: Agent, rules: QueueRules) -> tuple[WrapUpMode, float] | None:
    """The wrap-up that begins now, and its seconds (0 = no limit); None: there is none."""
    seconds = rules.wrap_up_seconds if agent.card.wrap_up_seconds is None else agent.card.wrap_up_seconds
    match rules.wrap_up_mode:
        case WrapUpMode.MANDATORY_DISPOSITION if not agent.disposed:
            return WrapUpMode.MANDATORY_DISPOSITION, 0.0
        case WrapUpMode.OPTIONAL if agent.wants_wrap_up:
            return WrapUpMode.OPTIONAL, seconds
        case WrapUpMode.TIMED_NO_EARLY_EXIT if seconds > 0:
            return WrapUpMode.TIMED_NO_EARLY_EXIT, seconds
        case WrapUpMode.TIMED | WrapUpMode.MANDATORY_DISPOSITION if seconds > 0 and agent.next is None:
            return WrapUpMode.TIMED, seconds
        case _:
            return None
