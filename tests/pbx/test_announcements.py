"""What those who wait hear, on a real Asterisk: positions, keys, and an agent who comes free in the middle of a word.

What was played is what Asterisk's FastAGI debug log says it was told; that it sounded, the caller's channel as Asterisk
recorded it. Comfort is a tone of six seconds, so that it is surely under way when it is cut.
"""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import closing
from statistics import median

import pytest
import pytest_asyncio
from scene import (
    ask_asterisk,
    at_work,
    caller,
    cel,
    engine_log,
    gone,
    hang_up,
    house,
    in_fallback,
    on_floor,
    pid_of,
    queue_log,
    take,
    told,
    until,
)

from cti.pbx import Installation
from cti.phones import Call, PhoneEvent, dominant_frequency, read_stereo_raw, tone, write_wav
from cti.stage import Stage

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]

SITE = """
numbers:
  "40020": {to: "queue:sales"}
  "40021": {to: "queue:keyed"}
  "40022": {to: "queue:silent"}
  "40023": {to: "queue:chatty"}
  "40030": {to: "queue:chatty0"}
  "40031": {to: "queue:chatty1"}
  "40032": {to: "queue:chatty2"}
  "40033": {to: "queue:chatty3"}
  "40034": {to: "queue:chatty4"}
queues:
  sales:
    steps: [{after: 0, need: {sales: 50}}]
    overflow: hangup
    announce: {first_after_seconds: 1, every_seconds: 10, position: 3}
  keyed:
    steps: [{after: 0, need: {sales: 50}}]
    overflow: hangup
    announce: {first_after_seconds: 2, every_seconds: 60, comfort: [choose]}
    exit_key: {key: "*", to: "queue:service"}
  chatty:
    steps: [{after: 0, need: {sales: 50}}]
    overflow: hangup
    announce: {first_after_seconds: 0, every_seconds: 60, comfort: [choose]}
  silent: {steps: [{after: 0, need: {sales: 50}}], overflow: hangup}
  service: {steps: [{after: 0, need: {service: 50}}], overflow: hangup}
""" + "".join(
    # several alike: a queue that has learned how short these talks are says nothing to the next in line
    f"  chatty{n}: {{steps: [{{after: 0, need: {{sales: 50}}}}], overflow: hangup, "
    "announce: {first_after_seconds: 0, every_seconds: 60, comfort: [choose]}}\n"
    for n in range(5)
)
AGENTS = {"1001": "sales=90", "1002": "service=70"}
COMFORT_SECONDS = 6.0
ROUNDS = 10  # two for each of five queues


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(asterisk: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    home = tmp_path_factory.mktemp("say") / "home"
    async with house(home, SITE, AGENTS) as stage:
        write_wav(home / "choose.wav", tone(600, COMFORT_SECONDS))
        await stage.serve()
        await ask_asterisk(stage, asterisk, "logger add channel agi.log verbose")
        await ask_asterisk(stage, asterisk, "agi set debug on")
        yield stage


def played(stage: Stage) -> list[str]:
    """Every FastAGI command that plays or listens, of all calls, in order; prompts by their names."""
    text = (stage.config.log_dir / "agi.log").read_text("utf-8", "replace")
    commands = re.findall(r'AGI Rx << (STREAM FILE "cti/\w+"|SET MUSIC|WAIT FOR DIGIT)', text)
    return [command.rpartition("/")[2].strip('"') for command in commands]


async def heard(stage: Stage, count: int, what: str = "choose") -> list[str]:
    """All that was played, once `what` has been begun `count` times."""

    async def look() -> list[str]:
        now = played(stage)
        return now if now.count(what) >= count else []

    return await until(f"{count} times {what}", look) or []


async def ring_of(stage: Stage, leg: PhoneEvent) -> PhoneEvent:
    return next(event for event in stage.phones.happened if event.call_id == leg.call_id)


async def test_callers_hear_their_positions_and_then_music_again_and_the_next_one_moves_up(stage: Stage) -> None:
    before = len(played(stage))
    first = await stage.call(caller("40020", "13811120001"))
    await on_floor(stage, 1)
    second = await stage.call(caller("40020", "13811120002"))
    await on_floor(stage, 2)
    await heard(stage, 2, "SET MUSIC")
    now = played(stage)[before:]
    assert [name for name in now if name.startswith("announce")] == ["announce_position_1", "announce_position_2"]
    assert now.count("SET MUSIC") == 2, now
    await gone([first])
    await heard(stage, 2, "announce_position_1")
    await gone([second])
    await on_floor(stage, 0)
    rows = await told(stage, count=2, queue="sales")
    assert {row["outcome"] for row in rows} <= {"abandoned", "short_abandon"}
    said = [(row["call"], place) for row, places in zip(rows, ([1], [2, 1]), strict=True) for place in places]
    journalled = [(line["call"], line["position"]) for line in engine_log(stage, "told")]
    assert sorted(journalled) == sorted(said), "what was played is what was journalled"

    async def kept() -> bool:
        return sorted(announced(stage)) == sorted(said)

    await until("the rows of announcements", kept)


def announced(stage: Stage) -> list[tuple[str, int]]:
    """Call and position of each row of `announcements`."""
    with closing(sqlite3.connect(stage.home / "var" / "cti.sqlite")) as database:
        return list(
            database.execute("SELECT call, place FROM announcements WHERE queue = 'sales' AND wait_minutes IS NULL")
        )


async def test_an_announcement_sounds_on_the_callers_line(stage: Stage, asterisk: Installation) -> None:
    """Asterisk records what it sends to the caller: music of several tones, then the prompt's 600 Hz."""
    count = played(stage).count("choose")
    call = await stage.call(caller("40021", "13811120003", media="stream"))
    await on_floor(stage, 1)
    channels = await ask_asterisk(stage, asterisk, "core show channels concise")
    name = next(line.partition("!")[0] for line in channels.splitlines() if "13811120003" in line)
    file = stage.config.var / "heard.raw"
    await ask_asterisk(stage, asterisk, f"mixmonitor start {name} {file},D")
    await heard(stage, count + 1)

    async def sounds() -> bool:
        sent = read_stereo_raw(file)[1] if file.exists() else []
        seconds = [sent[at : at + 8000] for at in range(0, len(sent) - 8000, 8000)]
        return sum(dominant_frequency(second, (600,)) == 600 for second in seconds) >= 3

    await until("three seconds of 600 Hz", sounds)
    await gone([call])
    await on_floor(stage, 0)


async def test_an_agent_who_comes_free_during_an_announcement_is_rung_as_fast_as_without_one(stage: Stage) -> None:
    """From the BYE of the talk before to the INVITE of the next, with a prompt that would go on for seconds."""
    async with at_work(stage, "1001"):
        plain, during = [], []
        for n in range(ROUNDS):  # in turn, so that both have the same machine
            plain.append(await _next_after(stage, "40022", n))
            during.append(await _next_after(stage, f"4003{n // 2}", n))
    print("free to next, ms, without:", sorted(round(ms) for ms in plain))
    print("free to next, ms, during an announcement:", sorted(round(ms) for ms in during))
    assert max(during) < COMFORT_SECONDS * 1000 / 2, "cut short"
    assert median(during) < median(plain) + 200


async def _next_after(stage: Stage, did: str, n: int) -> float:
    """Milliseconds; both calls are over afterwards."""
    one, two = f"138111{did[-2:]}1{n:02}", f"138111{did[-2:]}2{n:02}"
    busy = await stage.call(caller(did, one))
    leg = await take(stage, "1001", one)
    count = played(stage).count("choose")
    waiting = await stage.call(caller(did, two))
    await on_floor(stage, 1)
    if did != "40022":
        await heard(stage, count + 1)
    bye = await hang_up(stage, leg)
    second = await take(stage, "1001", two)
    ring = await ring_of(stage, second)
    await _both_over(stage, busy, waiting, second)
    return (ring.at - bye.at).total_seconds() * 1000


async def _both_over(stage: Stage, busy: Call, waiting: Call, leg: PhoneEvent) -> None:
    await hang_up(stage, leg)
    for call in (busy, waiting):
        assert (await call.done()).hung_up_by == "far_side"


@pytest.mark.parametrize(("number", "during"), [("13811120021", "music"), ("13811120022", "announcement")])
async def test_the_exit_key_leads_out_of_the_queue_at_any_time(stage: Stage, number: str, during: str) -> None:
    async with at_work(stage, "1002"):
        count, listening = played(stage).count("choose"), played(stage).count("WAIT FOR DIGIT")
        call = await stage.call(caller("40021", number))
        await (heard(stage, listening + 1, "WAIT FOR DIGIT") if during == "music" else heard(stage, count + 1))
        await call.press("*")
        leg = await take(stage, "1002", number)
        await hang_up(stage, leg)
        await call.done()
    (row,) = await told(stage, number=number)
    segments = (await stage.get(f"/api/calls/{row['call']}"))["segments"]
    waits = [(s["queue"], s["outcome"]) for s in segments if s["kind"] == "wait"]
    assert waits == [("keyed", "exit_key"), ("service", "answered")]
    (line,) = [line for line in queue_log(stage, "EXITWITHKEY") if line.call == row["call"]]
    assert line.data[0] == "*"


async def test_a_caller_who_hangs_up_in_the_middle_of_an_announcement_is_gone(stage: Stage) -> None:
    count = played(stage).count("choose")
    call = await stage.call(caller("40023", "13811120031"))
    await heard(stage, count + 1)
    await gone([call])
    await on_floor(stage, 0)
    (row,) = await told(stage, number="13811120031")
    assert row["outcome"] == "short_abandon"


async def test_an_engine_killed_in_the_middle_of_an_announcement_frees_the_caller_at_once_and_the_key_still_works(
    stage: Stage,
) -> None:
    count = played(stage).count("choose")
    call = await stage.call(caller("40021", "13811120041"))
    await heard(stage, count + 1)
    killed = time.time()
    os.kill(pid_of(stage, "engine"), signal.SIGKILL)
    await in_fallback(stage, ["13811120041"])
    assert cel(stage, "APP_START", app="Queue", number="13811120041")[0].at - killed < COMFORT_SECONDS / 2
    await call.press("*")  # out of the native queue

    async def left() -> bool:
        return any(line.queue == "keyed" and line.call == row_call for line in queue_log(stage, "EXITWITHKEY"))

    row_call = next(line.call for line in queue_log(stage, "ENTERQUEUE") if line.data[1] == "13811120041")
    await until("EXITWITHKEY by app_queue", left)
    await until("the engine is back", lambda: on_floor(stage, 1))
    await gone([call])
    (row,) = await told(stage, number="13811120041")
    segments = (await stage.get(f"/api/calls/{row['call']}"))["segments"]
    waits = [(s["queue"], s["outcome"]) for s in segments if s["kind"] == "wait"]
    assert waits[0] == ("keyed", "exit_key")
    assert waits[-1][0] == "service"
