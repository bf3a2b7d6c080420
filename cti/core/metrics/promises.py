"""What waiting callers were told of their wait, against what came. Pure.

It knows that what is said is a bound (at most so many minutes) and that whoever left before it was over tells nothing:
neither kept nor broken. What is said is `core.announcing`'s.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from .intervals import milliseconds


class Promise(StrEnum):
    """What became of one announcement of a wait."""

    KEPT = "kept"  # answered within what was said
    BROKEN = "broken"  # not answered when it was over, whatever came then
    UNKNOWN = "unknown"  # left, or still waiting, before it was over
    OPEN_ENDED = "open_ended"  # "more than the longest that is said" is no bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One announcement. `minutes` 0 = more than the longest that is said. `gone` None: still waiting, or never seen."""

    call: str
    queue: str
    at: datetime
    minutes: int
    expected_ms: int | None
    gone: datetime | None
    answered: bool

    @property
    def came_ms(self) -> int | None:
        """How long it took until the answer; None: there was none."""
        return milliseconds(self.gone - self.at) if self.gone and self.answered else None

    @property
    def error_ms(self) -> int | None:
        """How far the estimate was from what came."""
        came = self.came_ms
        return None if came is None or self.expected_ms is None else abs(came - self.expected_ms)


def judge(told: Told, now: datetime) -> Promise:
    """Exactly as long as was said is kept."""
    if told.minutes == 0:
        return Promise.OPEN_ENDED
    over = told.at + timedelta(minutes=told.minutes)
    if told.gone is None:
        return Promise.BROKEN if now > over else Promise.UNKNOWN
    if told.gone > over:
        return Promise.BROKEN
    return Promise.KEPT if told.answered else Promise.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Several announcements together. The sums are of those whose estimate and answer are known (`compared`)."""

    told: int
    by_fate: dict[Promise, int]
    compared: int
    expected_ms: int
    came_ms: int
    error_ms: int

    @property
    def judged(self) -> int:
        return self.by_fate[Promise.KEPT] + self.by_fate[Promise.BROKEN]


def summed(announcements: Iterable[Told], now: datetime) -> Kept:
    """Of these announcements."""
    everything = list(announcements)
    fates = [judge(one, now) for one in everything]
    known = [one for one in everything if one.error_ms is not None]
    return Kept(
        told=len(everything),
        by_fate={fate: fates.count(fate) for fate in Promise},
        compared=len(known),
        expected_ms=sum(one.expected_ms or 0 for one in known),
        came_ms=sum(one.came_ms or 0 for one in known),
        error_ms=sum(one.error_ms or 0 for one in known),
    )
