"""Opening hours as written: `mon-fri: ["08:00-18:00"]`, `"2026-10-01": closed`.

It knows a schedule's options, the spelling of weekdays, and that a date that the admin lists wins over a public
holiday; what the numbers mean is `core.schedule`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from zoneinfo import ZoneInfo, available_timezones

import yaml

from ..core.schedule import DAY_MINUTES, WEEKDAYS, OpenDay, Reason, Schedule, Span, make_schedule
from .closed_reasons import read_reasons, reason_of
from .fields import Context, Fields
from .public_holidays import read_holidays
from .reading import entries, nearest, shown
from .spans import flat, read_date, read_spans, refuse_overlap


def read_schedule(ctx: Context, key: yaml.ScalarNode, node: yaml.Node) -> Schedule:
    """One schedule; what is wrong in it is left out of the value and noted."""
    fields = Fields(ctx, node, f"schedule {key.value}", key)
    timezone = timezone_of(fields, ctx.timezone)
    reasons = read_reasons(fields)
    week, dates = _read_week(fields), _read_dates(fields, reasons)
    holidays, known_until = read_holidays(fields, week, reasons)
    fields.done()
    days = {day.day: day for day in holidays} | dates
    return make_schedule(key.value, timezone, week, days.values(), reasons, known_until)


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
        spans = read_spans(ctx, value, f"{what}: {shown(key.value)}")
        for weekday in _weekdays(ctx, key, what):
            if weekday in week:
                ctx.wrong(key, f"{what}: {WEEKDAYS[weekday - 1]} is given twice", "name each day once")
            week[weekday] = spans
    laid = [(day, span, (day - 1) * DAY_MINUTES) for day, spans in week.items() for span in spans]
    refuse_overlap(ctx, fields.line("open"), what, [(flat(span, start), day) for day, span, start in laid])
    return week


def _weekdays(ctx: Context, key: yaml.ScalarNode, what: str) -> Iterable[int]:
    """`mon`, `mon-fri`, `sat,sun`, `fri-mon` (over the week's end) as ISO weekdays."""
    for part in key.value.lower().split(","):
        first, _, last = (word.strip() for word in part.partition("-"))
        last = last or first
        wrong = next((word for word in (first, last) if word not in WEEKDAYS), None)
        if wrong is not None:
            ctx.wrong(key, f"{what}: {shown(wrong)} is not a weekday", nearest(wrong, WEEKDAYS))
            continue
        start, days = WEEKDAYS.index(first), (WEEKDAYS.index(last) - WEEKDAYS.index(first)) % 7
        yield from ((start + step) % 7 + 1 for step in range(days + 1))


def _read_dates(fields: Fields, reasons: Mapping[str, Reason]) -> dict[date, OpenDay]:
    ctx, what = fields.ctx, f"{fields.what}: dates"
    dates: dict[date, OpenDay] = {}
    for key, value in entries(fields.get("dates"), what, ctx.mistakes):
        day = read_date(ctx, key, what)
        spans, reason = _read_day(ctx, key, value, f"{what}: {shown(key.value)}", reasons)
        if day is not None:
            dates[day] = OpenDay(day, tuple(spans), reason)
    for day, listed in dates.items():
        tomorrow = dates.get(date.fromordinal(min(day.toordinal() + 1, date.max.toordinal())))
        laid = [(flat(span, 0), 0) for span in listed.spans]
        laid += [(flat(span, DAY_MINUTES), 1) for span in (tomorrow.spans if tomorrow else ())]
        if any(span.last <= span.first for span in listed.spans):
            refuse_overlap(ctx, fields.line("dates"), f"{what}: {day} and the next", laid)
    return dates


def _read_day(
    ctx: Context, key: yaml.ScalarNode, node: yaml.Node, what: str, reasons: Mapping[str, Reason]
) -> tuple[list[Span], str]:
    """`closed`, times, or `{open: times, reason: name}`: without `open` closed all day."""
    if not isinstance(node, yaml.MappingNode):
        return read_spans(ctx, node, what), ""
    fields = Fields(ctx, node, what, key)
    times = fields.get("open")
    spans = read_spans(ctx, times, f"{what}: open") if times is not None else []
    reason = reason_of(fields, reasons, required=True)
    fields.done()
    return spans, reason
