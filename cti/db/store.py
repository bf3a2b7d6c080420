"""History in rows: takes journal lines in, keeps conversations folded, answers what happened.

It knows transactions and queries. It knows neither the files (that is `journal`, which drives `import_lines`) nor what
makes a conversation (`core.conversation`). All of it can be deleted and rebuilt from the journals.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from ..core.journal import JournalLine, Position, Source
from ..core.voicemail import Message
from ..errors import UsageError
from .connection import Database
from .copied import copy_all, forget
from .fact_tables import AnnouncementRow, OfferRow, PresenceRow, SurveyRow, VisitRow
from .folded import FOLDED
from .history import (
    MOST_ROWS,
    Wanted,
    agents_of,
    engine_lines,
    name_of,
    talks_with_numbers,
    wanted_rows,
    with_recordings,
)
from .lines import keep_lines, unknown
from .migrate import migrate
from .plain import Driver
from .ready import Ready, keep
from .refold import refold, touched_by
from .rollups import touch_all
from .tables import (
    ConversationRow,
    ExplanationRow,
    JournalFileRow,
    JournalLineRow,
    RecordingRow,
    SegmentRow,
    VoicemailRow,
    WorkItemRow,
)
from .work import (
    Callers,
    WorkRules,
    refold_all_messages,
    refold_messages,
    rework,
    rework_all,
    touched_by_actions,
    with_items,
)

BATCH = 1_000
Row = dict[str, Any]


class Store:
    """One database. Open it before use (`async with Store(url) as store`)."""

    def __init__(self, url: str | Database) -> None:
        self.database = Database(url) if isinstance(url, str) else url
        self.work: WorkRules | None = None  # set by whoever imports: without rules no work items are folded

    async def open(self) -> Store:
        """Connect and migrate up to head. Raises StoreError."""
        await migrate(self.database)
        return self

    async def close(self) -> None:
        await self.database.close()

    async def __aenter__(self) -> Store:
        return await self.open()

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # --- journals in ------------------------------------------------------------------------------

    async def positions(self, source: Source) -> Mapping[str, int]:
        """file_id -> offset of what is stored of this journal."""
        async with self.database.reading() as connection:
            wanted = select(JournalFileRow.file_id, JournalFileRow.offset).where(JournalFileRow.source == source.value)
            return {row.file_id: row.offset for row in await connection.execute(wanted)}

    async def import_lines(self, lines: Sequence[JournalLine], positions: Sequence[Position]) -> int:
        """In one transaction: store lines (again = once), advance positions, fold the touched conversations anew.

        Returns how many lines were new. Raises StoreError, and then nothing was stored.
        """
        async with self.database.writing(folding=True) as connection:
            touched: set[str] = set()
            messages: set[str] = set()
            for position in positions:
                if position.cut:
                    gone = await _forget(connection, position)
                    (messages if position.source is Source.VOICEMAIL else touched).update(gone)
            driver = await Driver.under(connection)
            fresh = await unknown(driver, lines)
            calls = await touched_by(driver, fresh, touched)
            await keep_lines(driver, fresh)
            await self._advance(connection, positions)
            folded = await refold(driver, calls)
            messages |= {line.leg for line in fresh if line.source is Source.VOICEMAIL}
            left = await refold_messages(connection, messages)
            told = [line.call for line in fresh if line.source is Source.ENGINE and line.kind == "work"]
            await self._rework(connection, told, Callers.of(folded), left)
        return len(fresh)

    async def import_ready(self, batch: Ready, positions: Sequence[Position]) -> int | None:
        """The same of a batch that was made ready elsewhere, and whose files lost nothing. None: it may have lines that
        are stored already, so that it must go by `import_lines`; nothing was stored."""
        async with self.database.writing(folding=True) as connection:
            callers = await keep(await Driver.under(connection), batch)
            if callers is None:
                return None
            await self._advance(connection, positions)
            left = await refold_messages(connection, batch.messages)
            await self._rework(connection, batch.told, callers, left)
        return batch.lines

    async def _rework(
        self, connection: AsyncConnection, told: Sequence[str], callers: Callers, left: list[Message]
    ) -> None:
        """The work of everybody who called, left a message, or whose item somebody changed."""
        if self.work is None:
            return
        numbers, withheld = await touched_by_actions(connection, told) if told else (set(), set())
        numbers |= {message.number for message in left} | callers.unserved
        numbers |= await with_items(connection, callers.over, self.work)
        withheld |= {message.id for message in left if not message.number}
        await rework(connection, numbers, withheld, self.work)

    async def _advance(self, connection: AsyncConnection, positions: Sequence[Position]) -> None:
        statement = self._upsert(JournalFileRow)
        newer = {"offset": statement.excluded.offset, "path": statement.excluded.path}
        keys = [JournalFileRow.source, JournalFileRow.file_id]
        rows = [{"source": p.source.value, "file_id": p.file_id, "path": p.path, "offset": p.offset} for p in positions]
        if rows:
            await connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=newer), rows)

    def _upsert(self, table: Any) -> Any:
        return (sqlite if self.database.is_sqlite else postgresql).insert(table)

    async def journals(self) -> list[Row]:
        """Each file that was read: source, path, read_bytes, and how many of its lines are stored."""
        file, line = JournalFileRow, JournalLineRow
        same = and_(line.source == file.source, line.file_id == file.file_id)
        count = select(func.count()).where(same).correlate(file).scalar_subquery()
        columns = (file.source, file.path, file.offset.label("read_bytes"), count.label("lines"))
        async with self.database.reading() as connection:
            found = await connection.execute(select(*columns).order_by(file.source, file.path))
            return [dict(row) for row in found.mappings()]

    async def count_conversations(self) -> int:
        """How many there are."""
        async with self.database.reading() as connection:
            return int((await connection.execute(select(func.count()).select_from(ConversationRow))).scalar_one())

    async def refold_all(self) -> None:
        """Fold every conversation anew from the stored lines (after the fold itself was changed)."""
        async with self.database.writing(folding=True) as connection:
            calls = (await connection.execute(select(JournalLineRow.call).distinct())).scalars().all()
            await touch_all(connection)
            for kind in reversed(FOLDED):
                await connection.execute(delete(kind.table))
            await copy_all(connection)
            driver = await Driver.under(connection)
            for start in range(0, len(calls), BATCH):
                await refold(driver, await touched_by(driver, (), calls[start : start + BATCH]))
            await refold_all_messages(connection)
            if self.work is not None:
                await rework_all(connection, self.work)

    # --- history out ------------------------------------------------------------------------------

    async def conversations(self, wanted: Wanted | None = None) -> list[Row]:
        """Rows with the columns of `Conversation`, `recording` (first path or ""), `recording_seconds`, and `agents`
        (numbers of all who talked, in order). Raises UsageError."""
        return (await self.page(wanted or Wanted()))[0]

    async def talks(self, since: datetime, most: int) -> list[tuple[str, str, datetime, float]]:
        """Number, agent, end and seconds of each agent's talk in queue calls that began since then; holds cut a talk
        into pieces, which are added up. At most `most` pieces, the newest."""
        found: dict[tuple[str, str, str], tuple[datetime, float]] = {}
        async with self.database.reading() as connection:
            for call, number, agent, started, ended in await connection.execute(talks_with_numbers(since, most)):
                last, seconds = found.get((call, number, agent), (ended, 0.0))
                found[call, number, agent] = max(last, ended), seconds + (ended - started).total_seconds()
        return [(number, agent, *talk) for (_, number, agent), talk in found.items()]

    async def page(self, wanted: Wanted) -> tuple[list[Row], str]:
        """The same, and what `after` must be for the next page ("" = that was the last one). Raises UsageError."""
        if not 1 <= wanted.limit <= MOST_ROWS:
            raise UsageError(f"limit must be from 1 to {MOST_ROWS}, got {wanted.limit}")
        async with self.database.reading() as connection:
            found = await connection.execute(wanted_rows(wanted))
            rows = [dict(row) for row in found.mappings()]
            more, rows = len(rows) > wanted.limit, rows[: wanted.limit]
            agents = await agents_of(connection, [row["id"] for row in rows])
        last = f"{rows[-1]['started'].isoformat()}~{rows[-1]['id']}" if more else ""
        return [row | {"agents": agents.get(row["id"], [])} for row in rows], last

    async def conversation(self, call: str) -> Row:
        """One conversation with `segments` and `recordings`, named by its id or by any of its channels' uniqueids.

        Raises NotFound.
        """
        async with self.database.reading() as connection:
            name, keys = await name_of(connection, call)
            row = (await connection.execute(with_recordings().where(ConversationRow.id == name))).mappings().one()
            segments = select(SegmentRow.__table__).where(SegmentRow.call == name).order_by(SegmentRow.position)
            sounds = select(RecordingRow.__table__).where(RecordingRow.call.in_(keys)).order_by(RecordingRow.path)
            return {
                **row,
                "agents": (await agents_of(connection, [name])).get(name, []),
                "segments": [dict(segment) for segment in (await connection.execute(segments)).mappings()],
                "recordings": [dict(sound) for sound in (await connection.execute(sounds)).mappings()],
            }

    async def explanations(self, call: str) -> list[Row]:
        """Why each decision on this call was taken, in order: {call, at, decision}. Raises NotFound."""
        async with self.database.reading() as connection:
            _, keys = await name_of(connection, call)
            columns = (ExplanationRow.call, ExplanationRow.at, ExplanationRow.decision)
            order = (ExplanationRow.at, ExplanationRow.file_id, ExplanationRow.offset)
            found = select(*columns).where(ExplanationRow.call.in_(keys)).order_by(*order)
            return [dict(row) for row in (await connection.execute(found)).mappings()]

    async def story(self, call: str) -> list[Row]:
        """What the engine journalled of this conversation, in order: {call, at, kind, data}. Raises NotFound."""
        async with self.database.reading() as connection:
            _, keys = await name_of(connection, call)
            return await engine_lines(connection, keys)

    async def export(self) -> AsyncIterator[str]:
        """All history as JSON lines in a fixed order: the same journals always give the same bytes."""
        orders: tuple[tuple[Any, tuple[Any, ...]], ...] = (
            (ConversationRow, (ConversationRow.id,)),
            (SegmentRow, (SegmentRow.call, SegmentRow.position)),
            (VisitRow, (VisitRow.call, VisitRow.position)),
            (OfferRow, (OfferRow.call, OfferRow.position)),
            (SurveyRow, (SurveyRow.call, SurveyRow.position)),
            (PresenceRow, (PresenceRow.file_id, PresenceRow.offset)),
            (AnnouncementRow, (AnnouncementRow.file_id, AnnouncementRow.offset)),
            (VoicemailRow, (VoicemailRow.id,)),
            (WorkItemRow, (WorkItemRow.id,)),
            (ExplanationRow, (ExplanationRow.file_id, ExplanationRow.offset)),
            (JournalLineRow, (JournalLineRow.source, JournalLineRow.file_id, JournalLineRow.offset)),
        )
        async with self.database.reading() as connection:
            for table, order in orders:
                result = await connection.stream(select(table.__table__).order_by(*order))
                async for row in result.mappings():
                    yield json.dumps({"table": table.__tablename__, **row}, default=_said, sort_keys=True)


def _said(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


async def _forget(connection: AsyncConnection, position: Position) -> set[str]:
    """The file lost its end: what stood there is no longer true. Returns the calls that it told of."""
    line = JournalLineRow.__table__.c
    gone = and_(line.source == position.source.value, line.file_id == position.file_id, line.offset >= position.offset)
    touched = {key for pair in await connection.execute(select(line.call, line.leg).where(gone)) for key in pair}
    await connection.execute(delete(JournalLineRow).where(gone))
    await forget(connection, position)
    return touched
