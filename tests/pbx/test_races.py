"""Two things happen at once, on a real Asterisk: each race has one outcome, told once, and nobody is left ringing.

After every race the agents are ready, the floor is empty and the next caller is served.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aftermath import all_quiet, answer, told_once
from scene import at_work, caller, engine_log, gone, hang_up, house, on_floor, presences, take

from cti.pbx import Installation
from cti.phones import Behaviour
from cti.stage import Stage

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]

SITE = """
numbers: {"40012": {to: "queue:service"}, "40013": {to: "queue:far"}}
queues:
  service: {steps: [{after: 0, need: {service: 1}}], ring_seconds: 6, overflow: hangup}
  far: {steps: [{after: 0, need: {far: 1}}], ring_seconds: 6, overflow: hangup}
"""
AGENTS = {"1002": "service=50", "1003": "service=50", "1004": "far=50"}
DECLINES = Behaviour(answer_after=0.2, refuse=486, media="none")
DEAD = "sip:1008@127.0.0.9:9"  # nobody listens there


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(asterisk: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    home = tmp_path_factory.mktemp("races") / "home"
    async with house(home, SITE, AGENTS, {"1002": DECLINES}) as stage:
        await stage.serve()
        yield stage


async def test_the_caller_hangs_up_in_the_instant_of_the_answer(stage: Stage) -> None:
    numbers = [f"1386000000{n}" for n in range(8)]
    outcomes = []
    async with at_work(stage, "1003"):
        for number in numbers:
            call = await stage.call(caller("40012", number))
            ring = await stage.phones.next("invite", agent="1003", number=number)
            await asyncio.gather(stage.phones.answer(ring), call.hang_up())
            await call.done()
            row = await told_once(stage, number)
            outcomes.append((row["outcome"], row["agent"]))
            await all_quiet(stage, a1003="ready")
        last = await stage.call(caller("40012", "13860000009"))
        await hang_up(stage, await take(stage, "1003", "13860000009"))
        await last.done()
    print(Counter(outcomes))
    assert set(outcomes) <= {("answered", "1003"), ("short_abandon", "")}


async def test_an_agent_who_declines_is_passed_over_at_once_and_the_next_one_rings(stage: Stage) -> None:
    async with at_work(stage, "1002", "1003"):
        call = await stage.call(caller("40012", "13860001001"))
        declined = await stage.phones.next("refused", agent="1002")
        ring = await stage.phones.next("invite", agent="1003", number="13860001001")
        assert (ring.at - declined.at).total_seconds() < 5, "the six seconds of ringing are not waited for"
        leg = await answer(stage, ring)
        await presences(stage, {"1002": "ready", "1003": "talking"})
        await hang_up(stage, leg)
        await call.done()
        await all_quiet(stage, a1002="ready", a1003="ready")
    row = await told_once(stage, "13860001001")
    assert (row["outcome"], row["agent"]) == ("answered", "1003")
    segments = (await stage.get(f"/api/calls/{row['call']}"))["segments"]
    assert [s["agent"] for s in segments if s["kind"] == "ring"] == ["1002", "1003"]
    (missed,) = [line for line in engine_log(stage, "missed") if line["call"] == row["call"]]
    assert (missed["agent"], missed["why"]) == ("1002", "busy")


async def test_the_caller_hangs_up_while_the_phone_rings_and_while_it_is_declined(stage: Stage) -> None:
    async with at_work(stage, "1002"):
        for number in (f"1386000200{n}" for n in range(5)):
            call = await stage.call(caller("40012", number))
            await stage.phones.next("invite", agent="1002", number=number)
            await gone([call])
            row = await told_once(stage, number)
            assert (row["outcome"], row["agent"]) == ("short_abandon", "")
            await all_quiet(stage, a1002="ready")


async def test_a_phone_that_cannot_be_reached_is_tried_seldom_and_the_caller_goes_to_one_that_can(stage: Stage) -> None:
    await stage.cti("agent", "add", "1009", "Agent 1009", "--skills", "far=90", "--apply")  # never registered
    async with at_work(stage, "1009"):
        call = await stage.call(caller("40013", "13860003001"))
        await on_floor(stage, 1)
        await presences(stage, {"1009": "ready"})
        async with at_work(stage, "1004"):
            await hang_up(stage, await take(stage, "1004", "13860003001"))
            await call.done()
            await all_quiet(stage, a1004="ready", a1009="ready")
    row = await told_once(stage, "13860003001")
    assert (row["outcome"], row["agent"]) == ("answered", "1004")
    tried = [line["why"] for line in engine_log(stage, "missed") if line["call"] == row["call"]]
    assert tried in ([], ["unreachable"]), "once, not for as long as the caller waits"


async def test_a_phone_that_has_just_died_costs_one_miss_and_never_the_call(stage: Stage) -> None:
    """Its contact still counts, but nobody listens there: the dial fails or rings in vain."""
    await stage.cti("agent", "add", "1008", "Agent 1008", "--skills", "far=90", "--contact", DEAD, "--apply")
    async with at_work(stage, "1008", "1004"):
        call = await stage.call(caller("40013", "13860003002"))
        leg = await take(stage, "1004", "13860003002")
        await presences(stage, {"1004": "talking"})
        await hang_up(stage, leg)
        await call.done()
        await all_quiet(stage, a1004="ready", a1008="ready")
    row = await told_once(stage, "13860003002")
    assert (row["outcome"], row["agent"]) == ("answered", "1004")
