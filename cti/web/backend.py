"""What the web needs from the engine, as one protocol, and the shapes that cross it.

It knows which questions the pages and the API ask and what each answer looks like; it refuses to know who answers
(the engine, the store, a fake in a test) and how. Every instant in an answer is an aware `datetime` or ISO 8601 UTC
text; every duration is in seconds and says so in its name.

Entities, the same in a snapshot and in a delta (a delta carries the whole entity, never a difference):

    agent  {agent, name, presence, reason, since, call, next, reachable, serves, over_time}
           next: paused or offline when that comes after the call, or null; serves: queues;
           over_time: paused for longer than the reason allows
    queue  {queue, waiting, ready, oldest, closed, today}
           oldest: when the longest waiting caller entered, or null; closed: by hand;
           today: numbers since the site's midnight under the names of the columns of `cti report queue`, and which
           definition `service_percent` has: {definition, formula, within_seconds, short_seconds} (engine.today)
    call   {call, queue, number, name, language, path, state, agent, entered, since, priority, ring, next_ring_at}
           ring: the one open now; next_ring_at: when the next one opens by the clock, or null
    work   a delta only, to supervisors: the fields of core.work_item.WorkItem
    pop    {call, agent, queue, number, name, customer, language, path, digits, waited_seconds, offered_at}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from cti.core.what_if import Consequences, Supposition
from cti.core.words import AgentId, CallId, Outcome, QueueName

Entity = Mapping[str, Any]


class Verb(StrEnum):
    """What may be asked of an agent's presence; the words are the last part of the URL."""

    LOGIN = "login"
    LOGOUT = "logout"
    PAUSE = "pause"
    UNPAUSE = "unpause"
    WRAP_UP = "wrap-up"
    WRAP_UP_END = "wrap-up-end"


class QueueVerb(StrEnum):
    """What a supervisor may do with a queue."""

    OPEN = "open"
    CLOSE = "close"


class CallVerb(StrEnum):
    """What a supervisor may do with a caller who waits."""

    MOVE = "move"
    PRIORITY = "priority"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFilter:
    """Which conversations are asked for, newest first. None means: any.

    `limit` is 1–500. `after` is the opaque `next` of the page before ("" = first page).
    """

    queue: QueueName | None = None
    agent: AgentId | None = None
    outcome: Outcome | None = None
    number: str | None = None  # the caller's number, whole; never a pattern
    since: datetime | None = None  # begun at or after
    until: datetime | None = None  # begun before
    limit: int = 50
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPage:
    """One page of conversations; `next` is "" on the last one."""

    calls: Sequence[Entity]
    next: str = ""


class Recording(NamedTuple):
    """A recording to stream: `header` (a WAV header, may be empty), then the first `size` bytes of `path`.

    Whoever makes one has already made sure that `path` lies inside the recordings folder.
    """

    header: bytes
    path: Path
    size: int


class FloorBackend(Protocol):
    """The engine, as the web sees it. Every method may raise the errors of `cti.errors`."""

    def snapshot(self) -> Entity:
        """The whole floor now: `{"agents": [...], "queues": [...], "calls": [...], "pops": [...]}`.

        Not async on purpose: it must be one instant, between two deltas, or a resuming screen would lose one.
        More keys are passed on to supervisors and agents alike (`site`, `timezone`).
        """
        ...

    async def agent_command(self, agent: AgentId, verb: Verb, reason: str) -> Entity:
        """Do `verb` for this agent and return the agent's entity afterwards. `reason` is "" except for a pause.

        Raises Refused (not now), NotFound (no such agent), UsageError (no such reason).
        """
        ...

    async def dispose(self, agent: AgentId, call: CallId | None, code: str, note: str) -> Entity:
        """Keep how a call of this agent ended (None: the one they have now); the agent's entity afterwards.

        Raises Refused (not a call of theirs), NotFound (no such agent), UsageError (no call now, and none given).
        """
        ...

    async def queue_command(self, queue: QueueName, verb: QueueVerb) -> Entity:
        """Close a queue by hand (newcomers go where `closed` leads, those who wait stay) or open it; its entity
        afterwards. Kept over a restart of the engine. Raises NotFound.
        """
        ...

    def callbacks(self) -> Sequence[Entity]:
        """Kept places: {id, queue, number, name, phase, attempt, agent, entered, requested, due}."""
        ...

    async def cancel_callback(self, of: CallId) -> Entity:
        """Cancel it, or, when phones already ring for it, let this attempt be the last; the entity as it was.

        Raises NotFound.
        """
        ...

    async def call_command(self, call: CallId, verb: CallVerb, value: str | int) -> Entity:
        """Send a waiting caller to another queue, change the priority, or take the caller out.

        `value` is the queue, the priority, or "". The call's entity as it was before. Raises Refused (it rings, talks,
        or is gone), NotFound (no such queue).
        """
        ...

    async def explain(self, call: CallId) -> Sequence[Entity] | None:
        """Every decision on a call in order, as `core.explaining.Step` has it; None when there is no such call."""
        ...

    async def what_if(self, suppositions: Sequence[Supposition]) -> Consequences:
        """What would be decided now if these happened; nothing real changes. Raises Refused for what could not be."""
        ...

    async def calls(self, wanted: CallFilter) -> CallPage:
        """Conversations, newest first. Each has `call` and `agents` (numbers of the agents who took part)."""
        ...

    async def call(self, call: CallId) -> Entity | None:
        """One conversation with its segments, `call` and `agents`; None when there is no such one."""
        ...

    async def recording(self, call: CallId, file: str) -> Recording | None:
        """The sound of one conversation ("" = the customer's; else the `path` of one of its recordings), or None."""
        ...

    async def health(self) -> Entity:
        """`{"ami": "connected" | …, "calls": number of live calls}`; anybody may read it, so no more than that."""
        ...
