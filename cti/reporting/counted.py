"""What a report that adds up counters counts, its lines' titles, and the rows behind it.

It knows which facts belong to which report. It prints nothing and counts nothing itself.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from ..core.metrics.intervals import By
from ..db.connection import Database
from ..db.counting import offers, visits
from ..db.people import People
from ..db.span import Span
from ..db.store import Store
from ..db.tally import Tally, tally
from ..reports.build import Asked, Counted
from ..reports.catalogue import REPORTS, counters_of


async def counted_for(store: Store, asked: Asked, span: Span, now: datetime) -> tuple[list[Counted], dict[str, str]]:
    """Everything that this report adds up, and what its lines are called."""
    found: list[Counted] = list(await tally(store.database, tally_of(asked, span), now))
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


def whole_tally(asked: Asked, span: Span) -> Tally:
    """The same facts by quarters of an hour with every counter that there is: what a check compares."""
    return replace(tally_of(asked, span), counters=None, by=By.QUARTER)


async def drilled_rows(database: Database, name: str, span: Span) -> list[dict[str, Any]]:
    """The rows behind a report's numbers."""
    if name == "agent":
        return await offers(database, span)
    rows = await visits(database, span)
    return [row for row in rows if row["outcome"] in ("abandoned", "short_abandon")] if name == "abandoned" else rows
