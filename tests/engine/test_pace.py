"""A queue's numbers are told at once, then at most every so often, and the last word always."""

from __future__ import annotations

import asyncio

from cti.engine.pace import Pace


async def test_the_first_change_is_told_at_once():
    told: list[str] = []
    pace = Pace(told.append, 3600)
    pace.changed("sales")
    pace.changed("service")
    assert told == ["sales", "service"]
    pace.close()


async def test_changes_in_between_are_told_once_when_the_time_is_over():
    told: list[str] = []
    again = asyncio.Event()

    def tell(name: str) -> None:
        told.append(name)
        if len(told) == 2:
            again.set()

    pace = Pace(tell, 0.01)
    for _ in range(100):
        pace.changed("sales")
    assert told == ["sales"]
    await asyncio.wait_for(again.wait(), 60)
    assert told == ["sales", "sales"]
    pace.close()


async def test_after_a_rest_without_change_the_next_one_is_told_at_once():
    told: list[str] = []
    pace = Pace(told.append, 0)
    pace.changed("sales")
    rested = asyncio.Event()
    asyncio.get_running_loop().call_later(0.01, rested.set)  # due after the pace's own timer
    await rested.wait()
    pace.changed("sales")
    assert told == ["sales", "sales"]
    pace.close()


async def test_nothing_is_told_after_the_end():
    told: list[str] = []
    pace = Pace(told.append, 0)
    pace.changed("sales")
    pace.changed("sales")
    pace.close()
    for _ in range(5):
        await asyncio.sleep(0)
    assert told == ["sales"]
