"""Rows -> the report `heatmap`: stays in queues, counted by the quarter of an hour."""

from __future__ import annotations

from ..db.counting import visit_counts, visits
from ..db.store import Store
from ..reports.document import Report
from ..reports.heatmap import heatmap_report
from .question import Maker, Question, Row


async def _make(store: Store, question: Question) -> Report:
    counted = await visit_counts(store.database, question.span, [], question.asked.thresholds)
    return heatmap_report(question.asked, counted, known_until=question.now)


async def _drill(store: Store, question: Question) -> list[Row]:
    return await visits(store.database, question.span)


HEATMAP = Maker(make=_make, drill=_drill)
