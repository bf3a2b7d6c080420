"""What a timer is for: its key, so that one that fires too late is seen to be stale.

It knows names only. `core.commands.StartTimer` asks for one, `core.events.TimerFired` brings it back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .words import AgentId, CallId, QueueName


@dataclass(frozen=True, slots=True)
class OfferLost:
    """Timer key: an offer whose end we never heard of must not hold its agent for ever."""

    call: CallId
    agent: AgentId


@dataclass(frozen=True, slots=True)
class WrapUp:
    """Timer key: the end of a timed wrap-up after this call."""

    agent: AgentId
    call: CallId


@dataclass(frozen=True, slots=True)
class NextRing:
    """Timer key: a wider ring opens for this call."""

    call: CallId
    ring: int


@dataclass(frozen=True, slots=True)
class MaxWait:
    """Timer key: this caller has waited long enough in this queue."""

    call: CallId
    queue: QueueName


@dataclass(frozen=True, slots=True)
class PreferWait:
    """Timer key: this caller has waited long enough for the preferred agent."""

    call: CallId
    agent: AgentId


@dataclass(frozen=True, slots=True)
class PauseLimit:
    """Timer key: the pause that began at `since` has lasted as long as its reason allows."""

    agent: AgentId
    since: datetime


@dataclass(frozen=True, slots=True)
class PhoneRest:
    """Timer key: the rest that began at `since`, because the phone refused at once or could not be rung, is over."""

    agent: AgentId
    since: datetime


@dataclass(frozen=True, slots=True)
class AnnounceDue:
    """Timer key: it is time to tell this waiting caller something, for the `turn`-th time (0 is the first)."""

    call: CallId
    turn: int


@dataclass(frozen=True, slots=True)
class CallbackOffer:
    """Timer key: this waiting caller is told that we can call back."""

    call: CallId


@dataclass(frozen=True, slots=True)
class CallbackDue:
    """Timer key: this callback has rested long enough."""

    of: CallId


@dataclass(frozen=True, slots=True)
class CallbackLost:
    """Timer key: we never learned what became of this attempt to call back."""

    call: CallId


TimerKey = (
    OfferLost
    | WrapUp
    | NextRing
    | MaxWait
    | PreferWait
    | PauseLimit
    | PhoneRest
    | AnnounceDue
    | CallbackOffer
    | CallbackDue
    | CallbackLost
)
