"""What supervisors do with queues and callers, seen on the floor, heard by the dialplan and kept in the journal."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cti.core.events import (
    AgentLoggedIn,
    AgentLoggedOut,
    CallerMoved,
    CallerWithdrawn,
    PriorityChanged,
    QueueClosed,
    QueueOpened,
)
from cti.core.words import AgentCard, QueueName, QueueRules, Ring
from cti.engine.loop import Engine
from cti.engine.restore import closed_queues
from cti.errors import Refused
from cti.journal.engine_log import EngineJournal

SALES, SERVICE = (
    QueueRules(name=QueueName(name), rings=(Ring(need=((name, 50),)), Ring(after_seconds=30, need=((name, 1),))))
    for name in ("sales", "service")
)


class Nobody:
    """No customer is known, and nothing is sent to Asterisk."""

    def look_up(self, *_: object) -> None: ...

    def name_of(self, _: object) -> str:
        return ""

    def post(self, *_: object) -> None: ...


class Session:
    """A caller's FastAGI session."""

    def __init__(self, call: str, queue: str, *more: str) -> None:
        self.args = (f"call={call}", f"queue={queue}", *more)
        self.verdict: dict[str, str] = {}

    async def finish(self, pairs: Any) -> None:
        self.verdict = dict(pairs)


class House:
    """An engine in which callers wait and screens watch."""

    def __init__(self, engine: Engine, told: list[tuple[str, Any]]) -> None:
        self.engine, self.told = engine, told
        self.tasks: list[asyncio.Task[None]] = []

    async def wait(self, call: str, queue: str = "sales", *more: str) -> Session:
        session = Session(call, queue, *more)
        self.tasks.append(asyncio.create_task(self.engine.lobby.serve(session)))
        await asyncio.sleep(0)
        return session

    async def ask(self, kind: type, **values: object) -> None:
        await self.engine.request(kind(at=datetime.now(UTC), **values))
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    def call(self, call: str) -> dict[str, Any]:
        return self.engine.floor.calls[call]

    def queue(self, queue: str) -> dict[str, Any]:
        (found,) = [entity for entity in self.engine.floor.snapshot()["queues"] if entity["queue"] == queue]
        return found


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    told: list[tuple[str, Any]] = []
    journal, nobody = EngineJournal(tmp_path / "engine.jsonl"), Nobody()
    engine = Engine(journal=journal, publish=lambda *what: told.append(what), customers=nobody, actions=nobody)
    card = AgentCard(agent="1001", name="Anna", phone="PJSIP/1001", skills={"service": 60})
    engine.define([SALES, SERVICE], [card])
    running = asyncio.create_task(engine.run())
    await asyncio.sleep(0)
    made = House(engine, told)
    yield made
    for task in (running, *made.tasks):
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    journal.close()


def lines(folder: Path, kind: str) -> list[dict[str, Any]]:
    found = map(json.loads, (folder / "engine.jsonl").read_text().splitlines())
    return [line for line in found if line["kind"] == kind]


async def test_a_closed_queue_turns_newcomers_away_keeps_those_who_wait_and_is_remembered(
    house: House, tmp_path: Path
) -> None:
    first = await house.wait("c1")
    await house.ask(QueueClosed, queue="sales")
    second = await house.wait("c2")
    await asyncio.sleep(0)
    assert second.verdict == {"CTI_OUTCOME": "closed", "CTI_VERDICT": "overflow"}
    assert (first.verdict, house.queue("sales")["closed"], house.queue("service")["closed"]) == ({}, True, False)
    assert closed_queues(tmp_path / "engine.jsonl") == {"sales"}
    await house.ask(QueueOpened, queue="sales")
    third = await house.wait("c3")
    assert (third.verdict, house.queue("sales")["closed"]) == ({}, False)
    assert closed_queues(tmp_path / "engine.jsonl") == set()


