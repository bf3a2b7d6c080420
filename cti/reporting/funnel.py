"""Rows -> the report `funnel`: the calls from outside with their segments, one journey each."""

from __future__ import annotations

from ..core.metrics.journeys import journey
from ..db.report_rows import calls_behind
from ..db.store import Store
from ..reports.document import Report
from ..reports.funnel import FunnelReport, Travelled
from .question import Maker, Question, Row


async def _make(store: Store, question: Question) -> Report:
    report = FunnelReport(question.asked, per=question.more.get("per", "path"))
    async for call in question.facts_of(store).travelled(question.span):
        report.add(Travelled(call.started, call.outcome, journey(call.did, call.outcome, call.stops)))
    return report.made()


async def _drill(store: Store, question: Question) -> list[Row]:
    return await calls_behind(store.database, question.span)


FUNNEL = Maker(make=_make, drill=_drill)
