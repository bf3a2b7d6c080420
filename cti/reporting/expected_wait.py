"""Rows -> the report `expected-wait`: announcements of waits beside what came of them."""

from __future__ import annotations

from ..db.store import Store
from ..reports.document import Report
from ..reports.expected_wait import expected_wait_report, expected_wait_rows
from .question import Maker, Question, Row


async def _make(store: Store, question: Question) -> Report:
    return expected_wait_report(
        question.asked, await question.facts_of(store).announced_waits(question.span), question.now
    )


async def _drill(store: Store, question: Question) -> list[Row]:
    return expected_wait_rows(await question.facts_of(store).announced_waits(question.span), question.now)


EXPECTED_WAIT = Maker(make=_make, drill=_drill)
