"""The calendar of a report: which interval an instant belongs to, and a stretch of time cut at interval borders.

It knows intervals as people of one time zone name them (minute, quarter of an hour, hour, day, ISO week, month) and
that days may have 23 or 25 hours. Each interval is half open, [start, end); instants are aware and come back in UTC. A
repeated hour is two intervals, a skipped one is none; where clocks move by half an hour (Lord Howe) the hour that is
cut short is an interval of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta, tzinfo
from enum import StrEnum

QUARTER = timedelta(minutes=15)
_STEP = timedelta(hours=12)  # no clock is moved twice in so short a time


class By(StrEnum):
    """How long an interval is."""

    MINUTE = "minute"  # of what is known by the moment; sums are kept by quarter of an hour
    QUARTER = "15min"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


# Of an interval; of days and longer ones more than the longest of them has.
_MINUTES = {By.MINUTE: 1, By.QUARTER: 15, By.HOUR: 60, By.DAY: 26 * 60, By.WEEK: 8 * 24 * 60, By.MONTH: 32 * 24 * 60}


def start_of(at: datetime, by: By, zone: tzinfo) -> datetime:
    """When the interval that holds `at` began, in UTC."""
    local = at.astimezone(zone)
    match by:
        case By.MINUTE | By.QUARTER | By.HOUR:
            return _clock_start(local, timedelta(minutes=_MINUTES[by]))
        case By.DAY:
            first = local.date()
        case By.WEEK:
            first = local.date() - timedelta(days=local.weekday())
        case By.MONTH:
            first = local.date().replace(day=1)
    # fold=0: a midnight that is skipped is the instant of the change, one that comes twice is the first one.
    return datetime.combine(first, time.min, tzinfo=zone).astimezone(UTC)


def end_of(start: datetime, by: By, zone: tzinfo) -> datetime:
    """When the interval that began at `start` ends: the start of the next one."""
    ahead = _MINUTES[by]
    if by in (By.MINUTE, By.QUARTER, By.HOUR):
        end = start.astimezone(UTC) + timedelta(minutes=ahead)
        last = start_of(end - timedelta(microseconds=1), by, zone)
        return end if last == start else last
    return start_of(start + timedelta(minutes=ahead), by, zone)


def intervals(first: datetime, last: datetime, by: By, zone: tzinfo) -> Iterator[tuple[datetime, datetime]]:
    """The intervals that [first, last) touches, in order, whole: the first may begin before `first`."""
    start = start_of(first, by, zone)
    while start < last:
        end = end_of(start, by, zone)
        yield start, end
        start = end


def cut(started: datetime, ended: datetime, by: By, zone: tzinfo) -> Iterator[tuple[datetime, int]]:
    """(interval's start, milliseconds within it) for a stretch of time; the pieces add up to the whole exactly."""
    told = 0
    for start, end in intervals(started, ended, by, zone):
        until = milliseconds(min(end, ended) - started)
        if until > told:
            yield start, until - told
        told = until


def even(first: datetime, last: datetime, zone: tzinfo) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """[first, last) in stretches in which the zone's clock is not moved, each with how far that is ahead of UTC."""
    start = first
    while start < last:
        offset, at = _ahead(start, zone), start
        while at < last and _ahead(later := min(at + _STEP, last), zone) == offset:
            at = later
        end = last if at >= last else min(_changed(at, later, later.astimezone(zone)), last)
        yield start, end, offset
        start = end


def _ahead(at: datetime, zone: tzinfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta(0)


def milliseconds(length: timedelta) -> int:
    """Whole milliseconds, rounded down; never negative."""
    return max(0, length // timedelta(milliseconds=1))


def _clock_start(local: datetime, length: timedelta) -> datetime:
    """The wall clock rounded down, but not to before the last change of the clock."""
    into = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond) % length
    start = local.astimezone(UTC) - into
    if not into or start.astimezone(local.tzinfo).utcoffset() == local.utcoffset():
        return start
    return _changed(start, local.astimezone(UTC), local)


def _changed(before: datetime, after: datetime, local: datetime) -> datetime:
    """The instant between these two at which the clock was moved; changes are at whole minutes."""
    low, high = before, after
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(local.tzinfo).utcoffset() == local.utcoffset():
            high = middle
        else:
            low = middle
    return (high + timedelta(seconds=30)).replace(second=0, microsecond=0)
