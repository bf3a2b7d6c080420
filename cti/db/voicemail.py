"""Messages and work items out of the rows: lists with filters, single ones, and what still has to be mailed.

It knows columns and who may see what (as a filter that is handed in); it changes nothing: rows are folds of journals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from ..core.voicemail import AGENTS, GONE_FOLDERS, NEW_FOLDERS, MailState, Message, MessageState
from ..core.work_item import Attempt, WorkItem, WorkKind, WorkState
from ..errors import NotFound
from .connection import Database
from .tables import VoicemailRow, WorkItemRow
from .work import message_of

MOST = 1_000
_ITEM = tuple(field.name for field in fields(WorkItem))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What somebody may see: an agent's own box, messages and work of queues; None = everything."""

    agent: str = ""
    queues: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFilter:
    """Which messages, newest first; "" and None = any. `state` "" = all that are not deleted."""

    box: str = ""
    queue: str = ""
    number: str = ""
    state: str = ""
    since: datetime | None = None
    sight: Sight | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkFilter:
    """Which items, the first due first; `state` "" = open and assigned, `all` = done ones too."""

    queue: str = ""
    owner: str = ""
    number: str = ""
    kind: str = ""
    state: str = ""
    sight: Sight | None = None
    limit: int = 100


class Mailboxes:
    """Messages and work items of one (opened) database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def messages(self, wanted: MessageFilter) -> list[Message]:
        """Newest first."""
        row = VoicemailRow
        given = ((row.box, wanted.box), (row.queue, wanted.queue), (row.number, wanted.number))
        where = [column == value for column, value in given if value]
        where += [_folders(wanted.state)] + ([row.received >= wanted.since] if wanted.since else [])
        if wanted.sight is not None:
            own = and_(row.context == AGENTS, row.box == wanted.sight.agent)
            where.append(or_(own, row.queue.in_(wanted.sight.queues)))
        order = (row.received.desc(), row.id)
        return await self._read(select(row.__table__).where(*where).order_by(*order).limit(min(wanted.limit, MOST)))

    async def message(self, name: str) -> Message:
        """Raises NotFound."""
        found = await self._read(select(VoicemailRow.__table__).where(VoicemailRow.id == name))
        if not found:
            raise NotFound(f"no message {name[:80]!r}; list them with: cti voicemail list")
        return found[0]

    async def known(self) -> Mapping[str, str]:
        """id -> folder of every message that there ever was."""
        async with self._database.reading() as connection:
            rows = await connection.execute(select(VoicemailRow.id, VoicemailRow.folder))
            return {row.id: row.folder for row in rows}

    async def unmailed(self) -> list[Message]:
        """Those whose e-mail is on its way, oldest first."""
        row = VoicemailRow
        return await self._read(
            select(row.__table__).where(row.mail == MailState.WAITING.value).order_by(row.received, row.id).limit(MOST)
        )

    async def work(self, wanted: WorkFilter) -> list[WorkItem]:
        """The first due first; done ones by when they were changed, the last first."""
        row = WorkItemRow
        where: list[ColumnElement[bool]] = [
            getattr(row, name) == value
            for name in ("queue", "owner", "number", "kind")
            if (value := getattr(wanted, name))
        ]
        if wanted.state != "all":
            where.append(row.state == wanted.state if wanted.state else row.state != WorkState.DONE.value)
        if wanted.sight is not None:
            where.append(or_(row.owner == wanted.sight.agent, row.queue.in_(wanted.sight.queues)))
        order = row.changed.desc() if wanted.state == WorkState.DONE.value else row.due
        statement = select(row.__table__).where(*where).order_by(order, row.id).limit(min(wanted.limit, MOST))
        async with self._database.reading() as connection:
            return [_item_of(dict(found)) for found in (await connection.execute(statement)).mappings()]

    async def work_item(self, name: str) -> WorkItem:
        """By its id, or by a message that is in it. Raises NotFound."""
        async with self._database.reading() as connection:
            statement = select(WorkItemRow.__table__).where(WorkItemRow.id == name)
            row = (await connection.execute(statement)).mappings().first()
            if row is None:
                row = await self._with_message(connection, name)
        if row is None:
            raise NotFound(f"no work item {name[:80]!r}; list them with: cti work list")
        return _item_of(dict(row))

    async def _with_message(self, connection: Any, name: str) -> Any:
        row = WorkItemRow
        number = (await connection.execute(select(VoicemailRow.number).where(VoicemailRow.id == name))).scalar()
        if number is None:
            return None
        which = row.number == number if number else row.line == f"message:{name}"
        found = (await connection.execute(select(row.__table__).where(which))).mappings()
        return next((one for one in found if name in one["messages"]), None)

    async def _read(self, statement: Any) -> list[Message]:
        async with self._database.reading() as connection:
            return [message_of(dict(row)) for row in (await connection.execute(statement)).mappings()]


def _folders(state: str) -> ColumnElement[bool]:
    row = VoicemailRow
    match state:
        case MessageState.NEW:
            return row.folder.in_(NEW_FOLDERS)
        case MessageState.HEARD:
            return row.folder == "Old"
        case MessageState.SAVED:
            return row.folder.not_in((*NEW_FOLDERS, *GONE_FOLDERS, "Old"))
        case MessageState.DELETED:
            return row.folder.in_(GONE_FOLDERS)
        case _:
            return row.folder.not_in(GONE_FOLDERS)


def _item_of(row: dict[str, Any]) -> WorkItem:
    attempts = [Attempt(**{**one, "at": datetime.fromisoformat(one["at"])}) for one in row["attempts"]]
    values = {name: row[name] for name in _ITEM}
    lists = {"calls": tuple(row["calls"]), "messages": tuple(row["messages"]), "attempts": tuple(attempts)}
    return WorkItem(**{**values, **lists, "kind": WorkKind(row["kind"]), "state": WorkState(row["state"])})
