"""Times and dates as admins write them: `08:00-18:00`, `"2026-10-01"`.

It knows their spelling and every way to get it wrong (no 30 February, no empty or overlapping spans, also over midnight
and round the week's end); what they belong to is `times.py`.
"""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise

import yaml

from ..core.schedule import DAY_MINUTES, Span
from .fields import Context, items, scalar
from .reading import shown

_SPAN = re.compile(r"([0-9]{1,2}):([0-9]{2})\s*-\s*([0-9]{1,2}):([0-9]{2})")
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_WEEK = 7 * DAY_MINUTES


def read_date(ctx: Context, node: yaml.ScalarNode, what: str) -> date | None:
    """A day of the years 2000 to 2999; None after a mistake."""
    match = _DATE.fullmatch(node.value)
    try:
        if match and 2000 <= int(match[1]) <= 2999:
            return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        ctx.wrong(node, f"{what}: there is no day {shown(node.value)}", "that month is shorter")
        return None
    ctx.wrong(node, f"{what}: {shown(node.value)} is not a date", 'write "2026-10-01", years 2000 to 2999')
    return None


def read_spans(ctx: Context, node: yaml.Node, what: str) -> list[Span]:
    """A list of spans, one span, or `closed`."""
    if isinstance(node, yaml.ScalarNode) and node.value == "closed":
        return []
    nodes = list(items(ctx, node, what))
    if not nodes and not isinstance(node, yaml.MappingNode):
        ctx.wrong(node, f"{what} is empty", 'closed, or ["08:00-18:00"]')
    spans = [span for item in nodes if (span := _read_span(ctx, item, what))]
    refuse_overlap(ctx, node, what, [(flat(span, 0), 0) for span in spans])
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


def flat(span: Span, start: int) -> tuple[int, int]:
    """Minutes from some origin; over midnight the end lies on the next day."""
    return start + span.first, start + span.last + (DAY_MINUTES if span.last <= span.first else 0)


def refuse_overlap(ctx: Context, where: yaml.Node | int, what: str, laid: list[tuple[tuple[int, int], int]]) -> None:
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
