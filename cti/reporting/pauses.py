"""Rows -> the report `pauses`: presences are read from the last before the period on."""

from __future__ import annotations

from ..core.metrics.pauses import Pause
from ..db.people import People
from ..db.store import Store
from ..errors import UsageError
from ..reports.document import Report
from ..reports.pauses import pause_rows, pauses_report
from .question import Maker, Question, Row


async def _make(store: Store, question: Question) -> Report:
    titles = await People(store.database).names()
    return pauses_report(
        question.asked,
        await _read(store, question),
        per=question.more.get("per", "both"),
        titles=titles,
        known_until=question.now,
    )


async def _drill(store: Store, question: Question) -> list[Row]:
    return pause_rows(await _read(store, question))


async def _read(store: Store, question: Question) -> list[Pause]:
    if question.span.queues:
        raise UsageError("a pause belongs to no queue: leave out --queue, or ask for agents with --agent")
    return await question.facts_of(store).pauses(question.span, question.now)


PAUSES = Maker(make=_make, drill=_drill)
