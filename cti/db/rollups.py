"""Which quarters of an hour have right sums, and how they lose them.

A quarter that stands in `rolled_quarters` has sums that are those of its rows; one that doesn't is counted from its
rows. So whoever changes rows takes their quarters out (`touch…`), in the same transaction, and that is all: nothing
that is killed can leave a wrong sum behind, the running quarter costs no work until it is over, and a bulk import rolls
each quarter up once. Sums of quarters that were taken out stay until they are made anew (`rolling`); nobody reads them.

Sums are for the thresholds that they were made with. Of history that was let go (`forgetting`) they are all that there
is: whatever T is asked for, these quarters are counted with the T of then, and whoever prints that says so
(`kept_otherwise`).

A row of presences says what an agent does until their next row: a new one changes its own quarter and those up to that
next row, or, where there is none, all that were rolled up since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ..core.journal import Source
from ..core.metrics.thresholds import Thresholds
from .fact_tables import OfferRow, PresenceRow, VisitRow
from .pieces import in_pieces
from .quarters import instant_of, quarter_of
from .rollup_tables import RolledQuarterRow
from .tables import JournalLineRow

_rolled = RolledQuarterRow.quarter
FIRSTS = (VisitRow.entered, OfferRow.offered, PresenceRow.at)  # the instants by which facts are summed up


async def touch(connection: AsyncConnection, instants: Iterable[datetime]) -> None:
    """Visits or offers that began at these instants came, went or changed: their quarters are no longer rolled up."""
    quarters = sorted({quarter_of(at) for at in instants})
    for some in in_pieces(quarters):
        await connection.execute(delete(RolledQuarterRow).where(_rolled.in_(some)))


async def touch_presences(connection: AsyncConnection, changed: Mapping[str, tuple[datetime, datetime]]) -> None:
    """Presences of these agents came or went, between these two instants of each. To be called after the change."""
    if not changed:
        return
    first = quarter_of(min(low for low, _ in changed.values()))
    newest = (await connection.execute(select(func.max(_rolled)))).scalar()
    if newest is None or newest < first:
        return  # as always when lines come in their order
    for agent, (low, high) in changed.items():
        following = select(func.min(PresenceRow.at)).where(PresenceRow.agent == agent, PresenceRow.at > high)
        until = (await connection.execute(following)).scalar()
        gone = delete(RolledQuarterRow).where(_rolled >= quarter_of(low))
        await connection.execute(gone if until is None else gone.where(_rolled <= quarter_of(until)))


async def touch_all(connection: AsyncConnection) -> None:
    """Every row is about to be made anew: nothing is rolled up any more, but for what is older than all rows."""
    if (first := await _first_row(connection)) is not None:
        await connection.execute(delete(RolledQuarterRow).where(_rolled >= first))


async def _first_row(connection: AsyncConnection) -> int | None:
    """The quarter of the oldest row; None: there is none."""
    found = [(await connection.execute(select(func.min(at)))).scalar() for at in FIRSTS]
    return min((quarter_of(at) for at in found if at is not None), default=None)


async def rolled_runs(connection: AsyncConnection, within: range, thresholds: Thresholds | None) -> list[range]:
    """Which of these quarters have sums for these thresholds (None: for any), as runs in order."""
    if thresholds is None:
        return await _runs(connection, within)
    first = await _first_row(connection)
    same = RolledQuarterRow.thresholds == thresholds.key
    return await _runs(connection, within, *([] if first is None else [or_(same, _rolled < first)]))


async def kept_otherwise(connection: AsyncConnection, within: range, thresholds: Thresholds) -> list[tuple[int, str]]:
    """Of history that was let go: the last quarter whose sums were made for other thresholds, for each of those."""
    first = await _first_row(connection)
    stop = within.stop if first is None else min(first, within.stop)
    of, last = RolledQuarterRow, func.max(_rolled)
    wanted = select(last, of.thresholds).where(_rolled >= within.start, _rolled < stop, of.thresholds != thresholds.key)
    found = await connection.execute(wanted.group_by(of.thresholds).order_by(last))
    return [(quarter, key) for quarter, key in found]


async def sums_alone(connection: AsyncConnection, since: datetime, until: datetime) -> datetime | None:
    """Until when in this period there are sums, and neither a row nor a line of a journal; None: from its beginning."""
    first = await _first_row(connection)
    stop = until if first is None else min(until, instant_of(first))
    older = select(func.count()).where(_rolled >= quarter_of(since), _rolled < quarter_of(stop))
    if stop <= since or not (await connection.execute(older)).scalar_one():
        return None
    line = JournalLineRow
    told = select(func.min(line.at)).where(line.at >= since, line.at < stop, line.source != Source.VOICEMAIL.value)
    return min(stop, (await connection.execute(told)).scalar() or stop)


async def _runs(connection: AsyncConnection, within: range, *only: ColumnElement[bool]) -> list[range]:
    conditions = [_rolled >= within.start, _rolled < within.stop, *only]
    ends = select(func.min(_rolled), func.max(_rolled), func.count()).where(*conditions)
    low, high, many = (await connection.execute(ends)).one()
    if low is None or many == high - low + 1:  # mostly: a window over a year costs a tenth of its report
        return [] if low is None else [range(low, high + 1)]
    place = func.row_number().over(order_by=_rolled)
    each = select(_rolled, (_rolled - place).label("run")).where(*conditions).subquery()
    runs = select(func.min(each.c.quarter), func.max(each.c.quarter)).group_by(each.c.run)
    return sorted((range(low, high + 1) for low, high in await connection.execute(runs)), key=lambda run: run.start)
