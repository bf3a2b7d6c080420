"""Which quarters of an hour have right sums, and how they lose and gain them.

A quarter that stands in `rolled_quarters` has sums that are those of its rows; one that doesn't is counted from its
rows. So whoever changes rows takes their quarters out (`touch…`), in the same transaction, and that is all: nothing
that is killed can leave a wrong sum behind, the running quarter costs no work until it is over, and a bulk import rolls
each quarter up once. Sums of quarters that were taken out stay until they are made anew; nobody reads them.

A row of presences says what an agent does until their next row: a new one changes its own quarter and those up to that
next row, or, where there is none, all that were rolled up since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ..core.metrics.intervals import QUARTER
from .fact_tables import PresenceRow
from .rollup_tables import RolledQuarterRow

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MANY = 400  # values in one IN list
_rolled = RolledQuarterRow.quarter


def quarter_of(at: datetime) -> int:
    """Whole quarters of an hour since 1970, UTC."""
    return (at - _EPOCH) // QUARTER


async def touch(connection: AsyncConnection, instants: Iterable[datetime]) -> None:
    """Visits or offers that began at these instants came, went or changed: their quarters are no longer rolled up."""
    quarters = sorted({quarter_of(at) for at in instants})
    for start in range(0, len(quarters), _MANY):
        await connection.execute(delete(RolledQuarterRow).where(_rolled.in_(quarters[start : start + _MANY])))


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
    """Every row is made anew: nothing is rolled up any more."""
    await connection.execute(delete(RolledQuarterRow))
