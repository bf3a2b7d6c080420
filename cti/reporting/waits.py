"""Rows -> the report `waits`: every wait, those of the same length and end counted together."""

from __future__ import annotations

from ..db.counting import visits
from ..db.store import Store
from ..reports.document import Report
from ..reports.waits import Wait, waits_report
from .question import Maker, Question, Row


async def _make(store: Store, question: Question) -> Report:
    by_quarter = question.asked.by is not None
    found = await question.facts_of(store).waits(question.span, by_quarter=by_quarter)
    return waits_report(question.asked, (Wait(*one) for one in found), per=question.more.get("per", "queue"))


async def _drill(store: Store, question: Question) -> list[Row]:
    """The longest first: they are who a report of waits is opened for."""
    rows = [row for row in await visits(store.database, question.span) if row["channel"] == "live"]
    return sorted(rows, key=lambda row: -row["wait_ms"])


WAITS = Maker(make=_make, drill=_drill)
