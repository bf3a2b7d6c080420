"""The field's own words as types. It knows what things are called; it knows nothing of what they do.

Ids are opaque: nothing in the product may split or compare their text. Channel names are reused by
Asterisk and are therefore never a key; `Uniqueid` is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType, Protocol

Uniqueid = NewType("Uniqueid", str)  # one channel (leg); Asterisk's, opaque
Linkedid = NewType("Linkedid", str)  # groups legs; may change on transfer, opaque
CallId = NewType("CallId", str)  # one conversation: the Uniqueid of the caller's channel when it entered
AgentId = NewType("AgentId", str)  # the agent's number, e.g. "1001"
Phone = NewType("Phone", str)  # what rings, e.g. "PJSIP/1001"
QueueName = NewType("QueueName", str)
Skill = NewType("Skill", str)

LEVEL_MIN, LEVEL_MAX = 1, 100  # skill levels; a missing skill never satisfies a comparison


class Presence(StrEnum):
    """What an agent is doing, as the engine knows it. One of six; pause has a reason beside it."""

    OFFLINE = "offline"
    READY = "ready"
    RINGING = "ringing"
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    PAUSED = "paused"


class Outcome(StrEnum):
    """How a conversation ended for the customer; exclusive (DESIGN §6)."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    SHORT_ABANDON = "short_abandon"
    OVERFLOW = "overflow"
    TIMEOUT = "timeout"
    EXIT_KEY = "exit_key"
    CALLBACK_REQUESTED = "callback_requested"
    VOICEMAIL = "voicemail"
    CLOSED = "closed"
    FULL = "full"
    BLOCKED = "blocked"
    FAILED = "failed"


class Verdict(StrEnum):
    """What the dialplan is told in `CTI_VERDICT`; an empty one means that the engine is gone."""

    DIAL = "dial"
    OVERFLOW = "overflow"
    VOICEMAIL = "voicemail"
    CALLBACK = "callback"
    LEAVE = "leave"
    MOVE = "move"  # on to the queue in CTI_MOVE, keeping the time of entry


class Miss(StrEnum):
    """Why an offer ended without talk."""

    NO_ANSWER = "no_answer"
    BUSY = "busy"
    UNREACHABLE = "unreachable"
    CALLER_GONE = "caller_gone"  # not the agent's miss
    LOST = "lost"  # we never learned; the safety timer ended it


class WrapUpMode(StrEnum):
    """What follows a talk in a queue, and who may end it. `core.agent.WRAP_UPS` is the rule."""

    NONE = "none"  # ready at once
    OPTIONAL = "optional"  # only when the agent asked for it during the call; then as long as they like
    TIMED = "timed"  # `wrap_up_seconds`, or until the agent ends it
    TIMED_NO_EARLY_EXIT = "timed_no_early_exit"  # `wrap_up_seconds`; a pause or log-out asked for comes afterwards
    MANDATORY_DISPOSITION = "mandatory_disposition"  # until the agent said how the call ended, however long


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseReason:
    """Why agents may pause, what that counts as, and how long it may last (0 = as long as they like)."""

    name: str
    billable: bool = False  # the client pays for this time
    payable: bool = True  # the agent is paid for this time
    max_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls, as far as we know. `number` is digits and `+` only ("" = withheld)."""

    number: str = ""
    name: str = ""
    language: str = ""
    customer: str = ""  # customer id, "" = unknown
    did: str = ""  # the number they dialled
    path: str = ""  # menu path, e.g. "language>main>sales"
    digits: tuple[tuple[str, str], ...] = ()  # (menu node, collected digits)


NOBODY = Caller()  # a caller of whom nothing is known

Need = tuple[tuple[Skill, int], ...]  # skills with their least level, sorted by skill; () = anybody


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """One step of a queue: from `after_seconds` of waiting on, agents who meet `need` may be offered the call."""

    after_seconds: float = 0.0
    need: Need = ()


class CallbackOrder(StrEnum):
    """Whose phone rings first."""

    AGENT_FIRST = "agent_first"  # the customer never waits; the agent hears the customer's phone ring
    CUSTOMER_FIRST = "customer_first"  # the agent is reserved and rung when the customer has answered


class Window(Protocol):
    """When customers may be called."""

    def is_open(self, instant: datetime) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackRules:
    """How one queue keeps places for callers who hang up. All in seconds; `window` None = at any time."""

    offer_after_seconds: float = 60.0
    repeat_seconds: float = 60.0  # from one offer to the next
    key: str = "1"
    prompt: str = "callback_offer_1"  # tells of the key
    order: CallbackOrder = CallbackOrder.AGENT_FIRST
    retries: int = 2  # further attempts after the first one
    gap_seconds: float = 300.0  # from a failed attempt to the next
    ring_seconds: float = 30.0  # how long the customer's phone rings
    window: Window | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnounceRules:
    """What waiting callers are told: something after `first_after_seconds`, then something every `every_seconds`.

    Position (up to `position`, 0 = never) and expected wait come in turn with the `comfort` prompts.
    """

    first_after_seconds: float = 0.0
    every_seconds: float = 45.0
    position: int = 0
    wait: bool = False
    comfort: tuple[str, ...] = ()


SILENT = AnnounceRules()  # nothing but music


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRules:
    """How one queue is served. Rings are sorted by `after_seconds`; the first one begins at 0."""

    name: QueueName
    rings: tuple[Ring, ...] = (Ring(),)
    order: str = "longest_idle"
    ring_seconds: float = 15.0
    wrap_up_mode: WrapUpMode = WrapUpMode.TIMED
    wrap_up_seconds: float = 0.0  # 0 = no wrap-up when timed, no limit when optional
    max_wait_seconds: float = 0.0  # 0 = for ever; else the caller leaves with outcome timeout
    max_length: int = 0  # newcomers who would be one more than this many waiting leave as full; 0 = never
    max_ratio: float = 0.0  # waiting (with the newcomer) for each agent at work; above it they overflow; 0 = never
    prefer_wait_seconds: float = 0.0  # how long a caller waits for a preferred agent who is busy; 0 = not at all
    max_misses: int = 0  # misses in a row after which the agent is paused with reason `missed`; 0 = never
    announce: AnnounceRules = SILENT
    exit_key: str = ""  # the telephone key with which a waiting caller leaves, outcome EXIT_KEY; "" = none
    callback: CallbackRules | None = None  # None: callers are not offered to be called back


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentCard:
    """What is known of an agent before the day begins: a row, not a presence."""

    agent: AgentId
    name: str
    phone: Phone
    skills: dict[Skill, int] = field(default_factory=dict)
    wrap_up_seconds: float | None = None  # None = the queue's