async def test_an_engine_that_starts_again_closes_what_was_closed(house: House, tmp_path: Path) -> None:
    house.engine.restore_closed({QueueName("sales"), QueueName("gone")})
    assert house.queue("sales")["closed"]
    assert closed_queues(tmp_path / "engine.jsonl") == {"sales"}
    refused = await house.wait("c1")
    await asyncio.sleep(0)
    assert refused.verdict["CTI_OUTCOME"] == "closed"
    house.engine.define([SALES, SERVICE], [])
    assert house.queue("sales")["closed"], "a reload opens nothing"


async def test_a_moved_caller_is_sent_to_the_other_queue_with_the_time_of_entry(house: House, tmp_path: Path) -> None:
    session = await house.wait("c1")
    entered = house.call("c1")["entered"]
    await house.ask(CallerMoved, call="c1", queue="service")
    assert session.verdict == {"CTI_MOVE": "service", "CTI_VERDICT": "move"}
    assert [(line["call"], line["queue"]) for line in lines(tmp_path, "moved")] == [("c1", "service")]
    await house.wait("c1", "service", f"entered={entered.timestamp():.3f}", "again=1")
    assert house.call("c1")["queue"] == "service"
    assert abs((house.call("c1")["entered"] - entered).total_seconds()) < 0.01


async def test_a_priority_is_shown_and_journalled(house: House, tmp_path: Path) -> None:
    await house.wait("c1")
    await house.ask(PriorityChanged, call="c1", priority=7)
    assert house.call("c1")["priority"] == 7
    assert [(line["call"], line["priority"]) for line in lines(tmp_path, "priority")] == [("c1", 7)]


async def test_a_caller_who_is_taken_out_leaves_by_the_overflow_and_counts_as_lost(house: House) -> None:
    session = await house.wait("c1")
    await house.ask(CallerWithdrawn, call="c1")
    assert session.verdict == {"CTI_OUTCOME": "overflow", "CTI_VERDICT": "overflow"}
    assert "c1" not in house.engine.floor.calls
    today = house.queue("sales")["today"]
    assert (today["entered"], today["sent_on"], today["abandoned"], today["service_percent"]) == (1, 1, 0, 0.0)
    with pytest.raises(Refused, match="no call"):
        await house.ask(CallerWithdrawn, call="c1")


async def test_a_waiting_caller_is_shown_with_the_ring_that_is_open_and_when_the_next_one_opens(house: House) -> None:
    await house.ask(AgentLoggedIn, agent="1001")
    entered = datetime.now(UTC).timestamp() - 10
    await house.wait("c1", "sales", f"entered={entered:.3f}", "priority=2")
    shown = house.call("c1")
    assert (shown["ring"], shown["priority"]) == (1, 2), "nobody logged in has sales: the wider ring counts at once"
    assert 15 < shown["next_ring_at"].timestamp() - entered < 31
    assert [data for kind, data in house.told if kind == "call"][-1] == shown


async def test_an_agent_is_shown_with_the_queues_served_and_with_what_comes_next(house: House) -> None:
    agent = house.engine.floor.agents
    assert agent["1001"]["serves"] == ("service",)
    await house.ask(AgentLoggedIn, agent="1001")
    await house.wait("c1", "service")
    await asyncio.sleep(0)
    assert agent["1001"]["presence"] == "ringing"
    await house.ask(AgentLoggedOut, agent="1001")
    assert (agent["1001"]["presence"], agent["1001"]["next"]) == ("ringing", "offline")
    assert [what for kind, what in house.told if kind == "presence"][-1] == agent["1001"]


async def test_an_agent_whose_row_is_gone_leaves_floor_and_fallback_even_when_at_work(house: House) -> None:
    await house.ask(AgentLoggedIn, agent="1001")
    sent: list[tuple[str, Any]] = []
    house.engine.mirror._out = lambda action, headers: sent.append((action, dict(headers)))
    house.engine.define([SALES, SERVICE], [])
    assert house.engine.floor.agents == {}
    assert [(action, one["Queue"], one["Interface"]) for action, one in sent] == [
        ("QueueRemove", "service", "PJSIP/1001")
    ]
