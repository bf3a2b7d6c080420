"""Watches the mailboxes: what is new, moved or gone there becomes lines of the journal of messages.

It knows what it has told already, and tells it again after a restart that lost its memory: the fold of the journal does
not mind. It refuses to know rows. Looking costs one `stat` for each folder; a folder is read when it changed, and all
of them now and then, as a clock may be too coarse to see two changes in one tick.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from ..core.voicemail import Message
from .spool import Found, break_stale_lock, folders, messages_in

log = logging.getLogger(__name__)
MAIL_DAYS = 3  # older messages are not mailed any more, say of a spool that we meet the first time
_WHOLE_LOOK = 30  # rounds until everything is read again


class Lines(Protocol):
    """The journal of messages. Raises StoreError."""

    def append(self, kind: str, at: datetime, **values: Any) -> None: ...


@dataclass(slots=True)
class Watch:
    """`step(now)` looks once. `known`: id -> folder of what is told already; `mail_to(context, box)`: who is mailed."""

    root: Path
    journal: Lines
    known: dict[str, str]
    mail_to: Callable[[str, str], str]
    _read: dict[Path, tuple[int, list[Found]]] = field(default_factory=dict)
    _missing: set[str] = field(default_factory=set)
    _rounds: int = 0

    def step(self, now: datetime) -> int:
        """Look, and tell what changed; how many lines that were. Raises StoreError, and then the rest is told later."""
        here = self._look(now)
        lines = 0
        for name, message in here.items():
            if name not in self.known:
                self._found(message, now)
            elif self.known[name] != message.folder:
                self._moved(name, message.folder, now)
            else:
                continue
            lines += 1
        gone = {name for name, folder in self.known.items() if folder and name not in here}
        for name in gone & self._missing:  # twice in a row: not only on its way from one folder to another
            self._moved(name, "", now)
            lines += 1
        self._missing = gone
        return lines

    def _look(self, now: datetime) -> Mapping[str, Message]:
        whole, self._rounds = self._rounds % _WHOLE_LOOK == 0, self._rounds + 1
        read: dict[Path, tuple[int, list[Found]]] = {}
        for context, box, folder, path in folders(self.root):
            try:
                stamp = path.stat().st_mtime_ns
            except FileNotFoundError:
                continue
            if whole:
                break_stale_lock(path, now.timestamp())
            before = self._read.get(path)
            if before is None or whole or before[0] != stamp:
                before = (stamp, messages_in(context, box, folder, path))
            read[path] = before
        self._read = read
        return {found.message.id: found.message for _, inside in read.values() for found in inside}

    def _found(self, message: Message, now: datetime) -> None:
        fresh = message.received > now - timedelta(days=MAIL_DAYS)
        self.journal.append(
            "message",
            now,
            message=message.id,
            box=message.box,
            context=message.context,
            folder=message.folder,
            received=message.received,
            seconds=message.seconds,
            number=message.number,
            name=message.name,
            did=message.did,
            queue=message.queue,
            conversation=message.conversation,
            mail_to=self.mail_to(message.context, message.box) if fresh else "",
        )
        self.known[message.id] = message.folder
        log.info("a message for %s, %.0f s, from %s", message.box, message.seconds, message.number or "withheld")

    def _moved(self, name: str, folder: str, now: datetime) -> None:
        self.journal.append("message_moved", now, message=name, folder=folder)
        self.known[name] = folder
