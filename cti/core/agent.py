"""One agent's presence: a table that can be printed, and the state that goes with it.

It knows which presence follows which signal and what an agent keeps beside it (idle since, misses in a row, the
presence chosen for after the call). It knows nothing of queues, of other agents, or of who should get a call.

`TRANSITIONS[presence][signal]` is the whole rule, and `WRAP_UPS[mode][signal]` its row for each kind of wrap-up; a
miss raises IllegalTransition and changes nothing. Where a request to pause or to log out leaves the presence as it is
(a phone rings or talks, a wrap-up that must be sat out), it takes effect when that is over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from cti.errors import IllegalTransition

from .timer_keys import PauseLimit, PhoneRest
from .words import AgentCard, AgentId, CallId, Presence, QueueName, WrapUpMode


class Signal(StrEnum):
    """What can happen to a presence: people's requests first, then facts."""

    LOGGED_IN = "logged_in"
    LOGGED_OUT = "logged_out"
    PAUSED = "paused"
    UNPAUSED = "unpaused"
    WRAP_UP_ASKED = "wrap_up_asked"
    WRAP_UP_ENDED = "wrap_up_ended"
    DISPOSED = "disposed"
    OFFERED = "offered"
    ANSWERED = "answered"
    MISSED = "missed"
    WITHDRAWN = "withdrawn"
    TALK_ENDED = "talk_ended"
    WRAP_UP_BEGAN = "wrap_up_began"
    WRAP_UP_RAN_OUT = "wrap_up_ran_out"
    BUSIED = "busied"
    FREED = "freed"


_P, _S, _M = Presence, Signal, WrapUpMode

_THEIRS_TO_END: Mapping[Signal, Presence] = {
    _S.LOGGED_OUT: _P.OFFLINE,
    _S.PAUSED: _P.PAUSED,
    _S.WRAP_UP_ENDED: _P.READY,
    _S.WRAP_UP_RAN_OUT: _P.READY,
    _S.DISPOSED: _P.WRAP_UP,
    _S.BUSIED: _P.WRAP_UP,
    _S.FREED: _P.WRAP_UP,
}

WRAP_UPS: Mapping[WrapUpMode, Mapping[Signal, Presence]] = {
    _M.OPTIONAL: _THEIRS_TO_END,
    _M.TIMED: _THEIRS_TO_END,
    _M.TIMED_NO_EARLY_EXIT: {
        _S.LOGGED_OUT: _P.WRAP_UP,  # takes effect afterwards
        _S.PAUSED: _P.WRAP_UP,  # takes effect afterwards
        _S.WRAP_UP_RAN_OUT: _P.READY,
        _S.DISPOSED: _P.WRAP_UP,
        _S.BUSIED: _P.WRAP_UP,
        _S.FREED: _P.WRAP_UP,
    },
    _M.MANDATORY_DISPOSITION: {
        _S.LOGGED_OUT: _P.WRAP_UP,  # takes effect afterwards
        _S.PAUSED: _P.WRAP_UP,  # takes effect afterwards
        _S.DISPOSED: _P.READY,
        _S.BUSIED: _P.WRAP_UP,
        _S.FREED: _P.WRAP_UP,
    },
}

TRANSITIONS: Mapping[Presence, Mapping[Signal, Presence]] = {
    _P.OFFLINE: {_S.LOGGED_IN: _P.READY, _S.BUSIED: _P.OFFLINE, _S.FREED: _P.OFFLINE},
    _P.READY: {
        _S.LOGGED_OUT: _P.OFFLINE,
        _S.PAUSED: _P.PAUSED,
        _S.OFFERED: _P.RINGING,
        _S.ANSWERED: _P.TALKING,  # of an offer that we had given up
        _S.BUSIED: _P.TALKING,
        _S.FREED: _P.READY,
    },
    _P.RINGING: {
        _S.LOGGED_OUT: _P.RINGING,  # takes effect afterwards
        _S.PAUSED: _P.RINGING,  # takes effect afterwards
        _S.ANSWERED: _P.TALKING,
        _S.MISSED: _P.READY,
        _S.WITHDRAWN: _P.READY,
        _S.BUSIED: _P.RINGING,
        _S.FREED: _P.RINGING,
    },
    _P.TALKING: {
        _S.LOGGED_OUT: _P.TALKING,  # takes effect afterwards
        _S.PAUSED: _P.TALKING,  # takes effect afterwards
        _S.WRAP_UP_ASKED: _P.TALKING,  # takes effect afterwards
        _S.DISPOSED: _P.TALKING,
        _S.TALK_ENDED: _P.READY,
        _S.WRAP_UP_BEGAN: _P.WRAP_UP,
        _S.BUSIED: _P.TALKING,
        _S.FREED: _P.READY,
    },
    _P.WRAP_UP: _THEIRS_TO_END,
    _P.PAUSED: {
        _S.LOGGED_OUT: _P.OFFLINE,
        _S.PAUSED: _P.PAUSED,  # another reason
        _S.UNPAUSED: _P.READY,
        _S.BUSIED: _P.PAUSED,
        _S.FREED: _P.PAUSED,
    },
}

_ASKED = {
    _S.WRAP_UP_ASKED: "ask for a wrap-up",
    _S.WRAP_UP_ENDED: "end a wrap-up",
    _S.DISPOSED: "say how a call ended",
}
_HINTS = {
    _M.TIMED_NO_EARLY_EXIT: "this wrap-up ends by itself",
    _M.MANDATORY_DISPOSITION: "say first how the call ended (a disposition)",
}


