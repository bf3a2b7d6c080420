"""One event at a time, in order, and never one inside another."""

from __future__ import annotations

from datetime import UTC, datetime

from cti.core.events import CallerLeft, Event
from cti.core.words import CallId
from cti.engine.inbox import Inbox


def event(call: str) -> CallerLeft:
    return CallerLeft(at=datetime(2026, 1, 1, tzinfo=UTC), call=CallId(call))


class Engine:
    """Posts what it is told to while it handles something."""

    def __init__(self, follow: dict[str, list[str]]) -> None:
        self.inbox = Inbox(self.handle)
        self.follow = follow
        self.told: list[str] = []

    def handle(self, event: Event, _: object) -> None:
        assert isinstance(event, CallerLeft)
        self.told.append(f"<{event.call}")
        for call in self.follow.pop(event.call, []):
            self.inbox.post(_event(call))
        self.told.append(f"{event.call}>")


_event = event


def test_what_is_posted_before_the_opening_is_handled_then_in_order():
    engine = Engine({})
    for call in "ab":
        engine.inbox.post(event(call))
    assert engine.told == []
    engine.inbox.open()
    assert engine.told == ["<a", "a>", "<b", "b>"]


def test_what_is_posted_while_something_is_handled_waits_in_line():
    engine = Engine({"a": ["b", "c"], "b": ["d"]})
    engine.inbox.open()
    engine.inbox.post(event("a"))
    assert engine.told == ["<a", "a>", "<b", "b>", "<c", "c>", "<d", "d>"]


def test_alone_lets_nothing_be_handled_until_the_outermost_end():
    engine = Engine({})
    engine.inbox.open()
    with engine.inbox.alone():
        with engine.inbox.alone():
            engine.inbox.post(event("a"))
        assert engine.told == []
    assert engine.told == ["<a", "a>"]


def test_after_the_end_nothing_is_handled():
    engine = Engine({})
    engine.inbox.open()
    engine.inbox.close()
    engine.inbox.post(event("a"))
    assert engine.told == []
