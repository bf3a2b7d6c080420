"""The native queues have the agents that the core has, after every change; what they serve is told likewise."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import NamedTuple

import pytest
import pytest_asyncio
from scene import SITE as HOUSE
from scene import at_work, caller, hang_up, house, in_fallback, presences, queue_log, take, told, until

from cti.ami.client import AmiClient
from cti.ami.members import Member, queue_members
from cti.ami.wire import Message
from cti.app.engine import AMI_USER
from cti.core.fallback import native_penalty
from cti.core.words import AgentCard
from cti.pbx import Installation
from cti.site.load import load_site
from cti.site.rules import rules_of
from cti.stage import Stage

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]

SITE = """
numbers: {"40011": {to: "queue:sales"}, "40012": {to: "queue:service"}}
queues:
  sales:
    steps: [{after: 0, need: {sales: 70}}, {after: 20, need: {sales: 40}}, {after: 45, need: {}}]
    ring_seconds: 4
    overflow: hangup
  service:
    steps: [{after: 0, need: {service: 1}}]
    order: best_skill
    wrap_up_seconds: 60
    overflow: hangup
"""
AGENTS = {"1001": "sales=90;service=30", "1002": "sales=50;service=80", "1003": "service=60", "1004": "other=5"}


class Place(NamedTuple):
    """One agent in one queue, whoever tells of it."""

    queue: str
    agent: str
    phone: str
    penalty: int
    reason: str | None  # None: not paused


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(asterisk: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with house(tmp_path_factory.mktemp("parity") / "home", SITE, AGENTS) as stage:
        await stage.serve()
        yield stage


async def native(stage: Stage) -> set[Place]:
    """What QueueStatus says now."""
    rows: asyncio.Future[list[Message]] = asyncio.get_running_loop().create_future()
    config = stage.config
    account = (AMI_USER, config.secrets.ami_password, ())
    async with AmiClient(config.bind, config.ami_port, *account, on_up=rows.set_result), asyncio.timeout(60):
        return {_place(member) for member in queue_members(await rows)}


def _place(member: Member) -> Place:
    reason = member.reason if member.paused else None
    return Place(member.queue, member.name, member.interface, member.penalty, reason)


async def wanted(stage: Stage) -> set[Place]:
    """What the rules make of the agents' rows and of the presences on the floor."""
    rules = rules_of(load_site(stage.config.site_file))
    rows = json.loads(await stage.cti("agent", "list", "--json"))
    floor = {one["agent"]: one for one in (await stage.get("/api/floor"))["agents"]}
    found = set()
    for row in rows:
        agent = floor[row["number"]]
        card = AgentCard(agent=row["number"], name=row["name"], phone=row["phone"], skills=row["skills"])
        for queue in rules if agent["presence"] != "offline" else ():
            if (cost := native_penalty(card, queue)) is not None:
                reason = agent["reason"] if agent["presence"] == "paused" else None
                found.add(Place(queue.name, row["number"], row["phone"], cost, reason))
    return found


async def same(stage: Stage) -> set[tuple[str, str]]:
    """(queue, agent) of all members, once the native queues are as they should be."""
    last: list[object] = []

    async def look() -> bool:
        last[:] = [await native(stage), await wanted(stage)]
        return last[0] == last[1]

    try:
        await until("parity", look)
    except AssertionError:
        there, should = last
        raise AssertionError(f"too many {there - should}, missing {should - there}") from None  # type: ignore[operator]
    return {(place.queue, place.agent) for place in last[0]}  # type: ignore[attr-defined]


async def test_who_logs_in_is_a_member_of_every_queue_they_serve_and_who_logs_out_of_none(stage: Stage) -> None:
    async with at_work(stage, "1001", "1003"):
        assert await same(stage) == {("sales", "1001"), ("service", "1001"), ("sales", "1003"), ("service", "1003")}
    assert await same(stage) == set()


async def test_penalties_put_the_inner_step_first_and_within_it_the_better_skilled(stage: Stage) -> None:
    async with at_work(stage, *AGENTS):
        await same(stage)
        order = sorted(await native(stage), key=lambda place: place.penalty)
    assert [place.agent for place in order if place.queue == "sales"][:2] == ["1001", "1002"]
    assert len({place.penalty for place in order if place.queue == "sales"}) == 3, "longest idle: by step alone"
    assert [place.agent for place in order if place.queue == "service"] == ["1002", "1003", "1001"]


async def test_a_pause_has_its_reason_in_every_queue_and_so_have_the_next_one_and_its_end(stage: Stage) -> None:
    async with at_work(stage, "1001", "1002"):
        for verb, body, reasons in (
            ("pause", {"reason": "lunch"}, {"lunch"}),
            ("pause", {"reason": "training"}, {"training"}),
            ("unpause", None, {None}),
        ):
            await stage.post(f"/api/agents/1001/{verb}", body)
            await same(stage)
            assert {place.reason for place in await native(stage) if place.agent == "1001"} == reasons
        assert {place.reason for place in await native(stage) if place.agent == "1002"} == {None}


async def test_new_skills_move_a_member_between_queues_and_keep_the_pause(stage: Stage) -> None:
    async with at_work(stage, "1003"):
        await stage.post("/api/agents/1003/pause", {"reason": "lunch"})
        await stage.cti("agent", "skill", "1003", "sales=75", "service=0")
        await until("the new skills", lambda: _serves(stage, {("sales", "1003")}))
        assert {place.reason for place in await native(stage)} == {"lunch"}
        await stage.cti("agent", "skill", "1003", "service=60", "sales=0")
        await until("the old skills", lambda: _serves(stage, {("sales", "1003"), ("service", "1003")}))


