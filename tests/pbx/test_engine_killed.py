"""The engine dies or stops in the middle of a day: no call does, and the next engine knows where everybody was."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Collection, Sequence

import aiohttp
import pytest
import pytest_asyncio
from scene import (
    SITE as HOUSE,
)
from scene import (
    at_work,
    caller,
    cel,
    gone,
    hang_up,
    house,
    in_fallback,
    on_floor,
    pid_of,
    presences,
    queue_log,
    rung,
    stopped,
    told,
)

from cti.pbx import Installation
from cti.pbx.process import worked_seconds
from cti.phones import Behaviour, PhoneEvent
from cti.stage import Stage
from cti.stage.instance import READY

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]
assert "fallback: {seconds: 5}" in HOUSE

SITE = """
numbers: {"40011": {to: "queue:sales"}}
queues: {sales: {steps: [{after: 0, need: {sales: 1}}], ring_seconds: 10, overflow: hangup}}
"""
AGENTS = {str(number): "sales=50" for number in range(1001, 1011)}
SILENT = re.compile("engine is silent for ([0-9.]+) s")
QUICK = Behaviour(answer_after=0.2, media="one_packet")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(asterisk: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    home = tmp_path_factory.mktemp("killed") / "home"
    async with house(home, SITE, AGENTS, dict.fromkeys(AGENTS, QUICK)) as stage:
        await stage.serve()
        yield stage


async def test_killing_the_engine_drops_nobody_and_the_next_one_serves_all_in_their_own_order(stage: Stage) -> None:
    first, others = [f"1382000{n:04}" for n in range(10)], [f"1382001{n:04}" for n in range(20)]
    async with at_work(stage, *AGENTS):
        calls = dict(zip(first, await asyncio.gather(*(stage.call(caller("40011", n)) for n in first)), strict=True))
        talks = [await stage.phones.next("answered", by_phone=True) for _ in first]
        legs = {leg.agent: leg for leg in talks}
        assert legs.keys() == AGENTS.keys()
        for number in others:  # one after the other, so that their order is known
            calls[number] = await stage.call(caller("40011", number))
        before = await on_floor(stage, 20)
        assert before.keys() == set(others)
        with stopped(pid_of(stage, "supervisor")):  # so that the engine stays away for as long as this takes
            killed, since, ended = pid_of(stage, "engine"), len(stage.log), len(_ends(stage))
            served = await _kill_and_see_the_fallback_serve(stage, killed, others, legs)
            start = asyncio.get_running_loop().time()
        await stage.logged(READY, since=since)
        print(f"a new engine {asyncio.get_running_loop().time() - start:.1f} s after the supervisor saw it dead")
        assert pid_of(stage, "engine") != killed

        after = await on_floor(stage, 17)
        entered = {number: call["entered"] for number, call in before.items() if number not in served}
        assert {number: call["entered"] for number, call in after.items()} == entered
        busy = await presences(stage, dict.fromkeys(AGENTS, "talking"))
        assert {agent["call"] for agent in busy.values()} == {None}, "seen on the phone, not offered by this engine"
        assert len(_ends(stage)) == ended + 2 * 3, "nobody but those three was hung up, on both sides"
        assert sum(event.kind == "invite" and bool(event.agent) for event in stage.phones.happened) == 13
        assert await _hang_up_one_by_one(stage, legs, 17) == others[3:], "the longest waiting first"
        await presences(stage, dict.fromkeys(AGENTS, "ready"))
        for call in calls.values():
            result = await call.done()
            assert (result.outcome, result.hung_up_by) == ("completed", "far_side")
        await _told_once(stage, calls.keys(), served)


async def _kill_and_see_the_fallback_serve(
    stage: Stage, engine: int, waiting: Sequence[str], legs: dict[str, PhoneEvent]
) -> set[str]:
    """Three agents come free while there is no engine; the callers whom they get. Puts their legs into `legs`."""
    killed = time.time()
    os.kill(engine, signal.SIGKILL)
    await in_fallback(stage, waiting)
    last = max(row.at for row in cel(stage, "APP_START", app="Queue"))
    print(f"all in the fallback {(last - killed) * 1000:.0f} ms after the kill")
    assert last - killed < 4, "at the connection's end, not when fallback.seconds are over"
    assert _ends(stage) == []
    for agent in ("1001", "1002", "1003"):
        await hang_up(stage, legs[agent])
        legs[agent] = await stage.phones.next("answered", agent=agent)
    calls = {legs[agent].call_id for agent in ("1001", "1002", "1003")}
    served = {event.number for event in stage.phones.happened if event.kind == "invite" and event.call_id in calls}
    assert served == set(waiting[:3]), "the fallback keeps their order"
    return served


async def _hang_up_one_by_one(stage: Stage, legs: dict[str, PhoneEvent], wanted: int) -> list[str]:
    """Every talk ends at the agent's side, after each the next one rings until `wanted` have; their numbers."""
    rings: list[str] = []
    while legs:
        await hang_up(stage, legs.pop(min(legs)))
        if len(rings) < wanted:
            leg = await stage.phones.next("answered", by_phone=True)
            rings.append(next(event.number for event in stage.phones.happened if event.call_id == leg.call_id))
            legs[leg.agent] = leg
    return rings


