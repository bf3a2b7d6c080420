"""Plans of agents' presence, as people wrote them: rows that are the truth, read from CSV and replaced day by day.

It knows the file's columns and the rows; what a plan is held against is `core.metrics.adherence`'s.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta, tzinfo

from sqlalchemy import delete, insert, select

from ..core.metrics.adherence import Planned
from ..core.metrics.intervals import By, end_of, start_of
from ..errors import UsageError
from .connection import Database
from .tables import PlanRow

LONGEST = timedelta(hours=24)
_REASON = re.compile(r"[^\x00-\x1f\x7f]{0,40}")
_COLUMNS = ["agent", "from", "to"]
ReadInstant = Callable[[str], datetime | None]  # raises UsageError


def read_plan(text: str, file: str, instant: ReadInstant, known: Collection[str]) -> list[Planned]:
    """CSV `agent,from,to[,reason]`: without a reason at work, with one on a break.

    Raises UsageError with every mistake, each on a line of its own.
    """
    try:
        rows = list(csv.reader(io.StringIO(text), strict=True))
    except csv.Error as error:
        raise UsageError(f"{file}: cannot be read as CSV: {error}") from error
    if not rows or [cell.strip() for cell in rows[0]] not in (_COLUMNS, [*_COLUMNS, "reason"]):
        raise UsageError(f"{file}:1: the columns are agent,from,to and maybe reason")
    plan: dict[str, list[Planned]] = defaultdict(list)
    mistakes: list[str] = []
    for line, row in enumerate(rows[1:], 2):
        if any(cell.strip() for cell in row):
            try:
                cells = [cell.strip() for cell in row]
                plan[cells[0]].append(_planned(cells, instant, known, plan[cells[0]]))
            except UsageError as error:
                mistakes.append(f"{file}:{line}: {error}")
    if mistakes:
        raise UsageError("\n".join(mistakes))
    return [one for of_agent in plan.values() for one in of_agent]


def _planned(cells: Sequence[str], instant: ReadInstant, known: Collection[str], before: Sequence[Planned]) -> Planned:
    if len(cells) not in (3, 4):
        raise UsageError("write AGENT,FROM,TO[,REASON], such as 1001,2026-11-23 09:00,2026-11-23 17:00")
    if cells[0] not in known:
        raise UsageError(f"no agent {cells[0][:40]!r} (cti agent list)")
    started, ended = instant(cells[1]), instant(cells[2])
    reason = cells[3] if cells[3:] else ""
    if started is None or ended is None:
        raise UsageError("from and to are instants, such as 2026-11-23 09:00")
    if not started < ended <= started + LONGEST:
        raise UsageError("it must end after it begins, at most 24 hours later")
    if not _REASON.fullmatch(reason):
        raise UsageError("a reason is plain text of at most 40 characters")
    one = Planned(agent=cells[0], started=started, ended=ended, reason=reason)
    if any(_clash(one, other) for other in before):
        raise UsageError(f"{one.agent} has another {'break' if reason else 'shift'} at that time")
    return one


def _clash(one: Planned, other: Planned) -> bool:
    return bool(one.reason) == bool(other.reason) and one.started < other.ended and other.started < one.ended


class Plans:
    """The plans in an (opened) database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def between(self, first: datetime, last: datetime, agents: Sequence[str] = ()) -> list[Planned]:
        """What touches [first, last), by agent and time."""
        row = PlanRow
        wanted = select(row.agent, row.started, row.ended, row.reason).where(
            row.started < last, row.started > first - LONGEST, row.ended > first
        )
        if agents:
            wanted = wanted.where(row.agent.in_(agents))
        async with self._database.reading() as connection:
            found = await connection.execute(wanted.order_by(row.agent, row.started, row.reason))
            return [Planned(agent=a, started=s, ended=e, reason=r) for a, s, e, r in found]

    async def replace(self, plan: Sequence[Planned], zone: tzinfo, *, dry_run: bool = False) -> int:
        """Put these in the place of everything that was planned for the same agents to begin on the same days of this
        zone; how many rows that were there go."""
        days = sorted({(one.agent, start_of(one.started, By.DAY, zone)) for one in plan})
        row, gone = PlanRow, 0
        async with self._database.writing() as connection:
            for agent, day in days:
                there = (row.agent == agent, row.started >= day, row.started < end_of(day, By.DAY, zone))
                if dry_run:
                    gone += len((await connection.execute(select(row.started).where(*there))).all())
                else:
                    gone += (await connection.execute(delete(row).where(*there))).rowcount
            rows = [{"agent": p.agent, "started": p.started, "ended": p.ended, "reason": p.reason} for p in plan]
            if rows and not dry_run:
                await connection.execute(insert(row), rows)
        return gone

    async def remove(self, agents: Sequence[str], first: datetime, last: datetime, *, dry_run: bool = False) -> int:
        """Take out what begins in [first, last) (no agents = everybody's); how many."""
        row = PlanRow
        there = [row.started >= first, row.started < last, *([row.agent.in_(agents)] if agents else [])]
        async with self._database.writing() as connection:
            if dry_run:
                return len((await connection.execute(select(row.started).where(*there))).all())
            return (await connection.execute(delete(row).where(*there))).rowcount
