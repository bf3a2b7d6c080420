"""Rows -> the report `repeat`: reads calls far enough around the period to know who followed whom, number by number."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from datetime import timedelta

from ..core.metrics.repeats import Contact, Judged, judged
from ..db.contacts import ContactRow
from ..db.people import People
from ..db.store import Store
from ..reports.document import Report
from ..reports.repeat import RepeatReport, repeat_row
from .question import Maker, Question, Row

WINDOW = timedelta(days=7)
TOLD = 10_000  # calls
Names = Mapping[str, tuple[str, str]]


async def _make(store: Store, question: Question) -> Report:
    per, span = question.more.get("per", "queue"), question.span
    same_queue = bool(question.more.get("same_queue"))
    report = RepeatReport(question.asked, per=per, window=_window(question), same_queue=same_queue)
    place = 0 if per == "queue" else 1
    async for rows in _of_one_number(store, question):
        if not rows[0].number:
            for row in rows:
                if span.since <= row.started < span.until and _is_wanted(question, (row.queue, row.agent)):
                    report.add_withheld(row.started, (row.queue, row.agent)[place])
            continue
        names = _names(rows)
        for one in _judged(rows, question):
            if _is_wanted(question, names[one.contact.call]):
                report.add(one, names[one.contact.call][place])
    return report.made(await People(store.database).names())


async def _drill(store: Store, question: Question) -> list[Row]:
    found: list[Row] = []
    async for rows in _of_one_number(store, question):
        names = _names(rows)
        wanted = (one for one in _judged(rows, question) if _is_wanted(question, names[one.contact.call]))
        found += filter(None, (repeat_row(one, names) for one in wanted))
    return sorted(found, key=lambda row: (row["started"], row["call"]))


async def _of_one_number(store: Store, question: Question) -> AsyncIterator[list[ContactRow]]:
    """The calls of one number after the other: some of a withheld one, of another number all."""
    span, window = question.span, _window(question)
    some: list[ContactRow] = []
    read = 0
    since, until = span.since - window, min(span.until + window, question.now)
    async for row in question.facts_of(store).contacts(since, until):
        if some and (row.number != some[0].number or not row.number):
            yield some
            some = []
        some.append(row)
        if read % TOLD == 0:
            question.tell("reading calls from outside", read, 0)
        read += 1
    if some:
        yield some


def _names(rows: Iterable[ContactRow]) -> Names:
    return {row.call: (row.queue, row.agent) for row in rows}


def _judged(rows: Iterable[ContactRow], question: Question) -> Iterator[Judged]:
    span, same_queue = question.span, bool(question.more.get("same_queue"))
    contacts = [_contact(row, same_queue=same_queue) for row in rows]
    return judged(contacts, span.since, span.until, window=_window(question), known_until=question.now)


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
