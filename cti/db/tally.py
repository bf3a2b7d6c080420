"""How many: counts of facts by interval and by whom, exact and fast.

It knows where each stretch of a period is counted from: quarters of an hour that are rolled up for these thresholds
from their sums, and the rest (the running quarter, what was just imported, the ragged ends of a period, another T or S
than the site's) from the rows. Both give the same numbers to the last digit, so nobody need ask which it was; `rolled`
can be switched off to hold one against the other. One consistent view of the database is read.

Why not sums that serve every T: a histogram of waits exact to the millisecond is as many rows as there are calls, and
one by whole seconds still has a row for nearly each call, as a queue has a dozen in a quarter. The site's own T and S
are what is asked day after day; others are counted from the rows, which takes longer and is as right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo

from sqlalchemy.ext.asyncio import AsyncConnection

from ..core.metrics.counters import COUNTERS
from ..core.metrics.intervals import By, even
from ..core.metrics.thresholds import Thresholds
from .connection import Database
from .counting import SOURCES, Source, from_rows, from_sums, summed_by
from .quarters import Grid, instant_of, quarter_after, quarter_of
from .rollups import rolled_runs
from .span import Span

MOST_RUNS = 64  # a period with more holes than that is read from its rows at once
Counted = tuple[datetime, tuple[str, ...], dict[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What is to be counted. `key`: a column (queue, agent) or "" for all together; `counters` None = every one."""

    span: Span
    facts: Sequence[str] = ("visits",)
    key: str = ""
    thresholds: Thresholds = field(default_factory=Thresholds)
    counters: frozenset[str] | None = None
    by: By | None = By.QUARTER
    zone: tzinfo = UTC
    rolled: bool = True

    @property
    def from_rows(self) -> Tally:
        """The same, and no sum is read for it."""
        return replace(self, rolled=False)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of the period that is counted in one way on one clock."""

    span: Span
    grid: Grid
    quarters: range | None  # None = from the rows


async def tally(database: Database, wanted: Tally, now: datetime) -> list[Counted]:
    """(an instant in the interval, (line,), counts). Weeks and months come as days. Time after `now` is not counted."""
    found: list[Counted] = []
    async with database.reading() as connection:
        for name in wanted.facts:
            source = SOURCES[name]
            names = [n for n in source.names if wanted.counters is None or n in wanted.counters]
            summed = [n for n in names if all(hasattr(table, n) for table in source.sums.values())]
            for some in (summed, [n for n in names if n not in summed]):  # a new counter has no sums yet
                if some:
                    found += await _counted(database, connection, wanted, source, some, now)
    return found


async def _counted(
    database: Database, connection: AsyncConnection, wanted: Tally, source: Source, names: list[str], now: datetime
) -> list[Counted]:
    span = wanted.span
    if source.rows is None:
        span = replace(span, until=min(span.until, now))
    key = wanted.key if source.rows is not None or wanted.key == "agent" else ""
    found: list[Counted] = []
    for piece in _pieces(wanted, span, await _runs(connection, wanted, source, key, names, span)):
        if piece.quarters is None:
            statement = from_rows(database, source, piece.span, key, names, wanted.thresholds, piece.grid)
        else:
            statement = from_sums(source, piece.span, key, names, piece.grid, piece.quarters)
        for number, line, *counts in await connection.execute(statement):
            values = dict(zip(names, counts, strict=True))
            found.append((piece.grid.start(number, piece.span.since), (line,) if wanted.key else (), values))
    return found


async def _runs(
    connection: AsyncConnection, wanted: Tally, source: Source, key: str, names: list[str], span: Span
) -> list[range]:
    """The quarters, run by run, whose sums may be used; none where only the rows know."""
    by = summed_by(source, span, key)
    if not wanted.rolled or by is None or not all(hasattr(source.sums[by], name) for name in names):
        return []
    whole = range(quarter_after(span.since), quarter_of(span.until))
    depends = any(COUNTERS[name].by_threshold for name in names)
    runs = await rolled_runs(connection, whole, wanted.thresholds if depends else None)
    return runs if len(runs) <= MOST_RUNS else []


def _pieces(wanted: Tally, span: Span, runs: Sequence[range]) -> Iterator[_Piece]:
    """The period in stretches: each rolled up or not, and none over a change of the clock."""
    at = span.since
    for run in runs:
        yield from _even(wanted, replace(span, since=at, until=instant_of(run.start)), rolled=False)
        at = instant_of(run.stop)
        yield from _even(wanted, replace(span, since=instant_of(run.start), until=at), rolled=True)
    yield from _even(wanted, replace(span, since=at), rolled=False)


def _even(wanted: Tally, span: Span, *, rolled: bool) -> Iterator[_Piece]:
    zone = wanted.zone if wanted.by not in (None, By.QUARTER) else UTC
    for since, until, offset in even(span.since, span.until, zone):
        quarters = range(quarter_of(since), quarter_of(until)) if rolled else None
        yield _Piece(replace(span, since=since, until=until), Grid.of(wanted.by, offset), quarters)
