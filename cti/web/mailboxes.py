"""What the rows, the spool and the desk answer about messages and work items: who sees what, and what may be done.

An agent sees the own box and what belongs to queues that the agent serves; a supervisor everything. What an agent may
not see is answered like what does not exist. It decides no state: the core's table does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ..core.voicemail import AGENTS, Message
from ..core.work_item import WorkItem, WorkSignal
from ..db.voicemail import Mailboxes, MessageFilter, Sight, WorkFilter
from ..engine.work_desk import WorkDesk
from ..errors import NotFound, Refused
from ..voicemail.sound import playable
from ..voicemail.spool import find, move, remove
from .auth import Kind, Subject

Entity = Mapping[str, Any]
NEW, HEARD = "INBOX", "Old"


class MailboxAnswers:
    """`serves(agent)`: the queues of an agent, None for a stranger. `root`: Asterisk's spool of messages."""

    def __init__(
        self, root: Path, boxes: Mailboxes, desk: WorkDesk, serves: Callable[[str], Collection[str] | None]
    ) -> None:
        self._root, self._boxes, self._desk, self._serves = root, boxes, desk, serves

    async def messages(self, wanted: MessageFilter, who: Subject) -> list[Entity]:
        """Newest first."""
        return [message_entity(one) for one in await self._boxes.messages(replace(wanted, sight=self._sight(who)))]

    async def message(self, name: str, who: Subject) -> Entity:
        """Raises NotFound."""
        return message_entity(await self._visible(name, who))

    async def sound(self, name: str, who: Subject) -> bytes:
        """A whole WAV file. Raises NotFound, StoreError."""
        message = await self._visible(name, who)
        return await asyncio.to_thread(lambda: playable(find(self._root, message).sound))

    async def put(self, name: str, folder: str, who: Subject) -> Entity:
        """Into NEW or HEARD; the lamps follow within seconds. Raises NotFound, Refused (locked)."""
        message = await self._visible(name, who)
        await asyncio.to_thread(move, self._root, message, folder)
        return message_entity(replace(message, folder=folder))

    async def delete(self, name: str, who: Subject) -> Entity:
        """An agent only in the own box. Raises NotFound, Refused."""
        message = await self._visible(name, who)
        if who.kind is Kind.AGENT and (message.context, message.box) != (AGENTS, who.agent):
            raise Refused("only a supervisor may delete messages of a queue")
        await asyncio.to_thread(remove, self._root, message)
        return message_entity(replace(message, folder=""))

    async def work(self, wanted: WorkFilter, who: Subject) -> list[Entity]:
        """The first due first."""
        items = await self._boxes.work(replace(wanted, sight=self._sight(who)))
        return [work_entity(self._desk.seen(item)) for item in items]

    async def work_item(self, name: str, who: Subject) -> Entity:
        """By its id or one of its messages. Raises NotFound."""
        return work_entity(await self._visible_item(name, who))

    async def act(self, name: str, signal: WorkSignal, who: Subject, owner: str, note: str) -> Entity:
        """The item afterwards. An agent takes, returns and finishes work, and gives none to others.

        Raises NotFound, Refused.
        """
        item = await self._visible_item(name, who)
        if signal is WorkSignal.ASSIGN:
            owner = owner or who.agent
            if self._serves(owner) is None:
                raise NotFound(f"no agent {owner[:40]!r}; see: cti agent list")
        if who.kind is Kind.AGENT:
            _allow(item, signal, who.agent, owner)
        return work_entity(self._desk.act(item, signal, who.name, owner if signal is WorkSignal.ASSIGN else "", note))

    def _sight(self, who: Subject) -> Sight | None:
        if who.kind is Kind.SUPERVISOR:
            return None
        return Sight(agent=who.agent, queues=frozenset(self._serves(who.agent) or ()))

    async def _visible(self, name: str, who: Subject) -> Message:
        message, sight = await self._boxes.message(name), self._sight(who)
        own = sight is None or (message.context, message.box) == (AGENTS, sight.agent)
        if not own and sight is not None and message.queue not in sight.queues:
            raise NotFound("no such message")
        return message

    async def _visible_item(self, name: str, who: Subject) -> WorkItem:
        item, sight = await self._boxes.work_item(name), self._sight(who)
        if sight is not None and item.owner != sight.agent and item.queue not in sight.queues:
            raise NotFound("no such work item")
        return self._desk.seen(item)


def _allow(item: WorkItem, signal: WorkSignal, agent: str, owner: str) -> None:
    """Raises Refused."""
    if signal is WorkSignal.ASSIGN and owner != agent:
        raise Refused("an agent may take work, and give it to nobody else")
    if signal is WorkSignal.ASSIGN and item.owner not in ("", agent):
        raise Refused(f"agent {item.owner} has this already")
    if signal is not WorkSignal.ASSIGN and item.owner not in ("", agent):
        raise Refused(f"this is the work of agent {item.owner}")


def message_entity(message: Message) -> Entity:
    """As JSON shows it."""
    return {**asdict(message), "state": message.state}


def work_entity(item: WorkItem) -> Entity:
    """As JSON shows it; the fields of `core.work_item.WorkItem`."""
    return asdict(item)
