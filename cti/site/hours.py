"""Opening hours as plain numbers: when a schedule is open, without any clock of its own.

It knows weekly periods and exceptions by date, in minutes of the local day; it refuses to know what happens when
a schedule is closed, and it never reads the time: `is_open` is asked about an instant.

A period belongs to the day on which it begins: `fri: ["22:00-06:00"]` runs into Saturday morning. On a date that
the site lists, only what is listed counts, from 00:00 to 24:00; and when a listed date replaces a day whose period
would have run over midnight, the rest of that period on the next day is gone too. All of this is worked out once,
here, so that the dialplan only compares numbers: date listed -> its spans, else weekday -> its periods.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

DAY_MINUTES = 24 * 60
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Span(NamedTuple):
    """Open from minute `first` of a day up to but not including minute `last` (0-1440); `last` <= `first` or
    more than 1440 only in what the admin wrote, where it runs over midnight."""

    first: int
    last: int


class Period(NamedTuple):
    """A weekly span: ISO weekday 1 (Monday) to 7, minutes as in Span, never over midnight."""

    weekday: int
    first: int
    last: int


class OpenDay(NamedTuple):
    """One date that differs from the week; no spans = closed all day."""

    day: date
    spans: tuple[Span, ...]


class Schedule(BaseModel):
    """When something is open. `periods` and `exceptions` are sorted and never cross midnight."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    timezone: str
    periods: tuple[Period, ...] = ()
    exceptions: tuple[OpenDay, ...] = ()

    def is_open(self, instant: datetime) -> bool:
        """Whether it is open at this aware instant. Wall-clock minutes count, so a repeated hour is open twice."""
        local = instant.astimezone(ZoneInfo(self.timezone))
        minute = local.hour * 60 + local.minute
        listed = self._by_date.get(local.date())
        if listed is not None:
            return any(first <= minute < last for first, last in listed)
        weekday = local.isoweekday()
        return any(day == weekday and first <= minute < last for day, first, last in self.periods)

    @cached_property
    def _by_date(self) -> dict[date, tuple[Span, ...]]:
        return dict(self.exceptions)


def make_schedule(
    name: str, timezone: str, week: Mapping[int, Iterable[Span]], dates: Mapping[date, Iterable[Span]]
) -> Schedule:
    """A Schedule that never crosses midnight, from what was written.

    `week` maps ISO weekdays to their spans, `dates` (before the year 9999) those days that differ.
    """
    periods = [Period(weekday, *span) for weekday, spans in week.items() for span in map(_today, spans)]
    for weekday, spans in week.items():
        periods += [Period(weekday % 7 + 1, *span) for span in _tomorrow(spans)]
    exceptions = {day: [_today(span) for span in spans] for day, spans in dates.items()}
    for day, spans in dates.items():
        tomorrow = day + timedelta(days=1)
        tail, lost = _tomorrow(spans), _tomorrow(week.get(day.isoweekday(), ()))
        if tomorrow not in dates and (tail or lost):
            exceptions[tomorrow] = [_today(span) for span in week.get(tomorrow.isoweekday(), ())] + tail
    return Schedule(
        name=name,
        timezone=timezone,
        periods=tuple(sorted(periods)),
        exceptions=tuple(OpenDay(day, tuple(sorted(spans))) for day, spans in sorted(exceptions.items())),
    )


def _today(span: Span) -> Span:
    return span if span.last > span.first else Span(span.first, DAY_MINUTES)


def _tomorrow(spans: Iterable[Span]) -> list[Span]:
    return [Span(0, span.last) for span in spans if 0 < span.last <= span.first]
