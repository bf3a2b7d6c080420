"""A question -> a report, whichever way that report comes about; and two periods of it side by side."""

from __future__ import annotations

from dataclasses import replace

from ..core.metrics.periods import Period
from ..core.metrics.thresholds import told_key
from ..db.quarters import instant_of, quarter_of
from ..db.rollups import kept_otherwise
from ..db.store import Store
from ..reports.build import T_TOLD, build
from ..reports.compare import Side, compared
from ..reports.document import Note, Report, shown
from .counted import counted_for, drilled_rows
from .makers import MAKERS
from .question import Question, Row


async def answer(store: Store, question: Question) -> Report:
    """The report. Raises UsageError, StoreError."""
    name = question.asked.name
    if name in MAKERS:
        report = await MAKERS[name].make(store, question)
    else:
        question.tell("counting", 0, 0)
        counted, titles = await counted_for(store, question)
        report = build(question.asked, counted, titles)
    if T_TOLD not in report.about:
        return report
    return replace(report, notes=(*report.notes, *await _kept_otherwise(store, question)))


async def _kept_otherwise(store: Store, question: Question) -> list[Note]:
    """What was let go is counted as it was rolled up; other thresholds than those of then are not to be had."""
    asked, span = question.asked, question.span
    within = range(quarter_of(span.since), quarter_of(span.until))
    async with store.database.reading() as connection:
        found = await kept_otherwise(connection, within, asked.thresholds)
    until = [instant_of(last + 1).astimezone(asked.zone) for last, _ in found]
    return [
        Note(
            says=f"up to {shown(end, 'instant')} only sums are left, which were counted with {told_key(key)}",
            says_zh=f"{shown(end, 'instant')} 之前只保留汇总，按 {told_key(key)} 统计",
        )
        for end, (_, key) in zip(until, found, strict=True)
    ]


async def answer_beside(store: Store, question: Question, against: Period) -> Report:
    """The same of another period beside it."""
    since, until = against
    other = replace(
        question,
        asked=replace(question.asked, since=since, until=until),
        span=replace(question.span, since=since, until=until),
    )
    now, then = await answer(store, question), await answer(store, other)
    return compared(Side(asked=question.asked, report=now), Side(asked=other.asked, report=then))


async def drilled(store: Store, question: Question) -> list[Row]:
    """The rows behind a report's numbers."""
    name = question.asked.name
    if name in MAKERS:
        return await MAKERS[name].drill(store, question)
    return await drilled_rows(store.database, name, question.span)
