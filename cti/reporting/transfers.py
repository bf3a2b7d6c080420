"""Rows -> the report `transfers`: the conversations in which a caller was passed on, with all their segments."""

from __future__ import annotations

from ..core.metrics.passings import Passing
from ..db.people import People
from ..db.store import Store
from ..reports.document import Report
from ..reports.transfers import transfer_row, transfers_report
from .question import Maker, Question, Row


async def _make(store: Store, question: Question) -> Report:
    told = [one for _, one in await _read(store, question)]
    titles = await People(store.database).names()
    return transfers_report(question.asked, told, per=question.more.get("per", "pair"), titles=titles)


async def _drill(store: Store, question: Question) -> list[Row]:
    return [transfer_row(call, one) for call, one in await _read(store, question)]


async def _read(store: Store, question: Question) -> list[tuple[str, Passing]]:
    """Those in the period, of the queues they came from and the agents who passed them on."""
    span = question.span
    return [
        (call, one)
        for call, one in await question.facts_of(store).passed_on(span)
        if span.since <= one.at < span.until and span.wants(one.queue, one.agent)
    ]


TRANSFERS = Maker(make=_make, drill=_drill)
