"""Periods as people name them: the one before, the same a week or a year earlier; yesterday, last week, last month.

It shifts what a clock on the wall shows, so that a day stays a day where clocks change. Instants come back in UTC.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from .intervals import By, end_of, start_of

Period = tuple[datetime, datetime]


class Against(StrEnum):
    """What a period is held against."""

    PREVIOUS = "previous"
    LAST_WEEK = "last-week"
    LAST_YEAR = "last-year"


def earlier(first: datetime, last: datetime, against: Against, zone: tzinfo) -> Period:
    """The period to hold [first, last) against.

    `previous` is as long and ends where this one begins: whole months before whole months, whole days before whole
    days. `last-year` has the same dates (of 29 February: the 28th).
    """
    match against:
        case Against.PREVIOUS:
            return _before(first, last, zone)
        case Against.LAST_WEEK:
            return _moved(first, zone, days=-7), _moved(last, zone, days=-7)
        case Against.LAST_YEAR:
            return _moved(first, zone, months=-12), _moved(last, zone, months=-12)


def last_whole(by: By, at: datetime, zone: tzinfo) -> Period:
    """The last interval of this length that was over at `at`: yesterday, the week before, the month before."""
    end = start_of(at, by, zone)
    return start_of(end - timedelta(microseconds=1), by, zone), end


def next_after(at: datetime, by: By, zone: tzinfo) -> datetime:
    """When the interval that holds `at` is over."""
    return end_of(start_of(at, by, zone), by, zone)


def _before(first: datetime, last: datetime, zone: tzinfo) -> Period:
    begin, end = first.astimezone(zone), last.astimezone(zone)
    if not _is_midnight(begin) or not _is_midnight(end):
        return first - (last - first), first
    if begin.day == end.day == 1:
        months = 12 * (end.year - begin.year) + end.month - begin.month
        return _moved(first, zone, months=-months), first
    return _moved(first, zone, days=-(end.date() - begin.date()).days), first


def _is_midnight(local: datetime) -> bool:
    """A day whose midnight is skipped begins with the first time that there is."""
    return start_of(local, By.DAY, local.tzinfo or UTC) == local


def _moved(at: datetime, zone: tzinfo, *, days: int = 0, months: int = 0) -> datetime:
    local = at.astimezone(zone)
    return wall(_plus(local.date(), days, months), local.time().replace(fold=0), zone)


def _plus(day: date, days: int, months: int) -> date:
    number = day.year * 12 + day.month - 1 + months
    year, month = number // 12, number % 12 + 1
    last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month, min(day.day, last)) + timedelta(days=days)


def wall(day: date, clock: time, zone: tzinfo) -> datetime:
    """When the clock on the wall shows this; skipped: the instant at which it is moved on, twice: the first time."""
    local = datetime.combine(day, clock, tzinfo=zone)
    there = local.astimezone(UTC)
    if there.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return there
    before, after = local.replace(fold=1).astimezone(UTC), there  # in a gap fold=1 takes the offset after the change
    low, high = min(before, after), max(before, after)
    offset = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return (high + timedelta(seconds=30)).replace(second=0, microsecond=0)
