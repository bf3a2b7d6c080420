"""Who knows a caller: for each number, the agents who served it last, so that the caller can have the same one again.

It knows numbers, agents, instants and seconds of talk, in memory and bounded; it is filled from the conversations in
the database when the engine starts and kept up as talks end. It decides only who is preferred: whether anybody waits
for them is the core's. What the dialplan prefers (CTI_PREFER) goes before what is remembered here.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from ..core.words import AgentId, QueueName

MOST_NUMBERS = 100_000  # about 40 MB; the number that was served longest ago is forgotten first
TALKS = 3  # of one number: the last one may have been too short to count


class Served(NamedTuple):
    """One agent's talk with one number."""

    number: str
    agent: AgentId
    at: datetime  # when it ended
    seconds: float


@dataclass(frozen=True, slots=True)
class Window:
    """Which talks count for a queue: ended within `days`, and at least `seconds` long. No days: none."""

    days: int = 0
    seconds: float = 0.0


class Familiar:
    """Remembers `most` numbers. `define` says which talks count, anew at every reload of the site."""

    def __init__(self, most: int = MOST_NUMBERS) -> None:
        self._most = most
        self._windows: dict[QueueName, Window] = {}
        self._talks: OrderedDict[str, tuple[Served, ...]] = OrderedDict()

    def define(self, windows: Mapping[QueueName, Window]) -> None:
        """Which talks count, by queue; a queue that is not named prefers nobody."""
        self._windows = {queue: window for queue, window in windows.items() if window.days > 0}

    @property
    def widest(self) -> Window | None:
        """What must be remembered for all queues together; None: nothing."""
        if not self._windows:
            return None
        windows = self._windows.values()
        return Window(max(w.days for w in windows), min(w.seconds for w in windows))

    def fill(self, talks: Iterable[Served]) -> None:
        """What was before, in any order, and known already or not."""
        for talk in sorted(talks, key=lambda talk: talk.at):
            self.note(talk)

    def note(self, talk: Served) -> None:
        """An agent's talk has ended. Withheld numbers and talks too short for every queue are not kept."""
        widest = self.widest
        if not talk.number or widest is None or talk.seconds < widest.seconds:
            return
        talks = {talk, *self._talks.get(talk.number, ())}
        self._talks[talk.number] = tuple(sorted(talks, key=lambda one: one.at, reverse=True)[:TALKS])
        self._talks.move_to_end(talk.number)
        while len(self._talks) > self._most:
            self._talks.popitem(last=False)

    def prefers(self, queue: QueueName, number: str, now: datetime) -> AgentId | None:
        """The last agent who served this number within the queue's days for at least its seconds."""
        window = self._windows.get(queue)
        if window is None:
            return None
        since = now - timedelta(days=window.days)
        talks = self._talks.get(number, ())
        return next((t.agent for t in talks if t.at >= since and t.seconds >= window.seconds), None)

    def __len__(self) -> int:
        return len(self._talks)
