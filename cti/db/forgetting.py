"""Lets go of whole months of history: every conversation that began before one, with all that belongs to it.

It knows what goes with a conversation and what must stay: the lines of a message that still lies in a mailbox. Sums by
quarter of an hour stay too, so that reports still answer for years whose callers are forgotten. On PostgreSQL the parts
of the months are dropped, which costs the same however many rows they hold; journal lines are deleted one by one. Files
(journals, recordings) are not here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from ..core.journal import Source
from ..core.voicemail import GONE_FOLDERS
from ..core.work_item import WorkState
from .by_key import by_key
from .connection import Database
from .months import PARTED, SCHEMA, Month, months_there
from .pieces import in_pieces
from .refold import together
from .tables import ConversationRow, JournalLineRow, Table, VoicemailRow, WorkItemRow

_WHOLE = {"surveys": "at", "announcements": "at", "journal_lines": "at"}  # history in one piece, on both databases
_DATED = {**PARTED, **_WHOLE}
_OF_A_CALL = ("segments", "visits", "offers", "surveys", "announcements", "explanations")
_KEPT = and_(
    JournalLineRow.source == Source.VOICEMAIL.value,
    JournalLineRow.leg.in_(select(VoicemailRow.id).where(VoicemailRow.folder.not_in(GONE_FOLDERS))),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """How many rows of one table go."""

    table: str
    rows: int


async def forget_before(database: Database, first_kept: Month, *, dry_run: bool = False) -> list[Gone]:
    """Delete what began before this month, in one transaction; what went (or would go). Raises StoreError."""
    begin = first_kept.begin
    assert begin is not None, "a month of the calendar"
    async with database.writing(folding=True) as connection:
        gone = [Gone(table=name, rows=await _count(connection, name, begin)) for name in _DATED]
        if not dry_run:
            await _take_later_pieces(connection, begin)
            await connection.run_sync(_delete_rows, begin, _DATED if database.is_sqlite else _WHOLE)
            if not database.is_sqlite:
                await connection.run_sync(_drop_parts, begin)
            await _take_done(connection, begin)
        return gone


async def _count(connection: AsyncConnection, name: str, begin: datetime) -> int:
    table = Table.metadata.tables[name]
    wanted = select(func.count()).select_from(table).where(_began(name) < begin)
    found = await connection.execute(wanted.where(~_KEPT) if name == "journal_lines" else wanted)
    return int(found.scalar() or 0)


async def _take_later_pieces(connection: AsyncConnection, begin: datetime) -> None:
    """Of conversations that began before and went on after: what of them lies in months that are kept."""
    row = ConversationRow
    across = select(row.id).where(row.started < begin, or_(row.ended.is_(None), row.ended >= begin))
    calls = set((await connection.execute(across)).scalars())
    keys = sorted({key for group in await together(connection, calls) for key in group})
    tables = Table.metadata.tables
    for some in in_pieces(keys):
        for name in _OF_A_CALL:
            table = tables[name]
            await connection.execute(delete(table).where(_began(name) >= begin, table.c.call.in_(some)))
        line = JournalLineRow
        theirs = and_(by_key(some), line.source != Source.VOICEMAIL.value)
        await connection.execute(delete(line).where(line.at >= begin, theirs))


def _began(name: str) -> ColumnElement[datetime]:
    return Table.metadata.tables[name].c[_DATED[name]]


def _delete_rows(connection: Connection, begin: datetime, names: Iterable[str]) -> None:
    for name in names:
        old = delete(Table.metadata.tables[name]).where(_began(name) < begin)
        connection.execute(old.where(~_KEPT) if name == "journal_lines" else old)


def _drop_parts(connection: Connection, begin: datetime) -> None:
    connection.execute(text("SET LOCAL lock_timeout = '30s'"))  # a report that runs for hours must not stop the engine
    for name, months in months_there(connection).items():
        for month in months:
            if month < Month.of(begin):
                connection.execute(text(f"DROP TABLE {SCHEMA}.{name}_{month.name}"))


async def _take_done(connection: AsyncConnection, begin: datetime) -> None:
    """Messages that were deleted and work that was done before: nothing tells of them any more."""
    message, item = VoicemailRow, WorkItemRow
    await connection.execute(delete(message).where(message.received < begin, message.folder.in_(GONE_FOLDERS)))
    done = and_(item.changed < begin, item.state == WorkState.DONE.value)
    await connection.execute(delete(item).where(done))
