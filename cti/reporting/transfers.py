"""Rows -> the report `transfers`: the conversations in which a caller was passed on, with all their segments."""

from __future__ import annotations

from collections.abc import AsyncIterator

from ..core.metrics.passings import Passing
from ..db.people import People
from ..db.store import Store
from ..reports.document import Report
from ..reports.transfers import TransfersReport, transfer_row
from .question import Maker, Question, Row


async def _make(store: Store, question: Question) -> Report:
    report = TransfersReport(question.asked, per=question.more.get("per", "pair"))
    async for _, one in _read(store, question):
        report.add(one)
    return report.made(await People(store.database).names())


async def _drill(store: Store, question: Question) -> list[Row]:
    found = [transfer_row(call, one) async for call, one in _read(store, question)]
    return sorted(found, key=lambda row: (row["at"], row["call"]))


async def _read(store: Store, question: Question) -> AsyncIterator[tuple[str, Passing]]:
    """Those in the period, of the queues they came from and the agents who passed them on."""
    span = question.span
    async for call, one in question.facts_of(store).passed_on(span):
        if span.since <= one.at < span.until and span.wants(one.queue, one.agent):
            yield call, one


TRANSFERS = Maker(make=_make, drill=_drill)
