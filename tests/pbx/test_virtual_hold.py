"""Callers hang up, keep their place and are called back: on a real Asterisk, with real phones at both ends."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
import pytest_asyncio
from scene import (
    SITE as HOUSE,
)
from scene import (
    Logged,
    at_work,
    caller,
    engine_log,
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
    whole,
)

from cti.pbx import Installation
from cti.phones import Behaviour, PhoneError
from cti.phones.phone_ports import free_port
from cti.site.callback import SHIPPED
from cti.site.digits import DIGITS
from cti.stage import Stage
from cti.stage.instance import READY

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]
assert "languages: [en]" in HOUSE

SITE = """
outbound: {trunk: itsp, caller_id: "4008001234"}
numbers:
  "40021": {to: "queue:first"}
  "40022": {to: "queue:second"}
  "40023": {to: "queue:parts"}
  "40024": {to: "queue:asked"}
surveys: {brief: {min_talk_seconds: 0, thanks: choose, questions: {content: {prompt: choose}}}}
queues:
  first:
    steps: [{after: 0, need: {first: 1}}]
    ring_seconds: 4
    wrap_up_seconds: 0
    overflow: hangup
    callback: {offer_after_seconds: 1, order: agent_first, ring_seconds: 6, retries: 1, gap_seconds: 5}
  asked:
    steps: [{after: 0, need: {first: 1}}]
    overflow: hangup
    survey: brief
    callback: {offer_after_seconds: 1, order: agent_first, ring_seconds: 6, retries: 1, gap_seconds: 5}
  second:
    steps: [{after: 0, need: {second: 1}}]
    ring_seconds: 10
    overflow: hangup
    callback: {offer_after_seconds: 1, key: "5", order: customer_first, ring_seconds: 6, retries: 1, gap_seconds: 5}
  parts:
    steps: [{after: 0, need: {parts: 1}}]
    overflow: hangup