def _ends(stage: Stage) -> list[PhoneEvent]:
    return [event for event in stage.phones.happened if event.kind in ("bye", "cancel", "refused")]


async def _told_once(stage: Stage, numbers: Collection[str], served: set[str]) -> None:
    """Journals and rows: every caller begins once, is connected once, ends once, and is one conversation."""
    rows = await told(stage, 30, outcome="answered")
    assert {row["number"] for row in rows} == set(numbers)
    assert {row["number"] for row in rows if row["source"] == "fallback"} == served
    assert {row["interrupted"] for row in rows} == {False}
    every = {row["call"] for row in rows}
    log = queue_log(stage)
    assert Counter(line.call for line in log if line.event == "DID") == Counter(every)
    entries = Counter(line.call for line in log if line.event == "ENTERQUEUE")
    in_native = Counter(row.leg for row in cel(stage, "APP_START", app="Queue"))
    assert entries == Counter(every) + in_native, "ours once, app_queue's own once for each time in it"
    assert Counter(line.call for line in log if line.event == "CONNECT") == Counter(every)
    ends = [line for line in log if line.event in ("COMPLETEAGENT", "COMPLETECALLER", "ABANDON", "EXITEMPTY")]
    assert Counter(line.call for line in ends) == Counter(every)
    assert {line.event for line in ends} == {"COMPLETEAGENT"}
    timeouts = Counter(line.call for line in log if line.event == "EXITWITHTIMEOUT")
    assert timeouts + Counter(line.call for line in ends if _number(rows, line.call) in served) == in_native
    for row in rows:
        kinds = [s["kind"] for s in (await stage.get(f"/api/calls/{row['call']}"))["segments"]]
        assert kinds == ["wait", "ring", "talk"], row  # no engine saw the three of the fallback ring: CEL did


def _number(rows: list[dict[str, str]], call: str) -> str:
    return next(row["number"] for row in rows if row["call"] == call)


async def test_a_stopped_engine_is_replaced_within_ten_seconds_and_nothing_stale_comes_of_it(stage: Stage) -> None:
    numbers = [f"1382002{n:04}" for n in range(3)]
    calls = [await stage.call(caller("40011", number)) for number in numbers]
    before = await on_floor(stage, 3)
    old, since, start = pid_of(stage, "engine"), len(stage.log), asyncio.get_running_loop().time()
    with stopped(old):
        asked = asyncio.create_task(stage.post("/api/agents/1009/login"))  # a wish that the stopped one never hears
        await in_fallback(stage, numbers)
        print(f"in the fallback after {asyncio.get_running_loop().time() - start:.1f} s")
        await stage.logged(READY, since=since)
        print(f"a new engine after {asyncio.get_running_loop().time() - start:.1f} s")
        silent = SILENT.search(await stage.logged(SILENT, since=since))
        assert silent
        worked = worked_seconds(pid_of(stage, "engine"))
        assert worked
        took = float(silent[1]) + worked
        assert took < 10, "the wait for it, and the work of a new one: how long that takes is the busy machine's affair"
    assert pid_of(stage, "engine") != old
    assert not os.path.exists(f"/proc/{old}")  # noqa: ASYNC240 -- no disk is waited for
    with pytest.raises(aiohttp.ClientError):
        await asked
    after = await on_floor(stage, 3)
    assert {n: call["entered"] for n, call in after.items()} == {n: call["entered"] for n, call in before.items()}
    assert {agent["presence"] for agent in (await presences(stage, {})).values()} == {"offline"}
    async with at_work(stage, "1001"):
        for number in numbers:
            leg = await stage.phones.next("answered", agent="1001")
            assert rung(stage, "1001", number) == 1
            await hang_up(stage, leg)
    for call in calls:
        assert (await call.done()).hung_up_by == "far_side"
    for number in numbers:
        (row,) = await told(stage, number=number)
        assert (row["outcome"], row["agent"]) == ("answered", "1001")


async def test_an_engine_that_wakes_up_in_time_rings_nobody_for_a_caller_who_has_gone(stage: Stage) -> None:
    talks, leaves, stays = [f"1382003{n:04}" for n in range(3)]
    engine = pid_of(stage, "engine")
    async with at_work(stage, "1001"):
        call = await stage.call(caller("40011", talks))
        leg = await stage.phones.next("answered", agent="1001")
        first, second = [await stage.call(caller("40011", number)) for number in (leaves, stays)]
        await on_floor(stage, 2)
        with stopped(engine):  # it will read of the free agent first, and of the caller who left only then
            await hang_up(stage, leg)
            await call.done()
            await gone([first])
        leg = await stage.phones.next("answered", agent="1001")
        assert (rung(stage, "1001", leaves), rung(stage, "1001", stays)) == (0, 1)
        await hang_up(stage, leg)
        await second.done()
        (row,) = await told(stage, number=leaves)
        await presences(stage, {"1001": "ready"})
    assert row["outcome"] == "short_abandon"
    assert pid_of(stage, "engine") == engine
