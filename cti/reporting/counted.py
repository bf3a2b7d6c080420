"""What a report that adds up counters counts, its lines' titles, and the rows behind it.

It knows which facts belong to which report. It prints nothing and counts nothing itself.
"""

from __future__ import annotations

from typing import Any

from ..db.connection import Database
from ..db.counting import offers, visits
from ..db.people import People
from ..db.span import Span
from ..db.store import Store
from ..db.tally import Tally
from ..reports.build import Asked, Counted
from ..reports.catalogue import REPORTS, counters_of
from .question import Question


async def counted_for(store: Store, question: Question) -> tuple[list[Counted], dict[str, str]]:
    """Everything that this report adds up, and what its lines are called."""
    asked, facts = question.asked, question.facts_of(store)
    found: list[Counted] = list(await facts.tally(tally_of(asked, question.span), question.now))
    titles = {}
    if REPORTS[asked.name].line == "agent":
        titles = await People(store.database).names()
    return found, titles


def tally_of(asked: Asked, span: Span) -> Tally:
    """The counters that stand in this report, in its intervals."""
    kind = REPORTS[asked.name]
    return Tally(
        span=span,
        facts=kind.facts,
        key=kind.line,
        thresholds=asked.thresholds,
        counters=counters_of(asked.name),
        by=asked.by,
        zone=asked.zone,
    )


async def drilled_rows(database: Database, name: str, span: Span) -> list[dict[str, Any]]:
    """The rows behind a report's numbers."""
    if name == "agent":
        return await offers(database, span)
    rows = await visits(database, span)
    return [row for row in rows if row["outcome"] in ("abandoned", "short_abandon")] if name == "abandoned" else rows
