"""What a simulation is given and what it gives back, as values: callers, rosters, shifts; visits and attendance.

Everything random about a caller stands in the `Arrival`. Seconds count from the beginning of the simulated time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .words import AgentCard, AgentId, CallId, Need, Outcome, Presence, QueueName, QueueRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One caller. `at` is seconds from the beginning; `priority` None is the queue's; `luck` in 0..1 decides misses."""

    call: CallId
    at: float
    queue: QueueName
    talk_seconds: float
    patience_seconds: float = math.inf
    answer_seconds: float = 0.0  # how long a phone rings until this call is answered
    need: Need = ()
    priority: int | None = None
    prefer: AgentId | None = None
    luck: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """An agent is at work from `start` until `end`, seconds from the beginning; with a reason: on a break instead."""

    agent: AgentId
    start: float = 0.0
    end: float = math.inf
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Queues and people. An agent without a shift of work is there all the time.

    `onward`: where a queue sends whom it releases with an outcome, when that is another queue.
    """

    queues: Sequence[QueueRules]
    agents: Sequence[AgentCard]
    shifts: Sequence[Shift] = ()
    priorities: Mapping[QueueName, int] = field(default_factory=dict)
    onward: Mapping[tuple[QueueName, Outcome], QueueName] = field(default_factory=dict)
    miss_chance: float = 0.0
    missed_pause_seconds: float = 120.0


@dataclass(slots=True, kw_only=True)
class Visit:
    """One caller's stay in one queue. `wait_seconds` runs until answered, hung up or sent on; ringing is waiting."""

    call: CallId
    queue: QueueName
    joined: float
    offered: float | None = None  # when a phone rang first
    wait_seconds: float = 0.0
    talk_seconds: float = 0.0
    agent: AgentId | None = None
    misses: int = 0
    outcome: Outcome | None = None


@dataclass(slots=True, kw_only=True)
class Attendance:
    """Seconds that one agent spent in each presence, and calls answered."""

    seconds: dict[Presence, float] = field(default_factory=dict)
    answered: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Everything that happened, and how long it took from the first second to the last call's end."""

    visits: Sequence[Visit]
    agents: Mapping[AgentId, Attendance]
    seconds: float
