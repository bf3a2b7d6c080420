"""A call's decisions in words: the lines of the engine's journal become steps, each with its candidates.

Pure. It knows the kinds of lines and how they are told to a person; it reads no database and prints nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Line = Mapping[str, Any]  # at, kind, data
_MISSES = {
    "no_answer": "did not answer",
    "busy": "was busy",
    "unreachable": "could not be rung",
    "caller_gone": "had nothing to answer: the caller was gone",
    "lost": "was never heard of again",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One agent in one decision. `state` is chosen, in or out; agent "" stands for those who were only counted."""

    agent: str
    state: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that was decided, or that came of it. `waited` is seconds since the caller entered, None: unknown."""

    at: datetime
    waited: float | None
    what: str
    ring: int | None = None
    agent: str = ""
    why: str = ""
    candidates: tuple[Candidate, ...] = ()


def steps(lines: Sequence[Line]) -> Iterator[Step]:
    """Every decision of one conversation, in order, and what became of it."""
    entered: datetime | None = None
    for line in lines:
        kind, data, at = line["kind"], line["data"], line["at"]
        if kind == "joined":
            entered = _instant(data.get("entered")) or entered or at
        tell = _TELLERS.get(kind)
        if tell is not None:
            waited = None if entered is None else round(max(0.0, (at - entered).total_seconds()), 3)
            yield tell(at, waited, data)


def _joined(at: datetime, waited: float | None, data: Line) -> Step:
    need = ", ".join(f"{skill} {level}" for skill, level in data.get("need") or ())
    parts = [f"needs {need} besides the queue's" if need else "", _priority(data.get("priority"))]
    again = "asks again in" if waited and waited >= 1 else "enters"
    return Step(at=at, waited=waited, what=f"{again} {data.get('queue', '')}", why="; ".join(filter(None, parts)))


def _priority(value: object) -> str:
    return f"priority {value}" if value else ""


def _explained(at: datetime, waited: float | None, data: Line) -> Step:
    chosen = str(data.get("chosen") or "")
    decision = str(data.get("decision", ""))
    what = {"offer": f"offered to {chosen}", "wait": "waits on", "release": "leaves the queue"}.get(decision, decision)
    candidates = tuple(_candidate(pair) for pair in data.get("candidates") or ())
    why = str(data.get("why") or "") or _summary(decision, candidates)
    return Step(at=at, waited=waited, what=what, ring=data.get("ring"), agent=chosen, why=why, candidates=candidates)


def _candidate(pair: Sequence[str]) -> Candidate:
    agent, text = str(pair[0]), str(pair[1])
    state, colon, why = text.partition(": ")
    return Candidate(agent=agent, state=state, why=why) if colon else Candidate(agent=agent, state="", why=text)


def _summary(decision: str, candidates: Sequence[Candidate]) -> str:
    able = sum(candidate.state in ("chosen", "in") for candidate in candidates)
    if decision == "wait":
        return "nobody could be offered the call" if able == 0 else "held back"
    if decision == "offer":
        return "the only one who could take it" if able == 1 else f"the first of {able} who could take it"
    return ""


def _missed(at: datetime, waited: float | None, data: Line) -> Step:
    agent, why = str(data.get("agent", "")), str(data.get("why", ""))
    return Step(at=at, waited=waited, what=f"{agent} {_MISSES.get(why, why)}", agent=agent)


def _by(words: str) -> Callable[[datetime, float | None, Line], Step]:
    """`words` may name a value of the line: "answered by {agent}"."""

    def tell(at: datetime, waited: float | None, data: Line) -> Step:
        values = {key: str(data.get(key, "")) for key in ("agent", "queue", "outcome", "priority", "by")}
        by = f" ({values['by']})" if values["by"] else ""
        return Step(at=at, waited=waited, what=words.format(**values) + by, agent=values["agent"])

    return tell


_TELLERS: dict[str, Callable[[datetime, float | None, Line], Step]] = {
    "joined": _joined,
    "explain": _explained,
    "missed": _missed,
    "answered": _by("answered by {agent}"),
    "talk_ended": _by("talk with {agent} ended"),
    "released": _by("released from {queue}: {outcome}"),
    "moved": _by("moved to {queue} by a supervisor"),
    "priority": _by("given priority {priority} by a supervisor"),
    "left": _by("the caller left the line"),
    "interrupted": _by("cut off by the end of Asterisk"),
}


def _instant(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None
