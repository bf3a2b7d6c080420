"""Menus and inputs on a real Asterisk: wrong keys, silence, the way back, agents' numbers dialled, digits looked up,
and callers who never stop.

The engine is not even started at first: menus and inputs must not need it.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import scene
from scene import ask_asterisk, caller, cel, engine_log, gone, hang_up, house, pid_of, queue_log, stopped, take, until

from cti.core.flow import MOST_ROUNDS
from cti.core.menu_story import menu_story
from cti.db.customers import Customer, CustomerBook
from cti.db.store import Store
from cti.journal.cel import parse as cel_line
from cti.pbx import Installation
from cti.phones import Behaviour, Call
from cti.site.digits import DIGITS
from cti.site.inputs import CONFIRM
from cti.stage import Stage

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]

SITE = """
outbound: {trunk: itsp, caller_id: "40010"}
numbers:
  "40010": {to: "menu:first"}
  "40011": {to: "menu:circle"}
  "40012": {to: "input:member"}
  "40013": {to: "input:card"}
  "40014": {to: "queue:found", lookup: true}
menus:
  first:
    prompt: choose
    timeout_seconds: 4
    keys: {"1": "menu:second", "2": "queue:sales", "#": back}
    invalid: {retries: 1, prompt: choose, to: "queue:wrong"}
    timeout: {retries: 0, to: "queue:silent"}
    direct_dial: true
    digit_seconds: 2
  second: {prompt: choose, timeout_seconds: 6, keys: {"*": back, "3": "menu:third"}, otherwise: "queue:silent"}
  third: {prompt: choose, timeout_seconds: 6, keys: {"*": back}, otherwise: "queue:silent"}
  circle: {prompt: choose, timeout_seconds: 1, keys: {"1": "menu:circle"}, otherwise: "menu:circle"}
inputs:
  member:
    {prompt: choose, min: 4, max: 6, first_seconds: 4, digit_seconds: 4, confirm: true, otherwise: "queue:given_up",
     invalid: {retries: 2}, timeout: {retries: 1}, lookup: {seconds: 3}, found: "queue:found",
     not_found: {retries: 1, to: "queue:unknown"}, error: "queue:failed"}
  card:
    {prompt: choose, min: 13, max: 19, masked: true, otherwise: "queue:failed", found: "queue:found",
     lookup: {script: customer_lookup, seconds: 3}}
queues:
  sales: {overflow: hangup}
  wrong: {overflow: hangup}
  silent: {overflow: hangup}
  found: {overflow: hangup}
  unknown: {overflow: hangup}
  failed: {overflow: hangup}
  given_up: {overflow: hangup}
"""
CARD = "4111111111111111"
BUSY, REFUSES = "1099", Behaviour(answer_after=0.1, refuse=486)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(asterisk: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    with pytest.MonkeyPatch.context() as patch:
        quick = "".join(f", {name}: {{file: choose.wav}}" for name in (*CONFIRM, *DIGITS))
        languages = scene.SITE.replace("languages: [en]", "languages: [en, fr]")
        patch.setattr(
            scene, "SITE", languages.replace("choose: {file: choose.wav}", "choose: {file: choose.wav}" + quick)
        )
        patch.setenv("CTI_DATABASE", str(_customers(tmp_path_factory.mktemp("crm") / "customers.sqlite")))
        agents = {"1001": "", "1012": "", BUSY: ""}
        async with house(tmp_path_factory.mktemp("menus") / "home", SITE, agents, {BUSY: REFUSES}) as stage:
            await stage.cti("dialplan", "apply")
            await stage.cti("pbx", "up")
            yield stage


def _customers(file: Path) -> Path:
    """Somebody else's database, of which only the script knows."""
    with closing(sqlite3.connect(file)) as crm:
        crm.execute("CREATE TABLE customers (number, id, name, priority, language, need)")
        crm.execute("INSERT INTO customers VALUES (?, 'c-7', 'Chen', 5, 'fr', 'vip=3,french=2')", [CARD])
        crm.commit()
    return file


