"""Menus on a real Asterisk: wrong keys, silence, the way back, agents' numbers dialled, and callers who never stop.

The engine is not even started here: menus must not need it.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence

import pytest
import pytest_asyncio
from scene import ask_asterisk, caller, cel, gone, hang_up, house, queue_log, take, until

from cti.core.flow import MOST_ROUNDS
from cti.pbx import Installation
from cti.phones import Behaviour, Call
from cti.stage import Stage

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]

SITE = """
outbound: {trunk: itsp, caller_id: "40010"}
numbers:
  "40010": {to: "menu:first"}
  "40011": {to: "menu:circle"}
menus:
  first:
    prompt: choose
    timeout_seconds: 2
    keys: {"1": "menu:second", "2": "queue:sales", "#": back}
    invalid: {retries: 1, prompt: choose, to: "queue:wrong"}
    timeout: {retries: 0, to: "queue:silent"}
    direct_dial: true
    digit_seconds: 1
  second: {prompt: choose, timeout_seconds: 2, keys: {"*": back, "3": "menu:third"}, otherwise: "queue:silent"}
  third: {prompt: choose, timeout_seconds: 2, keys: {"*": back}, otherwise: "queue:silent"}
  circle: {prompt: choose, timeout_seconds: 1, keys: {"1": "menu:circle"}, otherwise: "menu:circle"}
queues:
  sales: {overflow: hangup}
  wrong: {overflow: hangup}
  silent: {overflow: hangup}
"""
BUSY, REFUSES = "1099", Behaviour(answer_after=0.1, refuse=486)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(asterisk: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    agents = {"1001": "", "1012": "", BUSY: ""}
    async with house(tmp_path_factory.mktemp("menus") / "home", SITE, agents, {BUSY: REFUSES}) as stage:
        await stage.cti("dialplan", "apply")
        await stage.cti("pbx", "up")
        yield stage


async def dialling(stage: Stage, number: str, keys: str, *, did: str = "40010", gap: float = 0.6) -> Call:
    """Somebody presses these keys, one each `gap` seconds; a blank is a pause of 1.6 s."""
    at, digits = 0.5, []
    for key in keys:
        digits += [] if key == " " else [(at, key)]
        at += 1.6 if key == " " else gap
    return await stage.call(caller(did, number, digits=digits))


async def in_queue(stage: Stage, queue: str, numbers: Sequence[str], seconds: float = 20.0) -> None:
    """These callers, and nobody else so far, have entered this queue."""

    async def look() -> bool:
        return {line.data[1] for line in queue_log(stage, "ENTERQUEUE") if line.queue == queue} == set(numbers)

    await until(f"{numbers} in {queue}", look, seconds)


async def variables(stage: Stage, asterisk: Installation, number: str) -> dict[str, str]:
    """The channel variables of the call with this number, as Asterisk's console tells them."""
    lines = (await ask_asterisk(stage, asterisk, "core show channels concise")).splitlines()
    for name in (line.split("!")[0] for line in lines):
        told = await ask_asterisk(stage, asterisk, f"core show channel {name}")
        if re.search(rf"Caller ID: {number}$", told, re.MULTILINE):
            return dict(re.findall(r"^(\w+)=(.*)$", told, re.MULTILINE))
    raise AssertionError(f"nobody calls from {number}")


async def test_wrong_keys_and_silence_lead_where_each_of_them_says_and_back_leads_back(
    stage: Stage, asterisk: Installation
) -> None:
    calls = [
        await dialling(stage, "13800000001", "78"),
        await dialling(stage, "13800000002", ""),
        await dialling(stage, "13800000003", "1 3**#2"),
        await dialling(stage, "13800000004", "13800138000"),  # a number outside: no way to it
        await dialling(stage, "13800000005", "A*9"),
    ]
    await in_queue(stage, "wrong", ["13800000001", "13800000004", "13800000005"])
    await in_queue(stage, "silent", ["13800000002"])
    await in_queue(stage, "sales", ["13800000003"])
    said = await variables(stage, asterisk, "13800000003")
    assert said["CTI_PATH"] == "first:1>second:3>third:*>second:*>first:#>first:2>"
    assert said["CTI_DIGITS"] == "first=1&second=3&third=*&second=*&first=#&first=2"
    assert (await variables(stage, asterisk, "13800000002"))["CTI_PATH"] == "first:->"
    assert (await variables(stage, asterisk, "13800000004"))["CTI_DIGITS"] == "first=13&first=8"
    assert len(cel(stage, "CHAN_START")) == len(calls), "nobody was called"
    await gone(calls)


async def test_an_agents_number_rings_the_agent_and_a_key_with_which_it_begins_still_counts(stage: Stage) -> None:
    call = await dialling(stage, "13800000011", "1012", gap=0.3)
    leg = await take(stage, "1012", "13800000011")
    await hang_up(stage, leg)
    assert (await call.done()).hung_up_by == "far_side"
    assert len(cel(stage, "CTI_RECORDING", number="13800000011")) == 1, "recorded like an agent's direct call"
    busy = await dialling(stage, "13800000012", "1099 2", gap=0.3)  # asked again
    await in_queue(stage, "sales", ["13800000003", "13800000012"])
    await gone([busy])


async def test_who_goes_round_for_ever_is_hung_up(stage: Stage) -> None:
    robot = await dialling(stage, "13800000021", "1" * 1000, did="40011", gap=0.05)
    result = await robot.done(60)
    assert result.hung_up_by == "far_side"
    assert MOST_ROUNDS <= len(result.digits) < 1000