"""
PROMPTS = [*SHIPPED, *DIGITS, "callback_offer_1", "callback_offer_5"]
QUICK = "".join(f", {name}: {{file: choose.wav}}" for name in PROMPTS)
AGENTS = {"1001": "first=50,second=50", "1002": "first=50,second=50", "1003": "parts=50"}
PHONES = [f"138000100{n:02}" for n in range(20)]  # customers' own phones: they ring until they are answered


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(asterisk: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    home = tmp_path_factory.mktemp("hold") / "home"
    port = free_port("127.0.0.2")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scene.SITE", HOUSE.replace("choose: {file: choose.wav}", "choose: {file: choose.wav}" + QUICK))
        async with house(
            home, SITE, AGENTS, dict.fromkeys(AGENTS, Behaviour(answer_after=None)), trunk=f"127.0.0.2:{port}"
        ) as stage:
            phone = Behaviour(answer_after=None)
            await stage.phones.agents(dict.fromkeys(PHONES, phone), address="127.0.0.2", port=port)
            await stage.serve()
            yield stage


async def ask(stage: Stage, number: str, did: str = "40021", key: str = "1") -> None:
    """Call, wait, press the key when it is offered, confirm; gone with a promise."""
    call = await stage.call(caller(did, number))

    async def promised() -> bool:
        for pressed in dict.fromkeys((key, "1")):
            with suppress(PhoneError):  # it is over: the promise is only not written down yet
                await call.press(pressed)
            await asyncio.sleep(0.3)  # as a hand would
        return any(line["number"] == number for line in engine_log(stage, "callback"))

    await call.next("answered")
    await until(f"a callback promised to {number}", promised)
    assert (await call.done()).hung_up_by == "far_side"


async def ended(stage: Stage, number: str) -> str:
    """Why the callback to this number is over."""

    async def look() -> list[str]:
        names = {line["call"] for line in engine_log(stage, "callback") if line["number"] == number}
        return [line["why"] for line in engine_log(stage, "callback_ended") if line["call"] in names]

    (why,) = await until(f"the end of the callback to {number}", look)
    return why


async def recorded(stage: Stage, seconds: float) -> None:
    """So much of the talk that goes on is in its recording (16 bits of two sides, 8 kHz)."""
    before = {file: file.stat().st_size for file in stage.config.recordings.rglob("*.raw")}

    async def look() -> bool:
        now = stage.config.recordings.rglob("*.raw")
        return any(file.stat().st_size - before.get(file, 0) > 32_000 * seconds for file in now)

    await until(f"{seconds} s of a talk", look)


async def test_agent_first_the_place_is_kept_and_the_talk_recorded(stage: Stage) -> None:
    mine, later = PHONES[0], "13820009999"
    await ask(stage, mine)
    other = await stage.call(caller("40021", later))
    await on_floor(stage, 2)
    (asked,) = await told(stage, number=mine, outcome="callback_requested")
    assert asked["talk_seconds"] == 0
    async with at_work(stage, "1001"):
        agent = await take(stage, "1001", mine)
        assert rung(stage, "1001", later) == 0, "the place is kept before the later caller"
        customer = await take(stage, mine, "4008001234")
        await presences(stage, {"1001": "talking"})
        await recorded(stage, 2)
        await hang_up(stage, agent)
        over = await stage.phones.next("bye", agent=mine, call_id=customer.call_id)
        leg = await take(stage, "1001", later)
        await hang_up(stage, leg)
        await other.done()
    (row,) = await told(stage, number=mine, direction="outbound")
    assert (row["outcome"], row["agent"], row["queue"]) == ("answered", "1001", "first")
    assert row["callback_of"] == asked["call"]
    assert row["talk_seconds"] == pytest.approx((over.at - customer.at).total_seconds(), abs=1)
    conversation = await whole(stage, row["call"])
    assert conversation["recordings"][0]["seconds"] == pytest.approx(row["talk_seconds"], abs=1)
    assert [line.event for line in queue_log(stage) if line.call == asked["call"]][-1] == "CALLBACK"
    ours = [line.event for line in queue_log(stage) if line.call == row["call"]]
    assert ours == ["ENTERQUEUE", "CONNECT", "COMPLETEAGENT"]
    assert await ended(stage, mine) == "served"


async def test_agent_first_the_customer_is_asked_when_the_agent_has_hung_up(stage: Stage) -> None:
    mine = PHONES[19]
    await ask(stage, mine, "40024")
    async with at_work(stage, "1001"):
        agent = await take(stage, "1001", mine)
        customer = await take(stage, mine, "4008001234")
        await presences(stage, {"1001": "talking"})
        await hang_up(stage, agent)
        (begun,) = await until("a survey", lambda: _logged(stage, "SURVEYBEGIN"))
        await stage.phones.press(customer, "4")
        await stage.phones.next("bye", agent=mine, call_id=customer.call_id)
    (row,) = await told(stage, number=mine, direction="outbound")
    assert (row["call"], row["outcome"], row["agent"]) == (begun.call, "answered", "1001")
    kinds = [segment["kind"] for segment in (await stage.get(f"/api/calls/{row['call']}"))["segments"]]
    assert kinds[-2:] == ["talk", "survey"]
    (answer,) = await _logged(stage, "SURVEY")
    assert answer.data[3] == "4"


async def _logged(stage: Stage, event: str) -> list[Logged]:
    return queue_log(stage, event)


async def test_customer_first_the_agent_is_rung_when_the_customer_has_answered(stage: Stage) -> None:
    mine = PHONES[1]
    await ask(stage, mine, "40022", key="5")
    async with at_work(stage, "1002"):
        customer = await stage.phones.next("invite", agent=mine, number="4008001234")
        await presences(stage, {"1002": "ringing"})
        assert rung(stage, "1002", mine) == 0, "reserved, but not rung yet"
        await stage.phones.answer(customer)
        agent = await take(stage, "1002", mine)
        await presences(stage, {"1002": "talking"})
        await recorded(stage, 2)
        await stage.phones.hang_up(customer)
        over = await stage.phones.next("bye", agent="1002", call_id=agent.call_id)
        await presences(stage, {"1002": "ready"})
    (row,) = await told(stage, number=mine, direction="outbound")
    assert (row["outcome"], row["agent"], row["queue"]) == ("answered", "1002", "second")
    assert row["talk_seconds"] == pytest.approx((over.at - agent.at).total_seconds(), abs=1)
    conversation = await whole(stage, row["call"])
    assert conversation["recordings"][0]["seconds"] == pytest.approx(row["talk_seconds"], abs=1)
    assert await ended(stage, mine) == "served"


async def test_nobody_answers_and_it_is_tried_again_with_the_agent_free_meanwhile(stage: Stage) -> None:
    mine = PHONES[2]
    await ask(stage, mine)
    async with at_work(stage, "1001"):
        await take(stage, "1001", mine)
        first = await stage.phones.next("invite", agent=mine, number="4008001234")
        await stage.phones.hang_up(first)  # 486
        await presences(stage, {"1001": "ready"})
        agent = await take(stage, "1001", mine)
        customer = await take(stage, mine, "4008001234")
        await stage.phones.hang_up(customer)
        await stage.phones.next("bye", agent="1001", call_id=agent.call_id)
        await presences(stage, {"1001": "ready"})
    rested = [line for line in engine_log(stage, "callback") if line["number"] == mine and "why" in line]
    assert [(line["why"], line["attempt"]) for line in rested] == [("busy", 2)]
    (row,) = await told(stage, number=mine, direction="outbound")  # one conversation tells of both attempts
    assert row["outcome"] == "answered"
    assert await ended(stage, mine) == "served"


async def test_an_agent_who_does_not_answer_is_followed_by_the_next_and_the_customer_hears_nothing(
    stage: Stage,
) -> None:
    mine = PHONES[3]
    await ask(stage, mine)
    async with at_work(stage, "1001", "1002"):
        missed = await stage.phones.next("invite", agent="1001", number=mine)
        agent = await take(stage, "1002", mine)
        assert missed.call_id != agent.call_id
        await take(stage, mine, "4008001234")
        await hang_up(stage, agent)
    (row,) = await told(stage, number=mine, direction="outbound")
    assert (row["outcome"], row["agent"]) == ("answered", "1002")
    assert sum(event.kind == "invite" and event.agent == mine for event in stage.phones.happened) == 1


async def test_served_by_another_call_it_is_cancelled(stage: Stage) -> None:
    mine = PHONES[4]
    await ask(stage, mine)
    again = await stage.call(caller("40023", mine))

    async def both() -> bool:
        calls = (await stage.get("/api/floor"))["calls"]
        return [call["number"] for call in calls] == [mine, mine]

    await until("the kept place and the new call", both)
    async with at_work(stage, "1003"):
        agent = await take(stage, "1003", mine)
        assert await ended(stage, mine) == "served_otherwise"
        await hang_up(stage, agent)
        await again.done()
    async with at_work(stage, "1001"):  # for whom nothing is left to do
        await presences(stage, {"1001": "ready"})
    assert not [event for event in stage.phones.happened if event.kind == "invite" and event.agent == mine]


async def test_who_calls_again_takes_the_callbacks_place(stage: Stage) -> None:
    mine = PHONES[5]
    await ask(stage, mine)
    promised = next(line for line in engine_log(stage, "callback") if line["number"] == mine)
    again = await stage.call(caller("40021", mine))
    assert await ended(stage, mine) == "came_back"
    waiting = await on_floor(stage, 1)
    assert waiting[mine]["call"] != promised["call"]
    async with at_work(stage, "1001"):
        agent = await take(stage, "1001", mine)
        await hang_up(stage, agent)
        await again.done()


async def test_a_number_that_the_site_does_not_call_is_refused_and_the_caller_goes_on_waiting(stage: Stage) -> None:
    call = await stage.call(caller("40021", "8816312345678"))  # a satellite telephone's

    async def back() -> bool:
        await call.press("1")
        await asyncio.sleep(0.5)
        return any("no callback to" in line for line in stage.log)

    await call.next("answered")
    await until("the refusal", back)
    await call.press("3")
    async with at_work(stage, "1001"):
        agent = await take(stage, "1001", "8816312345678")
        await hang_up(stage, agent)
        await call.done()
    (row,) = await told(stage, number="8816312345678")
    assert row["outcome"] == "answered"


async def test_an_engine_that_was_killed_in_between_still_calls_back_in_the_same_place(stage: Stage) -> None:
    mine, later = PHONES[6], "13820009998"
    await ask(stage, mine)
    other = await stage.call(caller("40021", later))
    before = {call["number"]: call["entered"] for call in (await stage.get("/api/floor"))["calls"]}
    since = len(stage.log)
    os.kill(pid_of(stage, "engine"), signal.SIGKILL)
    await stage.logged(READY, since=since)
    await on_floor(stage, 2)
    after = {call["number"]: call["entered"] for call in (await stage.get("/api/floor"))["calls"]}
    assert after[mine] == before[mine]
    async with at_work(stage, "1001"):
        agent = await take(stage, "1001", mine)
        assert rung(stage, "1001", later) == 0
        await take(stage, mine, "4008001234")
        await hang_up(stage, agent)
        leg = await take(stage, "1001", later)
        await hang_up(stage, leg)
        await other.done()
    assert await ended(stage, mine) == "served"
    (row,) = await told(stage, number=mine, direction="outbound")
    assert row["outcome"] == "answered"
