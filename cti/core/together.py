"""Which journal lines belong to one conversation: those that share a call or a leg, however long the chain. Pure.

It joins, for one, the two linkedids of an attended transfer. What a conversation is, `conversation` knows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from .journal import JournalLine, Source

Calls = defaultdict[str, list[JournalLine]]


class Threads:
    """Calls and legs that belong together, as far as they have been tied. "" ties nothing."""

    def __init__(self, keys: Iterable[str] = ()) -> None:
        self._above = {key: key for key in keys if key}

    def __contains__(self, key: str) -> bool:
        return key in self._above

    def keys(self) -> set[str]:
        """All that is known."""
        return set(self._above)

    def tie(self, one: str, other: str) -> None:
        """These two are of one conversation."""
        above = self._above
        if one == other or not other:
            if one:
                above.setdefault(one, one)
        elif not one:
            above.setdefault(other, other)
        else:
            above.setdefault(one, one)
            above.setdefault(other, other)
            if above[one] != above[other] or one != above[one]:
                above[self.root(one)] = self.root(other)

    def root(self, key: str) -> str:
        """The same for all that belong together."""
        above = self._above
        while above[key] != key:
            above[key] = above[above[key]]
            key = above[key]
        return key

    def groups(self) -> dict[str, set[str]]:
        """All keys by their root."""
        found: dict[str, set[str]] = defaultdict(set)
        for key in self._above:
            found[self.root(key)].add(key)
        return found


def is_of_a_call(line: JournalLine) -> bool:
    """Whether the line belongs to a conversation at all."""
    return bool(line.call) and line.source is not Source.VOICEMAIL


def tie_calls(lines: Iterable[JournalLine], threads: Threads, calls: Calls) -> None:
    """Note which calls and legs these lines tie, and the lines of each call."""
    ours = [line for line in lines if is_of_a_call(line)]
    for call, leg in {(line.call, line.leg) for line in ours}:
        threads.tie(call, leg)
    for line in ours:
        calls[line.call].append(line)


def by_conversation(calls: Mapping[str, list[JournalLine]], threads: Threads) -> dict[str, list[JournalLine]]:
    """The lines of each conversation, by its root."""
    found: dict[str, list[JournalLine]] = defaultdict(list)
    for call, own in calls.items():
        found[threads.root(call)] += own
    return found
