"""Agents dial codes on their own phones, on a real Asterisk: what the floor's screens see, and what the agent hears."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from scene import (
    ask_asterisk,
    at_work,
    caller,
    hang_up,
    house,
    on_floor,
    pid_of,
    presences,
    screen,
    stopped,
    take,
    until,
)

from cti.core.schedule_override import FAMILY
from cti.pbx import Installation, astdb
from cti.phones import Call, Customer
from cti.stage import Stage

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]

SITE = """
feature_codes: {logout: "*99"}
pause_reasons: {break: {}, lunch: {payable: false}}
supervisor_pin: "2580"
schedules:
  nights: {open: {mon-sun: ["22:00-06:00"]}}
  office: {open: {mon-sun: ["08:00-18:00"]}}
numbers: {"40010": {to: "queue:sales"}}
queues:
  sales: {steps: [{after: 0, need: {sales: 50}}], wrap_up_seconds: 60, overflow: hangup}
"""
AGENTS = {"1001": "sales=90", "1002": "sales=70"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(asterisk: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with house(tmp_path_factory.mktemp("codes") / "home", SITE, AGENTS) as stage:
        await stage.serve()
        await ask_asterisk(stage, asterisk, "logger add channel played.log verbose(3)")
        yield stage


async def dial(stage: Stage, agent: str, code: str, *, shown: str = "") -> Call:
    """The agent's phone calls; `shown` is a number that it pretends to have in its display name only."""
    customer = Customer(did=code, from_number=agent, display_name=shown or None, media="one_packet")
    server = (stage.config.sip_bind, stage.config.sip_port)
    return await stage.phones.call(customer, server=server, local="127.0.0.1")


def played(stage: Stage, agent: str) -> list[str]:
    """The prompts that this agent's phone was played so far, in order."""
    text = (stage.config.log_dir / "played.log").read_text("utf-8", "replace")
    return re.findall(rf"<PJSIP/{agent}-\S+> Playing 'cti-agent/(\w+)", text)


async def hears(stage: Stage, agent: str, code: str) -> str:
    """Dial, and say which prompt is played to the end."""
    before = len(played(stage, agent))
    call = await dial(stage, agent, code)

    async def look() -> list[str]:
        return played(stage, agent)[before:]

    (prompt,) = await until(f"a prompt for {agent}", look)
    result = await call.done()
    assert (result.outcome, result.hung_up_by) == ("completed", "far_side")
    assert (result.talk_seconds or 0) > 0.5, "the prompt was heard"
    return prompt


async def test_a_phone_logs_in_pauses_returns_and_leaves_and_every_screen_sees_it(stage: Stage) -> None:
    async with screen(stage) as live:
        for code, prompt, presence, reason in (
            ("*11", "agent_logged_in", "ready", ""),
            ("*13", "agent_paused", "paused", "break"),
            ("*132", "agent_paused", "paused", "lunch"),
            ("*14", "agent_unpaused", "ready", ""),
            ("*99", "agent_logged_out", "offline", ""),
        ):
            assert await hears(stage, "1001", code) == prompt
            await live.next("presence", agent="1001", presence=presence, reason=reason)
    assert [seen.data["agent"] for seen in live.seen if seen.kind == "presence"].count("1002") == 0


async def test_a_pause_dialled_during_a_call_comes_after_it(stage: Stage) -> None:
    async with at_work(stage, "1001"), screen(stage) as live:
        call = await stage.call(caller("40010", "13833330001"))
        leg = await take(stage, "1001", "13833330001")
        await presences(stage, {"1001": "talking"})
        assert await hears(stage, "1001", "*13") == "agent_after_call"
        assert (await presences(stage, {"1001": "talking"}))["1001"]["reason"] == ""
        await hang_up(stage, leg)
        await live.next("presence", agent="1001", presence="paused", reason="break")
        await call.done()


