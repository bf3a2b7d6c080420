"""Holds the numbers of a report against where they come from: sums by quarter of an hour, rows, and journals.

The document is made three times: as always (from sums where there are some), from the rows alone, and from the
conversations that Python folds once more from the stored lines; and what it counts is held against how many rows stand
behind it. Every cell in which they part is told, and then why: a sum that is not its rows', what SQL and Python count
otherwise over the same rows, a row that is not what the journals say. All of it is read in one view: calls that come in
meanwhile are no difference. Whether the stored lines are those of the files, `cti journal verify` says; sound
files, people and plans are no fold of journals.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

from ..db.connection import Database
from ..db.rollups import sums_alone
from ..db.row_check import RowDifference, row_differences
from ..db.store import Store
from ..reports.catalogue import REPORTS
from .answer import answer
from .behind import unlike_rows
from .cells import numbers_in, unlike
from .differing import Difference
from .facts import Rows
from .journals import Journals
from .question import Question
from .sum_check import differing_sums


class Check:
    """One report to be checked. `numbers` and `ways` are known when `differences` is through; and `since`, which is
    later than was asked where older history was let go: of that only sums are left, and nothing to hold them to."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self.numbers = 0
        self.ways: tuple[str, ...] = ()
        self.since = question.span.since

    async def differences(self, store: Store) -> AsyncIterator[Difference]:
        """Each as it is found. Raises UsageError, StoreError."""
        async with store.database.still() as view:
            still, question = Store(view), await self._known(view)
            if self.since >= question.span.until:
                return
            rows, journals = Rows(view), Journals(view, question.tell)
            report = await answer(still, replace(question, facts=rows))
            made = {"rollups": report} if rows.tallies else {}
            made["rows"] = await answer(still, replace(question, facts=Rows(view, rolled=False)))
            made["journals"] = await answer(still, replace(question, facts=journals))
            self.numbers, self.ways = numbers_in(report), tuple(made)
            for place, values in unlike(list(made.values())):
                yield Difference(place=f"report, {place}", told=dict(zip(made, values, strict=True)))
            async for place, number, count in unlike_rows(report, still, question):
                yield Difference(place=f"report, {place}", told={"the report": number, "the rows behind it": count})
            for wanted in rows.tallies:
                zone = question.asked.zone
                async for difference in differing_sums(view, wanted, zone, question.now, question.tell):
                    yield difference
            span, facts = journals.reach(question.span), REPORTS[question.asked.name].facts
            async for row in row_differences(view, journals.retelling, span, facts):
                yield _of_row(row)

    async def _known(self, view: Database) -> Question:
        """The question, of the time of which more than sums is left."""
        asked = self._question
        async with view.reading() as connection:
            alone = await sums_alone(connection, asked.span.since, asked.span.until)
        if alone is None:
            return asked
        self.since = alone
        return replace(asked, asked=replace(asked.asked, since=alone), span=replace(asked.span, since=alone))


def _of_row(row: RowDifference) -> Difference:
    if not row.column:
        missing = row.found == "missing"
        told = {"rows": "missing" if missing else "there", "journals": "there" if missing else "missing"}
        return Difference(place=f"{row.table} {row.row}", told=told)
    return Difference(place=f"{row.table} {row.row}: {row.column}", told={"rows": row.found, "journals": row.expected})
