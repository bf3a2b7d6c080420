"""Supervisors change the line of real callers from the command line; and the floor in a terminal, as it reads."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from scene import (
    at_work,
    caller,
    engine_log,
    gone,
    hang_up,
    house,
    on_floor,
    pid_of,
    presences,
    queue_log,
    rung,
    take,
    told,
    until,
)

from cti.pbx import Installation
from cti.stage import Stage

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]

SITE = """
numbers:
  "40020": {to: "queue:sales"}
  "40021": {to: "queue:service"}
queues:
  sales:
    steps: [{after: 0, need: {sales: 50}}, {after: 60, need: {sales: 1}}]
    overflow: "queue:parts"
    closed: "queue:parts"
  service: {steps: [{after: 0, need: {service: 50}}], overflow: hangup}
  parts: {steps: [{after: 0, need: {parts: 50}}], overflow: hangup}
"""
AGENTS = {"1001": "sales=90", "1002": "service=70", "1003": "parts=70"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(asterisk: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with house(tmp_path_factory.mktemp("line") / "home", SITE, AGENTS) as stage:
        await stage.serve()
        yield stage


async def test_a_moved_caller_is_served_by_the_other_queue_with_the_old_time_of_entry(stage: Stage) -> None:
    async with at_work(stage, "1002"):
        call = await stage.call(caller("40020", "13844440001"))
        before = (await on_floor(stage, 1))["13844440001"]
        assert rung(stage, "1002", "13844440001") == 0
        assert "sales -> service" in await stage.cti("queue", "move", "13844440001", "service")
        await hang_up(stage, await take(stage, "1002", "13844440001"))
        await call.done()
        (row,) = await told(stage, number="13844440001")
    assert (row["queue"], row["agent"], row["outcome"]) == ("service", "1002", "answered")
    entered = [line["entered"] for line in engine_log(stage, "joined") if line["call"] == row["call"]]
    assert len(entered) == 2
    assert entered[0] == entered[1]
    assert before["call"] == row["call"]
    explained = json.loads(await stage.cti("call", "explain", row["call"], "--json"))
    what = [step["what"] for step in explained["steps"]]
    assert "moved to service by a supervisor" in what
    assert what.index("waits on") < what.index("moved to service by a supervisor") < what.index("offered to 1002")


async def test_a_caller_with_a_higher_priority_is_served_first(stage: Stage) -> None:
    first = await stage.call(caller("40020", "13844440002"))
    await on_floor(stage, 1)
    second = await stage.call(caller("40020", "13844440003"))
    await on_floor(stage, 2)
    await stage.cti("queue", "priority", "13844440003", "5")
    shown = json.loads(await stage.cti("queue", "show", "sales", "--json"))["callers"]
    assert [(one["number"], one["place"], one["priority"]) for one in shown] == [
        ("13844440003", 1, 5),
        ("13844440002", 2, 0),
    ]
    async with at_work(stage, "1001"):
        leg = await take(stage, "1001")
        assert rung(stage, "1001", "13844440003") == 1
        assert rung(stage, "1001", "13844440002") == 0
        await hang_up(stage, leg)
        await hang_up(stage, await take(stage, "1001", "13844440002"))
    await first.done()
    await second.done()


async def test_a_caller_who_is_taken_out_goes_where_the_overflow_leads(stage: Stage) -> None:
    async with at_work(stage, "1003"):
        call = await stage.call(caller("40020", "13844440004"))
        await on_floor(stage, 1)
        assert "would withdraw" in await stage.cti("queue", "withdraw", "13844440004", "--dry-run")
        assert rung(stage, "1003", "13844440004") == 0
        assert "queue:parts" in await stage.cti("queue", "withdraw", "13844440004")
        await hang_up(stage, await take(stage, "1003", "13844440004"))
        await call.done()
        (row,) = await told(stage, number="13844440004")
    events = [(line.queue, line.event) for line in queue_log(stage) if line.call == row["call"]]
    assert ("sales", "OVERFLOW") in events
    assert events[-1] == ("parts", "COMPLETEAGENT")


async def test_a_closed_queue_sends_newcomers_on_keeps_those_who_wait_and_stays_closed_over_a_restart(
    stage: Stage,
) -> None:
    patient = await stage.call(caller("40020", "13844440005"))
    await on_floor(stage, 1)
    await stage.cti("queue", "close", "sales")
    async with at_work(stage, "1003"):
        turned = await stage.call(caller("40020", "13844440006"))
        await hang_up(stage, await take(stage, "1003", "13844440006"))
        await turned.done()
        engine = pid_of(stage, "engine")
        os.kill(engine, signal.SIGKILL)

        async def again() -> bool:
            return pid_of(stage, "engine") != engine

        await until("another engine", again)
        await on_floor(stage, 1)  # the patient one is back from the fallback
        found = {queue["queue"]: queue for queue in (await stage.get("/api/queues"))["queues"]}
        assert (found["sales"]["closed"], found["parts"]["closed"]) == (True, False)
        late = await stage.call(caller("40020", "13844440007"))
        await hang_up(stage, await take(stage, "1003", "13844440007"))
        await late.done()
    await stage.cti("queue", "open", "sales")
    async with at_work(stage, "1001"):
        await hang_up(stage, await take(stage, "1001", "13844440005"))
    await patient.done()


async def test_one_frame_tells_a_stranger_who_waits_and_who_is_there(stage: Stage) -> None:
    calls = []
    async with at_work(stage, "1001", "1002", "1003"):
        await stage.cti("agent", "pause", "1003", "--reason", "lunch")
        calls.append(await stage.call(caller("40020", "13844440008")))
        leg = await take(stage, "1001", "13844440008")
        await presences(stage, {"1001": "talking", "1003": "paused"})
        for number in ("13844440009", "13844440010"):
            calls.append(await stage.call(caller("40020", number)))
            await on_floor(stage, len(calls) - 1)
        await stage.cti("queue", "priority", "13844440010", "2")
        frame = await stage.cti("queue", "watch", "--once", "--language", "en")
        print(frame)
        print(await stage.cti("queue", "watch", "--once", "--language", "zh"))
        lines = frame.splitlines()
        (sales,) = [line.split() for line in lines if line.startswith("sales ")]
        assert sales[1] == "2"
        assert sales[3:7] == ["0", "1", "0", "0"]
        waiting = [line.split() for line in lines if "1384444001" in line or "13844440009" in line]
        assert [line[:2] for line in waiting] == [["1", "13844440010"], ["2", "13844440009"]]
        assert [line for line in lines if line.startswith("1003") and "paused" in line and "lunch" in line]
        assert [line for line in lines if line.startswith("1001") and "talking" in line and "13844440008" in line]
        await gone(calls[1:])
        await hang_up(stage, leg)
        await calls[0].done()
