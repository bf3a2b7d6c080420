"""Makes the sums of quarters of an hour that have none, from the rows; again and again it gives the same.

It knows which quarters are due: those that are over, from the first fact on. It works through them in pieces, each in a
transaction of its own that waits for every import: killed at any instant, a piece is there or not. A silence of months
is left out: it costs nothing to read.

A quarter remembers for which T and S its sums were made, those of queues that have their own among them. Where the site
has others now, the quarter is due again, unless nobody waited in a queue whose T or S was changed: then its sums are
right as they are. What is older than every row (`forgetting`) keeps the sums that it has.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Insert, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ..core.metrics.thresholds import Thresholds
from .connection import Database
from .counting import SOURCES, from_rows
from .quarters import Grid, instant_of, quarter_of
from .rollup_tables import SUMS, AllVisits, QueueVisits, RolledQuarterRow
from .rollups import FIRSTS, rolled_runs, touch_all
from .span import Span

PIECE = 96  # quarters: a day's rows are counted in a fraction of a second, for which imports wait
SILENCE = 30 * 96
_Told = Callable[[int, int], None]


async def roll_up(database: Database, thresholds: Thresholds, now: datetime, told: _Told | None = None) -> int:
    """Make what is due; returns how many quarters. `told` hears of each piece: (quarters done, quarters due)."""
    await _keep_unconcerned(database, thresholds)
    async with database.reading() as connection:
        due = await _due(connection, thresholds, quarter_of(now))
    done, whole = 0, sum(map(len, due))
    for gap in due:
        async for piece in _pieces(database, gap):
            await _roll(database, thresholds, piece)
            done += len(piece)
            if told is not None:
                told(done, whole)
    return done


async def _keep_unconcerned(database: Database, thresholds: Thresholds) -> None:
    """Sums that were made for others count for these thresholds too, where they differ in queues that had no calls."""
    of = RolledQuarterRow
    others = select(of.thresholds).where(of.thresholds != thresholds.key).distinct()
    async with database.reading() as connection:
        keys = (await connection.execute(others)).scalars().all()
    changed = {key: queues for key in keys if (queues := thresholds.changed_since(key)) is not None}
    if not changed:
        return
    async with database.writing(folding=True) as connection:
        for key, queues in changed.items():
            concerned = select(QueueVisits.quarter).where(QueueVisits.queue.in_(queues))
            same = update(of).where(of.thresholds == key, of.quarter.not_in(concerned))
            await connection.execute(same.values(thresholds=thresholds.key))


async def _due(connection: AsyncConnection, thresholds: Thresholds, running: int) -> list[range]:
    """The quarters between the first fact and the running one that have no sums."""
    first = await _next_fact(connection, 0)
    if first is None or first >= running:
        return []
    whole = range(first, running)
    return list(_between(whole, await rolled_runs(connection, whole, thresholds)))


def _between(whole: range, runs: list[range]) -> Iterator[range]:
    at = whole.start
    for run in [*runs, range(whole.stop, whole.stop)]:
        if at < run.start:
            yield range(at, run.start)
        at = run.stop


async def _pieces(database: Database, gap: range) -> AsyncIterator[range]:
    at = gap.start
    while at < gap.stop:
        async with database.reading() as connection:
            busy = await _next_fact(connection, at)
        silent_until = gap.stop if busy is None else min(busy, gap.stop)
        if silent_until - at > SILENCE:
            at = silent_until
            continue
        piece = range(at, min(at + PIECE, gap.stop))
        yield piece
        at = piece.stop


async def _next_fact(connection: AsyncConnection, quarter: int) -> int | None:
    """The quarter of the first fact that begins in this one or later."""
    found = [
        (await connection.execute(select(func.min(at)).where(at >= instant_of(quarter)))).scalar() for at in FIRSTS
    ]
    return min((quarter_of(at) for at in found if at is not None), default=None)


async def _roll(database: Database, thresholds: Thresholds, quarters: range) -> None:
    span = Span(since=instant_of(quarters.start), until=instant_of(quarters.stop))
    made: tuple[Any, ...] = (*SUMS, RolledQuarterRow)
    async with database.writing(folding=True) as connection:
        for table in made:
            here = table.quarter
            await connection.execute(delete(table).where(here >= quarters.start, here < quarters.stop))
        for source in SOURCES.values():
            for key, table in source.sums.items():
                if key:
                    names = [name for name in source.names if hasattr(table, name)]
                    counted = from_rows(database, source, span, key, names, thresholds, Grid())
                    await connection.execute(insert(table).from_select(["quarter", key, *names], counted))
        await connection.execute(_all_visits(quarters))
        rows = [{"quarter": quarter, "thresholds": thresholds.key} for quarter in quarters]
        await connection.execute(insert(RolledQuarterRow), rows)


def _all_visits(quarters: range) -> Insert:
    of = QueueVisits
    names = [column.name for column in AllVisits.__table__.columns if column.name != "quarter"]
    here = select(of.quarter, *(func.sum(getattr(of, name)) for name in names))
    here = here.where(of.quarter >= quarters.start, of.quarter < quarters.stop).group_by(of.quarter)
    return insert(AllVisits).from_select(["quarter", *names], here)


async def roll_up_anew(database: Database, thresholds: Thresholds, now: datetime, told: _Told | None = None) -> int:
    """Make every sum again that has rows. Killed half way, the rest is due, and counted from its rows until then."""
    async with database.writing(folding=True) as connection:
        await touch_all(connection)
    return await roll_up(database, thresholds, now, told)
