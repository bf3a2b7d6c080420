"""Calls from the street to an agent on a real Asterisk, SIPp on both sides: offers, misses, and how they are told."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

import pytest
import pytest_asyncio
from scene import (
    at_work,
    caller,
    cel,
    engine_log,
    gone,
    hang_up,
    house,
    on_floor,
    presences,
    queue_log,
    rung,
    screen,
    take,
    told,
    until,
    whole,
)

from cti.pbx import Installation
from cti.phones import Behaviour, Customer, dominant_frequency, loudness, read_stereo_raw
from cti.phones.sound import RATE
from cti.stage import Stage

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]

SITE = """
numbers:
  "40010": {to: "menu:main"}
  "40011": {to: "queue:sales"}
  "40012": {to: "queue:patient"}
  "40013": {to: "queue:short"}
  "40014": {to: "queue:spill"}
  "40015": {to: "queue:hasty"}
menus:
  main: {prompt: choose, timeout_seconds: 5, keys: {"1": "queue:sales", "2": "queue:service"}, otherwise: hangup}
queues:
  sales: {steps: [{after: 0, need: {sales: 50}}], overflow: hangup}
  service: {steps: [{after: 0, need: {service: 50}}], overflow: hangup}
  patient: {steps: [{after: 0, need: {patience: 1}}], ring_seconds: 3, overflow: hangup}
  short: {steps: [{after: 0, need: {sales: 50}}], max_wait_seconds: 2, overflow: "voicemail:sales"}
  spill: {steps: [{after: 0, need: {sales: 50}}], max_wait_seconds: 2, overflow: "queue:service"}
  hasty: {steps: [{after: 0, need: {haste: 1}}], overflow: hangup}
