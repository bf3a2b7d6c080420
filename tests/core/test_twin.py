"""A twin begins in the same state and nothing that is done to it is seen by the first."""

from __future__ import annotations

from collections import deque

import pytest
from acd_playbook import (
    NOON,
    Answered,
    Defined,
    Ended,
    Joined,
    LoggedOut,
    Missed,
    Paused,
    QueueDefined,
    QueueRemoved,
    Ready,
    queue,
)

from cti.core.acd import Acd
from cti.core.floor import CallPhase
from cti.core.twin import twin
from cti.core.words import Presence

SALES = queue(
    "sales", (0, {"sales": 50}), (20, {"sales": 1}), max_wait_seconds=300.0, max_misses=2, wrap_up_seconds=9.0
)


STORY = [
    QueueDefined(SALES),
    QueueDefined(queue("parts")),
    *(step for agent in ("1001", "1002", "1003", "1004") for step in Ready(agent, sales=60)),
    Joined("c1"),
    Answered("c1", "1001"),
    Joined("c2"),
    Answered("c2", "1002"),
    Ended("c2", "1002"),
    Joined("c3"),
    Missed("c3", "1003"),
    Joined("c4", priority=1),
    Paused("1004"),
    Joined("c5", ago=7.0),
    Joined("c6", need={"en": 5}),
]


def busy() -> Acd:
    """Every state there is: offered, connected, away and waiting calls; ready, talking, wrapping up, paused agents."""
    acd = Acd()
    for make in STORY:
        acd.handle(make(NOON))
    return acd


def test_the_floor_is_busy_in_every_way():
    floor = busy().snapshot()
    assert {call.state for call in floor.calls} == set(CallPhase)
    assert {agent.presence for agent in floor.agents} >= {
        Presence.TALKING,
        Presence.WRAP_UP,
        Presence.RINGING,
        Presence.PAUSED,
    }


def everything(acd: Acd) -> str:
    """All of a machine's state as text, sets sorted, so that any change is seen."""
    seen: dict[int, int] = {}

    def told(thing: object) -> object:
        if isinstance(thing, str | int | float | bool | bytes | None) or callable(thing):
            return repr(thing) if not callable(thing) else getattr(thing, "__qualname__", "callable")
        if id(thing) in seen:
            return f"#{seen[id(thing)]}"
        seen[id(thing)] = len(seen)
        if isinstance(thing, dict):
            return [(told(key), told(value)) for key, value in thing.items()]
        if isinstance(thing, set | frozenset):
            return sorted(str(told(item)) for item in thing)
        if isinstance(thing, list | tuple | deque):
            return [told(item) for item in thing]
        names = [name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())]
        fields = {name: getattr(thing, name) for name in names if hasattr(thing, name)} | getattr(thing, "__dict__", {})
        return [(name, told(value)) for name, value in fields.items()] or repr(thing)

    return repr(told(acd))


CHANGES = [
    *Ready("1009", sales=99),
    LoggedOut("1004"),
    Ended("c1", "1001"),
    Joined("c9"),
    Defined("1001", sales=1),
    QueueDefined(queue("sales", (0, {"parts": 9}))),
    QueueRemoved("parts"),
]


def test_a_twin_decides_the_same():
    first, second = busy(), twin(busy())
    for make in CHANGES:
        assert first.handle(make(NOON)) == second.handle(make(NOON))
    assert first.snapshot() == second.snapshot()


def test_what_is_done_to_a_twin_changes_nothing_of_the_first():
    first = busy()
    before = everything(first)
    second = twin(first)
    assert everything(first) == before
    for make in CHANGES:
        assert second.handle(make(NOON)) is not None
    assert everything(first) == before
    assert first.snapshot() != second.snapshot()


def test_a_twin_of_a_twin_is_one_too():
    first = busy()
    assert twin(twin(first)).snapshot() == first.snapshot()


def test_what_nobody_has_thought_of_is_refused():
    acd = busy()
    acd.clock = iter(())  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match=r"say how in core/twin\.py"):
        twin(acd)
