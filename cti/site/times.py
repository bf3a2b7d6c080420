"""Opening hours as written: `mon-fri: ["08:00-18:00"]`, `"2026-10-01": closed`.

It knows the spelling of weekdays, times and dates and every way to get them wrong (no 30 February, no empty or
overlapping spans, also over midnight and round the week's end); what the numbers mean is `hours.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import yaml

from .fields import Context, Fields, items, scalar
from .hours import DAY_MINUTES, WEEKDAYS, Schedule, Span, make_schedule
from .reading import entries, nearest, shown

_SPAN = re.compile(r"([0-9]{1,2}):([0-9]{2})\s*-\s*([0-9]{1,2}):([0-9]{2})")
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_WEEK = 7 * DAY_MINUTES


def read_schedule(ctx: Context, key: yaml.ScalarNode, node: yaml.Node) -> Schedule:
    """One schedule; what is wrong in it is left out of the value and noted."""
    fields = Fields(ctx, node, f"schedule {key.value}", key)
    timezone = timezone_of(fields, ctx.timezone)
    week, dates = _read_week(fields), _read_dates(fields)
    fields.done()
    return make_schedule(key.value, timezone, week, dates)


def timezone_of(fields: Fields, default: str, *, required: bool = False) -> str:
    """A tz database name such as Asia/Shanghai; `default` when absent or wrong."""
    name = fields.text("timezone", default, required=required)
    try:
        if name:
            ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        hint = nearest(name, {zone for zone in available_timezones() if "/" in zone or zone == "UTC"})
        fields.ctx.wrong(fields.line("timezone"), f"{fields.what}: there is no timezone {shown(name)}", _short(hint))
        return default
    return name or default


def _short(hint: str) -> str:
    return hint if hint.startswith("did you mean") else "a name such as Asia/Shanghai or Europe/Berlin"


def _read_week(fields: Fields) -> dict[int, list[Span]]:
    ctx, what = fields.ctx, f"{fields.what}: open"
    week: dict[int, list[Span]] = {}
    for key, value in entries(fields.get("open"), what, ctx.mistakes):
        spans = _read_spans(ctx, value, f"{what}: {shown(key.value)}")
        for weekday in _weekdays(ctx, key, what):
            if weekday in week:
                ctx.wrong(key, f"{what}: {WEEKDAYS[weekday - 1]} is given twice", "name each day once")
            week[weekday] = spans
    laid = [(day, span, (day - 1) * DAY_MINUTES) for day, spans in week.items() for span in spans]
    _refuse_overlap(ctx, fields.line("open"), what, [(_flat(span, start), day) for day, span, start in laid])
    return week


def _weekdays(ctx: Context, key: yaml.ScalarNode, what: str) -> Iterable[int]:
    """`mon`, `mon-fri`, `sat,sun`, `fri-mon` (over the week's end) as ISO weekdays."""
    for part in key.value.lower().split(","):
        first, _, last = (word.strip() for word in part.partition("-"))
        last = last or first
        if wrong := next((word for word in (first, last) if word not in WEEKDAYS), None):
            ctx.wrong(key, f"{what}: {shown(wrong)} is not a weekday", nearest(wrong, WEEKDAYS))
            continue
        start, days = WEEKDAYS.index(first), (WEEKDAYS.index(last) - WEEKDAYS.index(first)) % 7
        yield from ((start + step) % 7 + 1 for step in range(days + 1))


def _read_dates(fields: Fields) -> dict[date, list[Span]]:
    ctx, what = fields.ctx, f"{fields.what}: dates"
    dates: dict[date, list[Span]] = {}
    for key, value in entries(fields.get("dates"), what, ctx.mistakes):
        day = _read_date(ctx, key, what)
        spans = _read_spans(ctx, value, f"{what}: {shown(key.value)}")
        if day is not None:
            dates[day] = spans
    for day, spans in dates.items():
        tomorrow = dates.get(date.fromordinal(min(day.toordinal() + 1, date.max.toordinal())), [])
        laid = [(_flat(span, 0), 0) for span in spans] + [(_flat(span, DAY_MINUTES), 1) for span in tomorrow]
        if any(span.last <= span.first for span in spans):
            _refuse_overlap(ctx, fields.line("dates"), f"{what}: {day} and the next", laid)
    return dates


def _read_date(ctx: Context, key: yaml.ScalarNode, what: str) -> date | None:
    match = _DATE.fullmatch(key.value)
    try:
        if match and 2000 <= int(match[1]) <= 2999:
            return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        ctx.wrong(key, f"{what}: there is no day {shown(key.value)}", "that month is shorter")
        return None
    ctx.wrong(key, f"{what}: {shown(key.value)} is not a date", 'write "2026-10-01", years 2000 to 2999')
    return None


def _read_spans(ctx: Context, node: yaml.Node, what: str) -> list[Span]:
    """A list of spans, one span, or `closed`."""
    if isinstance(node, yaml.ScalarNode) and node.value == "closed":
        return []
    nodes = list(items(ctx, node, what))
    if not nodes and not isinstance(node, yaml.MappingNode):
        ctx.wrong(node, f"{what} is empty", 'closed, or ["08:00-18:00"]')
    spans = [span for item in nodes if (span := _read_span(ctx, item, what))]
    _refuse_overlap(ctx, node, what, [(_flat(span, 0), 0) for span in spans])
    return spans


def _read_span(ctx: Context, node: yaml.Node, what: str) -> Span | None:
    text = scalar(ctx, node, what)
    match = _SPAN.fullmatch(text)
    if not text or not match:
        if text:
            ctx.wrong(node, f"{what}: {shown(text)} is not a span of time", 'write "08:00-18:00"')
        return None
    hour, minute, last_hour, last_minute = (int(part) for part in match.groups())
    span = Span(hour * 60 + minute, last_hour * 60 + last_minute)
    if minute > 59 or last_minute > 59 or span.first >= DAY_MINUTES or span.last > DAY_MINUTES:
        ctx.wrong(node, f"{what}: {shown(text)} is not a time of day", "00:00 to 23:59; a day ends at 24:00")
        return None
    if span.first == span.last:
        ctx.wrong(node, f"{what}: {shown(text)} is empty", 'all day is "00:00-24:00"')
        return None
    return span


def _flat(span: Span, start: int) -> tuple[int, int]:
    """Minutes from some origin; over midnight the end lies on the next day."""
    return start + span.first, start + span.last + (DAY_MINUTES if span.last <= span.first else 0)


def _refuse_overlap(ctx: Context, where: yaml.Node | int, what: str, laid: list[tuple[tuple[int, int], int]]) -> None:
    """Spans of one day are told at that day; spans of two days (over midnight, round the week) at the week."""
    days = {day for _, day in laid}
    ordered = sorted(laid)
    if len(days) > 1 and ordered[-1][0][1] > _WEEK:
        ordered.append(((ordered[0][0][0] + _WEEK, ordered[0][0][1] + _WEEK), ordered[0][1]))
    for (span, day), (following, next_day) in pairwise(ordered):
        if following[0] < span[1] and (len(days) == 1 or day != next_day):
            ctx.wrong(where, f"{what}: {_clock(span)} and {_clock(following)} overlap", "join or move them")


def _clock(span: tuple[int, int]) -> str:
    def at(minute: int) -> str:
        return f"{minute // 60:02}:{minute % 60:02}"

    return f"{at(span[0] % DAY_MINUTES)}-{at(span[1] % DAY_MINUTES or DAY_MINUTES)}"
