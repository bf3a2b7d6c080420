"""By when something is due that was promised within so much opening time; pure.

It knows a schedule's answer at an instant (open or not, and until when); it reads no clock.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

MOST_CHANGES = 2_000  # of a schedule that are looked at: years of ordinary hours


def due_after(at: datetime, minutes: float, hours: Callable[[datetime], tuple[bool, datetime | None]]) -> datetime:
    """`minutes` of opening time after `at`. `hours(instant)`: whether it is open then, and until when that lasts.

    Opening hours that never come count as if there were none.
    """
    now, left = at, timedelta(minutes=minutes)
    for _ in range(MOST_CHANGES):
        is_open, until = hours(now)
        if is_open and (until is None or until - now >= left):
            return now + left
        if until is None or until <= now:
            break
        left -= (until - now) if is_open else timedelta()
        now = until
    return at + timedelta(minutes=minutes)