async def dialling(
    stage: Stage, number: str, keys: str, *, did: str = "40010", gap: float = 0.6, blank: float = 1.6
) -> Call:
    """Somebody presses these keys, one each `gap` seconds, a # at once; a blank is a pause of `blank` seconds."""
    at, digits = 0.5, []
    for place, key in enumerate(keys, 1):
        digits += [] if key == " " else [(at, key)]
        at += blank if key == " " else 0.02 if keys[place : place + 1] == "#" else gap
    return await stage.call(caller(did, number, digits=digits))


async def in_queue(stage: Stage, queue: str, numbers: Sequence[str], seconds: float = 60.0) -> None:
    """These callers, and nobody else so far, have entered this queue."""

    async def look() -> bool:
        return {line.data[1] for line in queue_log(stage, "ENTERQUEUE") if line.queue == queue} == set(numbers)

    await until(f"{numbers} in {queue}", look, seconds)


async def asks(stage: Stage, count: int) -> list[dict[str, Any]]:
    """What the engine was told of its callers, once it was told of so many."""
    found = engine_log(stage, "joined") if stage.config.journal_file.exists() else []
    return found if len(found) >= count else []


async def variables(stage: Stage, asterisk: Installation, number: str) -> dict[str, str]:
    """The channel variables of the call with this number, as Asterisk's console tells them."""
    lines = (await ask_asterisk(stage, asterisk, "core show channels concise")).splitlines()
    for name in (line.split("!")[0] for line in lines):
        told = await ask_asterisk(stage, asterisk, f"core show channel {name}")
        if re.search(rf"Caller ID: {number}$", told, re.MULTILINE):
            return dict(re.findall(r"^(\w+)=(.*)$", told, re.MULTILINE))
    raise AssertionError(f"nobody calls from {number}")


def at_menus(stage: Stage, number: str) -> tuple[str, list[str]]:
    """The path that CEL tells of this caller, and what came of each asking."""
    found = []
    for line in (stage.config.log_dir / "cel-custom" / "Master.csv").read_bytes().splitlines():
        told = cel_line(line, "c", len(found))
        if told is not None and told.data.get("number") == number:
            found.append(told)
    story = menu_story(found)
    return story.path, [f"{one.detail} {one.outcome} {one.target}".strip() for one in story.stretches]


