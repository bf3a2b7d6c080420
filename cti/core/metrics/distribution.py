"""A distribution of waits, kept whole: how many waited at most so long, and what the slowest of p % waited.

It knows whole milliseconds and how often each came; it rounds nothing and estimates nothing. Pure.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate


class Distribution:
    """`counted`: (milliseconds, how many), in any order; the same length may come several times."""

    def __init__(self, counted: Iterable[tuple[int, int]]) -> None:
        found: dict[int, int] = {}
        for ms, count in counted:
            found[ms] = found.get(ms, 0) + count
        self._lengths = sorted(found)
        self._until = list(accumulate(found[ms] for ms in self._lengths))

    @property
    def total(self) -> int:
        return self._until[-1] if self._until else 0

    @property
    def longest(self) -> int | None:
        return self._lengths[-1] if self._lengths else None

    def at_most(self, ms: int) -> int:
        """How many were no longer than this; exactly as long counts."""
        place = bisect_right(self._lengths, ms)
        return self._until[place - 1] if place else 0

    def percentile(self, percent: int) -> int | None:
        """Nearest rank: the shortest length that at least `percent` % do not exceed. None: there are none."""
        if not self._until:
            return None
        rank = max(1, -(-self.total * percent // 100))
        return self._lengths[bisect_right(self._until, rank - 1)]
