"""Who calls: found, not found, or an error in time, with CTI_LOOKUP last whatever happens."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from cti.engine import caller
from cti.engine.caller import Callers, Row
from cti.errors import AgiRefused, StoreError

CARD = "4111111111111111"


class Dialogue:
    """A session that only ends."""

    def __init__(self, *args: str, query: str = "seconds=1") -> None:
        self.args = args
        self.query = query
        self.told: list[tuple[str, str]] = []

    async def finish(self, pairs: Any) -> None:
        self.told += pairs


async def answer(find: Any, *args: str, query: str = "seconds=1") -> list[tuple[str, str]]:
    session = Dialogue("call=c1", *args, query=query)
    await Callers(find).serve(session)
    return session.told


def knows(**row: object) -> Any:
    async def find(number: str, digits: str) -> Row | None:
        return row if row.get("number") == number or row.get("id") == digits else None

    return find


async def test_what_is_known_of_a_customer_is_set_and_the_answer_last() -> None:
    find = knows(id="7", number="138", name="李明", priority=3, language="zh", prefer="1001", need="vip=2", note="x")
    assert await answer(find, "number=138") == [
        ("CTI_CUSTOMER", "7"),
        ("CTI_CUSTOMER_NAME", "李明"),
        ("CTI_PRIORITY", "3"),
        ("CTI_LANG", "zh"),
        ("CTI_PREFER", "1001"),
        ("CTI_NEED", "vip=2"),
        ("CTI_LOOKUP", "found"),
    ]


async def test_what_a_row_does_not_have_is_not_set_and_a_name_stays_one_line() -> None:
    assert await answer(knows(id="7", number="138", name="a\nb", priority=None), "number=138") == [
        ("CTI_CUSTOMER", "7"),
        ("CTI_CUSTOMER_NAME", "a b"),
        ("CTI_LOOKUP", "found"),
    ]


async def test_nobody_is_a_customer_by_the_number_whose_digits_are_unknown_or_missing() -> None:
    find = knows(id="7", number="138")
    assert await answer(find, "number=139") == [("CTI_LOOKUP", "not_found")]
    assert await answer(find, "number=138", "input=member", "digits=") == [("CTI_LOOKUP", "not_found")]


async def test_a_database_that_is_slow_or_ill_is_an_error_in_time_and_digits_are_in_no_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def hangs(number: str, digits: str) -> None:
        await asyncio.Event().wait()

    async def fails(number: str, digits: str) -> None:
        raise StoreError("the database refused: no such table")

    caplog.set_level(logging.DEBUG)
    assert await answer(hangs, f"digits={CARD}") == [("CTI_LOOKUP", "error")]
    assert "no answer about call c1 within 1 s" in caplog.text
    assert await answer(fails, f"digits={CARD}") == [("CTI_LOOKUP", "error")]
    assert len(caplog.records) == 2
    assert CARD not in caplog.text


async def test_a_flood_of_questions_is_answered_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caller, "AT_ONCE", 1)
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def waits(number: str, digits: str) -> None:
        asked.set()
        await go_on.wait()

    callers, first, second = Callers(waits), Dialogue("call=c1", query="seconds=10"), Dialogue("call=c2")
    task = asyncio.create_task(callers.serve(first))
    await asked.wait()
    await callers.serve(second)
    assert second.told == [("CTI_LOOKUP", "error")]
    go_on.set()
    await task
    assert first.told == [("CTI_LOOKUP", "not_found")]


@pytest.mark.parametrize("arguments", [(), ("call=c1", "evil=1"), ("call=c1", "call=c2"), ("call=",)])
async def test_a_foreign_dialplan_is_refused(arguments: tuple[str, ...]) -> None:
    with pytest.raises(AgiRefused):
        await Callers(knows()).serve(Dialogue(*arguments))


@pytest.mark.parametrize(
    ("query", "seconds"),
    [
        ("seconds=3", 3.0),
        ("", 2.0),
        ("seconds=0", 1.0),
        ("seconds=999", 10.0),
        ("x=1&seconds=4", 4.0),
        ("seconds=x", 2.0),
    ],
)
def test_the_dialplan_says_how_long_within_bounds(query: str, seconds: float) -> None:
    assert caller.seconds_of(query) == seconds
