"""Rows -> the report `adherence`: agents' plans beside their presences."""

from __future__ import annotations

from ..core.metrics.adherence import Piece, pieces
from ..db.people import People
from ..db.plans import Plans
from ..db.store import Store
from ..reports.adherence import adherence_report, adherence_rows
from ..reports.document import Report
from .question import Maker, Question, Row


async def _make(store: Store, question: Question) -> Report:
    titles = await People(store.database).names()
    return adherence_report(question.asked, await _pieces(store, question), titles)


async def _drill(store: Store, question: Question) -> list[Row]:
    return adherence_rows(await _pieces(store, question))


async def _pieces(store: Store, question: Question) -> list[Piece]:
    """Until now: a shift that has not come is not missed."""
    span, until = question.span, min(question.span.until, question.now)
    plan = await Plans(store.database).between(span.since, until, span.agents)
    question.tell("reading presences", 0, 0)
    times = await question.facts_of(store).agent_times(span, question.now)
    return list(pieces(plan, times, span.since, until)) if span.since < until else []


ADHERENCE = Maker(make=_make, drill=_drill)
