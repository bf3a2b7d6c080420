"""A question -> a report, whichever way that report comes about; and two periods of it side by side."""

from __future__ import annotations

from dataclasses import replace

from ..core.metrics.periods import Period
from ..db.store import Store
from ..reports.build import build
from ..reports.compare import Side, compared
from ..reports.document import Report
from .counted import counted_for, drilled_rows
from .makers import MAKERS
from .question import Question, Row


async def answer(store: Store, question: Question) -> Report:
    """The report. Raises UsageError, StoreError."""
    name = question.asked.name
    if name in MAKERS:
        return await MAKERS[name].make(store, question)
    question.tell("counting", 0, 0)
    counted, titles = await counted_for(store, question.asked, question.span, question.now)
    return build(question.asked, counted, titles)


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
