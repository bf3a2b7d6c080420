"""Opening hours as plain numbers: when a schedule is open, why it is closed, and when that changes.

It knows weekly periods, exceptions by date, overrides and timezones (local minutes; daylight saving days have an hour
twice or not at all); it refuses to know what is played or where a call goes when it is closed, and it never reads the
time: every question is about an instant.

A period belongs to the day on which it begins: `fri: ["22:00-06:00"]` runs into Saturday morning. On a date that
is listed only what is listed counts, from 00:00 to 24:00; and when a listed date replaces a day whose period would
have run over midnight, the rest of that period on the next day is gone too. All of this is worked out once, in
`make_schedule`, so that the dialplan only compares numbers: date listed -> its spans, else weekday -> its periods.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

from .schedule_override import Override

DAY_MINUTES = 24 * 60
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = timedelta(days=1)
_LAST_YEAR = 9990  # beyond it datetime's own limits begin


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
    """One date that differs from the week; no spans = closed all day. `reason` is why it is closed outside of them,
    `note` what the day is called: a public holiday, or "" for what the admin listed."""

    day: date
    spans: tuple[Span, ...]
    reason: str = ""
    note: str = ""


class Reason(NamedTuple):
    """Why it is closed: what is played then ("" = nothing) and where calls go (None = where the number says)."""

    name: str
    prompt: str = ""
    to: tuple[str, str] | None = None  # a destination's kind and name


class State(NamedTuple):
    """What a schedule says at an instant.

    `reason` is "" when it is open, or closed for no special one; `rule` tells in words what decided; `until` (UTC) is
    when `open` or `reason` changes next, None = never.
    """

    open: bool
    reason: str
    rule: str
    until: datetime | None


class Change(NamedTuple):
    """From `at` (UTC) on this is so, until its `until`."""

    at: datetime
    state: State


class _Answer(NamedTuple):
    open: bool
    reason: str
    rule: str


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """When something is open. `periods` and `exceptions` are sorted and never cross midnight.

    `known_until` is the last day whose public holidays are known, None when the schedule has none to know.
    """

    name: str
    timezone: str
    periods: tuple[Period, ...] = ()
    exceptions: tuple[OpenDay, ...] = ()
    reasons: Mapping[str, Reason] = field(default_factory=dict)
    known_until: date | None = None

    def is_open(self, instant: datetime) -> bool:
        """Whether it is open at this aware instant. Wall-clock minutes count, so a repeated hour is open twice."""
        return self._hours(instant).open

    def state_at(self, at: datetime, override: Override | None = None) -> State:
        """What it says at this aware instant, and until when; `override` is the one in force or over by now."""
        now = self._answer(at, override)
        return State(*now, self._next(at, override, lambda then: then[:2] != now[:2]))

    def changes(self, start: datetime, days: int, override: Override | None = None) -> Iterator[Change]:
        """What it says at `start` and each change in the `days` after it, in order."""
        at: datetime | None = start.astimezone(UTC)
        end = start.astimezone(UTC) + days * _DAY
        while at is not None and at < end:
            state = self.state_at(at, override)
            yield Change(at, state)
            at = state.until

    def period_end(self, at: datetime) -> datetime | None:
        """When it next opens or closes by its own hours (UTC); None = never."""
        now = self._hours(at)
        return self._next(at, None, lambda then: then.open != now.open)

    def turns(self, at: datetime, override: Override | None = None) -> datetime | None:
        """When it next opens or closes, whatever the reasons (UTC); None = never."""
        now = self._answer(at, override)
        return self._next(at, override, lambda then: then.open != now.open)

    def _answer(self, at: datetime, override: Override | None) -> _Answer:
        if override is not None and override.holds(at):
            return _Answer(override.open, "" if override.open else override.reason, override.in_words(self.zone))
        return self._hours(at)

    def _hours(self, at: datetime) -> _Answer:
        """By date, else by weekday."""
        local = at.astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        listed = self._by_date.get(local.date())
        spans = self._by_weekday[local.isoweekday()] if listed is None else listed.spans
        found = next((span for span in spans if span.first <= minute < span.last), None)
        day = WEEKDAYS[local.isoweekday() - 1] if listed is None else _called(listed)
        if found is not None:
            return _Answer(True, "", f"{day}: open {_clock(found)}")
        hours = ", ".join(map(_clock, spans))
        why = f" ({listed.reason})" if listed is not None and listed.reason else ""
        return _Answer(False, listed.reason if listed else "", f"{day}: closed{why}{', open ' if hours else ''}{hours}")

    def _next(self, at: datetime, override: Override | None, differs: Callable[[_Answer], bool]) -> datetime | None:
        """The first instant after `at` whose answer `differs`."""
        for instant in self._boundaries(at, override):
            if differs(self._answer(instant, override)):
                return instant
        return None

    def _boundaries(self, at: datetime, override: Override | None) -> Iterator[datetime]:
        """Every instant after `at` at which the answer can change, in order, as far as there are any to come."""
        at = at.astimezone(UTC)
        if override is not None and override.holds(at):
            if override.until is None:
                return
            yield override.until
            at, override = override.until, None
        day = at.astimezone(self.zone).date()
        # two weeks after the last listed day: the clock may skip the hour of one of them
        last = max(day, self.exceptions[-1].day if self.exceptions else day) + 15 * _DAY
        while day <= last and day.year < _LAST_YEAR:
            yield from (instant for instant in self._boundaries_of(day) if instant > at)
            day += _DAY

    def _boundaries_of(self, day: date) -> list[datetime]:
        """Midnight, where spans begin and end (twice when the clock is set back), and where the clock is set."""
        listed = self._by_date.get(day)
        spans = self._by_weekday[day.isoweekday()] if listed is None else listed.spans
        minutes = {0, *(minute for span in spans for minute in span if minute < DAY_MINUTES)}
        found = {_instant(day, minute, self.zone, fold) for minute in minutes for fold in (0, 1)}
        return sorted(found | _clock_set(day, self.zone))

    @cached_property
    def zone(self) -> tzinfo:
        """Its timezone."""
        return ZoneInfo(self.timezone)

    @cached_property
    def _by_date(self) -> dict[date, OpenDay]:
        return {listed.day: listed for listed in self.exceptions}

    @cached_property
    def _by_weekday(self) -> dict[int, tuple[Span, ...]]:
        week = range(1, 8)
        return {day: tuple(Span(*period[1:]) for period in self.periods if period.weekday == day) for day in week}


def make_schedule(
    name: str,
    timezone: str,
    week: Mapping[int, Iterable[Span]],
    days: Iterable[OpenDay] = (),
    reasons: Mapping[str, Reason] | None = None,
    known_until: date | None = None,
) -> Schedule:
    """A Schedule that never crosses midnight, from what was written.

    `week` maps ISO weekdays to their spans, `days` (each date once, before the year 9999) are those that differ.
    """
    periods = [Period(weekday, *span) for weekday, spans in week.items() for span in map(_today, spans)]
    for weekday, spans in week.items():
        periods += [Period(weekday % 7 + 1, *span) for span in _tomorrow(spans)]
    listed = {one.day: one for one in days}
    exceptions = {one.day: one._replace(spans=tuple(map(_today, one.spans))) for one in listed.values()}
    for one in listed.values():
        tomorrow = one.day + _DAY
        tail, lost = _tomorrow(one.spans), _tomorrow(week.get(one.day.isoweekday(), ()))
        if tomorrow not in listed and (tail or lost):
            own = [_today(span) for span in week.get(tomorrow.isoweekday(), ())]
            exceptions[tomorrow] = OpenDay(tomorrow, tuple(own + tail), note=f"after {one.day}")
    return Schedule(
        name=name,
        timezone=timezone,
        periods=tuple(sorted(periods)),
        exceptions=tuple(one._replace(spans=tuple(sorted(one.spans))) for _, one in sorted(exceptions.items())),
        reasons=dict(reasons or {}),
        known_until=known_until,
    )


def _today(span: Span) -> Span:
    return span if span.last > span.first else Span(span.first, DAY_MINUTES)


def _tomorrow(spans: Iterable[Span]) -> list[Span]:
    return [Span(0, span.last) for span in spans if 0 < span.last <= span.first]


def _instant(day: date, minute: int, zone: tzinfo, fold: int = 0) -> datetime:
    """When a clock there shows this minute; one that it skips counts from the time before."""
    return datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=zone, fold=fold).astimezone(UTC)


def _clock_set(day: date, zone: tzinfo) -> set[datetime]:
    """The instant of this day at which the clock is set forward or back, to the second: at most one."""
    before, after = _instant(day, 0, zone), _instant(day + _DAY, 0, zone)
    offset = before.astimezone(zone).utcoffset()
    if after.astimezone(zone).utcoffset() == offset:
        return set()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return {after}


def _called(listed: OpenDay) -> str:
    return f"{listed.day}, {listed.note}" if listed.note else str(listed.day)


def _clock(span: Span) -> str:
    return "-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in span)