async def test_a_wrap_up_is_ended_by_phone_and_the_next_caller_comes(stage: Stage) -> None:
    async with at_work(stage, "1001"):
        first = await stage.call(caller("40010", "13833330002"))
        await hang_up(stage, await take(stage, "1001", "13833330002"))
        await first.done()
        await presences(stage, {"1001": "wrap_up"})
        second = await stage.call(caller("40010", "13833330003"))
        await on_floor(stage, 1)
        assert await hears(stage, "1001", "*15") == "agent_wrapped_up"
        await hang_up(stage, await take(stage, "1001", "13833330003"))
        await second.done()


async def test_what_cannot_be_is_refused_and_a_reason_that_nobody_has_too(stage: Stage) -> None:
    assert await hears(stage, "1002", "*15") == "agent_refused"
    async with at_work(stage, "1002"):
        assert await hears(stage, "1002", "*139") == "agent_refused"
        assert (await presences(stage, {"1002": "ready"}))["1002"]["presence"] == "ready"


async def test_while_the_engine_is_away_or_hangs_the_phone_says_so_and_is_never_silent(stage: Stage) -> None:
    with stopped(pid_of(stage, "engine")):
        call = await dial(stage, "1002", "*11")
        await call.next("ringing")
        result = await call.done(60)  # the supervisor replaces the engine, and the call goes on
    assert result.outcome == "completed"
    await until("the engine is back", lambda: stage.get("/api/health"))
    with stopped(pid_of(stage, "supervisor")):  # nobody replaces it
        os.kill(pid_of(stage, "engine"), signal.SIGKILL)
        assert await hears(stage, "1002", "*11") == "agent_unavailable"


async def test_a_customer_who_dials_a_code_changes_nobody(stage: Stage) -> None:
    for number in ("1001", "1002"):
        call = await stage.call(Customer(did="*11", from_number=number))
        assert (await call.done()).code == 404


# --- opening and closing by hand: these end the engine, so they come last ---------------------------------------


async def forces(stage: Stage, code: str, pin: str, key: str) -> None:
    """Dial, type the PIN, and press the key again and again: one of them comes while the menu is spoken."""
    typed = [(0.6 + 0.2 * number, digit) for number, digit in enumerate(pin + "#")]
    pressed = [(3.0 + number, key) for number in range(8)] if key else []
    customer = Customer(did=code, from_number="1001", digits=[*typed, *pressed], media="one_packet")
    server = (stage.config.sip_bind, stage.config.sip_port)
    result = await (await stage.phones.call(customer, server=server, local="127.0.0.1")).done(60)
    assert (result.outcome, result.hung_up_by) == ("completed", "far_side")


async def forced(stage: Stage) -> dict[str, list[str]]:
    """schedule -> the parts of what is kept for it."""
    kept = await asyncio.to_thread(astdb.read_family, stage.config, FAMILY)
    return {name: text.split(":") for name, text in kept.items()}


async def test_a_supervisor_forces_a_schedule_until_its_period_ends_and_takes_it_back(stage: Stage) -> None:
    await forces(stage, "*162", "2580", "2")
    told = await stage.get("/api/schedules/office")
    assert (told["open"], told["override"]["kind"], told["override"]["by"]) == (False, "period", "phone-1001")
    assert list(await forced(stage)) == ["office"]
    await stage.logged(re.compile(r"schedule office: override: closed until .*, by phone-1001"))
    await forces(stage, "*162", "2580", "0")
    assert await forced(stage) == {}


async def test_without_the_engine_undone_works_and_a_period_is_refused(stage: Stage) -> None:
    await stage.stop_engine()
    await forces(stage, "*161", "2580", "1")
    assert await forced(stage) == {}
    await forces(stage, "*161", "2580", "4")
    kept = await forced(stage)
    assert (kept["nights"][:3], kept["nights"][4]) == (["closed", "0", "undone"], "phone-1001")


async def test_a_wrong_pin_changes_nothing(stage: Stage) -> None:
    before = await forced(stage)
    await forces(stage, "*161", "2581#2581#2581", "")
    assert await forced(stage) == before
