"""T and S: what "in time" and "short" mean, of each queue. A service level is nothing without them.

It knows the values and how they are written down; it refuses to know who chose them (the site, a queue of it, whoever
asks for a report) and what they decide (`counters`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Milliseconds. `queues` have their own; those of a queue that is not named there are these."""

    within_ms: int = 20_000
    short_ms: int = 5_000
    queues: Mapping[str, Thresholds] = field(default_factory=dict, hash=False)

    def of(self, queue: str) -> Thresholds:
        return self.queues.get(queue, self)

    def instead(self, within_ms: int | None = None, short_ms: int | None = None) -> Thresholds:
        """These for every queue, whatever its own are. None: as they are."""
        within = self.within_ms if within_ms is None else within_ms
        short = self.short_ms if short_ms is None else short_ms
        queues = {queue: theirs.instead(within_ms, short_ms) for queue, theirs in self.queues.items()}
        return replace(self, within_ms=within, short_ms=short, queues=queues)

    @property
    def own(self) -> dict[str, Thresholds]:
        """The queues that differ, by name."""
        return {queue: theirs for queue, theirs in sorted(self.queues.items()) if theirs._pair != self._pair}

    @property
    def key(self) -> str:
        """A text that is the same for the same thresholds: `20000/5000 rescue=10000/5000`."""
        return " ".join([self._pair, *(f"{queue}={theirs._pair}" for queue, theirs in self.own.items())])

    def changed_since(self, key: str) -> set[str] | None:
        """The queues whose thresholds are others than when this was the key; None: those of all that have none of
        their own."""
        usual, *theirs = key.split(" ")
        if usual != self._pair:
            return None
        before = dict(queue.rsplit("=", 1) for queue in theirs)
        now = {queue: one._pair for queue, one in self.own.items()}
        return {queue for queue in before.keys() | now.keys() if before.get(queue, usual) != now.get(queue, usual)}

    @property
    def told_within(self) -> str:
        """T as every document has it: `20 s; rescue 10 s`."""
        return _told(self.within_ms, {queue: theirs.within_ms for queue, theirs in self.own.items()})

    @property
    def told_short(self) -> str:
        """S likewise."""
        return _told(self.short_ms, {queue: theirs.short_ms for queue, theirs in self.own.items()})

    @property
    def _pair(self) -> str:
        return f"{self.within_ms}/{self.short_ms}"


def _told(usual: int, own: Mapping[str, int]) -> str:
    others = ", ".join(f"{queue} {ms / 1000:g} s" for queue, ms in own.items() if ms != usual)
    return f"{usual / 1000:g} s" + (f"; {others}" if others else "")


def told_key(key: str) -> str:
    """A key for people: `T 20 s, S 5 s`; of queues of their own as well."""
    usual, *theirs = key.split(" ")
    pairs = {"": usual} | dict(queue.rsplit("=", 1) for queue in theirs)
    found = []
    for queue, pair in pairs.items():
        within, _, short = pair.partition("/")
        found.append(f"{queue} T {int(within) / 1000:g} s, S {int(short) / 1000:g} s".strip())
    return "; ".join(found)
