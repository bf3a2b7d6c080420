"""Work that callers left behind: who must be called back, by when, who does it, and how it ended. A pure fold.

It knows which calls and messages make an item, which conversations close one, and what people may do with it. It knows
no row, no site and no clock: the rules of a queue come in as values, everything that happened as facts with their
instants. The same facts in any order give the same items.

One item is open for a number and a queue at a time: whoever calls again and is not served adds to it. It is done when
somebody talked with the number long enough (whoever called whom), or when a person says so.
`TRANSITIONS[state][signal]` is the whole rule; anything else raises IllegalTransition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from cti.errors import IllegalTransition

from .voicemail import AGENTS, Message
from .words import Outcome

MOST_ATTEMPTS = 50  # kept of one item, the last ones


class WorkKind(StrEnum):
    """What made the item; a message says more than a call that was given up."""

    VOICEMAIL = "voicemail"
    ABANDONED = "abandoned"


class WorkState(StrEnum):
    """Where an item is."""

    OPEN = "open"
    ASSIGNED = "assigned"
    DONE = "done"


class WorkSignal(StrEnum):
    """What can happen to an item: people's requests first, then the one fact."""

    ASSIGN = "assign"
    RELEASE = "release"
    DONE = "done"
    REOPEN = "reopen"
    REACHED = "reached"


