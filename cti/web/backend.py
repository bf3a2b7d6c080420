"""What the web needs from the engine, as one protocol, and the shapes that cross it.

It knows which questions the pages and the API ask and what each answer looks like; it refuses to know who answers
(the engine, the store, a fake in a test) and how. Every instant in an answer is an aware `datetime` or ISO 8601 UTC
text; every duration is in seconds and says so in its name.

Entities, the same in a snapshot and in a delta (a delta carries the whole entity, never a difference):

    agent  {agent, name, presence, reason, since, call}
    queue  {queue, waiting, ready, oldest}                 oldest: when the longest waiting caller entered, or null
    call   {call, queue, number, name, language, path, state, agent, entered, since}
    pop    {call, agent, queue, number, name, customer, language, path, digits, waited_seconds, offered_at}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from cti.core.words import AgentId, CallId, Outcome, QueueName

Entity = Mapping[str, Any]


class Verb(StrEnum):
    """What may be asked of an agent's presence; the words are the last part of the URL."""

    LOGIN = "login"
    LOGOUT = "logout"
    PAUSE = "pause"
    UNPAUSE = "unpause"
    WRAP_UP_END = "wrap-up-end"


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

    async def calls(self, wanted: CallFilter) -> CallPage:
        """Conversations, newest first. Each has `call` and `agents` (numbers of the agents who took part)."""
        ...

    async def call(self, call: CallId) -> Entity | None:
        """One conversation with its segments, `call` and `agents`; None when there is no such one."""
        ...

    async def recording(self, call: CallId) -> Recording | None:
        """The sound of one conversation, or None."""
        ...

    async def health(self) -> Entity:
        """`{"ami": "connected" | …, "calls": number of live calls}`; anybody may read it, so no more than that."""
        ...
