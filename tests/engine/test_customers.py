"""Names of callers come beside the call: many in one question, one question at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from cti.core.words import CallId
from cti.engine import customers
from cti.engine.customers import Customers
from cti.errors import StoreError


class Book:
    """A slow register of customers: answers when told to."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.was_asked = asyncio.Event()
        self.answer = asyncio.Event()
        self.broken = False

    async def find(self, numbers: Sequence[str]) -> dict[str, dict[str, str]]:
        self.asked.append(list(numbers))
        self.was_asked.set()
        await self.answer.wait()
        if self.broken:
            raise StoreError("the database is away")
        return {number: {"name": f"Mr {number}"} for number in numbers if number != "404"}


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch):
    monkeypatch.setattr(customers, "REST_SECONDS", 0)
    monkeypatch.setattr(customers, "LOOK_UP_SECONDS", 60)


async def test_numbers_that_come_meanwhile_are_asked_in_one_question():
    book, told, done = Book(), {}, asyncio.Event()

    def tell(call: CallId, name: str) -> None:
        told[call] = name
        if len(told) == 3:
            done.set()

    names = Customers(book.find)
    names.look_up(CallId("a"), "1", tell)
    await asyncio.wait_for(book.was_asked.wait(), 60)
    for call, number in (("b", "2"), ("c", "2"), ("d", "404"), ("e", "")):
        names.look_up(CallId(call), number, tell)
    book.answer.set()
    await asyncio.wait_for(done.wait(), 60)
    assert book.asked == [["1"], ["2", "404"]]
    assert told == {"a": "Mr 1", "b": "Mr 2", "c": "Mr 2"}
    assert names.name_of(CallId("c")) == "Mr 2"
    assert names.name_of(CallId("d")) == ""
    await names.close()


async def test_a_database_that_is_away_costs_a_name_and_nothing_else():
    book, told = Book(), asyncio.Event()
    book.broken = True
    book.answer.set()
    names = Customers(book.find)
    names.look_up(CallId("a"), "1", lambda *_: told.set())
    await asyncio.wait_for(book.was_asked.wait(), 60)
    book.broken = False
    names.look_up(CallId("b"), "2", lambda *_: told.set())
    await asyncio.wait_for(told.wait(), 60)
    assert names.name_of(CallId("a")) == ""
    assert names.name_of(CallId("b")) == "Mr 2"
    await names.close()


async def test_too_many_callers_at_once_get_no_name(monkeypatch):
    monkeypatch.setattr(customers, "AT_ONCE", 2)
    book = Book()
    names = Customers(book.find)
    for number in range(5):
        names.look_up(CallId(f"c{number}"), str(number), lambda *_: None)
    await asyncio.wait_for(book.was_asked.wait(), 60)
    assert book.asked == [["0", "1"]]
    await names.close()