async def test_wrong_keys_and_silence_lead_where_each_of_them_says_and_back_leads_back(
    stage: Stage, asterisk: Installation
) -> None:
    calls = [
        await dialling(stage, "13800000001", "78"),
        await dialling(stage, "13800000002", ""),
        await dialling(stage, "13800000003", "1 3**#2", blank=2.6),
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
    # what reports are told of it, also with no engine there
    assert at_menus(stage, "13800000001") == ("first:-", ["first invalid 7", "first invalid 8"])
    assert at_menus(stage, "13800000002") == ("first:-", ["first timeout"])
    path, came = at_menus(stage, "13800000003")
    assert path == "first:1>second:3>third:*>second:*>first:#>first:2"
    assert came == [f"{one.replace(':', ' chosen ')}" for one in path.split(">")]
    assert at_menus(stage, "13800000004") == ("first:-", ["first invalid 13", "first invalid 8"])


async def test_an_agents_number_rings_the_agent_and_a_key_with_which_it_begins_still_counts(stage: Stage) -> None:
    call = await dialling(stage, "13800000011", "1012", gap=0.3)
    leg = await take(stage, "1012", "13800000011")
    await hang_up(stage, leg)
    assert (await call.done()).hung_up_by == "far_side"
    assert len(cel(stage, "CTI_RECORDING", number="13800000011")) == 1, "recorded like an agent's direct call"
    busy = await dialling(stage, "13800000012", "1099 2", gap=0.3, blank=2.6)  # asked again
    await in_queue(stage, "sales", ["13800000003", "13800000012"])
    await gone([busy])


async def test_who_goes_round_for_ever_is_hung_up(stage: Stage) -> None:
    robot = await dialling(stage, "13800000021", "1" * 1000, did="40011", gap=0.05)
    result = await robot.done(60)
    assert result.hung_up_by == "far_side"
    assert MOST_ROUNDS <= len(result.digits) < 1000


# --- inputs ---------------------------------------------------------------------------------------------


async def test_what_is_entered_is_read_back_and_looked_up_and_without_an_engine_that_is_an_error(
    stage: Stage, asterisk: Installation
) -> None:
    calls = [
        await dialling(stage, "13800000031", "1234# 1", did="40012", gap=0.3),
        await dialling(stage, "13800000032", "1234# 2 567890# 1", did="40012", gap=0.3),  # corrected; # out of habit
        await dialling(stage, "13800000033", "12# 12345678#*", did="40012", gap=0.3),  # too short, too long, no digit
        await dialling(stage, "13800000034", "", did="40012"),
        await dialling(stage, "13800000035", "7" * 1000, did="40012", gap=0.05),
        await dialling(stage, "13800000036", "*#" * 400, did="40012", gap=0.05),
        await dialling(stage, "13800000037", CARD + "#", did="40013", gap=0.2),
        await dialling(stage, "13800000038", "", did="40014"),
    ]
    await in_queue(stage, "failed", ["13800000031", "13800000032", "13800000037"])
    await in_queue(stage, "given_up", [f"1380000003{n}" for n in (3, 4, 5, 6)])
    await in_queue(stage, "found", ["13800000038"])
    said = await variables(stage, asterisk, "13800000032")
    assert (said["CTI_PATH"], said["CTI_DIGITS"]) == ("member:error>", "member=567890")
    assert said["CTI_DIGITS_member"] == "567890"
    assert (await variables(stage, asterisk, "13800000033"))["CTI_PATH"] == "member:->"
    said = await variables(stage, asterisk, "13800000037")
    assert (said["CTI_DIGITS"], said["CTI_DIGITS_card"], said["CTI_INPUT"]) == ("card=***", CARD, "")
    await gone(calls)
    assert at_menus(stage, "13800000032") == ("member:error", ["member invalid", "member chosen error"])
    assert at_menus(stage, "13800000034") == ("member:-", ["member timeout", "member timeout"])
    assert at_menus(stage, "13800000037") == ("card:error", ["card chosen error"])


async def test_the_engine_and_a_script_find_who_calls_and_what_they_say_goes_with_the_call(
    stage: Stage, asterisk: Installation
) -> None:
    await stage.serve()
    async with Store(stage.config.database_url) as store:
        await CustomerBook(store.database).save([Customer(id="4321", name="李明", number="13800000041", priority=3)])
    calls = [
        await dialling(stage, "13800000041", "", did="40014"),
        await dialling(stage, "13800000042", "9999# 1 4321# 1", did="40012", gap=0.3),
        await dialling(stage, "13800000043", "9999# 1 8888# 1", did="40012", gap=0.3),
        await dialling(stage, "13800000044", CARD + "#", did="40013", gap=0.2),
    ]
    await in_queue(stage, "found", ["13800000038", "13800000041", "13800000042", "13800000044"])
    await in_queue(stage, "unknown", ["13800000043"])
    joined = {line["caller"]["number"]: line for line in await until("four asks", lambda: asks(stage, 4))}
    assert joined["13800000041"]["caller"]["name"] == "李明"
    assert joined["13800000041"]["priority"] == 3
    assert joined["13800000042"]["caller"]["path"] == "member:not_found>member:found"
    assert joined["13800000043"]["caller"]["path"] == "member:not_found>member:not_found"
    card = joined["13800000044"]
    assert (card["priority"], card["need"], card["caller"]["language"]) == (5, [["french", 2], ["vip", 3]], "fr")
    assert card["caller"]["customer"] == "c-7"
    await gone(calls)


async def test_a_hung_engine_holds_nobody_up_for_longer_than_its_supervisor_waits(stage: Stage) -> None:
    with stopped(pid_of(stage, "engine")):
        call = await dialling(stage, "13800000051", "4321# 1", did="40012", gap=0.1, blank=0.8)  # before it is replaced
        await in_queue(stage, "failed", ["13800000031", "13800000032", "13800000037", "13800000051"])
    await gone([call])


async def test_masked_digits_are_in_nothing_that_was_written(stage: Stage) -> None:
    files = [file for file in (stage.home / "var").rglob("*") if file.is_file() and "phones" not in file.parts]
    assert {"queue_log", "engine.jsonl", "Master.csv"} <= {file.name for file in files}
    assert [file for file in files if CARD.encode() in file.read_bytes()] == []
    assert not any(CARD in line for line in stage.log)
