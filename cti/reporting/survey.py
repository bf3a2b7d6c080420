"""Rows -> the report `survey`."""

from __future__ import annotations

from ..db.people import People
from ..db.store import Store
from ..reports.document import Report
from ..reports.survey import survey_report
from .question import Maker, Question, Row


async def _make(store: Store, question: Question) -> Report:
    per = str(question.more.get("per", "queue"))
    titles = await People(store.database).names()
    return survey_report(question.asked, await question.facts_of(store).answers(question.span), per=per, titles=titles)


async def _drill(store: Store, question: Question) -> list[Row]:
    """Each question that was asked."""
    return [fact._asdict() for fact in await question.facts_of(store).answers(question.span)]


SURVEY = Maker(make=_make, drill=_drill)
