"""A scheduled report of the site -> the question it asks of a period, and the files that it is made into.

It knows what the options of site.yaml mean for a report; when it is due and who gets it is the courier's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from ..core.metrics.intervals import By
from ..core.metrics.periods import Against, Period, earlier
from ..db.counting import Span
from ..db.store import Store
from ..reports.build import Asked
from ..reports.document import Report
from ..site.in_time import thresholds_of
from ..site.model import Site
from ..site.report_values import ScheduledReport
from .answer import answer, answer_beside
from .question import Question
from .written import WRITTEN

_USUAL_BY = {"interval": By.DAY, "wallboard": By.QUARTER, "staffing": By.HOUR}  # these always have intervals


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One report of one period, with its files as (name, bytes)."""

    wanted: ScheduledReport
    period: Period
    report: Report
    files: tuple[tuple[str, bytes], ...]


def question_of(wanted: ScheduledReport, site: Site, period: Period, now: datetime) -> Question:
    """What a scheduled report asks of this period."""
    since, until = period
    by = By(wanted.by) if wanted.by else _USUAL_BY.get(wanted.report)
    filters = {key: ", ".join(v) for key, v in (("queue", wanted.queues), ("agent", wanted.agents)) if v}
    asked = Asked(
        name=wanted.report,
        since=since,
        until=until,
        zone=ZoneInfo(site.site.timezone),
        thresholds=thresholds_of(site),
        by=by,
        filters=filters,
    )
    more = {
        **({"per": wanted.per} if wanted.per else {}),
        "window": timedelta(days=wanted.window_days),
        "target": wanted.target_percent / 100,
    }
    span = Span(since=since, until=until, queues=wanted.queues, agents=wanted.agents)
    return Question(asked=asked, span=span, now=now, more=more, site=site)


async def make(store: Store, wanted: ScheduledReport, site: Site, period: Period, now: datetime) -> Made:
    """The report and its files. Raises UsageError, StoreError."""
    question = question_of(wanted, site, period, now)
    if wanted.against:
        zone = ZoneInfo(site.site.timezone)
        report = await answer_beside(store, question, earlier(*period, Against(wanted.against), zone))
    else:
        report = await answer(store, question)
    day = period[0].astimezone(ZoneInfo(site.site.timezone))
    files = []
    for form in wanted.formats:
        data = WRITTEN[form](report)
        files.append((f"{wanted.name}-{day:%Y-%m-%d}.{form}", data.encode() if isinstance(data, str) else data))
    return Made(wanted=wanted, period=period, report=report, files=tuple(files))


def making(database_url: str) -> Callable[[ScheduledReport, Site, Period, datetime], Made]:
    """`make` for a thread: with a connection and a loop of its own, so that a long report holds up nobody's."""

    def go(wanted: ScheduledReport, site: Site, period: Period, now: datetime) -> Made:
        async def opened() -> Made:
            async with Store(database_url) as store:
                return await make(store, wanted, site, period, now)

        return asyncio.run(opened())

    return go


def put_into(folder: Path, made: Made) -> list[Path]:
    """Write the files; each appears whole or not at all, and again = the same. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, data in made.files:
        half, whole = folder / f".{name}.new", folder / name
        half.write_bytes(data)
        half.replace(whole)
        written.append(whole)
    return written
