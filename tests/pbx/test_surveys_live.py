"""The questions after the talk over real SIP: answered, pressed wrong, left in the middle, declined, engine dead."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from typing import Any

import pytest
import pytest_asyncio
from scene import (
    Logged,
    caller,
    engine_log,
    hang_up,
    house,
    in_fallback,
    presences,
    queue_log,
    take,
    told,
    until,
    whole,
)

from cti.pbx import Installation
from cti.phones import Call, PhoneEvent
from cti.stage import Stage

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]

SITE = """
numbers: {"40031": {to: "queue:sales"}, "40032": {to: "queue:told"}}
surveys:
  care:
    min_talk_seconds: 0
    thanks: choose
    questions:
      content: {prompt: choose, keys: 1-5, tries: 3, timeout_seconds: 4}
      solved: {prompt: choose, keys: 1-2, best: 1, tries: 1, timeout_seconds: 3}
  brief:
    min_talk_seconds: 0
    notice: choose
    decline_key: "9"
    thanks: choose
    questions: {content: {prompt: choose}}
queues:
  sales: {steps: [{after: 0, need: {sales: 1}}], overflow: hangup, survey: care, wrap_up_seconds: 3600}
  told: {steps: [{after: 0, need: {sales: 1}}], overflow: hangup, survey: brief}
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(asterisk: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with house(
        tmp_path_factory.mktemp("surveys") / "home", SITE, {"1001": "sales=1", "1002": "other=1"}
    ) as stage:
        await stage.serve()
        await stage.log_in(["1001"])
        yield stage


def lines(stage: Stage, number: str) -> list[Logged]:
    """What queue_log tells of this caller's survey."""
    calls = {line.call for line in queue_log(stage, "ENTERQUEUE") if line.data[1] == number}
    return [line for line in queue_log(stage, "SURVEYBEGIN", "SURVEY", "SURVEYEND") if line.call in calls]


async def asked(stage: Stage, number: str, count: int) -> None:
    """So many lines of it are written."""

    async def look() -> bool:
        return len(lines(stage, number)) >= count

    await until(f"{count} lines of {number}'s survey", look)


async def talking(stage: Stage, agent: str, number: str) -> PhoneEvent:
    """The agent has answered, and the two talk: a phone that acts in the same millisecond is no agent's."""
    leg = await take(stage, agent, number)
    await presences(stage, {agent: "talking"})
    return leg


async def talked(stage: Stage, number: str, *, heard: bool = False) -> Call:
    """A talk that the agent has ended, and the caller is being asked. `heard`: by then, the caller is recorded."""
    call = await stage.call(caller("40031", number, media="stream" if heard else "one_packet"))
    leg = await talking(stage, "1001", number)

    async def recorded() -> bool:
        return any(file.stat().st_size for file in stage.config.recordings.rglob("*.raw"))

    if heard:
        await until("sound in the recording", recorded)
    await hang_up(stage, leg)
    await asked(stage, number, 1)
    return call


async def ready(stage: Stage) -> None:
    await stage.post("/api/agents/1001/wrap-up-end")
    await presences(stage, {"1001": "ready"})


async def rows(stage: Stage, number: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The conversation with its segments, and its rows of `surveys` as they are exported."""
    (row,) = await told(stage, number=number)
    whole = await stage.get(f"/api/calls/{row['id']}")
    with closing(sqlite3.connect(stage.home / "var" / "cti.sqlite")) as database:
        database.row_factory = sqlite3.Row
        wanted = "SELECT * FROM surveys WHERE call = ? ORDER BY position"
        return whole, [dict(answer) for answer in database.execute(wanted, [row["id"]])]


async def test_answers_are_rows_of_the_agent_and_the_wrap_up_does_not_wait_for_them(stage: Stage) -> None:
    number = "13810000001"
    call = await talked(stage, number, heard=True)
    await presences(stage, {"1001": "wrap_up"})
    await call.press("7")
    await call.press("4")
    await asked(stage, number, 2)
    await call.press("1")
    result = await call.done()
    assert result.hung_up_by == "far_side"
    data = [(line.event, line.agent, line.data) for line in lines(stage, number)]
    assert data == [
        ("SURVEYBEGIN", "1001", ("care",)),
        ("SURVEY", "1001", ("care", "content", "1", "4", "1", "5")),
        ("SURVEY", "1001", ("care", "solved", "2", "1", "2", "1")),
        ("SURVEYEND", "1001", ("care", "completed")),
    ]
    row, answers = await rows(stage, number)
    talk, survey = row["segments"][-2:]
    assert (talk["kind"], survey["kind"], survey["outcome"]) == ("talk", "survey", "completed")
    assert talk["ended"] <= survey["started"] < survey["ended"] <= row["ended"]
    assert [(one["question"], one["answer"], one["agent"], one["top_two"]) for one in answers] == [
        ("content", 4, "1001", True),
        ("solved", 1, "1001", True),
    ]
    wrapped = [line for line in engine_log(stage, "presence") if line["presence"] == "wrap_up"]
    assert wrapped[-1]["at"] < survey["ended"], "wrap-up began while the caller was being asked"


async def test_the_recording_ends_with_the_talk(stage: Stage) -> None:
    (row,) = await told(stage, number="13810000001")
    (sound,) = (await whole(stage, row["id"]))["recordings"]
    assert sound["seconds"] <= row["talk_seconds"] + 0.5


async def test_who_hangs_up_in_the_middle_leaves_the_answers_so_far(stage: Stage) -> None:
    await ready(stage)
    number = "13810000002"
    call = await talked(stage, number)
    await call.press("2")
    await asked(stage, number, 2)
    await call.hang_up()
    await call.done()
    row, answers = await rows(stage, number)
    assert (row["outcome"], row["segments"][-1]["outcome"]) == ("answered", "hung_up")
    assert [(one["answer"], one["outcome"]) for one in answers] == [(2, "answered"), (None, "hung_up")]


async def test_wrong_keys_lead_to_the_next_question_and_silence_to_the_end(stage: Stage) -> None:
    await ready(stage)
    number = "13810000003"
    call = await talked(stage, number)
    for key in "9#*":
        await call.press(key)
    await call.done()
    assert [line.data[-1] if line.event == "SURVEYEND" else line.data[3:4] for line in lines(stage, number)[1:]] == [
        ("invalid",),
        ("silent",),
        "silent",
    ]


async def passed_on(stage: Stage, number: str) -> Call:
    """A talk, a blind transfer, a talk with the colleague, who hangs up: the caller is being asked."""
    call = await stage.call(caller("40031", number))
    leg = await talking(stage, "1001", number)
    await stage.phones.transfer(leg, f"sip:1002@{stage.config.sip_bind}:{stage.config.sip_port}")
    await stage.phones.next("transfer", phone=leg.phone, call_id=leg.call_id)
    await hang_up(stage, leg)
    await hang_up(stage, await take(stage, "1002", number))
    await asked(stage, number, 1)
    return call


async def test_after_a_blind_transfer_it_is_the_colleague_who_is_asked_about(stage: Stage) -> None:
    await ready(stage)
    number = "13810000007"
    call = await passed_on(stage, number)
    await call.press("2")
    await asked(stage, number, 2)
    await call.press("1")
    assert (await call.done()).hung_up_by == "far_side"
    row, answers = await rows(stage, number)
    assert [segment["kind"] for segment in row["segments"]][-2:] == ["talk", "survey"]
    assert [(one["question"], one["answer"], one["agent"]) for one in answers] == [
        ("content", 2, "1002"),
        ("solved", 1, "1002"),
    ]


async def test_who_declines_before_the_waiting_is_not_asked(stage: Stage) -> None:
    await ready(stage)
    number, other = "13810000004", "13810000005"
    for who, key in ((number, "9"), (other, "")):
        call = await stage.call(caller("40032", who))
        await call.next("answered")
        if key:
            await call.press(key)
        await hang_up(stage, await talking(stage, "1001", who))
        if not key:
            await asked(stage, who, 1)
            await call.press("5")
        await call.done()
        await presences(stage, {"1001": "ready"})
    assert lines(stage, number) == []
    assert [line.event for line in lines(stage, other)] == ["SURVEYBEGIN", "SURVEY", "SURVEYEND"]


async def test_the_floors_numbers_of_today_are_those_of_the_report(stage: Stage) -> None:
    async def look() -> bool:
        report = json.loads(await stage.cti("report", "queue", "--format", "json"))
        rows = {row["queue"]: row for row in report["rows"]}
        shown = {queue["queue"]: queue["today"] for queue in (await stage.get("/api/floor"))["queues"]}
        columns = {name for name in shown["sales"] if name in rows["sales"]}
        assert {"entered", "answered", "abandoned", "asa_seconds", "mean_wait_seconds"} <= columns
        same = all(shown[queue][name] == row[name] for queue, row in rows.items() for name in columns)
        return same and all(
            shown[queue]["service_percent"] == row["service_level_offered_percent"] for queue, row in rows.items()
        )

    await until("the floor's numbers to be the report's", look)
    (sales,) = [queue for queue in (await stage.get("/api/floor"))["queues"] if queue["queue"] == "sales"]
    assert (sales["today"]["entered"], sales["today"]["definition"]) == (4, "service_level.offered v1")


async def test_with_the_engine_dead_callers_are_asked_all_the_same(stage: Stage) -> None:
    number = "13810000006"
    await presences(stage, {"1001": "ready"})
    await stage.stop_engine()
    call = await stage.call(caller("40031", number))
    await hang_up(stage, await take(stage, "1001", number))
    await in_fallback(stage, [number])
    await asked(stage, number, 1)
    await call.press("5")
    await asked(stage, number, 2)
    await call.press("2")
    await call.done()
    assert [(line.event, line.agent) for line in lines(stage, number)] == [
        ("SURVEYBEGIN", "1001"),
        ("SURVEY", "1001"),
        ("SURVEY", "1001"),
        ("SURVEYEND", "1001"),
    ]
