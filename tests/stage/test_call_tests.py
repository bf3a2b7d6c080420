"""Which calls of a call test are placed once more, and what is told of them; the ground and the caller are played."""

from __future__ import annotations

from collections import Counter
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cti.core.walked import Walked
from cti.stage import call_tests
from cti.stage.call_case import Case, Heard
from cti.stage.call_tests import MOST_AGAIN, CallTests

LATE = Walked(("menu:night=timeout",), (), "hangup", "hangup")
MEANT = Walked(("menu:night=1",), (), "queue:sales", "waiting")


class Ground:
    """A proving ground on which nothing happens."""

    async def load(self, *_): ...

    async def override(self, *_): ...

    async def log_in(self, *_): ...

    @asynccontextmanager
    async def attended(self, _):
        yield


class Played(CallTests):
    async def _ground(self, _):
        return Ground()


@pytest.fixture
def played(monkeypatch, tmp_path):
    """Runs so many cases; those of `late` go wrong so often. Gives (heard, how often each was called, who was told)."""

    async def run(count: int, late: dict[int, int]):
        called: Counter[int] = Counter()
        told: list[int] = []

        async def place_call(_ground, _crew, index: int, _case) -> Heard:
            called[index] += 1
            return Heard(walked=LATE if called[index] <= late.get(index, 0) else MEANT, seconds=called[index])

        monkeypatch.setattr(call_tests, "place_call", place_call)
        heard = await Played(tmp_path).run(
            Path("site"),
            [Case(did="4001") for _ in range(count)],
            tell=lambda index, _: told.append(index),
            right=lambda _, one: one.walked == MEANT,
        )
        return heard, called, told

    return run


async def test_a_call_that_was_late_is_placed_once_more_and_told_once_after_the_others(played):
    heard, called, told = await played(4, late={1: 1})
    assert [one.walked for one in heard] == [MEANT] * 4
    assert [one.calls for one in heard] == [1, 2, 1, 1]
    assert called == {0: 1, 1: 2, 2: 1, 3: 1}
    assert (sorted(told), told[-1]) == ([0, 1, 2, 3], 1)


async def test_of_a_call_that_is_wrong_twice_the_first_one_is_told(played):
    heard, called, told = await played(2, late={0: 2})
    assert (heard[0].walked, heard[0].calls, heard[0].seconds, called[0]) == (LATE, 2, 1, 2)
    assert sorted(told) == [0, 1]


async def test_where_many_are_wrong_none_is_placed_again(played):
    count = MOST_AGAIN + 1
    heard, called, told = await played(count, late=dict.fromkeys(range(count), 1))
    assert {one.walked for one in heard} == {LATE}
    assert set(called.values()) == {1}
    assert len(told) == count
