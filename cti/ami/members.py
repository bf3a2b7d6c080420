"""The members of Asterisk's own queues, read from the rows of `QueueStatus` (app_queue.c: the QueueMember event)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .wire import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One member of one queue. `interface` is what rings, `name` what queue_log calls it, `reason` why it is paused."""

    queue: str
    interface: str
    name: str
    penalty: int
    paused: bool
    reason: str = ""


def queue_members(rows: Iterable[Message]) -> list[Member]:
    """The QueueMember rows among `rows`; a row without a queue or an interface is skipped."""
    found = (_member(row) for row in rows if row.name == "QueueMember" and not row.forged)
    return [member for member in found if member.queue and member.interface]


def _member(row: Message) -> Member:
    penalty = row.get("Penalty", "0")
    return Member(
        queue=row.get("Queue", ""),
        interface=row.get("Location", ""),
        name=row.get("Name", ""),
        penalty=int(penalty) if penalty.isdecimal() else 0,
        paused=row.get("Paused", "0") == "1",
        reason=row.get("PausedReason", ""),
    )