def after(presence: Presence, signal: Signal, wrap_up: WrapUpMode = WrapUpMode.TIMED) -> Presence:
    """The presence that follows; `wrap_up` counts in a wrap-up only. Raises IllegalTransition without such an edge."""
    row = WRAP_UPS[wrap_up] if presence is Presence.WRAP_UP else TRANSITIONS[presence]
    if signal in row:
        return row[signal]
    hint = f": {_HINTS[wrap_up]}" if presence is Presence.WRAP_UP and wrap_up in _HINTS else ""
    who = "in wrap-up" if presence is Presence.WRAP_UP else presence.value
    what = _ASKED.get(signal) or f"be {signal.replace('_', ' ')}"
    raise IllegalTransition(f"an agent who is {who} cannot {what}{hint}")


@dataclass(slots=True, kw_only=True)
class Agent:
    """What the engine keeps of one agent. `since` is when the presence began, `idle_since` when the waiting did.

    `call` is the call that rings, is talked on, or is wrapped up; None while TALKING means a call that we did not
    offer. `busy` says that the phone has such a call, whatever the presence. `next` is the presence chosen for after
    the call (PAUSED or OFFLINE), with `next_reason`.
    """

    card: AgentCard
    since: datetime
    idle_since: datetime
    presence: Presence = Presence.OFFLINE
    reason: str = ""
    call: CallId | None = None
    busy: bool = False
    reachable: bool = True
    rest: PhoneRest | None = None  # the timer of a phone that has just failed at once: ringing it again must wait
    misses: int = 0
    answered: int = 0
    next: Presence | None = None
    next_reason: str = ""
    wrap_up: WrapUpMode = WrapUpMode.TIMED  # which one this is, or was
    wants_wrap_up: bool = False  # asked for during the call
    last: CallId | None = None  # the last call answered, still there to give a disposition for
    disposed: bool = False  # of that call
    pause_limit: PauseLimit | None = None  # the timer of a pause that may not last for ever
    over_time: bool = False  # paused for longer than the reason allows
    serves: dict[QueueName, int] = field(default_factory=dict)  # queues, with the first ring satisfied
    penalties: dict[QueueName, int] = field(default_factory=dict)  # the same queues, as the fallback should know them
    mirrored: dict[QueueName, int] = field(default_factory=dict)  # as it does
    agent: AgentId = field(init=False)  # the number: a new card of the same person has the same
    order: tuple[int, str] = field(init=False)  # sorts by agent number: the shorter number first, as numbers do

    def __post_init__(self) -> None:
        self.agent = self.card.agent
        self.order = (len(self.agent), self.agent)

    @property
    def is_here(self) -> bool:
        """Logged in, whatever else."""
        return self.presence is not Presence.OFFLINE

    @property
    def is_serving(self) -> bool:
        """At work: free now, or busy with a call or its wrap-up; not paused, and the phone can be rung."""
        return self.is_here and self.presence is not Presence.PAUSED and self.reachable

    @property
    def is_ready(self) -> bool:
        """May be offered a call this instant."""
        return self.presence is Presence.READY and self.reachable and self.rest is None

    @property
    def comes_back(self) -> bool:
        """At work, and has not asked to be away after the call."""
        return self.is_serving and self.next is None

    def after(self, signal: Signal) -> Presence:
        """The presence that `signal` would lead to. Raises IllegalTransition."""
        return after(self.presence, signal, self.wrap_up)

    def allow(self, signal: Signal) -> None:
        """Raise IllegalTransition, naming the agent, when `signal` is impossible now. Changes nothing."""
        try:
            self.after(signal)
        except IllegalTransition as error:
            raise IllegalTransition(f"agent {self.agent}: {error}") from None

    def take(self, signal: Signal, at: datetime, *, call: CallId | None = None, reason: str = "") -> None:
        """Follow the table. `call` and `reason` belong to the new presence. Raises IllegalTransition."""
        presence = self.after(signal)
        if presence is not self.presence:
            self.since = at
            if presence is Presence.READY and signal is not Signal.WITHDRAWN:
                self.idle_since = at
        self.presence, self.call, self.reason = presence, call, reason

    def postpone(self, presence: Presence, reason: str = "") -> bool:
        """Note a pause or a log-out for afterwards; False when nothing is in the way of it now."""
        signal = Signal.PAUSED if presence is Presence.PAUSED else Signal.LOGGED_OUT
        if presence in (self.presence, self.after(signal)):
            return False
        self.next, self.next_reason = presence, reason
        return True

    def cancel_next(self, presence: Presence) -> bool:
        """Take back what was noted for after the call; False when it wasn't `presence`."""
        if self.next is not presence:
            return False
        self.next, self.next_reason = None, ""
        return True

    def settle(self, at: datetime) -> None:
        """Having come back to READY: do what was noted, else see whether the phone is on a call of its own."""
        if self.presence is not Presence.READY:
            return
        chosen, reason = self.next, self.next_reason
        self.next, self.next_reason = None, ""
        if chosen is Presence.PAUSED:
            self.take(Signal.PAUSED, at, reason=reason)
        elif chosen is Presence.OFFLINE:
            self.take(Signal.LOGGED_OUT, at)
        elif self.busy:
            self.take(Signal.BUSIED, at)
