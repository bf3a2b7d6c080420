"""What happened: facts for the ACD and for the call tracker, all past tense, frozen, each with its instant.

Two families meet here. *Leg facts* are what AMI tells of channels (`ami.translate` makes them, `core.call` reads
them). *ACD facts* are what agents and callers did (made by FastAGI sessions, the API, timers, and the tracker).
`at` is always an aware UTC instant.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .timer_keys import TimerKey
from .words import (
    NOBODY,
    AgentCard,
    AgentId,
    Caller,
    CallId,
    Linkedid,
    Miss,
    Need,
    PauseReason,
    Phone,
    QueueName,
    QueueRules,
    Uniqueid,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened at an instant."""

    at: datetime


# --- leg facts: one channel each (source: AMI) ---------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class LegCreated(Event):
    """A channel exists (Newchannel, or seen in a resync snapshot). `phone` is its endpoint, e.g. PJSIP/1001."""

    leg: Uniqueid
    linked: Linkedid
    phone: Phone
    channel: str = ""  # the channel's name, to act on it; never a key
    number: str = ""
    name: str = ""
    exten: str = ""
    up: bool = False  # already answered (snapshot)


@dataclass(frozen=True, slots=True, kw_only=True)
class LegAnswered(Event):
    """The channel went up (Newstate 6)."""

    leg: Uniqueid


@dataclass(frozen=True, slots=True, kw_only=True)
class LegRelinked(Event):
    """The linkedid changed, e.g. because two bridges merged."""

    leg: Uniqueid
    linked: Linkedid


@dataclass(frozen=True, slots=True, kw_only=True)
class DialBegan(Event):
    """`caller` started to ring `callee` (DialBegin); caller is "" for an originate."""

    caller: Uniqueid
    callee: Uniqueid


@dataclass(frozen=True, slots=True, kw_only=True)
class DialEnded(Event):
    """The dial ended (DialEnd). `result` is Asterisk's DialStatus: ANSWER, NOANSWER, CANCEL, BUSY, …"""

    caller: Uniqueid
    callee: Uniqueid
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegBridged(Event):
    """The channel entered a bridge."""

    leg: Uniqueid
    bridge: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegUnbridged(Event):
    """The channel left a bridge."""

    leg: Uniqueid
    bridge: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegHeld(Event):
    """The phone put its peer on hold (`held`) or took it back."""

    leg: Uniqueid
    held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LegEnded(Event):
    """The channel is gone (Hangup, or missing in a resync snapshot). `cause` is the Q.850 number, 0 = unknown."""

    leg: Uniqueid
    cause: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneReachable(Event):
    """The phone can or cannot be rung at all (device state UNAVAILABLE / INVALID = cannot)."""

    phone: Phone
    reachable: bool


# --- ACD facts ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueDefined(Event):
    """The site says that this queue is served by these rules (also sent again after a change)."""

    rules: QueueRules


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRemoved(Event):
    """The site no longer has this queue; its waiting callers leave."""

    queue: QueueName


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueClosed(Event):
    """Closed by hand: newcomers leave as closed, those who wait stay. A new definition does not open it."""

    queue: QueueName


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueOpened(Event):
    """Open again after having been closed by hand."""

    queue: QueueName


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseReasonsDefined(Event):
    """The site says why agents may pause; with none at all, any reason will do."""

    reasons: tuple[PauseReason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentDefined(Event):
    """A row says who this agent is (also sent again after a change)."""

    card: AgentCard


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRemoved(Event):
    """The agent's row is gone."""

    agent: AgentId


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLoggedIn(Event):
    """The agent is here."""

    agent: AgentId


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLoggedOut(Event):
    """The agent left."""

    agent: AgentId


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentPaused(Event):
    """The agent takes no calls, for a reason. `restored`: so it was before the engine ended; nobody asks for it now."""

    agent: AgentId
    reason: str
    restored: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentUnpaused(Event):
    """The agent takes calls again."""

    agent: AgentId


@dataclass(frozen=True, slots=True, kw_only=True)
class WrapUpEnded(Event):
    """The agent ended the wrap-up by hand."""

    agent: AgentId


@dataclass(frozen=True, slots=True, kw_only=True)
class WrapUpAsked(Event):
    """During a call: the agent wants a wrap-up after it, where the queue leaves that to them."""

    agent: AgentId


@dataclass(frozen=True, slots=True, kw_only=True)
class DispositionGiven(Event):
    """The agent says how a call ended, during it or afterwards; given again, the last word counts."""

    call: CallId
    agent: AgentId
    code: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentBusied(Event):
    """The agent's phone is on a call that we did not offer (dialled out, called directly, fallback queue)."""

    agent: AgentId


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentFreed(Event):
    """The agent's phone has no more leg of its own."""

    agent: AgentId


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentReachable(Event):
    """The agent's phone can or cannot be rung."""

    agent: AgentId
    reachable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerJoined(Event):
    """A caller asks for an agent: the first time, after a miss, or back from the fallback queue.

    `entered` is the instant the caller first entered the queue; it is kept over misses, fallbacks and restarts.
    `again`: back from one of these, and therefore never refused for the length of the line or for a closed queue.
    `held`: the place of somebody who was promised a callback; it may be kept for longer than `max_wait_seconds`.
    """

    call: CallId
    queue: QueueName
    entered: datetime
    caller: Caller = NOBODY
    need: Need = ()
    priority: int = 0
    prefer: AgentId | None = None
    again: bool = False
    held: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerLeft(Event):
    """The caller is no longer waiting with us: hung up, or the FastAGI session ended."""

    call: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerMoved(Event):
    """A supervisor sends a waiting caller to another queue; the time of entry is kept."""

    call: CallId
    queue: QueueName


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityChanged(Event):
    """A supervisor gives a caller another priority."""

    call: CallId
    priority: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerWithdrawn(Event):
    """A supervisor takes a waiting caller out; they go where the queue's overflow leads."""

    call: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPressed(Event):
    """A waiting caller pressed one of the keys that the last `Announce` of the call asked for: 0-9, * or #."""

    call: CallId
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferAnswered(Event):
    """The agent took the offered call."""

    call: CallId
    agent: AgentId


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferMissed(Event):
    """The offer ended without talk."""

    call: CallId
    agent: AgentId
    why: Miss


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkEnded(Event):
    """The agent's part in this call is over."""

    call: CallId
    agent: AgentId


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerFired(Event):
    """A timer that the core asked for has run out; a stale key is seen to be stale and ignored."""

    key: TimerKey