_S = WorkState
TRANSITIONS: Mapping[WorkState, Mapping[WorkSignal, WorkState]] = {
    _S.OPEN: {WorkSignal.ASSIGN: _S.ASSIGNED, WorkSignal.DONE: _S.DONE, WorkSignal.REACHED: _S.DONE},
    _S.ASSIGNED: {
        WorkSignal.ASSIGN: _S.ASSIGNED,
        WorkSignal.RELEASE: _S.OPEN,
        WorkSignal.DONE: _S.DONE,
        WorkSignal.REACHED: _S.DONE,
    },
    _S.DONE: {WorkSignal.REOPEN: _S.OPEN},
}
# Callers whom nobody served. Who is called back, was refused by the schedule, or hung up at once is not among them.
_UNSERVED = frozenset(
    {Outcome.ABANDONED, Outcome.VOICEMAIL, Outcome.TIMEOUT, Outcome.OVERFLOW, Outcome.FULL, Outcome.EXIT_KEY}
)
_ANSWERED = Outcome.ANSWERED.value
_BY_THEIR_OWN_WILL = frozenset({Outcome.ABANDONED, Outcome.VOICEMAIL})  # these may have been too quick to mean it


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpRules:
    """What a queue asks for. `due` says by when an item of that instant is due."""

    due: Callable[[datetime], datetime]
    abandoned: bool = True
    after_seconds: float = 10.0
    talk_seconds: float = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One conversation with the number that is over, as far as it matters here."""

    id: str
    number: str
    ended: datetime
    direction: str
    outcome: str
    queue: str = ""
    agent: str = ""
    name: str = ""
    did: str = ""
    customer: str = ""
    wait_seconds: float = 0.0
    talk_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What a person did: `by` whom; `owner` is whom an item was given to."""

    item: str
    at: datetime
    signal: WorkSignal
    by: str
    owner: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A conversation with the number that did not close the item."""

    conversation: str
    at: datetime
    direction: str
    outcome: str
    agent: str
    talk_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItem:
    """One item, named by the call (or message) that made it. `calls`: all that were not served; `messages`: all that
    were left. Done: `closed` and either `closed_by`, the conversation that did it, or `by`, who said so."""

    id: str
    kind: WorkKind
    queue: str
    number: str
    created: datetime
    due: datetime
    changed: datetime
    state: WorkState = WorkState.OPEN
    name: str = ""
    customer: str = ""
    did: str = ""
    owner: str = ""
    calls: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    attempts: tuple[Attempt, ...] = field(default=())
    closed: datetime | None = None
    closed_by: str = ""
    by: str = ""
    note: str = ""


def after(item: WorkItem, action: Action) -> WorkItem:
    """The item after what a person did. Raises IllegalTransition where `TRANSITIONS` has no such edge."""
    moved = _moved(item, action.signal, action.at)
    match action.signal:
        case WorkSignal.ASSIGN:
            return replace(moved, owner=action.owner, by=action.by, note=action.note or item.note)
        case WorkSignal.DONE:
            return replace(moved, closed=action.at, by=action.by, note=action.note or item.note)
        case _:
            kept = {"by": action.by, "note": action.note or item.note}
            return replace(moved, owner="", closed=None, closed_by="", **kept)  # type: ignore[arg-type]  # all texts


def _moved(item: WorkItem, signal: WorkSignal, at: datetime) -> WorkItem:
    state = TRANSITIONS[item.state].get(signal)
    if state is None:
        raise IllegalTransition(f"work item {item.id} is {item.state}: it cannot be changed by {signal}")
    return replace(item, state=state, changed=at)


Fact = Message | Contact | Action


def work_items(facts: Iterable[Fact], rules: Callable[[str], FollowUpRules]) -> list[WorkItem]:
    """Every item of one line (the messages, conversations and actions of one number, in any of its spellings), in order
    of creation. `rules(queue)` are a queue's.

    Messages that came from no queue make none; callers who withhold their number have items for messages only.
    """
    desk = _Desk(rules)
    for fact in sorted(facts, key=_order):
        match fact:
            case Message():
                desk.left(fact)
            case Contact():
                desk.talked(fact)
            case Action():
                desk.did(fact)
            case _ as never:
                assert_never(never)
    return list(desk.items.values())


def _order(fact: Fact) -> tuple[datetime, int, str]:
    match fact:
        case Message():
            return fact.received, 0, fact.id
        case Contact():
            return fact.ended, 1, fact.id
        case Action():
            return fact.at, 2, f"{fact.item} {fact.signal} {fact.owner} {fact.note}"
        case _ as never:
            assert_never(never)


@dataclass(slots=True)
class _Desk:
    """The items of one line while its facts are told, oldest first."""

    rules: Callable[[str], FollowUpRules]
    items: dict[str, WorkItem] = field(default_factory=dict)

    def left(self, message: Message) -> None:
        if not message.queue:
            return
        origin = message.conversation or message.id
        item = self._open(message.queue) or self._new(origin, message.queue, message.number, message.received)
        if message.context == AGENTS and item.state is WorkState.OPEN:  # a caller of the queue was sent to this agent
            item = replace(_moved(item, WorkSignal.ASSIGN, message.received), owner=message.box)
        self._keep(
            replace(
                item,
                kind=WorkKind.VOICEMAIL,
                calls=item.calls if origin in item.calls else (*item.calls, origin),
                messages=(*item.messages, message.id),
                name=item.name or message.name,
                did=item.did or message.did,
                changed=message.received,
            )
        )

    def talked(self, contact: Contact) -> None:
        for item in [item for item in self.items.values() if item.state is not WorkState.DONE]:
            if contact.id in item.calls:
                self._keep(_known_better(item, contact))
            elif contact.direction == "outbound" or (contact.direction, contact.outcome) == ("inbound", _ANSWERED):
                self._keep(self._after_contact(item, contact))
        if self._is_worth_it(contact):
            item = self._open(contact.queue) or self._new(contact.id, contact.queue, contact.number, contact.ended)
            self._keep(_known_better(replace(item, calls=(*item.calls, contact.id), changed=contact.ended), contact))

    def did(self, action: Action) -> None:
        """What the desk allowed at that time, but facts that came in later forbid, did not happen."""
        item = self.items.get(action.item)
        if item is None or action.signal not in TRANSITIONS[item.state]:
            return
        if action.signal is WorkSignal.REOPEN and self._open(item.queue) is not None:
            return
        self._keep(after(item, action))

    def _after_contact(self, item: WorkItem, contact: Contact) -> WorkItem:
        if contact.outcome == Outcome.ANSWERED and contact.talk_seconds >= self.rules(item.queue).talk_seconds:
            done = _moved(item, WorkSignal.REACHED, contact.ended)
            return replace(
                done, closed=contact.ended, closed_by=contact.id, by=contact.agent, owner=item.owner or contact.agent
            )
        attempt = Attempt(
            conversation=contact.id,
            at=contact.ended,
            direction=contact.direction,
            outcome=contact.outcome,
            agent=contact.agent,
            talk_seconds=contact.talk_seconds,
        )
        return replace(item, attempts=(*item.attempts, attempt)[-MOST_ATTEMPTS:], changed=contact.ended)

    def _is_worth_it(self, contact: Contact) -> bool:
        if (
            not contact.number
            or not contact.queue
            or contact.direction != "inbound"
            or contact.outcome not in _UNSERVED
        ):
            return False
        rules = self.rules(contact.queue)
        too_quick = contact.outcome in _BY_THEIR_OWN_WILL and contact.wait_seconds < rules.after_seconds
        told = any(contact.id in item.calls for item in self.items.values())
        return rules.abandoned and not too_quick and not told

    def _open(self, queue: str) -> WorkItem | None:
        return next((i for i in self.items.values() if i.queue == queue and i.state is not WorkState.DONE), None)

    def _new(self, origin: str, queue: str, number: str, at: datetime) -> WorkItem:
        name = origin
        while name in self.items:  # a call that was not served by two queues
            name = f"{name}+"
        due, kind = self.rules(queue).due(at), WorkKind.ABANDONED
        return WorkItem(id=name, kind=kind, queue=queue, number=number, created=at, due=due, changed=at)

    def _keep(self, item: WorkItem) -> None:
        self.items[item.id] = item


def _known_better(item: WorkItem, contact: Contact) -> WorkItem:
    """What only the conversation knows of the caller."""
    return replace(
        item,
        name=item.name or contact.name,
        customer=item.customer or contact.customer,
        did=item.did or contact.did,
    )
