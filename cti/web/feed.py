"""The floor as a numbered stream: who may see which delta, what a screen that comes back has missed.

Pure: no socket, no task, no clock. It knows sequence numbers, audiences and the ring of recent deltas; it refuses
to know how bytes leave. A delta is encoded once, whoever reads it. Deltas carry whole entities, so applying one that
a snapshot already contains changes nothing.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, assert_never

from cti.core.words import AgentId
from cti.errors import UsageError

from .auth import Kind, Subject
from .payload import encode, iso

RING = 10_000  # deltas kept for screens that come back
MOST_MISSED = 200  # more than this and a snapshot is cheaper for both sides (and a screen's outbox holds 256)


@dataclass(frozen=True, slots=True)
class Everybody:
    """Every screen."""


@dataclass(frozen=True, slots=True)
class Supervisors:
    """Supervisors only."""


@dataclass(frozen=True, slots=True)
class OneAgent:
    """One agent, and supervisors."""

    agent: AgentId


Audience = Everybody | Supervisors | OneAgent

AUDIENCES: Mapping[str, Callable[[Mapping[str, Any]], Audience]] = {
    "pop": lambda data: OneAgent(data["agent"]),
    "pop_end": lambda data: OneAgent(data["agent"]),
    "presence": lambda data: OneAgent(data["agent"]),
    "queue": lambda _: Everybody(),
    "call": lambda _: Supervisors(),
    "call_end": lambda _: Supervisors(),
    "work": lambda _: Supervisors(),
}


def sees(subject: Subject, audience: Audience) -> bool:
    """Whether `subject` belongs to `audience`."""
    if subject.kind is Kind.SUPERVISOR:
        return True
    match audience:
        case Everybody():
            return True
        case Supervisors():
            return False
        case OneAgent(agent):
            return agent == subject.agent
        case _ as never:
            assert_never(never)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """One change of the floor. `payload` is the whole message as it goes to every screen."""

    seq: int
    kind: str
    audience: Audience
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """How far a screen has read: `seq` of its last delta, in the run of the engine called `epoch`."""

    epoch: str
    seq: int


@dataclass(frozen=True, slots=True)
class Missed:
    """What a screen has missed: a `resumed` message, then these deltas' payloads."""

    payloads: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Fresh:
    """A screen that starts anew: one `snapshot` message."""

    payload: bytes


class Feed:
    """Numbers deltas and remembers the last `ring` of them. `state` gives the whole floor, at once (see backend)."""

    def __init__(self, state: Callable[[], Mapping[str, Any]], *, epoch: str = "", ring: int = RING) -> None:
        self.epoch = epoch or secrets.token_hex(8)
        self.seq = 0
        self._state = state
        self._ring: deque[Delta] = deque(maxlen=ring)

    def publish(self, kind: str, data: Mapping[str, Any], audience: Audience | None, at: datetime) -> Delta:
        """Number and encode one delta. Without an audience, the kind's own one (AUDIENCES) is used.

        Raises UsageError for an unknown kind, TypeError or ValueError for data that is not JSON, and uses no number.
        """
        if kind not in AUDIENCES:
            raise UsageError(f"no delta is called {kind!r}; known: {', '.join(AUDIENCES)}")
        seq = self.seq + 1
        payload = encode({"type": kind, "seq": seq, "at": iso(at), "data": data})
        delta = Delta(seq=seq, kind=kind, audience=audience or AUDIENCES[kind](data), payload=payload)
        self.seq = seq
        self._ring.append(delta)
        return delta

    def connect(self, subject: Subject, resume: Position | None, at: datetime) -> Missed | Fresh:
        """What to send first: the missed deltas when `resume` is of this run and recent enough, else a snapshot."""
        if resume is None or resume.epoch != self.epoch or not 0 <= resume.seq <= self.seq:
            return Fresh(self.snapshot(subject, at))
        behind = self.seq - resume.seq
        if behind > len(self._ring):
            return Fresh(self.snapshot(subject, at))
        recent = islice(self._ring, len(self._ring) - behind, None)
        missed = [delta.payload for delta in recent if sees(subject, delta.audience)]
        if len(missed) > MOST_MISSED:
            return Fresh(self.snapshot(subject, at))
        head = {"type": "resumed", "epoch": self.epoch, "seq": resume.seq, "missed": len(missed), "at": iso(at)}
        return Missed((encode(head), *missed))

    def floor(self, subject: Subject, at: datetime) -> dict[str, Any]:
        """The floor as `subject` may see it, with the position that it belongs to."""
        state = dict(self._state())
        if subject.kind is Kind.AGENT:
            for own in ("agents", "pops"):
                state[own] = [entry for entry in state.get(own, ()) if entry.get("agent") == subject.agent]
            state["calls"] = []
        who = {"kind": subject.kind, "name": subject.name, "agent": subject.agent}
        return {**state, "epoch": self.epoch, "seq": self.seq, "at": iso(at), "subject": who}

    def snapshot(self, subject: Subject, at: datetime) -> bytes:
        """The `snapshot` message for `subject`."""
        return encode({"type": "snapshot", **self.floor(subject, at)})

    def beat(self, at: datetime) -> bytes:
        """The `beat` message: nothing happened since `seq`, and the line is alive."""
        return encode({"type": "beat", "seq": self.seq, "at": iso(at)})
