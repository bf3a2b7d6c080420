"""Rows -> the report `heatmap`: stays in queues, counted by the quarter of an hour."""

from __future__ import annotations

from ..db.counting import visits
from ..db.store import Store
from ..db.tally import Tally
from ..reports.document import Report
from ..reports.heatmap import heatmap_report
from .question import Maker, Question, Row


async def _make(store: Store, question: Question) -> Report:
    wanted = Tally(span=question.span, thresholds=question.asked.thresholds)
    counted = await question.facts_of(store).tally(wanted, question.now)
    return heatmap_report(question.asked, counted, known_until=question.now)


async def _drill(store: Store, question: Question) -> list[Row]:
    return await visits(store.database, question.span)


HEATMAP = Maker(make=_make, drill=_drill)
