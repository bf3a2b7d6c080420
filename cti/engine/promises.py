"""The callbacks that a former engine promised and did not come to, read back from the journals.

It knows the journal's `callback` lines (each is the whole state; the last one counts) and where to stop: a
`callbacks_told` line says that the lines just before it are all that there were. It knows `queue_log`'s CONNECT: a talk
that began while there was no engine was written there by the dialplan, and must not be followed by another call.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from ..core.callback import Callback, End, Phase
from ..core.words import AgentId, Caller, CallId, QueueName, Skill
from ..journal.engine_log import Kind, parse
from ..journal.refusal import LineError
from .restore import newest_lines

log = logging.getLogger(__name__)
LOOK_BACK = 100_000  # lines of queue_log: nobody is called back so long after the dial
_OURS = b'"kind":"callback'


def open_promises(journal: Path, queue_log: Path) -> list[Callback]:
    """Every callback whose last line is not its end and whose talk did not begin, in the order they were asked for.

    Raises StoreError when a journal file cannot be read.
    """
    found: dict[str, Callback | None] = {}
    told: int | None = None
    for raw in newest_lines(journal):
        if _OURS not in raw:
            continue
        if b'"kind":"callbacks_told"' in raw:
            told = _count(raw) if told is None else told
        elif b'"kind":"callback_ended"' in raw or b'"kind":"callback"' in raw:
            name, kept = _read(raw)
            found.setdefault(name, kept)
            told = told - 1 if told is not None else None
        if told is not None and told <= 0:
            break
    kept_ones = [kept for kept in found.values() if kept is not None]
    talked = _connected(queue_log, {kept.call for kept in kept_ones if kept.phase is Phase.DIALLING})
    return sorted((kept for kept in kept_ones if kept.call not in talked), key=lambda kept: kept.requested)


def _read(raw: bytes) -> tuple[str, Callback | None]:
    """The conversation that a line is about, and its state; None: over, or not to be understood."""
    try:
        line = parse(raw, "", 0)
        if line is None:
            return "", None
        return line.call, _callback(dict(line.data)) if line.kind == Kind.CALLBACK else None
    except (LineError, KeyError, TypeError, ValueError) as error:
        log.error("a callback in the journal cannot be read (%s): %a", error, raw[:200])
        return "", None


def _callback(data: dict[str, Any]) -> Callback:
    doomed, due = data["doomed"], data["due"]
    return Callback(
        of=CallId(data["of"]),
        number=str(data["number"]),
        queue=QueueName(data["queue"]),
        entered=datetime.fromisoformat(data["entered"]),
        requested=datetime.fromisoformat(data["requested"]),
        caller=_caller(data["caller"]),
        need=tuple((Skill(skill), int(level)) for skill, level in data["need"]),
        priority=int(data["priority"]),
        prefer=AgentId(data["prefer"]) if data["prefer"] else None,
        attempt=int(data["attempt"]),
        placed=int(data["placed"]),
        phase=Phase(data["phase"]),
        agent=AgentId(data["agent"]) if data["agent"] else None,
        due=datetime.fromisoformat(due) if due else None,
        doomed=End(doomed) if doomed else None,
    )


def _caller(who: dict[str, Any]) -> Caller:
    digits = tuple((str(node), str(keys)) for node, keys in who["digits"])
    named = (str(who[name]) for name in ("number", "name", "language", "customer", "did", "path"))
    number, name, language, customer, did, path = named
    return Caller(number=number, name=name, language=language, customer=customer, did=did, path=path, digits=digits)


def _count(raw: bytes) -> int:
    digits = raw.rpartition(b'"count":')[2].rstrip(b"}\r")
    return int(digits) if digits.isdigit() else 0


def _connected(queue_log: Path, calls: set[CallId]) -> set[CallId]:
    if not calls:
        return set()
    wanted = {call.encode(): call for call in calls}
    found = set()
    for raw in _newest(queue_log):
        fields = raw.split(b"|", 5)
        if len(fields) > 4 and fields[4] == b"CONNECT" and fields[1] in wanted:
            found.add(wanted[fields[1]])
    return found


def _newest(queue_log: Path) -> Iterator[bytes]:
    for count, raw in enumerate(newest_lines(queue_log)):
        if count >= LOOK_BACK:
            return
        yield raw
