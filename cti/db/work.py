"""Folds messages and work items anew from what is stored, for the messages and numbers that new lines touched.

It knows where the facts are (journal lines, conversations, messages) and how an item becomes a row; what makes, changes
and closes an item `core.work_item` knows, and which spellings of a number are one line, whoever hands in `WorkRules`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from typing import Any

from sqlalchemy import and_, delete, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ..core.conversation import Conversation
from ..core.journal import JournalLine, Source
from ..core.voicemail import MailState, Message, fold_message
from ..core.words import Outcome
from ..core.work_item import Action, Contact, FollowUpRules, WorkItem, WorkSignal, work_items
from .by_key import by_leg
from .pieces import in_pieces
from .tables import ConversationRow, JournalLineRow, VoicemailRow, WorkItemRow

_CONTACT = tuple(field.name for field in fields(Contact))
_MESSAGE = tuple(field.name for field in fields(Message))
Facts = tuple[list[Contact], list[Message]]  # of one line
_WITHHELD = "message:"  # a message without a number is a line of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkRules:
    """What the site says: a queue's rules, all spellings of a number, and the one name of its line."""

    of_queue: Callable[[str], FollowUpRules]
    spellings: Callable[[str], Sequence[str]]
    line_name: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Callers:
    """Of conversations: the numbers that were not served, and the customers' numbers of those that are over."""

    unserved: frozenset[str] = frozenset()
    over: frozenset[str] = frozenset()

    @classmethod
    def of(cls, conversations: Iterable[Conversation]) -> Callers:
        calls = list(conversations)
        unserved = frozenset(call.number for call in calls if is_unserved(call))
        return cls(unserved, frozenset(far_side(call) for call in calls if call.ended))

    @classmethod
    def of_all(cls, callers: Sequence[Callers]) -> Callers:
        """All of them together."""
        unserved = frozenset(number for one in callers for number in one.unserved)
        return cls(unserved, frozenset(number for one in callers for number in one.over))


async def refold_messages(connection: AsyncConnection, ids: Collection[str]) -> list[Message]:
    """Replace the rows of these messages; the messages."""
    line = JournalLineRow
    told: dict[str, list[JournalLine]] = defaultdict(list)
    for some in in_pieces(sorted(ids)):
        wanted = select(line.__table__).where(by_leg(some, Source.VOICEMAIL))
        for row in (await connection.execute(wanted)).mappings():
            told[row["leg"]].append(JournalLine(**{**row, "source": Source.VOICEMAIL}))
        await connection.execute(delete(VoicemailRow).where(VoicemailRow.id.in_(some)))
    messages = [message for lines in told.values() if (message := fold_message(lines))]
    if messages:
        await connection.execute(insert(VoicemailRow), [_message_row(message) for message in messages])
    return messages


async def refold_all_messages(connection: AsyncConnection) -> None:
    """Replace the rows of every message."""
    line = JournalLineRow
    ids = select(line.leg).distinct().where(line.source == Source.VOICEMAIL.value)
    await connection.execute(delete(VoicemailRow))
    await refold_messages(connection, set((await connection.execute(ids)).scalars()))


def _message_row(message: Message) -> dict[str, Any]:
    return {name: getattr(message, name) for name in _MESSAGE} | {"mail": message.mail.value}


async def touched_by_actions(connection: AsyncConnection, calls: Iterable[str]) -> tuple[set[str], set[str]]:
    """(numbers, messages without one) of the calls and messages that people's actions name."""
    numbers: set[str] = set()
    withheld: set[str] = set()
    message = VoicemailRow
    for some in in_pieces(sorted(set(calls))):
        found = select(ConversationRow.number).where(ConversationRow.id.in_(some))
        numbers |= set((await connection.execute(found)).scalars())
        left = select(message.id, message.number).where(message.id.in_(some) | message.conversation.in_(some))
        for name, number in await connection.execute(left):
            (numbers if number else withheld).add(number or name)
    return numbers - {""}, withheld


async def rework(
    connection: AsyncConnection, numbers: Collection[str], withheld: Collection[str], rules: WorkRules
) -> None:
    """Replace the items of these numbers, and those of these messages without a number."""
    lines = {rules.line_name(number): number for number in sorted(numbers) if number}
    for some in in_pieces(list(lines)):
        await _rework(connection, {line: rules.spellings(lines[line]) for line in some}, rules)
    for some in in_pieces(sorted(withheld)):
        facts: dict[str, Facts] = {_WITHHELD + name: ([], []) for name in some}
        for message in await _messages(connection, VoicemailRow.id.in_(some)):
            facts[_WITHHELD + message.id][1].append(message)
        await _replace(connection, facts, rules)


async def _rework(connection: AsyncConnection, forms: Mapping[str, Sequence[str]], rules: WorkRules) -> None:
    """Replace the items of these lines, each with all spellings of its number."""
    facts: dict[str, Facts] = {line: ([], []) for line in forms}
    lines_of: dict[str, list[str]] = defaultdict(list)
    for line, spelled in forms.items():
        for form in set(spelled):
            lines_of[form].append(line)
    for some in in_pieces(sorted(lines_of)):
        for contact in await _contacts(connection, some):
            told = {contact.number, contact.did} if contact.direction == "outbound" else {contact.number}
            for line in {line for number in told & set(some) for line in lines_of[number]}:
                facts[line][0].append(contact)
        for message in await _messages(connection, VoicemailRow.number.in_(some)):
            for line in lines_of[message.number]:
                facts[line][1].append(message)
    await _replace(connection, facts, rules)


