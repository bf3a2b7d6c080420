"""What the makers of reports ask for: facts of a period, by whoever knows them.

`Rows` asks the database, which counts and joins in SQL. `journals.Journals` tells the same of the stored journal lines,
in Python; that both give the same report is what `cti report --check` holds.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, Protocol

from ..core.arrivals import Recorded
from ..core.metrics.facts import AgentTime, SurveyAnswer
from ..core.metrics.passings import Passing
from ..core.metrics.pauses import Pause
from ..core.metrics.promises import Told
from ..core.metrics.thresholds import Thresholds
from ..core.recorded import Noted
from ..db.agent_time import agent_times
from ..db.announced import announced_waits
from ..db.answers import answers
from ..db.connection import Database
from ..db.contacts import ContactRow, contact_rows
from ..db.floor_history import InLine, in_line
from ..db.journeys import Call, travelled
from ..db.passings import passed_on
from ..db.recorded import recorded_callers, recorded_presences
from ..db.report_rows import missed_rings, outcomes_by_number, pauses, waits
from ..db.span import Span
from ..db.talked import TalkedRow, talked_calls
from ..db.tally import Counted, Tally, tally

Row = dict[str, Any]


class Facts(Protocol):
    """Each method is told where its SQL is, in `db`: what is meant by a name stands there."""

    async def tally(self, wanted: Tally, now: datetime) -> list[Counted]: ...
    async def outcomes_by_number(self, span: Span, thresholds: Thresholds) -> list[Counted]: ...
    async def waits(self, span: Span, *, by_quarter: bool) -> list[tuple[datetime, str, str, int, int]]: ...
    async def missed_rings(self, span: Span) -> list[Row]: ...
    async def pauses(self, span: Span, now: datetime) -> list[Pause]: ...
    def travelled(self, span: Span) -> AsyncIterator[Call]: ...
    def passed_on(self, span: Span) -> AsyncIterator[tuple[str, Passing]]: ...
    async def talked_calls(self, span: Span) -> list[TalkedRow]: ...
    def contacts(self, since: datetime, until: datetime) -> AsyncIterator[ContactRow]: ...
    async def answers(self, span: Span) -> list[SurveyAnswer]: ...
    async def in_line(self, span: Span, now: datetime) -> list[InLine]: ...
    async def agent_times(self, span: Span, now: datetime) -> list[AgentTime]: ...
    async def announced_waits(self, span: Span) -> list[Told]: ...
    async def recorded_callers(self, since: datetime, until: datetime) -> Sequence[Recorded]: ...
    async def recorded_presences(self, since: datetime, until: datetime) -> Sequence[Noted]: ...


class Rows:
    """Facts by SQL. `rolled` False: sums by quarter of an hour are left alone, and all is counted from the rows.

    `tallies`: which counts were asked for, as a check wants to know.
    """

    def __init__(self, database: Database, *, rolled: bool = True) -> None:
        self._database = database
        self._rolled = rolled
        self.tallies: list[Tally] = []

    async def tally(self, wanted: Tally, now: datetime) -> list[Counted]:
        self.tallies.append(wanted)
        return await tally(self._database, wanted if self._rolled else wanted.from_rows, now)

    async def outcomes_by_number(self, span: Span, thresholds: Thresholds) -> list[Counted]:
        return await outcomes_by_number(self._database, span, thresholds)

    async def waits(self, span: Span, *, by_quarter: bool) -> list[tuple[datetime, str, str, int, int]]:
        return await waits(self._database, span, by_quarter=by_quarter)

    async def missed_rings(self, span: Span) -> list[Row]:
        return await missed_rings(self._database, span)

    async def pauses(self, span: Span, now: datetime) -> list[Pause]:
        return await pauses(self._database, span, now)

    def travelled(self, span: Span) -> AsyncIterator[Call]:
        return travelled(self._database, span)

    def passed_on(self, span: Span) -> AsyncIterator[tuple[str, Passing]]:
        return passed_on(self._database, span)

    async def talked_calls(self, span: Span) -> list[TalkedRow]:
        return await talked_calls(self._database, span)

    def contacts(self, since: datetime, until: datetime) -> AsyncIterator[ContactRow]:
        return contact_rows(self._database, since, until)

    async def answers(self, span: Span) -> list[SurveyAnswer]:
        return await answers(self._database, span)

    async def in_line(self, span: Span, now: datetime) -> list[InLine]:
        return await in_line(self._database, span, now)

    async def agent_times(self, span: Span, now: datetime) -> list[AgentTime]:
        return await agent_times(self._database, span, now)

    async def announced_waits(self, span: Span) -> list[Told]:
        return await announced_waits(self._database, span)

    async def recorded_callers(self, since: datetime, until: datetime) -> Sequence[Recorded]:
        return await recorded_callers(self._database, since, until)

    async def recorded_presences(self, since: datetime, until: datetime) -> Sequence[Noted]:
        return await recorded_presences(self._database, since, until)
