"""Asterisk goes, and comes up again under a running engine, which finds its way back by itself."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from scene import ask_asterisk, caller, hang_up, house, on_floor, pid_of, presences, rung, screen, take, told, until

from cti.core.conversation import SHORT_ABANDON_SECONDS
from cti.pbx import Installation, find_pid
from cti.phones import Call
from cti.stage import Stage

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]

SITE = """
numbers: {"40011": {to: "queue:sales"}, "40012": {to: "queue:service"}}
queues:
  sales: {steps: [{after: 0, need: {sales: 50}}, {after: 60, need: {}}], overflow: hangup}
  service: {steps: [{after: 0, need: {service: 1}}], overflow: hangup}
"""
AGENTS = {"1001": "sales=90", "1002": "sales=10", "1003": "sales=90"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(asterisk: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with house(tmp_path_factory.mktemp("restart") / "home", SITE, AGENTS) as stage:
        await stage.serve()
        yield stage


async def members(stage: Stage, asterisk: Installation) -> set[tuple[str, str]]:
    """(agent, penalty) of the fallback queue, as Asterisk knows them."""
    shown = await ask_asterisk(stage, asterisk, "queue show sales")
    return set(re.findall(r"^\s+(\d+) \(PJSIP/\d+\)(?: with penalty (\d+))?", shown, re.MULTILINE))


async def talking_and_waiting(stage: Stage, first: str, second: str) -> list[Call]:
    """1001 talks with one caller, another one waits for a skill that nobody has."""
    calls = [await stage.call(caller("40011", first))]
    await take(stage, "1001", first)
    calls.append(await stage.call(caller("40012", second)))
    await on_floor(stage, 1)
    await presences(stage, {"1001": "talking"})
    return calls


async def served(stage: Stage, agent: str, number: str) -> None:
    """A new call pops up, is taken and ended as on any day."""
    async with screen(stage) as live:
        call = await stage.call(caller("40011", number))
        await live.next("pop", agent=agent, number=number)
        leg = await take(stage, agent, number)
        await presences(stage, {agent: "talking"})
        await hang_up(stage, leg)
        assert (await call.done()).hung_up_by == "far_side"
    (row,) = await told(stage, number=number)
    assert (row["outcome"], row["agent"], row["interrupted"]) == ("answered", agent, False)


async def closed(stage: Stage, row: dict[str, str]) -> list[str]:
    """The kinds of a conversation's segments, all of them closed."""
    segments = (await stage.get(f"/api/calls/{row['call']}"))["segments"]
    assert all(segment["ended"] for segment in segments), segments
    return [segment["kind"] for segment in segments]


def gave_up(row: dict[str, Any]) -> str:
    """How a caller who was never answered is told: who was lost in the first five seconds waited for nothing."""
    return "abandoned" if row["wait_seconds"] > SHORT_ABANDON_SECONDS else "short_abandon"


async def test_a_pbx_that_goes_down_and_comes_up_finds_engine_agents_and_fallback_as_they_should_be(
    stage: Stage, asterisk: Installation
) -> None:
    engine = pid_of(stage, "engine")
    await stage.log_in(["1001", "1002"])

    async def two_members() -> bool:
        return await members(stage, asterisk) == {("1001", ""), ("1002", "1")}

    await until("the agents in the fallback queue", two_members)
    calls = await talking_and_waiting(stage, "13830000001", "13830000002")
    since = len(stage.log)
    await stage.cti("pbx", "down")
    await stage.logged(re.compile("manager link is down"), since=since)
    for call in calls:
        assert (await call.done()).hung_up_by == "far_side", "said goodbye"
    await on_floor(stage, 0)
    await stage.post("/api/agents/1002/logout")  # nobody to tell now; told when Asterisk is back
    await stage.log_in(["1003"])

    await stage.cti("pbx", "up")
    await stage.logged(re.compile("manager link is up"), since=since)
    assert pid_of(stage, "engine") == engine
    await presences(stage, {"1001": "ready", "1002": "offline", "1003": "ready"})

    async def mended() -> bool:
        return await members(stage, asterisk) == {("1001", ""), ("1003", "")}

    await until("the fallback queue mended", mended)
    await stage.post("/api/agents/1001/logout")
    await served(stage, "1003", "13830000003")
    assert rung(stage, "1002", "13830000003") == 0
    # a clean stop hangs up, so the journals are whole
    (talked,) = await told(stage, number="13830000001")
    (waited,) = await told(stage, number="13830000002")
    assert [(row["outcome"], row["interrupted"]) for row in (talked, waited)] == [
        ("answered", False),
        (gave_up(waited), False),
    ]
    assert (await closed(stage, talked))[-1] == "talk"
    assert await closed(stage, waited) == ["wait"]
    await stage.post("/api/agents/1003/logout")


async def test_calls_that_a_killed_asterisk_never_closed_are_closed_by_the_engine_and_marked(stage: Stage) -> None:
    await stage.log_in(["1001"])
    calls = await talking_and_waiting(stage, "13830000011", "13830000012")
    since = len(stage.log)
    os.kill(find_pid(stage.config), signal.SIGKILL)
    await stage.logged(re.compile("manager link is down"), since=since)
    await stage.cti("pbx", "up")
    await stage.logged(re.compile("Asterisk was restarted"), since=since)
    await presences(stage, {"1001": "ready"})
    (talked,) = await told(stage, number="13830000011")
    (waited,) = await told(stage, number="13830000012")
    assert [(row["outcome"], row["agent"], row["interrupted"]) for row in (talked, waited)] == [
        ("answered", "1001", True),
        (gave_up(waited), "", True),
    ]
    assert (await closed(stage, talked))[-1] == "talk"
    assert await closed(stage, waited) == ["wait"]
    assert [call.result().outcome for call in calls] == ["lost", "lost"], "nobody was left to say goodbye"
    await served(stage, "1001", "13830000013")
