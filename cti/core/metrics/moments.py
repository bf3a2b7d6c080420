"""How many there were at every moment: stretches of time -> the most and the mean of each interval. Pure.

It counts half-open stretches: who leaves in the instant in which another comes was never there together with them.
Means are weighted by time and exact (whole milliseconds), not sampled, so a peak of a second is seen.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_MS = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """Of one interval. `ms` is the sum of everybody's time in it; `least` and `most` are of any moment."""

    most: int
    least: int
    ms: int
    length_ms: int

    @property
    def mean(self) -> float:
        return self.ms / self.length_ms if self.length_ms else float(self.most)


def levels(stretches: Iterable[Span], intervals: Sequence[Span]) -> list[Level]:
    """One Level for each interval; intervals are in order and do not overlap."""
    changes: dict[int, int] = {}
    for started, ended in stretches:
        begin, end = _ms(started), _ms(ended)
        if begin < end:
            changes[begin] = changes.get(begin, 0) + 1
            changes[end] = changes.get(end, 0) - 1
    times = sorted(changes)
    found, at, level = [], 0, 0
    for first, last in ((_ms(start), _ms(end)) for start, end in intervals):
        while at < len(times) and times[at] <= first:
            level += changes[times[at]]
            at += 1
        most = least = level
        since, total = first, 0
        while at < len(times) and times[at] < last:
            total += level * (times[at] - since)
            since = times[at]
            level += changes[since]
            most, least = max(most, level), min(least, level)
            at += 1
        total += level * (last - since)
        found.append(Level(most=most, least=least, ms=total, length_ms=last - first))
    return found


def longest(waits: Iterable[tuple[datetime, datetime, datetime]], intervals: Sequence[Span]) -> list[int | None]:
    """For each interval the longest that anybody had waited at any moment of it, ms; None: nobody waited.

    `waits` are (entered, from, to): waiting between the last two, and counted from the first.
    """
    found: list[int | None] = [None] * len(intervals)
    starts = [start for start, _ in intervals]
    for entered, started, ended in waits:
        for n in range(max(0, bisect_right(starts, started) - 1), len(intervals)):
            first, last = intervals[n]
            if first >= ended:
                break
            if last > started and ended > started:
                reached = (min(ended, last) - entered) // _MS
                found[n] = max(found[n] or 0, reached)
    return found


def _ms(at: datetime) -> int:
    return (at - _EPOCH) // _MS
