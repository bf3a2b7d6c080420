"""What the stored journal lines tell, told once more: conversations folded again, presences and announcements as they
were written. No row of a fold is read.

It goes call by call in batches. A few conversations are kept for whoever asks again; of more than that each question
folds all of them anew, so that a year takes time and no memory. Whether the lines are those of the files, `journal`
knows. Of an agent's presences before a period the lines of a week are looked at; of who said nothing in that week, the
line that the newest row names.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from ..core.conversation import Conversation, fold
from ..core.journal import JournalLine, Source
from .connection import Database
from .copied import announcement_of, presence_of
from .fact_tables import PresenceRow
from .pieces import MANY
from .plain import Driver
from .refold import touched_by
from .tables import JournalLineRow

AROUND = timedelta(minutes=5)  # journals write an instant as they please: in whole seconds, or a moment after it
BEFORE = timedelta(days=7)
MOST_KEPT = 10_000  # conversations
_LINE = JournalLineRow
_COPY = (_LINE.file_id, _LINE.offset, _LINE.call, _LINE.at, _LINE.data)
Tell = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Retold:
    """Lines that belong together and the conversation that they make (None: nothing tells of a beginning)."""

    conversation: Conversation | None
    lines: list[JournalLine]

    def first_between(self, since: datetime, until: datetime) -> str | None:
        """The first of its calls of which a line was written then."""
        return min((line.call for line in self.lines if since <= line.at < until), default=None)


class Retelling:
    """`tell` hears how many conversations are folded."""

    def __init__(self, database: Database, tell: Tell) -> None:
        self._database = database
        self._tell = tell
        self._kept: tuple[datetime, datetime, list[Retold]] | None = None

    async def conversations(self, since: datetime, until: datetime) -> AsyncIterator[Conversation]:
        """All of which a line was written then, as `told` has them."""
        async for one in self.told(since, until):
            if one.conversation is not None:
                yield one.conversation

    async def told(self, since: datetime, until: datetime) -> AsyncIterator[Retold]:
        """All of which a line was written in [since, until) or a moment around it; each once, in no order."""
        since, until = since - AROUND, until + AROUND
        if self._kept and self._kept[:2] == (since, until):
            for one in self._kept[2]:
                yield one
            return
        kept: list[Retold] = []
        count = 0
        async with self._database.reading() as connection:
            async for calls in calls_between(connection, since, until):
                asked = set(calls)
                for one in await retold(connection, calls):
                    if one.first_between(since, until) in asked:  # its other calls may lie in other batches
                        count += 1
                        kept += [one] if count <= MOST_KEPT else []
                        yield one
                self._tell("folding journals", count, 0)
        self._kept = (since, until, kept) if count <= MOST_KEPT else None

    async def presences(self, since: datetime, until: datetime) -> list[Any]:
        """Changes of presence in [since, until) and each agent's last before, in the order of agents and instants;
        each with the columns of its row."""
        within: list[Any] = []
        last: dict[str, list[Any]] = {}
        async with self._database.reading() as connection:
            async for row in _copies(connection, "presence", since - BEFORE, until, presence_of):
                if row.at >= since:
                    within.append(row)
                else:
                    _remember(last, row)
            for row in await _older(connection, since - BEFORE, last):
                _remember(last, row)
        rows = [*within, *(row for rows in last.values() for row in rows)]
        return sorted(rows, key=lambda row: (row.agent, row.at, row.file_id, row.offset))

    async def announcements(self, since: datetime, until: datetime) -> list[Any]:
        """What waiting callers were told in [since, until), in order; each with the columns of its row."""
        async with self._database.reading() as connection:
            rows = [row async for row in _copies(connection, "told", since, until, announcement_of)]
        return sorted(rows, key=lambda row: (row.at, row.file_id, row.offset))


async def calls_between(connection: AsyncConnection, since: datetime, until: datetime) -> AsyncIterator[list[str]]:
    """The calls of which a line was written in [since, until), batch by batch."""
    wanted = select(_LINE.call).where(_LINE.at >= since, _LINE.at < until, _LINE.call != "")
    async for calls in paged(connection, wanted, _LINE.call):
        yield calls


async def paged(connection: AsyncConnection, wanted: Select[Any], column: Any) -> AsyncIterator[list[str]]:
    """Different values of this column, batch by batch."""
    last = ""
    page = wanted.distinct().where(column > bindparam("last")).order_by(column).limit(MANY)
    while values := list((await connection.execute(page, {"last": last})).scalars()):
        yield values
        last = values[-1]


async def retold(connection: AsyncConnection, calls: list[str]) -> list[Retold]:
    """What these calls belong to."""
    touched = await touched_by(await Driver.under(connection), (), calls)
    return [Retold(fold(lines), lines) for lines in touched.lines]


async def _copies(
    connection: AsyncConnection, kind: str, since: datetime, until: datetime, row_of: Callable[[Any], dict[str, Any]]
) -> AsyncIterator[Any]:
    """Lines of the engine's journal of one kind, as their rows, file by file."""
    is_one = and_(_LINE.source == Source.ENGINE.value, _LINE.kind == kind, _LINE.at >= since, _LINE.at < until)
    beyond = tuple_(_LINE.file_id, _LINE.offset) > tuple_(bindparam("file_id"), bindparam("offset"))
    page = select(*_COPY).where(is_one, beyond).order_by(_LINE.file_id, _LINE.offset).limit(MANY)
    last = {"file_id": "", "offset": -1}
    while lines := (await connection.execute(page, last)).all():
        last = {"file_id": lines[-1].file_id, "offset": lines[-1].offset}
        for line in lines:
            yield SimpleNamespace(**row_of(line))


def _remember(last: dict[str, list[Any]], row: Any) -> None:
    """The newest of each agent; of the same instant all."""
    newest = last.get(row.agent)
    if newest is None or row.at > newest[0].at:
        last[row.agent] = [row]
    elif row.at == newest[0].at:
        newest.append(row)


async def _older(connection: AsyncConnection, until: datetime, known: Iterable[str]) -> list[Any]:
    """The newest lines before an instant of all other agents, where rows say that they stand."""
    row = PresenceRow
    newest = select(row.agent, func.max(row.at).label("at")).where(row.at < until).group_by(row.agent).subquery()
    its_own = and_(newest.c.agent == row.agent, newest.c.at == row.at)
    columns: tuple[Any, ...] = (row.agent, row.file_id, row.offset)
    places: dict[str, list[int]] = defaultdict(list)
    for agent, file_id, offset in await connection.execute(select(*columns).join(newest, its_own)):
        if agent not in known:
            places[file_id].append(offset)
    found: list[Any] = []
    for file_id, offsets in places.items():
        is_one = and_(_LINE.source == Source.ENGINE.value, _LINE.kind == "presence", _LINE.file_id == file_id)
        wanted = select(*_COPY).where(is_one, _LINE.offset.in_(offsets))  # as many as there are agents
        found += [SimpleNamespace(**presence_of(line)) for line in await connection.execute(wanted)]
    return found
