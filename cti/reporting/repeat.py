"""Rows -> the report `repeat`: reads contacts far enough around the period to know who followed whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from ..core.metrics.repeats import Contact, Judged, judged
from ..db.contacts import ContactRow
from ..db.people import People
from ..db.store import Store
from ..reports.document import Report
from ..reports.repeat import repeat_report, repeat_rows
from .question import Maker, Question, Row

WINDOW = timedelta(days=7)
Names = Mapping[str, tuple[str, str]]


async def _make(store: Store, question: Question) -> Report:
    known, told, names = await _judged(store, question)
    span = question.span
    withheld = [one for one in known if not one.number and span.since <= one.at < span.until]
    return repeat_report(
        question.asked,
        told,
        [one for one in withheld if _is_wanted(question, names[one.call])],
        per=question.more.get("per", "queue"),
        window=_window(question),
        same_queue=bool(question.more.get("same_queue")),
        names=names,
        titles=await People(store.database).names(),
    )


async def _drill(store: Store, question: Question) -> list[Row]:
    _, told, names = await _judged(store, question)
    return repeat_rows(told, names)


async def _judged(store: Store, question: Question) -> tuple[Sequence[Contact], list[Judged], Names]:
    span, window = question.span, _window(question)
    question.tell("reading calls from outside", 0, 0)
    rows = await question.facts_of(store).contacts(span.since - window, min(span.until + window, question.now))
    names = {row.call: (row.queue, row.agent) for row in rows}
    question.tell("who follows whom", 0, 0)
    contacts = [_contact(row, same_queue=bool(question.more.get("same_queue"))) for row in rows]
    told = judged(contacts, span.since, span.until, window=window, known_until=question.now)
    return contacts, [one for one in told if _is_wanted(question, names[one.contact.call])], names


def _contact(row: ContactRow, *, same_queue: bool) -> Contact:
    topic = row.queue if same_queue else ""
    return Contact(call=row.call, number=row.number, at=row.started, answered=row.answered, topic=topic)


def _is_wanted(question: Question, names: tuple[str, str]) -> bool:
    """Whom a call repeats is looked for among all calls; which are told of, the filters say."""
    queue, agent = names
    span, per_agent = question.span, question.more.get("per") == "agent"
    if per_agent and not agent:
        return False
    return span.wants(queue, agent)


def _window(question: Question) -> timedelta:
    window = question.more.get("window", WINDOW)
    assert isinstance(window, timedelta)
    return window


REPEAT = Maker(make=_make, drill=_drill)
