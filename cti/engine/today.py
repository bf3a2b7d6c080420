"""How each queue has been served since the site's midnight: counted as it happens, begun from the rows.

It knows one definition: `service` is the share of the callers who left a queue today (answered, gone or released) that
were answered within IN_TIME seconds of entering it; null before the first one. It begins with what the database holds
at the engine's start, so callers whom the native queue served meanwhile count too, and those whose rows came after that
start do not. A caller whom a queue sent on to another one is lost to the first here, while a row knows one queue for
each conversation, that of the talk. It is a number for the floor: reports count from the rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

from ..core.words import QueueName

IN_TIME = 20.0  # seconds


@dataclass(slots=True, kw_only=True)
class Count:
    """Callers of one queue who have left it today."""

    answered: int = 0
    in_time: int = 0
    lost: int = 0

    def entity(self) -> dict[str, Any]:
        """For the screens."""
        left = self.answered + self.lost
        service = round(self.in_time / left, 3) if left else None
        return {"answered": self.answered, "in_time": self.in_time, "lost": self.lost, "service": service}


class Today:
    """The counts of every queue. `zone` says when midnight is."""

    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone
        self._day: date | None = None
        self._counts: defaultdict[QueueName, Count] = defaultdict(lambda: Count())

    def midnight(self, at: datetime) -> datetime:
        """When the site's day began."""
        return at.astimezone(self.zone).replace(hour=0, minute=0, second=0, microsecond=0)

    def begin(self, rows: Iterable[tuple[str, int, int, int]], at: datetime) -> None:
        """Count what the rows know since midnight: (queue, answered, of these in time, not answered)."""
        self._roll(at)
        for queue, answered, in_time, lost in rows:
            self._counts[QueueName(queue)] = Count(answered=answered, in_time=in_time, lost=lost)

    def answered(self, queue: QueueName, waited: float, at: datetime) -> None:
        """A caller of this queue talks with an agent."""
        self._roll(at)
        self._add(queue, True, waited)

    def lost(self, queue: QueueName, at: datetime) -> None:
        """A caller left this queue without having talked."""
        self._roll(at)
        self._add(queue, False, 0.0)

    def of(self, queue: QueueName, at: datetime) -> dict[str, Any]:
        """The queue's counts now."""
        self._roll(at)
        return self._counts[queue].entity()

    def _add(self, queue: QueueName, answered: bool, waited: float) -> None:
        count = self._counts[queue]
        count.answered += answered
        count.in_time += answered and waited <= IN_TIME
        count.lost += not answered

    def _roll(self, at: datetime) -> None:
        day = at.astimezone(self.zone).date()
        if day != self._day:
            self._day = day
            self._counts.clear()
