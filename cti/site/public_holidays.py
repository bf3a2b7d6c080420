"""`holidays:` of a schedule: public holidays by country, and the working days that make up for them.

It knows two libraries and how far each can see: `chinesecalendar` holds what the State Council has announced (make-up
working days included, no year before it is announced), `holidays` calculates the rest of the world. It refuses to
guess: a day beyond the data is an ordinary weekday, and that is warned of in time. Routing never asks a library: the
days are worked out when the site is read, from last New Year's Eve to the end of the fourth year to come, so that what
is rendered of them changes once a year.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

import yaml

from ..core.schedule import WEEKDAYS, OpenDay, Reason, Span
from .closed_reasons import reason_of
from .fields import Fields, items, scalar
from .reading import nearest, shown
from .spans import read_date, read_spans

YEARS_AHEAD = 4
WARN_DAYS = 60
_COUNTRY = re.compile(r"[A-Z]{2}")
_SUBDIVISION = re.compile(r"\w[\w -]{0,39}")
_UNFIT = re.compile(r"[^\w '().,/-]")  # the names become comments of the dialplan


class Known(NamedTuple):
    """What a library knows: days off and days worked for them, by name, and the last day it has anything about."""

    off: Mapping[date, str]
    worked: Mapping[date, str]
    until: date


def read_holidays(
    schedule: Fields, week: Mapping[int, list[Span]], reasons: Mapping[str, Reason]
) -> tuple[list[OpenDay], date | None]:
    """The days that differ from the week, and the last one that is known; nothing and None without the option."""
    node = schedule.get("holidays")
    if node is None:
        return [], None
    ctx = schedule.ctx
    fields = Fields(ctx, node, f"{schedule.what}: holidays", schedule.line("holidays"))
    country = fields.matching("country", _COUNTRY, "two capital letters, such as CN", required=not ctx.country)
    subdivision = fields.matching("subdivision", _SUBDIVISION, "a state's or province's code, such as BY")
    reason, hours = reason_of(fields, reasons), _work_days(fields, week)
    known = _known(fields, country or ctx.country, subdivision, ctx.today)
    excepted = _excepted(fields, known)
    fields.done()
    if known.worked and "work_days" not in fields.values:
        first = min(known.worked)
        hint = 'work_days: mon (the hours of a Monday), or work_days: ["08:00-18:00"]'
        ctx.wrong(fields.at, f"{fields.what}: {first} is a working day that makes up for a holiday; which hours?", hint)
    _warn(fields, country or ctx.country, known.until)
    off = [OpenDay(day, (), reason, name) for day, name in known.off.items() if day not in excepted]
    worked = [OpenDay(day, tuple(hours), "", f"made up for {name}") for day, name in known.worked.items()]
    return off + [day for day in worked if day.day not in excepted], known.until


def _work_days(fields: Fields, week: Mapping[int, list[Span]]) -> list[Span]:
    """Times, or the name of the weekday whose hours they are."""
    node = fields.get("work_days")
    if node is None:
        return []
    what = f"{fields.what}: work_days"
    if not isinstance(node, yaml.ScalarNode) or node.value not in WEEKDAYS:
        return read_spans(fields.ctx, node, what)
    spans = week.get(WEEKDAYS.index(node.value) + 1, [])
    if not spans:
        fields.ctx.wrong(node, f"{what}: {node.value} has no hours", "a day of `open`, or times")
    return spans


def _excepted(fields: Fields, known: Known) -> set[date]:
    """Days of the data on which the week counts all the same."""
    ctx, what, found = fields.ctx, f"{fields.what}: except", set()
    for item in items(ctx, fields.get("except"), what):
        if scalar(ctx, item, what) and isinstance(item, yaml.ScalarNode):
            day = read_date(ctx, item, what)
            if day and _first(ctx.today) <= day <= known.until and day not in {*known.off, *known.worked}:
                ctx.wrong(item, f"{what}: {day} is no public holiday", "take it out")
            found.add(day)
    return {day for day in found if day is not None}


def _first(today: date) -> date:
    return date(today.year - 1, 12, 31)  # a night that begins on it ends in the new year


def _known(fields: Fields, country: str, subdivision: str, today: date) -> Known:
    """What is known from last New Year's Eve on; nothing after a mistake."""
    nothing = Known({}, {}, date.max)
    if not country:
        return nothing
    if country == "CN":
        if subdivision:
            fields.ctx.wrong(fields.line("subdivision"), f"{fields.what}: CN has no subdivisions", "leave it out")
        known = _chinese()
    else:
        known = _calculated(fields, country, subdivision, today) or nothing
    last = min(known.until, date(today.year + YEARS_AHEAD, 12, 31))
    off, worked = (
        {day: _UNFIT.sub("", name).strip() for day, name in sorted(days.items()) if _first(today) <= day <= last}
        for days in (known.off, known.worked)
    )
    return Known(off, worked, last)


def _chinese() -> Known:
    """chinesecalendar: whole years, the last of which ends its data (asked about a later day it raises)."""
    data = importlib.import_module("chinese_calendar.constants")
    return Known(data.holidays, data.workdays, date(max(day.year for day in data.holidays), 12, 31))


def _calculated(fields: Fields, country: str, subdivision: str, today: date) -> Known | None:
    """holidays: None after a mistake. In English where it can: its default depends on the environment's language."""
    library = importlib.import_module("holidays")  # a tenth of a second, so only for who needs it
    countries = library.list_supported_countries(include_aliases=False)
    if country not in countries:
        where = fields.values["country"][1] if "country" in fields.values else fields.at
        fields.ctx.wrong(
            where, f"{fields.what}: nothing is known of country {shown(country)}", nearest(country, countries)
        )
        return None
    if subdivision and subdivision not in countries[country]:
        where = fields.values["subdivision"][1]
        hint = nearest(subdivision, countries[country])
        fields.ctx.wrong(where, f"{fields.what}: {country} has no subdivision {shown(subdivision)}", hint)
        return None
    kind = getattr(library, country)
    english = "en_US" if "en_US" in getattr(kind, "supported_languages", ()) else kind.default_language
    years = range(today.year - 1, today.year + YEARS_AHEAD + 1)
    found = kind(subdiv=subdivision or None, years=years, language=english)
    worked = dict.fromkeys(found.weekend_workdays, "a holiday")
    return Known(dict(found.items()), worked, date(min(found.end_year, 9000), 12, 31))


def _warn(fields: Fields, country: str, until: date) -> None:
    left = (until - fields.ctx.today).days
    if left >= WARN_DAYS:
        return
    library = "chinesecalendar" if country == "CN" else "holidays"
    known = f"public holidays of {country} are known until {until}"
    hint = f"pip install --upgrade {library}, or write them under dates"
    fields.ctx.warn(fields.at, f"{fields.what}: {known}; after that the week alone counts", hint)