async def _serves(stage: Stage, places: set[tuple[str, str]]) -> bool:
    return await same(stage) == places


async def test_another_phone_is_rung_and_the_old_one_no_more(stage: Stage) -> None:
    async with at_work(stage, "1001"):
        await same(stage)
        await _rehire(stage, "PJSIP/1001-home")
        await until("the other phone", lambda: _rings(stage, "PJSIP/1001-home"))
        await same(stage)
        await _rehire(stage, "PJSIP/1001")
        await until("the own phone", lambda: _rings(stage, "PJSIP/1001"))
        await same(stage)


async def _rehire(stage: Stage, phone: str) -> None:
    (row,) = [row for row in json.loads(await stage.cti("agent", "list", "--json")) if row["number"] == "1001"]
    table = stage.home / "var" / "again.csv"
    contact = row["phone_contact"]
    table.write_text(f"number,name,phone,skills,contact\n1001,Agent 1001,{phone},{AGENTS['1001']},{contact}\n")
    await stage.cti("agent", "import", str(table))


async def _rings(stage: Stage, phone: str) -> bool:
    return {place.phone for place in await native(stage)} == {phone}


async def test_changed_rules_change_penalties_and_a_new_queue_has_its_members_once_asterisk_knows_it(
    stage: Stage,
) -> None:
    site = stage.config.site_file
    before = site.read_text(encoding="utf-8")
    changed = before.replace("need: {sales: 70}", "need: {sales: 95}") + "  parts: {overflow: hangup}\n"
    async with at_work(stage, "1001", "1002"):
        await same(stage)
        try:
            site.write_text(changed, encoding="utf-8")
            await stage.cti("serve", "--reload")  # before Asterisk has heard of the new queue
            await until("the engine has it", lambda: _knows(stage, "parts"))
            await stage.cti("dialplan", "apply")
            await until("members of the new queue", lambda: _members(stage, "parts", {"1001", "1002"}))
            await same(stage)
            assert {p.penalty for p in await native(stage) if p.queue == "sales"} == {1}
        finally:
            site.write_text(before, encoding="utf-8")
            await stage.cti("dialplan", "apply")
        await until("no new queue", lambda: _members(stage, "parts", set()))
        await same(stage)


async def _knows(stage: Stage, queue: str) -> bool:
    return queue in {one["queue"] for one in (await stage.get("/api/floor"))["queues"]}


async def _members(stage: Stage, queue: str, agents: set[str]) -> bool:
    return {place.agent for place in await native(stage) if place.queue == queue} == agents


async def test_an_agent_whose_row_is_gone_is_a_member_of_nothing(stage: Stage) -> None:
    await stage.log_in(["1004"])
    assert ("sales", "1004") in await same(stage)
    await stage.cti("agent", "remove", "1004")
    await until("nobody", lambda: _serves_nobody(stage))


async def _serves_nobody(stage: Stage) -> bool:
    return await native(stage) == set()


async def test_what_the_native_queue_serves_is_told_like_the_rest_and_rings_by_penalty(stage: Stage) -> None:
    """The engine's wrap-up dies with it: nobody waits for an agent whom no living engine would make ready."""
    assert "fallback: {seconds: 5}" in HOUSE
    await stage.log_in(["1003", "1002", "1001"])  # the outermost has been idle for longest
    notes = await stage.call(caller("40012", "13850000000"))
    await hang_up(stage, await take(stage, "1002", "13850000000"))
    await notes.done()
    await presences(stage, {"1001": "ready", "1002": "wrap_up", "1003": "ready"})
    await same(stage)
    await stage.stop_engine()
    first = await stage.call(caller("40011", "13850000001"))
    await in_fallback(stage, ["13850000001"])
    leg = await take(stage, "1001", "13850000001")
    second = await stage.call(caller("40011", "13850000002"))
    other = await take(stage, "1002", "13850000002")
    lost = await stage.call(caller("40011", "13850000003"))
    await stage.phones.next("invite", agent="1003", number="13850000003")
    await lost.hang_up()
    await lost.done()
    await stage.phones.next("cancel", agent="1003")
    await hang_up(stage, leg)
    await first.done()
    again = await stage.call(caller("40011", "13850000004"))
    await hang_up(stage, await take(stage, "1001", "13850000004"))
    await hang_up(stage, other)
    for call in (second, again):
        await call.done()
    await stage.serve()
    await presences(stage, {"1001": "ready", "1002": "ready", "1003": "ready"})
    await same(stage)
    rows = {n: (await told(stage, number=f"1385000000{n}"))[0] for n in range(1, 5)}
    for number, agent in ((1, "1001"), (2, "1002"), (4, "1001")):
        row = rows[number]
        names = ("queue", "agent", "outcome", "source", "direction", "did")
        assert [row[name] for name in names] == ["sales", agent, "answered", "fallback", "inbound", "40011"]
        assert row["talk_seconds"] > 0
        assert 0 <= row["wait_seconds"] < 20
        segments = (await stage.get(f"/api/calls/{row['call']}"))["segments"]
        kinds = [segment["kind"] for segment in segments]
        assert (kinds[0], kinds[-1]) == ("wait", "talk")
    assert (rows[3]["outcome"], rows[3]["agent"], rows[3]["source"]) == ("short_abandon", "", "fallback")
    connects = [line.agent for line in queue_log(stage, "CONNECT")]
    assert connects == ["1002", "1001", "1002", "1001"]