async def rework_all(connection: AsyncConnection, rules: WorkRules) -> None:
    """Replace every item."""
    unserved = (
        select(ConversationRow.number)
        .distinct()
        .where(ConversationRow.outcome != Outcome.ANSWERED.value, ConversationRow.queue != "")
    )
    message = VoicemailRow
    left = (await connection.execute(select(message.id, message.number).where(message.queue != ""))).all()
    numbers = set((await connection.execute(unserved)).scalars()) | {number for _, number in left}
    await connection.execute(delete(WorkItemRow))
    await rework(connection, numbers - {""}, {name for name, number in left if not number}, rules)


async def _replace(connection: AsyncConnection, facts: Mapping[str, Facts], rules: WorkRules) -> None:
    origins = {line: _origins(*of_line) for line, of_line in facts.items()}
    actions = await _actions(connection, {call for calls in origins.values() for call in calls})
    rows = []
    for line, (contacts, messages) in facts.items():
        done = [action for call in origins[line] for action in actions.get(call, ())]
        found = {contact.id: contact for contact in contacts}  # both of its numbers may be spellings of one
        rows += [_item_row(item, line) for item in work_items([*found.values(), *messages, *done], rules.of_queue)]
    for some in in_pieces(sorted(facts)):
        await connection.execute(delete(WorkItemRow).where(WorkItemRow.line.in_(some)))
    if rows:
        await connection.execute(insert(WorkItemRow), rows)


def _origins(contacts: Iterable[Contact], messages: Iterable[Message]) -> set[str]:
    """The calls and messages that may have made an item."""
    calls = {contact.id for contact in contacts if contact.outcome != Outcome.ANSWERED}
    return calls | {message.conversation or message.id for message in messages if message.queue}


def _item_row(item: WorkItem, line: str) -> dict[str, Any]:
    attempts = [asdict(attempt) | {"at": attempt.at.isoformat()} for attempt in item.attempts]
    lists = {"calls": list(item.calls), "messages": list(item.messages), "attempts": attempts}
    plain = {field.name: getattr(item, field.name) for field in fields(item) if field.name not in lists}
    return {**plain, **lists, "line": line, "kind": item.kind.value, "state": item.state.value}


def is_unserved(conversation: Conversation) -> bool:
    """Whether it may make an item; a call that was answered can only close one."""
    return bool(conversation.ended and conversation.queue) and conversation.outcome != Outcome.ANSWERED


async def with_items(connection: AsyncConnection, numbers: Collection[str], rules: WorkRules) -> set[str]:
    """Those of these numbers whose line has items already. Most calls are answered, and cost no more than this."""
    lines = {rules.line_name(number): number for number in numbers if number}
    found: set[str] = set()
    for some in in_pieces(sorted(lines)):
        known = select(WorkItemRow.line).distinct().where(WorkItemRow.line.in_(some))
        found |= {lines[line] for line in (await connection.execute(known)).scalars()}
    return found


def far_side(conversation: Conversation) -> str:
    """The customer's number: of a call that an agent dialled, what was dialled."""
    dialled = conversation.direction == "outbound" and not conversation.callback_of
    return conversation.did if dialled else conversation.number


async def _contacts(connection: AsyncConnection, forms: Sequence[str]) -> list[Contact]:
    row = ConversationRow.__table__.c
    dialled = and_(row.direction == "outbound", row.did.in_(forms))
    wanted = select(*[row[name] for name in _CONTACT]).where(
        or_(row.number.in_(forms), dialled), row.ended.is_not(None)
    )
    return [Contact(**found) for found in (await connection.execute(wanted)).mappings()]


async def _messages(connection: AsyncConnection, which: Any) -> list[Message]:
    return [
        message_of(dict(row))
        for row in (await connection.execute(select(VoicemailRow.__table__).where(which))).mappings()
    ]


def message_of(row: dict[str, Any]) -> Message:
    """A row as the core knows it."""
    return Message(**{name: row[name] for name in _MESSAGE} | {"mail": MailState(row["mail"])})


async def _actions(connection: AsyncConnection, origins: Collection[str]) -> dict[str, list[Action]]:
    """What people did with the items of these calls and messages."""
    line = JournalLineRow
    found: dict[str, list[Action]] = defaultdict(list)
    for some in in_pieces(sorted(origins)):
        wanted = select(line.call, line.at, line.data).where(
            line.source == Source.ENGINE.value, line.kind == "work", line.call.in_(some)
        )
        for call, at, data in await connection.execute(wanted):
            with suppress(ValueError):  # a signal of a later version
                said = {name: str(data.get(name, "")) for name in ("item", "by", "owner", "note")}
                found[call].append(Action(at=at, signal=WorkSignal(data.get("signal")), **said))
    return found