voicemail: {sales: {pin: "4711"}}
"""
AGENTS = {
    "1001": "sales=90",
    "1002": "service=70",
    "1003": "patience=10",
    "1004": "patience=10",
    "1005": "sales=40",
    "1006": "haste=1",
}
TALK_SECONDS = 4.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(asterisk: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    talker = Behaviour(answer_after=0.8, talk_seconds=TALK_SECONDS, sound=880.0)
    home = tmp_path_factory.mktemp("call") / "home"
    hasty = Behaviour(answer_after=0.1, talk_seconds=0.0, media="none")
    async with house(home, SITE, AGENTS, {"1001": talker, "1006": hasty}) as stage:
        await stage.serve()
        yield stage


async def test_a_call_goes_by_a_digit_to_the_only_agent_with_the_skill_and_every_account_of_it_agrees(
    stage: Stage,
) -> None:
    async with at_work(stage, "1001", "1002", "1005"), screen(stage) as live:
        call = await stage.call(Customer(did="40010", from_number="13811110001", digits=[(1.6, "1")], sound=440.0))
        pop = await live.next("pop", agent="1001")
        ring = await stage.phones.next("invite", agent="1001", number="13811110001")
        answered = await stage.phones.next("answered", agent="1001")
        bye = await stage.phones.next("bye", agent="1001")
        result = await call.done()
        (pushed,) = engine_log(stage, "pop")
        assert datetime.fromisoformat(pushed["pushed"]) < ring.at, "the screen must know before the phone"
        assert (pop.data["number"], pop.data["path"], pop.data["digits"]) == ("13811110001", "main:1", {"main": "1"})
        (row,) = await told(stage, number="13811110001")
        await live.next("pop_end", agent="1001", call=row["call"])
    assert {event.agent for event in stage.phones.happened if event.number == "13811110001"} == {"", "1001"}
    # what the SIP side measured
    waited = (answered.at - result.digits[0][0]).total_seconds()
    talked = (bye.at - answered.at).total_seconds()
    assert talked == pytest.approx(TALK_SECONDS, abs=1)
    row = await whole(stage, row["call"])
    assert (row["queue"], row["agent"], row["path"], row["outcome"]) == ("sales", "1001", "main:1", "answered")
    assert (row["did"], row["direction"], row["source"], row["interrupted"]) == ("40010", "inbound", "engine", False)
    assert row["wait_seconds"] == pytest.approx(waited, abs=1)
    assert row["ring_seconds"] == pytest.approx((answered.at - ring.at).total_seconds(), abs=1)
    assert row["talk_seconds"] == pytest.approx(talked, abs=1)
    assert [segment["kind"] for segment in row["segments"]] == ["menu", "wait", "ring", "talk"]
    assert all(segment["ended"] for segment in row["segments"])
    # its sound
    (recording,) = row["recordings"]
    assert recording["seconds"] == pytest.approx(talked, abs=1)
    customer, agent = read_stereo_raw(stage.config.recordings / recording["path"])
    assert len(customer) / RATE == pytest.approx(talked, abs=1)
    assert (voice(customer), voice(agent)) == (440, 880)
    # the command line
    shown = json.loads(await stage.cti("call", "show", row["call"], "--json"))
    names = ("id", "queue", "agent", "path", "outcome", "wait_seconds", "talk_seconds")
    assert {name: shown[name] for name in names} == {name: row[name] for name in names}
    begun, known = (datetime.fromisoformat(one["started"]) for one in (shown, row))
    assert (begun.utcoffset(), round((begun - known).total_seconds(), 2)) == (timedelta(hours=8), 0)
    assert [segment["kind"] for segment in shown["segments"]] == [segment["kind"] for segment in row["segments"]]
    assert [told["decision"]["chosen"] for told in shown["explanations"]] == ["1001"]


def voice(samples: Sequence[int]) -> float | None:
    """The tone that is heard in most quarters of a second: a phone that was not run for a moment is silent and then
    hurries, which would blot out its tone over the whole talk."""
    quarters = [samples[at : at + RATE // 4] for at in range(0, len(samples), RATE // 4)]
    ((most, _),) = Counter(dominant_frequency(one, (440, 880)) for one in quarters).most_common(1)
    return most


async def test_each_pop_has_left_for_the_agents_own_screen_before_the_phone_rings(stage: Stage) -> None:
    """Written to the socket (by the engine's journal) before the INVITE is at the phone. When it was read here depends
    on this busy process, so that is asked of most calls only."""
    leads, rings = [], {}
    token = (await stage.cti("token", "create", "--agent", "1002")).strip()
    async with at_work(stage, "1002"), screen(stage, token) as live:
        for number in (f"1381111010{n}" for n in range(8)):
            call = await stage.call(caller("40010", number, digits=[(0.3, "2")]))
            pop = await live.next("pop", number=number)
            leg = await take(stage, "1002", number)
            ring = next(event for event in stage.phones.happened if event.call_id == leg.call_id)
            rings[pop.data["call"]] = ring.at
            leads.append((ring.at - pop.at).total_seconds() * 1000)
            await hang_up(stage, leg)
            assert (await call.done()).hung_up_by == "far_side"
    pushed = {line["call"]: line["pushed"] for line in engine_log(stage, "pop") if line["call"] in rings}
    assert pushed.keys() == rings.keys()
    assert [call for call, at in pushed.items() if datetime.fromisoformat(at) >= rings[call]] == []
    print("pop leads, ms:", [round(lead, 1) for lead in sorted(leads)])
    assert sorted(leads)[5] > 0


async def test_an_agent_who_does_not_answer_is_logged_and_the_next_one_is_rung(stage: Stage) -> None:
    async with at_work(stage, "1003", "1004"), screen(stage) as live:
        call = await stage.call(caller("40012", "13811110002"))
        first = await stage.phones.next("invite", agent="1003", number="13811110002")
        given_up = await stage.phones.next("cancel", agent="1003")
        assert 2 < (given_up.at - first.at).total_seconds() < 10, "three seconds, and not the fifteen of other queues"
        await live.next("pop_end", agent="1003", why="no_answer")
        leg = await take(stage, "1004", "13811110002")
        await live.next("presence", agent="1004", presence="talking")
        await presences(stage, {"1003": "ready"})
        await hang_up(stage, leg)
        assert (await call.done()).hung_up_by == "far_side"
        (row,) = await told(stage, number="13811110002")
    assert (row["agent"], row["outcome"]) == ("1004", "answered")
    lines = [(line.event, line.agent) for line in queue_log(stage) if line.call == row["call"]]
    assert lines[1:] == [
        ("ENTERQUEUE", "NONE"),
        ("RINGNOANSWER", "1003"),
        ("CONNECT", "1004"),
        ("COMPLETEAGENT", "1004"),
    ]
    segments = (await stage.get(f"/api/calls/{row['call']}"))["segments"]
    rings = [(s["agent"], s["outcome"]) for s in segments if s["kind"] == "ring"]
    assert rings == [("1003", "no_answer"), ("1004", "answered")]


async def test_a_pause_asked_for_during_a_call_comes_after_it_and_stays(stage: Stage) -> None:
    async with at_work(stage, "1002"):
        call = await stage.call(caller("40010", "13811110003", digits=[(0.3, "2")]))
        leg = await take(stage, "1002", "13811110003")
        await presences(stage, {"1002": "talking"})
        assert (await stage.post("/api/agents/1002/pause", {"reason": "lunch"}))["presence"] == "talking"
        waiting = await stage.call(caller("40010", "13811110004", digits=[(0.3, "2")]))
        await on_floor(stage, 1)
        await hang_up(stage, leg)
        await call.done()
        agent = (await presences(stage, {"1002": "paused"}))["1002"]
        assert agent["reason"] == "lunch"
        await on_floor(stage, 1)
        assert rung(stage, "1002", "13811110004") == 0
        await stage.post("/api/agents/1002/unpause")
        await hang_up(stage, await take(stage, "1002", "13811110004"))
        await waiting.done()


async def test_a_caller_who_gives_up_while_waiting_is_abandoned_and_rings_nobody(stage: Stage) -> None:
    call = await stage.call(caller("40012", "13811110005"))
    await on_floor(stage, 1)
    await gone([call])
    await on_floor(stage, 0)
    (row,) = await told(stage, number="13811110005")
    assert row["outcome"] == "short_abandon"
    assert [line.event for line in queue_log(stage) if line.call == row["call"]] == ["DID", "ENTERQUEUE", "ABANDON"]
    async with at_work(stage, "1003"):
        await presences(stage, {"1003": "ready"})
    assert rung(stage, "1003", "13811110005") == 0


async def test_a_caller_who_gives_up_while_it_rings_frees_the_agent_and_the_screen(stage: Stage) -> None:
    async with at_work(stage, "1003"), screen(stage) as live:
        call = await stage.call(caller("40012", "13811110006"))
        await stage.phones.next("invite", agent="1003", number="13811110006")
        await presences(stage, {"1003": "ringing"})
        await gone([call])
        await stage.phones.next("cancel", agent="1003")
        await live.next("pop_end", agent="1003", why="caller_gone")
        await presences(stage, {"1003": "ready"})
        (row,) = await told(stage, number="13811110006")
        again = await stage.call(caller("40012", "13811110007"))
        await hang_up(stage, await take(stage, "1003", "13811110007"))
        await again.done()
    assert (row["outcome"], row["agent"]) == ("short_abandon", "")
    assert [line.event for line in queue_log(stage) if line.call == row["call"]][-1] == "ABANDON"


async def test_an_agent_who_hangs_up_in_the_instant_of_the_answer_leaves_a_whole_story(stage: Stage) -> None:
    numbers = [f"1381111020{n}" for n in range(5)]
    talks = []
    async with at_work(stage, "1006"):
        for number in numbers:
            call = await stage.call(caller("40015", number))
            answered = await stage.phones.next("answered", agent="1006")
            talks.append((await stage.phones.next("bye", agent="1006")).at - answered.at)
            assert (await call.done()).hung_up_by == "far_side"
        rows = [row for number in numbers for row in await told(stage, number=number)]
    for row, talk in zip(rows, talks, strict=True):
        assert (row["outcome"], row["agent"]) == ("answered", "1006")
        assert row["talk_seconds"] == pytest.approx(talk.total_seconds(), abs=1)
        lines = [(line.event, line.agent) for line in queue_log(stage) if line.call == row["call"]]
        assert lines[2:] == [("CONNECT", "1006"), ("COMPLETEAGENT", "1006")]


async def test_an_agent_on_a_call_of_their_own_is_not_offered_one(stage: Stage) -> None:
    async with at_work(stage, "1003"):
        # 1003 dials 1002: the phone is busy with a leg that nobody offered
        own = await stage.phones.call(
            caller("1002", "1003"), server=(stage.config.sip_bind, stage.config.sip_port), local="127.0.0.1"
        )
        other = await take(stage, "1002", "1003")
        await presences(stage, {"1003": "talking"})
        call = await stage.call(caller("40012", "13811110008"))
        await on_floor(stage, 1)
        await own.hang_up()
        await stage.phones.next("bye", phone=other.phone, call_id=other.call_id)
        over = (await own.done()).ended
        leg = await take(stage, "1003", "13811110008")
        assert over is not None
        ring = next(event for event in stage.phones.happened if event.call_id == leg.call_id)
        assert ring.at > over
        await hang_up(stage, leg)
        await call.done()


async def test_who_has_waited_too_long_lands_in_voicemail_and_leaves_a_message(stage: Stage) -> None:
    call = await stage.call(Customer(did="40013", from_number="13811110009"))
    box = stage.config.pbx_home / "spool" / "voicemail" / "default" / "sales" / "INBOX"

    async def there() -> bool:
        return bool(cel(stage, "APP_START", app="VoiceMail", number="13811110009"))

    async def recorded() -> bool:
        sounds = [file for file in box.parent.rglob("*.wav") if file.parent != box.parent]  # there is the greeting
        return any(file.stat().st_size > 40_000 for file in sounds)

    async def message() -> list[str]:
        return [file.read_text() for file in box.glob("msg0000.txt")]

    await until("the caller in voicemail", there)
    await call.press("#")  # straight to the tone
    await until("two seconds of a message", recorded)
    await gone([call])
    (text,) = await until("the message", message)
    assert "13811110009" in text
    (row,) = await told(stage, number="13811110009")
    assert (row["outcome"], row["agent"]) == ("voicemail", "")
    assert row["wait_seconds"] == pytest.approx(2, abs=1)
    assert [line.event for line in queue_log(stage) if line.call == row["call"]][-1] == "EXITWITHTIMEOUT"


async def test_who_has_waited_too_long_is_served_by_the_queue_that_overflow_names(stage: Stage) -> None:
    async with at_work(stage, "1002"):
        call = await stage.call(caller("40014", "13811110010"))
        leg = await take(stage, "1002", "13811110010")
        await hang_up(stage, leg)
        result = await call.done()
        (row,) = await told(stage, number="13811110010")
    assert (row["queue"], row["agent"], row["outcome"]) == ("service", "1002", "answered")
    segments = (await stage.get(f"/api/calls/{row['call']}"))["segments"]
    waits = [(s["queue"], s["outcome"]) for s in segments if s["kind"] == "wait"]
    assert waits == [("spill", "timeout"), ("service", "answered")]
    assert result.answered, "by the queue"
    waited = (leg.at - result.answered).total_seconds()
    assert row["wait_seconds"] == pytest.approx(waited, abs=1)
    assert waited > 1.5, "the two seconds of the first queue are in it"


async def test_one_side_of_a_recording_is_silent_when_that_side_is(stage: Stage) -> None:
    async with at_work(stage, "1001"):
        call = await stage.call(Customer(did="40011", from_number="13811110011", media="one_packet"))
        await stage.phones.next("bye", agent="1001")
        await call.done()
        (row,) = await told(stage, number="13811110011")
    sound = (await whole(stage, row["call"]))["recordings"][0]
    customer, agent = read_stereo_raw(stage.config.recordings / sound["path"])
    assert loudness(customer) < 0.02 < loudness(agent)
