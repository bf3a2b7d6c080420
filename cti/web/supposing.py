"""POST /api/what-if: reads suppositions as hostile text, and tells what would follow.

It knows the JSON of both sides; what follows is the core's business. Nothing real changes here.

    {"suppose": [{"pause": "1001"}, {"login": "1002"}, {"logout": …}, {"unpause": …}, {"free": "1003"},
                 {"skill": "1001.sales=80"}, {"caller": {"queue": "sales", "need": "language_en=50", "priority": 1}},
                 {"rings": {"queue": "sales", "steps": [{"after": 0, "need": "sales=70"}, …]}}]}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from itertools import pairwise
from typing import Any

from cti.core.changes import parse_level
from cti.core.skills import parse_need
from cti.core.what_if import ASKED, Ask, Call, Consequences, Level, Rings, Supposition
from cti.core.words import AgentId, QueueName, Ring
from cti.errors import UsageError

from .backend import Entity
from .questions import AGENT, PRIORITY, QUEUE

MOST, MOST_RINGS, LONGEST_WAIT = 50, 20, 86_400


def read_suppositions(body: Mapping[str, Any]) -> list[Supposition]:
    """The body's suppositions in their order. Raises UsageError for anything that is not one."""
    asked = body.get("suppose")
    if not isinstance(asked, list) or not 1 <= len(asked) <= MOST:
        raise UsageError(f"suppose must be a list of 1 to {MOST}")
    return [_supposition(one) for one in asked]


def _supposition(one: object) -> Supposition:
    if not isinstance(one, dict) or len(one) != 1:
        raise UsageError('each supposition is an object of one field, such as {"pause": "1001"}')
    ((what, value),) = one.items()
    reader = _READERS.get(what)
    if reader is None:
        raise UsageError(f"cannot suppose {str(what)[:40]!r}; known: {', '.join(_READERS)}")
    return reader(what, value)


def _asked(what: str, value: object) -> Supposition:
    return Ask(agent=AgentId(_text(what, value, AGENT.fullmatch)), what=what)


def _level(what: str, value: object) -> Supposition:
    agent, skill, level = parse_level(_text(what, value))
    return Level(agent=agent, skill=skill, level=level)


def _caller(what: str, value: object) -> Supposition:
    given = _object(what, value, ("queue", "need", "priority"))
    need = parse_need(_text("need", given.get("need", "")))
    return Call(queue=_queue(given), need=need, priority=_whole("priority", given.get("priority", 0), PRIORITY))


def _rings(what: str, value: object) -> Supposition:
    given = _object(what, value, ("queue", "steps"))
    steps = given.get("steps")
    if not isinstance(steps, list) or not 1 <= len(steps) <= MOST_RINGS:
        raise UsageError(f"steps must be a list of 1 to {MOST_RINGS}")
    rings = tuple(_ring(step) for step in steps)
    afters = [ring.after_seconds for ring in rings]
    if afters[0] != 0 or any(later <= earlier for earlier, later in pairwise(afters)):
        raise UsageError("the first step begins after 0 seconds, and each one later than the one before")
    return Rings(queue=_queue(given), rings=rings)


def _ring(value: object) -> Ring:
    step = _object("steps", value, ("after", "need"))
    after = _whole("after", step.get("after", 0), LONGEST_WAIT)
    return Ring(after_seconds=float(after), need=parse_need(_text("need", step.get("need", ""))))


def _object(what: str, value: object, fields: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(value, dict) or set(value) - set(fields):
        raise UsageError(f"{what} must be an object of {', '.join(fields)}")
    return value


def _queue(given: Mapping[str, Any]) -> QueueName:
    return QueueName(_text("queue", given.get("queue"), QUEUE.fullmatch))


def _text(what: str, value: object, fits: Callable[[str], object] = lambda text: len(text) <= 1_000) -> str:
    if not isinstance(value, str) or not fits(value):
        raise UsageError(f"{what}: {str(value)[:40]!r} cannot be one")
    return value


def _whole(what: str, value: object, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > most:
        raise UsageError(f"{what} must be a whole number of at most {most}")
    return value


_READERS: Mapping[str, Callable[[str, object], Supposition]] = {
    **dict.fromkeys(ASKED, _asked),
    "skill": _level,
    "caller": _caller,
    "rings": _rings,
}


def told(what: Consequences) -> Entity:
    """`{at, decisions: [{call, queue, decision, ring, agent, why, candidates: [{agent, why}]}], waiting: [{call, queue,
    number, waited_seconds, before, after, becomes, agent}], agents: [{agent, now, then}]}`."""
    return {
        "at": what.at,
        "decisions": [
            {**asdict(one), "candidates": [{"agent": agent, "why": why} for agent, why in one.candidates]}
            for one in what.decisions
        ],
        "waiting": [asdict(place) for place in what.waiting],
        "agents": [{"agent": agent, "now": now, "then": then} for agent, now, then in what.agents],
    }
