"""What the core wants done: imperative, frozen, without an instant (they are meant for now).

The engine performs each with one edge. Names say the wish, not the wire: no Asterisk word appears here.
"""

from __future__ import annotations

from dataclasses import dataclass

from .timer_keys import TimerKey
from .words import AgentId, Caller, CallId, Miss, Outcome, Phone, Presence, QueueName


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferCall:
    """Pop the call on the agent's screen, then let the dialplan ring the agent's phone."""

    call: CallId
    agent: AgentId
    phone: Phone
    queue: QueueName
    ring_seconds: float
    waited_seconds: float
    caller: Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawOffer:
    """The offer is over without talk: take the pop down, and stop the ringing if it still rings."""

    call: CallId
    agent: AgentId
    why: Miss


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseCaller:
    """The caller leaves the queue with this outcome; the dialplan goes on as its queue says."""

    call: CallId
    queue: QueueName
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveCaller:
    """The caller goes to another queue and asks there, with the same time of entry."""

    call: CallId
    queue: QueueName


@dataclass(frozen=True, slots=True, kw_only=True)
class Announce:
    """Play these prompts to a waiting caller, one after the other, then music again.

    From now on a press of one of `keys` (0-9, * and #; "" = none), during a prompt or the music, is a `KeyPressed`; it
    cuts the prompts short. Without `parts` only the keys change.
    """

    call: CallId
    parts: tuple[str, ...] = ()  # names of prompts
    keys: str = ""
    said: Said | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The numbers in an announcement. `position` 0 = none was said; `wait_minutes`: at most so many, 0 = more than the
    longest that is said, None = no wait was said. `expected_seconds` is the estimate behind it.
    """

    queue: QueueName
    position: int = 0
    wait_minutes: int | None = None
    expected_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StartTimer:
    """Send `TimerFired(key)` after `seconds`; a running timer of the same key is replaced."""

    key: TimerKey
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelTimer:
    """Forget the timer of this key; unknown keys are fine."""

    key: TimerKey


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowPresence:
    """An agent's presence changed: journal it and push it."""

    agent: AgentId
    presence: Presence
    reason: str = ""
    call: CallId | None = None
    wrapped: CallId | None = None  # the call whose wrap-up has ended with this change
    over_time: bool = False  # paused for longer than the reason allows


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowQueue:
    """A queue's waiting line changed: how many wait, how many of its agents are ready."""

    queue: QueueName
    waiting: int
    ready: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorMember:
    """Keep this agent as a member of the fallback queue with this penalty (see core.fallback)."""

    queue: QueueName
    agent: AgentId
    penalty: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmirrorMember:
    """Take this agent out of the fallback queue."""

    queue: QueueName
    agent: AgentId


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorPause:
    """Pause or unpause this agent in every fallback queue."""

    agent: AgentId
    paused: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explain:
    """Keep why this decision was taken, with the conversation. `candidates` are (agent, why in or out).

    `why` is the rule that decided, where it was not simply the best agent: held for somebody, refused, timed out.
    """

    call: CallId
    decision: str  # "offer" | "wait" | "release"
    ring: int
    chosen: AgentId | None
    candidates: tuple[tuple[AgentId, str], ...]
    why: str = ""


Command = (
    OfferCall
    | WithdrawOffer
    | ReleaseCaller
    | MoveCaller
    | Announce
    | StartTimer
    | CancelTimer
    | ShowPresence
    | ShowQueue
    | MirrorMember
    | UnmirrorMember
    | MirrorPause
    | Explain
)
