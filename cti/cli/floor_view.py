"""The floor as a person at a terminal reads it: rows in the order in which they matter, of the engine's entities.

Pure: no socket, no clock, no terminal. It knows the shapes of `web.backend` and what follows of them at an instant (how
long, which score, when the next ring opens); it refuses to know how they came here or what they look like.

Order of callers: score = seconds waited + 60 × priority (core.queue), over all queues; those who are away or ring are
no longer in line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..core.queue import SECONDS_PER_PRIORITY

Entity = Mapping[str, Any]
_KEYS = {"agents": "agent", "queues": "queue", "calls": "call"}
_DELTAS = {"presence": "agents", "queue": "queues", "call": "calls"}


@dataclass(slots=True)
class Floor:
    """Entities by their key. `apply` takes a message of /api/live; a snapshot replaces everything."""

    agents: dict[str, Entity] = field(default_factory=dict)
    queues: dict[str, Entity] = field(default_factory=dict)
    calls: dict[str, Entity] = field(default_factory=dict)

    def apply(self, message: Entity) -> bool:
        """Whether anything that is shown may have changed."""
        kind = message["type"]
        if kind == "snapshot":
            for part, key in _KEYS.items():
                setattr(self, part, {entity[key]: entity for entity in message.get(part, ())})
            return True
        if kind == "call_end":
            return self.calls.pop(message["data"]["call"], None) is not None
        if kind not in _DELTAS:
            return False
        part = _DELTAS[kind]
        getattr(self, part)[message["data"][_KEYS[part]]] = message["data"]
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLine:
    """One queue. `staff` counts the agents who serve it by presence; `today` are its numbers since midnight, under the
    names of the columns of `cti report queue`, with the definition of its service level (null before the first caller).
    """

    queue: str
    closed: bool
    waiting: int
    longest_seconds: float | None
    staff: Mapping[str, int]
    today: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLine:
    """One agent. `doing` is the presence, with `unreachable` for a ready one whose phone cannot be rung.

    `over_time`: paused for longer than the reason allows.
    """

    agent: str
    name: str
    doing: str
    reason: str
    seconds: float
    next: str
    call: Entity | None
    serves: Sequence[str]
    over_time: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerLine:
    """One waiting caller; `place` 1 is served first. `next_ring_seconds` None: no wider ring will open by the clock."""

    place: int
    call: str
    number: str
    name: str
    queue: str
    waited_seconds: float
    priority: int
    score: float
    ring: int
    next_ring_seconds: float | None


def queue_lines(floor: Floor, now: datetime) -> list[QueueLine]:
    """The queues in the site's order."""
    found = []
    for name, queue in floor.queues.items():
        staff = Counter(_doing(agent) for agent in floor.agents.values() if name in agent.get("serves", ()))
        today = queue.get("today") or {}
        line = QueueLine(
            queue=name,
            closed=bool(queue.get("closed")),
            waiting=queue["waiting"],
            longest_seconds=_since(queue["oldest"], now) if queue["oldest"] else None,
            staff=dict(staff),
            today=today,
        )
        found.append(line)
    return found


_FIRST = ("ringing", "talking", "wrap_up", "ready", "unreachable", "paused", "offline")


def agent_lines(floor: Floor, now: datetime, *, queue: str = "", everybody: bool = False) -> list[AgentLine]:
    """Those at work, the busiest first and the longest in their presence before others; `everybody`: the rest too."""
    lines = [
        AgentLine(
            agent=agent["agent"],
            name=agent["name"],
            doing=_doing(agent),
            reason=agent["reason"],
            seconds=_since(agent["since"], now),
            next=agent.get("next") or "",
            call=floor.calls.get(agent["call"] or ""),
            serves=agent.get("serves", ()),
            over_time=bool(agent.get("over_time")),
        )
        for agent in floor.agents.values()
        if (everybody or agent["presence"] != "offline") and (not queue or queue in agent.get("serves", ()))
    ]
    return sorted(lines, key=lambda line: (_FIRST.index(line.doing), -line.seconds, len(line.agent), line.agent))


def caller_lines(floor: Floor, now: datetime, *, queue: str = "") -> list[CallerLine]:
    """Who waits, in the order in which they would be served if one agent could take them all."""
    waiting = [call for call in floor.calls.values() if call["state"] == "waiting"]
    ordered = sorted(waiting, key=lambda call: (-_score(call, now), _at(call["entered"])))
    lines = (_caller(place, _score(call, now), call, now) for place, call in enumerate(ordered, 1))
    return [line for line in lines if not queue or line.queue == queue]


def _caller(place: int, score: float, call: Entity, now: datetime) -> CallerLine:
    opens = call.get("next_ring_at")
    return CallerLine(
        place=place,
        call=call["call"],
        number=call["number"],
        name=call["name"],
        queue=call["queue"],
        waited_seconds=_since(call["entered"], now),
        priority=call.get("priority", 0),
        score=score,
        ring=call.get("ring", 0),
        next_ring_seconds=max(0.0, -_since(opens, now, least=-1e9)) if opens else None,
    )


def _score(call: Entity, now: datetime) -> float:
    return _since(call["entered"], now) + SECONDS_PER_PRIORITY * int(call.get("priority", 0))


def _doing(agent: Entity) -> str:
    presence = str(agent["presence"])
    return "unreachable" if presence == "ready" and not agent.get("reachable", True) else presence


def _since(at: str | datetime, now: datetime, *, least: float = 0.0) -> float:
    return max(least, (now - _at(at)).total_seconds())


def _at(at: str | datetime) -> datetime:
    return datetime.fromisoformat(at) if isinstance(at, str) else at
