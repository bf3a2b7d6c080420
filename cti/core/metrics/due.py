"""When a scheduled report is due, and which period it is about then. Pure.

It knows clocks on walls: a time that the clock skips is the moment at which it is moved on, one that comes twice is the
first of the two, so each day, week and month has exactly one due time. The 31st of a shorter month is its last day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from .intervals import By
from .periods import Period, last_whole, wall


class Every(StrEnum):
    """How often."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WRITTEN = re.compile(
    r"(?:(daily)|(weekly)(?: (mon|tue|wed|thu|fri|sat|sun))?|(monthly)(?: ([1-9]|[12][0-9]|3[01]))?) "
    r"([01][0-9]|2[0-3]):([0-5][0-9])"
)
_PERIOD = {Every.DAILY: By.DAY, Every.WEEKLY: By.WEEK, Every.MONTHLY: By.MONTH}


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """`day`: of weekly 1 (Monday) to 7, of monthly 1 to 31, of daily always 1."""

    every: Every
    clock: time
    day: int = 1

    def __str__(self) -> str:
        day = {Every.DAILY: "", Every.WEEKLY: f" {WEEKDAYS[(self.day - 1) % 7]}", Every.MONTHLY: f" {self.day}"}
        return f"{self.every}{day[self.every]} {self.clock:%H:%M}"


def read_when(text: str) -> When | None:
    """`daily 07:00`, `weekly mon 07:00`, `monthly 1 07:00`; the day may be left out. None: it is none of these."""
    found = WRITTEN.fullmatch(text)
    if not found:
        return None
    every = Every(found[1] or found[2] or found[4])
    day = WEEKDAYS.index(found[3]) + 1 if found[3] else int(found[5] or 1)
    return When(every=every, day=day, clock=time(int(found[6]), int(found[7])))


def due_times(when: When, after: datetime, until: datetime, zone: tzinfo) -> Iterator[datetime]:
    """The due times in (after, until], in order, in UTC."""
    day = after.astimezone(zone).date() - timedelta(days=1)  # a skipped time may be the next day's
    last = until.astimezone(zone).date() + timedelta(days=1)
    while day <= last:
        if _is_day(when, day):
            due = wall(day, when.clock, zone)
            if after < due <= until:
                yield due
        day += timedelta(days=1)


def next_due(when: When, after: datetime, zone: tzinfo) -> datetime:
    """The first due time after this instant."""
    return next(due_times(when, after, after + timedelta(days=64), zone))


def period_of(when: When, due: datetime, zone: tzinfo) -> Period:
    """What is told then: the last day, week or month that was over."""
    return last_whole(_PERIOD[when.every], due, zone)


def _is_day(when: When, day: date) -> bool:
    if when.every is Every.WEEKLY:
        return day.isoweekday() == when.day
    if when.every is Every.MONTHLY:
        last = ((day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)).day
        return day.day == min(when.day, last)
    return True
