"""A recorded call: its journals as Asterisk and the engine wrote them, and what the phones measured of it.

It knows how a trace lies on disk (tests/traces/shapes/NAME, made by scripts/record_shapes) and how two stories of one
call are compared. It refuses to know what any shape is about.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cti.core.conversation import Conversation, Segment, fold
from cti.core.journal import JournalLine
from cti.core.stretches import Kind
from cti.journal import cdr, cel, engine_log, queue_log
from cti.journal.records import split_csv, split_lines

FOLDER = Path(__file__).parents[1] / "traces" / "shapes"
FILES = {
    "queue_log": (split_lines, queue_log.parse),
    "cel.csv": (split_csv, cel.parse),
    "cdr.csv": (split_csv, cdr.parse),
    "engine.jsonl": (split_lines, engine_log.parse),
}
SLACK = 1.0  # seconds between what the phones saw and what the journals tell
_PIECES = (Kind.WAIT, Kind.TALK, Kind.HOLD, Kind.CONSULT)
_BRIEF = 0.5  # shorter pieces of talk are what a change of bridge leaves; phones cannot see them


@dataclass(frozen=True, slots=True)
class Seen:
    """One stretch as the phones saw it; `agent` and `target` are numbers."""

    kind: str
    agent: str
    started: datetime
    ended: datetime
    target: str = ""
    detail: str = ""


def shapes() -> list[str]:
    """The names of all traces."""
    return sorted(path.name for path in FOLDER.iterdir() if path.is_dir())


def lines_of(name: str, *files: str) -> list[JournalLine]:
    """The accepted lines of these journals (none named: of all)."""
    found = []
    for file in files or tuple(FILES):
        split, parse = FILES[file]
        path = FOLDER / name / file
        data = path.read_bytes() if path.exists() else b""
        records, _ = split(data, 0)
        found += [line for record in records if (line := parse(record.raw, file, record.offset))]
    return found


def told_of(name: str, *files: str) -> Conversation:
    conversation = fold(lines_of(name, *files))
    assert conversation is not None
    return conversation


def seen_of(name: str) -> list[Seen]:
    told = json.loads((FOLDER / name / "phones.json").read_text())
    return [
        Seen(
            **{**one, "started": datetime.fromisoformat(one["started"]), "ended": datetime.fromisoformat(one["ended"])}
        )
        for one in told
    ]


def differences(told: Sequence[Segment], seen: Iterable[Seen]) -> list[str]:
    """What the phones saw and the conversation does not tell, or tells otherwise, and the other way round."""
    seen = list(seen)
    kinds = {"talk", "hold", "consult", "transfer", "parked"} | {one.kind for one in seen}
    left = [one for one in told if one.kind.value in kinds and not (one.kind in _PIECES and _length(one) < _BRIEF)]
    wrong = []
    for one in seen:
        match = next((other for other in left if _same(other, one)), None)
        if match is None:
            wrong.append(f"not told: {_said(one)}")
        else:
            left.remove(match)
    return wrong + [f"not seen: {_said(one)}" for one in left]


def _same(told: Segment, seen: Seen) -> bool:
    if told.ended is None or told.kind.value != seen.kind or told.agent != seen.agent:
        return False
    if (seen.target and told.target != seen.target) or (seen.detail and told.detail != seen.detail):
        return False
    apart = max(abs((told.started - seen.started).total_seconds()), abs((told.ended - seen.ended).total_seconds()))
    return apart <= SLACK


def _length(one: Segment) -> float:
    return (one.ended - one.started).total_seconds() if one.ended else 3600.0


def _said(one: Segment | Seen) -> str:
    ended = f"{one.ended:%H:%M:%S.%f}"[:-4] if one.ended else "open"
    kind = one.kind if isinstance(one, Seen) else one.kind.value
    return f"{kind} {one.agent} {one.started:%H:%M:%S.%f}"[:-4] + f"-{ended} {one.target} {one.detail}".rstrip()
