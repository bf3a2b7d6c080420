"""The engine is killed in each moment of a call: the call goes on, and the next engine knows where everybody is."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aftermath import all_quiet, answer, told_once
from scene import at_work, caller, floor, gone, hang_up, house, on_floor, pid_of, presences, rung, take, until

from cti.pbx import Installation
from cti.phones import PhoneEvent
from cti.stage import Stage
from cti.stage.instance import READY

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]

SITE = """
numbers: {"40011": {to: "queue:sales"}, "40012": {to: "queue:service"}}
queues:
  sales: {steps: [{after: 0, need: {sales: 1}}], ring_seconds: 6, wrap_up_seconds: 300, overflow: hangup}
  service: {steps: [{after: 0, need: {service: 1}}], ring_seconds: 6, overflow: hangup}
"""
AGENTS = {"1001": "sales=50", "1003": "service=50"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(asterisk: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    home = tmp_path_factory.mktemp("dies") / "home"
    async with house(home, SITE, AGENTS) as stage:
        await stage.serve()
        yield stage


async def new_engine(stage: Stage, killed: int) -> None:
    """The supervisor has put another engine in the place of this one."""
    await stage.logged(READY, since=killed)


async def kill_engine(stage: Stage) -> int:
    """SIGKILL; the number of the log's next line."""
    since, engine = len(stage.log), pid_of(stage, "engine")
    os.kill(engine, signal.SIGKILL)
    return since


MOMENTS = ("ringing", "just answered", "talking")


@pytest.mark.parametrize("moment", MOMENTS)
async def test_the_engine_dies_in_a_call_and_the_call_goes_on_to_its_own_end(stage: Stage, moment: str) -> None:
    number = f"1386000400{MOMENTS.index(moment)}"
    async with at_work(stage, "1003"):
        call = await stage.call(caller("40012", number))
        ring = await stage.phones.next("invite", agent="1003", number=number)
        if moment == "ringing":
            await presences(stage, {"1003": "ringing"})
            killed = await kill_engine(stage)
            await stage.phones.answer(ring)
        else:
            await stage.phones.answer(ring)
            if moment == "talking":
                await presences(stage, {"1003": "talking"})
            killed = await kill_engine(stage)
        leg = await stage.phones.next("answered", agent="1003", call_id=ring.call_id)
        await new_engine(stage, killed)
        await presences(stage, {"1003": "talking"})
        waiting = await stage.call(caller("40012", number + "9"))
        await on_floor(stage, 1)
        assert rung(stage, "1003", number + "9") == 0, "they talk"
        await hang_up(stage, leg)
        assert (await call.done()).hung_up_by == "far_side"
        await hang_up(stage, await take(stage, "1003", number + "9"))
        await waiting.done()
        await all_quiet(stage, a1003="ready")
    for one in (number, number + "9"):
        row = await told_once(stage, one)
        assert (row["outcome"], row["agent"], row["source"]) == ("answered", "1003", "engine")


async def rings_now(stage: Stage, number: str) -> PhoneEvent | None:
    """A ring of this caller after the first one that goes on; the fallback rings, too, when an engine is slow."""
    events = [event for event in stage.phones.happened if event.agent == "1003"]
    ended = {event.call_id for event in events if event.kind == "cancel"}
    rings = [event for event in events if event.kind == "invite" and event.number == number]
    return rings[-1] if len(rings) > 1 and rings[-1].call_id not in ended else None


async def test_the_engine_dies_while_it_rings_and_nobody_answers(stage: Stage) -> None:
    """The caller comes back to the next engine and to another agent, in their old place."""
    async with at_work(stage, "1003"):
        call = await stage.call(caller("40012", "13860005001"))
        await stage.phones.next("invite", agent="1003", number="13860005001")
        (before,) = (await stage.get("/api/floor"))["calls"]
        killed = await kill_engine(stage)
        await new_engine(stage, killed)
        after = await on_floor(stage, 1, "offered")
        assert after["13860005001"]["entered"] == before["entered"]
        ring = await until("the next engine's ring", lambda: rings_now(stage, "13860005001"))
        await hang_up(stage, await answer(stage, ring))
        await call.done()
        await all_quiet(stage, a1003="ready")
    row = await told_once(stage, "13860005001")
    assert (row["outcome"], row["agent"]) == ("answered", "1003")


async def test_the_engine_dies_while_it_rings_and_the_caller_gives_up(stage: Stage) -> None:
    async with at_work(stage, "1003"):
        call = await stage.call(caller("40012", "13860005002"))
        await stage.phones.next("invite", agent="1003", number="13860005002")
        killed = await kill_engine(stage)
        await gone([call])
        await stage.phones.next("cancel", agent="1003")
        await new_engine(stage, killed)
        await all_quiet(stage, a1003="ready")
    row = await told_once(stage, "13860005002")
    assert (row["outcome"], row["agent"]) == ("short_abandon", "")


async def test_the_engine_dies_during_a_wrap_up_and_the_agent_is_not_left_in_it_for_ever(stage: Stage) -> None:
    async with at_work(stage, "1001"):
        call = await stage.call(caller("40011", "13860006001"))
        await hang_up(stage, await take(stage, "1001", "13860006001"))
        await call.done()
        await presences(stage, {"1001": "wrap_up"})
        killed = await kill_engine(stage)
        await new_engine(stage, killed)
        call = await stage.call(caller("40011", "13860006002"))
        if (await floor(stage))["agents"][0]["presence"] == "wrap_up":  # a later engine may remember it
            await stage.post("/api/agents/1001/wrap-up-end")
        await hang_up(stage, await take(stage, "1001", "13860006002"))
        await call.done()
        await presences(stage, {"1001": "wrap_up"})
    for number in ("13860006001", "13860006002"):
        row = await told_once(stage, number)
        assert (row["outcome"], row["agent"]) == ("answered", "1001")
