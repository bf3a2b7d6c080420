"""Rows -> the report `outcome`: stays in queues are counted by the database, calls from outside likewise."""

from __future__ import annotations

from ..db.counting import visits
from ..db.report_rows import calls_behind
from ..db.store import Store
from ..db.tally import Tally
from ..reports.document import Report
from ..reports.outcome import outcome_report
from .question import Maker, Question, Row


async def _make(store: Store, question: Question) -> Report:
    asked, span, facts = question.asked, question.span, question.facts_of(store)
    per = question.more.get("per", "queue")
    if per == "did":
        return outcome_report(asked, await facts.outcomes_by_number(span, asked.thresholds), per=per)
    counted = await facts.tally(Tally(span=span, key="queue", thresholds=asked.thresholds), question.now)
    return outcome_report(asked, counted, per=per)


async def _drill(store: Store, question: Question) -> list[Row]:
    if question.more.get("per") == "did":
        return await calls_behind(store.database, question.span)
    return [row for row in await visits(store.database, question.span) if row["channel"] == "live"]


OUTCOME = Maker(make=_make, drill=_drill)
