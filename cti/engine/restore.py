"""What the engine remembers over its own death: who was logged in or paused, which queues were closed.

It knows the journal's `presence` and `queues` lines and reads files from their end, so that a start stays quick. Calls
are not restored from here: a live call is seen in Asterisk's snapshot, a waiting one asks again by itself.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from ..core.events import AgentLoggedIn, AgentPaused, Event
from ..core.journal import JournalLine
from ..core.words import AgentId, Presence, QueueName
from ..errors import StoreError
from ..journal.engine_log import Kind, parse
from ..journal.refusal import LineError

BLOCK = 1 << 20
MOST_BYTES = 256 << 20  # how far back we look for an agent's last word


def last_presences(journal: Path, agents: set[AgentId]) -> dict[AgentId, tuple[Presence, str]]:
    """The last presence and reason of each of `agents`, newest line first until all are found.

    Raises StoreError when a journal file cannot be read.
    """
    found: dict[AgentId, tuple[Presence, str]] = {}
    missing = set(agents)
    for line in _newest_of(Kind.PRESENCE, journal):
        if not missing:
            break
        agent = AgentId(str(line.data.get("agent", "")))
        if agent in missing:
            missing.discard(agent)
            found[agent] = (Presence(line.data["presence"]), str(line.data.get("reason", "")))
    return found


def closed_queues(journal: Path) -> set[QueueName]:
    """The queues that were closed by hand, by the newest line that says so. Raises StoreError."""
    for line in _newest_of(Kind.QUEUES, journal):
        return {QueueName(str(queue)) for queue in line.data.get("closed", ())}
    return set()


def restoring_events(presences: dict[AgentId, tuple[Presence, str]], at: datetime) -> list[Event]:
    """The events that bring agents back: whoever was at work is logged in, whoever was paused is paused again.

    Ringing, talking and wrap-up are not restored: the first two are seen in Asterisk, the last is over (a disposition
    that was owed may still be given). The maximum of a pause counts anew.
    """
    events: list[Event] = []
    for agent, (presence, reason) in sorted(presences.items()):
        if presence is Presence.OFFLINE:
            continue
        events.append(AgentLoggedIn(at=at, agent=agent))
        if presence is Presence.PAUSED:
            events.append(AgentPaused(at=at, agent=agent, reason=reason, restored=True))
    return events


def _newest_of(kind: Kind, journal: Path) -> Iterator[JournalLine]:
    """The lines of one kind, newest first; others are not even parsed, and what cannot be read is passed over."""
    marker = f'"kind":"{kind}"'.encode()
    for raw in newest_lines(journal):
        if marker not in raw:
            continue
        try:
            line = parse(raw, "", 0)
        except LineError:
            continue
        if line is not None and line.kind == kind:
            yield line


def newest_lines(journal: Path) -> Iterator[bytes]:
    """All lines of the journal and its rotated files, newest first, at most MOST_BYTES of them."""
    rotated = sorted(journal.parent.glob(f"{journal.stem}-*{journal.suffix}"), reverse=True)
    left = MOST_BYTES
    for file in [journal, *rotated]:
        if not file.exists():
            continue
        try:
            for line in _backwards(file):
                left -= len(line) + 1
                if left < 0:
                    return
                yield line
        except OSError as error:
            raise StoreError(f"cannot read the engine's journal {file}: {error.strerror}") from error


def _backwards(file: Path) -> Iterator[bytes]:
    with file.open("rb") as handle:
        end = handle.seek(0, os.SEEK_END)
        rest = b""
        while end > 0:
            start = max(0, end - BLOCK)
            handle.seek(start)
            first, *lines = (handle.read(end - start) + rest).split(b"\n")
            yield from reversed(lines)
            rest, end = first, start
        yield rest
