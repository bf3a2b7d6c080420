"""Rows -> the report `missed`: all rings are counted by the database, the missed ones are read one by one."""

from __future__ import annotations

from ..db.people import People
from ..db.report_rows import missed_rings
from ..db.store import Store
from ..db.tally import Tally
from ..reports.document import Report
from ..reports.missed import Missed, missed_report
from .question import Maker, Question, Row


async def _make(store: Store, question: Question) -> Report:
    wanted = Tally(span=question.span, facts=("offers",), key="agent", thresholds=question.asked.thresholds)
    facts = question.facts_of(store)
    counted = await facts.tally(wanted, question.now)
    rings = [
        Missed(row["call"], row["agent"], row["offered"], row["outcome"], row["ring_ms"], row["served"])
        for row in await facts.missed_rings(question.span)
    ]
    titles = await People(store.database).names()
    return missed_report(question.asked, counted, rings, per=question.more.get("per", "agent"), titles=titles)


async def _drill(store: Store, question: Question) -> list[Row]:
    return await missed_rings(store.database, question.span)


MISSED = Maker(make=_make, drill=_drill)
