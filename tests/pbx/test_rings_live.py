"""Who is rung for whom, on a real Asterisk: rings that widen while a phone rings, priority, and whom a caller knows."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from scene import (
    at_work,
    caller,
    hang_up,
    house,
    on_floor,
    presences,
    rung,
    take,
    told,
)

from cti.pbx import Installation
from cti.phones import Call
from cti.stage import Stage

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]

OUTER_SECONDS, RING_SECONDS = 3, 4
SITE = f"""
numbers:
  "40011": {{to: "queue:widening"}}
  "40012": {{to: "queue:plain"}}
  "40013": {{to: "queue:urgent"}}
  "40014": {{to: "queue:known"}}
queues:
  widening:
    steps: [{{after: 0, need: {{inner: 1}}}}, {{after: {OUTER_SECONDS}, need: {{}}}}]
    ring_seconds: {RING_SECONDS}
    overflow: hangup
  plain: {{steps: [{{after: 0, need: {{both: 1}}}}], overflow: hangup}}
  urgent: {{steps: [{{after: 0, need: {{both: 1}}}}], priority: 5, overflow: hangup}}
  known:
    steps: [{{after: 0, need: {{known: 1}}}}]
    preferred: {{days: 1, seconds: 0, wait_seconds: 60}}
    overflow: hangup
"""
AGENTS = {"1001": "inner=50", "1002": "outer=50", "1003": "both=50", "1004": "known=50", "1005": "known=50"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(asterisk: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with house(tmp_path_factory.mktemp("rings") / "home", SITE, AGENTS) as stage:
        await stage.serve()
        yield stage


async def test_a_wider_ring_that_opened_while_a_phone_rang_in_vain_is_rung_at_once(stage: Stage) -> None:
    number = "13870000001"
    async with at_work(stage, "1001", "1002"):
        call = await stage.call(caller("40011", number))
        await stage.phones.next("invite", agent="1001", number=number)
        missed = await stage.phones.next("cancel", agent="1001")
        ring = await stage.phones.next("invite", agent="1002", number=number)
        late = (ring.at - missed.at).total_seconds()
        print(f"the outer ring's agent was rung {late * 1000:.0f} ms after the miss")
        assert late > -0.5, "one phone at a time, but for some ms: CANCEL comes from another thread"
        assert late < OUTER_SECONDS - 0.2, "its clock ran on while the phone rang"
        await stage.phones.answer(ring)
        await hang_up(stage, await stage.phones.next("answered", agent="1002", call_id=ring.call_id))
        await call.done()
        (row,) = await told(stage, number=number)
    assert (row["agent"], row["outcome"]) == ("1002", "answered")
    assert rung(stage, "1001", number) == 1


async def test_a_later_caller_of_a_queue_with_a_higher_priority_is_served_first(stage: Stage) -> None:
    first, second, urgent = [f"1387000100{n}" for n in range(3)]
    calls = []
    for count, (did, number) in enumerate([("40012", first), ("40012", second), ("40013", urgent)], start=1):
        calls.append(await stage.call(caller(did, number)))
        await on_floor(stage, count)
    served = []
    async with at_work(stage, "1003"):
        for _ in calls:
            ring = await stage.phones.next("invite", agent="1003")
            served.append(ring.number)
            await stage.phones.answer(ring)
            await hang_up(stage, await stage.phones.next("answered", agent="1003", call_id=ring.call_id))
        for call in calls:
            await call.done()
    assert served == [urgent, first, second]


async def _talk(stage: Stage, agent: str, number: str) -> None:
    """This agent, at work alone, serves this number."""
    async with at_work(stage, agent):
        call = await stage.call(caller("40014", number))
        await hang_up(stage, await take(stage, agent, number))
        await call.done()
        await presences(stage, {agent: "ready"})


async def test_a_caller_waits_for_the_agent_who_served_them_before_though_another_is_free_earlier(
    stage: Stage,
) -> None:
    number, other, third = [f"1387000200{n}" for n in range(3)]
    await _talk(stage, "1004", number)
    calls: list[Call] = []
    async with at_work(stage, "1004"):
        calls.append(await stage.call(caller("40014", other)))
        theirs = await take(stage, "1004", other)
        await presences(stage, {"1004": "talking"})
        async with at_work(stage, "1005"):
            calls.append(await stage.call(caller("40014", third)))
            another = await take(stage, "1005", third)
            calls.append(await stage.call(caller("40014", number)))
            await on_floor(stage, 1)
            await hang_up(stage, another)
            await presences(stage, {"1004": "talking", "1005": "ready"})
            assert set(await on_floor(stage, 1)) == {number}
            assert rung(stage, "1005", number) == 0
            await hang_up(stage, theirs)
            await hang_up(stage, await take(stage, "1004", number))
            for call in calls:
                await call.done()
    assert [row["agent"] for row in await told(stage, 2, number=number)] == ["1004", "1004"]
    assert rung(stage, "1005", number) == 0


async def test_a_preferred_agent_who_has_paused_is_not_waited_for(stage: Stage) -> None:
    number = "13870003001"
    await _talk(stage, "1004", number)
    async with at_work(stage, "1004", "1005"):
        await stage.post("/api/agents/1004/pause", {"reason": "lunch"})
        call = await stage.call(caller("40014", number))
        leg = await take(stage, "1005", number)
        await hang_up(stage, leg)
        await call.done()
        rows = await told(stage, 2, number=number)
    assert [row["agent"] for row in rows] == ["1004", "1005"]
    assert rows[1]["wait_seconds"] < 10, "their wait is a minute"
    assert rung(stage, "1004", number) == 1
