"""The options of `cti report`: which period, which queues and agents, and what only one report asks.

It turns words into a question; it prints nothing and reads no row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from ..config import load_config
from ..core.metrics.intervals import By, start_of
from ..core.metrics.periods import Against, Period, earlier
from ..core.metrics.report_names import PER
from ..core.metrics.thresholds import Thresholds
from ..db.counting import Span
from ..errors import SiteError, UsageError
from ..reporting.question import Question
from ..reports.build import Asked
from ..site.in_time import thresholds_of
from ..site.load import load_site
from ..site.model import Site
from .rows import instant, timezone, zone

OLDEST, NEWEST = 1980, 2200  # before telephone exchanges kept records, and after we do
MOST_SECONDS = 86_400
Option = Callable[[Any], Any]
FORMATS = ("table", "csv", "json", "html", "xlsx", "parquet")
_AGO = re.compile(r"([1-9][0-9]{0,3})([hdw])")
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}
COMMON: tuple[Option, ...] = (
    click.option(
        "--from", "since", default="", help="Begin: 2026-11-22, '2026-11-22 08:00', or 7d ago. Default: today."
    ),
    click.option("--to", "until", default="", help="End (not included). Default: now."),
    click.option("--queue", "queues", multiple=True, help="Only this queue; may be given several times."),
    click.option("--agent", "agents", multiple=True, help="Only this agent; may be given several times."),
    click.option("--within", type=float, help="T of every queue, seconds; default: its own or the site's, else 20."),
    click.option("--short", type=float, help="S of every queue: a short abandon; default as T's, else 5."),
    click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True),
    click.option("--json", "form", flag_value="json", help="The same as --format json."),
    click.option(
        "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write into this file, not to the terminal."
    ),
    timezone,
)
DRILL = click.option("--drill", is_flag=True, help="The rows behind the numbers instead.")
CHECK = click.option(
    "--check", is_flag=True, help="Count again from rows and from journals; list what differs (exit code 1)."
)
_INTERVALS = [by.value for by in By]
_BY = click.option("--by", type=click.Choice(_INTERVALS[1:]), default=None, help="A line for each interval.")
_BY_EVEN = click.option(
    "--by",
    type=click.Choice(_INTERVALS[1:3]),
    default=By.HOUR.value,
    show_default=True,
    help="A line for each interval.",
)
_BY_MOMENT = click.option(
    "--by", type=click.Choice(_INTERVALS), default=By.QUARTER.value, show_default=True, help="How long an interval is."
)


def _per(name: str) -> Option:
    """`--per`: the first choice unless asked otherwise."""
    choices = PER[name]
    says = "What a line is about."
    return click.option("--per", type=click.Choice(choices), default=choices[0], show_default=True, help=says)


MORE: Mapping[str, tuple[Option, ...]] = {
    "outcome": (_per("outcome"),),
    "funnel": (_per("funnel"),),
    "waits": (_per("waits"),),
    "transfers": (_per("transfers"),),
    "missed": (_per("missed"),),
    "pauses": (_per("pauses"),),
    "repeat": (
        click.option(
            "--window", default="7d", show_default=True, help="N: so long after a call another one repeats it."
        ),
        click.option("--same-queue", is_flag=True, help="Only a call to the same queue repeats one."),
        _per("repeat"),
    ),
    "recordings": (_per("recordings"),),
    "staffing": (
        click.option(
            "--target",
            type=click.FloatRange(1, 99.9),
            default=80.0,
            show_default=True,
            help="Percent to be answered within T.",
        ),
        click.option("--simulate", is_flag=True, help="Also replay the callers through the ACD (needs site.yaml)."),
        click.option("--seeds", type=click.IntRange(1, 20), default=3, show_default=True, help="So often by chance."),
    ),
    "survey": (_per("survey"),),
}


def options_of(name: str, *, rows: bool = True) -> tuple[Option, ...]:
    """All options of a report; `rows`: those that look behind the numbers, too."""
    by = {"wallboard": _BY_MOMENT, "staffing": _BY_EVEN}.get(name, _BY)
    behind = (DRILL, CHECK) if rows else ()
    return (*COMMON[:2], by, *COMMON[2:], *MORE.get(name, ()), *behind)


def question_of(home: Path, name: str, *, timezone: str, **options: Any) -> Question:
    """What the options ask. Raises UsageError."""
    common = {key: options.pop(key) for key in ("since", "until", "by", "queues", "agents", "within", "short")}
    site = _site(home)
    usual = thresholds_of(site) if site else Thresholds()
    asked, span = asked_of(name, zone(home, timezone), usual, **common)
    return Question(asked=asked, span=span, now=datetime.now(UTC), more=more_of(options), site=site)


def _site(home: Path) -> Site | None:
    """None when it is wrong: what happened can be counted all the same."""
    try:
        return load_site(load_config(home).site_file)
    except SiteError:
        return None


def against_of(text: str, asked: Asked) -> Period:
    """`previous`, `last-week`, `last-year` or `2026-11-01..2026-11-08`. Raises UsageError."""
    if text in set(Against):
        period = earlier(asked.since, asked.until, Against(text), asked.zone)
        _lies_in_our_time(*period)
        return period
    first, dots, last = text.partition("..")
    if not dots or not first or not last:
        raise UsageError(f"--against {text!r}: write {', '.join(Against)}, or 2026-11-01..2026-11-08")
    since, until = instant(first, asked.zone), instant(last, asked.zone)
    if since is None or until is None or until <= since:
        raise UsageError("--against: the period is empty")
    _lies_in_our_time(since, until)
    return since, until


def asked_of(
    name: str,
    where: ZoneInfo,
    usual: Thresholds,
    *,
    since: str,
    until: str,
    by: str | None,
    queues: tuple[str, ...],
    agents: tuple[str, ...],
    within: float | None,
    short: float | None,
) -> tuple[Asked, Span]:
    """The period and filters as a question. `within` and `short` are for every queue; None: as `usual`, each its own.
    Raises UsageError."""
    now = datetime.now(UTC)
    first = begin(since, now, where) or start_of(now, By.DAY, where)
    last = instant(until, where) or now
    _lies_in_our_time(first, last)
    if last <= first:
        raise UsageError("the period is empty: --to must be after --from")
    if not all(one is None or 0 <= one <= MOST_SECONDS for one in (within, short)):  # nan is in no range
        raise UsageError(f"--within and --short are seconds, 0 or more (at most {MOST_SECONDS:,})")
    thresholds = usual.instead(*(None if one is None else round(one * 1000) for one in (within, short)))
    filters = {key: ", ".join(values) for key, values in (("queue", queues), ("agent", agents)) if values}
    interval = By(by) if by else (By.DAY if name == "interval" else None)
    asked = Asked(name=name, since=first, until=last, zone=where, thresholds=thresholds, by=interval, filters=filters)
    return asked, Span(since=first, until=last, queues=queues, agents=agents)


def _lies_in_our_time(first: datetime, last: datetime) -> None:
    """Sums of instants and windows must not run out of the calendar."""
    if first.year < OLDEST or last.year > NEWEST:
        raise UsageError(f"a period lies between the years {OLDEST} and {NEWEST}")


def begin(text: str, now: datetime, where: ZoneInfo) -> datetime | None:
    """`7d`, `24h` or `2w` ago, else an instant."""
    ago = _AGO.fullmatch(text)
    return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])}) if ago else instant(text, where)


def more_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """A report's own options as its maker takes them. Raises UsageError."""
    more = dict(options)
    if "window" in more:
        more["window"] = _length(more["window"], "--window")
    if "target" in more:
        more["target"] /= 100
    return more


def _length(text: str, option: str) -> timedelta:
    found = _AGO.fullmatch(text)
    if not found:
        raise UsageError(f"{option} {text!r} is no length; write 7d, 24h or 2w")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
