"""The floor in a terminal: its rows as values, a frame as text, and the command on a running engine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from cti.cli.floor_view import Floor, agent_lines, caller_lines, queue_lines
from cti.cli.frame import ago, draw
from cti.cli.words import language_of

if TYPE_CHECKING:
    from conftest import House

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def before(seconds: float) -> str:
    return (NOW - timedelta(seconds=seconds)).isoformat()


def agent(number: str, name: str, presence: str, seconds: float, **more: Any) -> dict[str, Any]:
    entity = {"agent": number, "name": name, "presence": presence, "reason": "", "since": before(seconds), "call": None}
    return {**entity, "next": None, "reachable": True, "serves": ["sales"], **more}


def call(call: str, number: str, waited: float, **more: Any) -> dict[str, Any]:
    entity = {"call": call, "queue": "sales", "number": number, "name": "", "state": "waiting", "agent": None}
    return {**entity, "entered": before(waited), "since": before(waited), "priority": 0, "ring": 0, **more}


def floor_of(**parts: Any) -> Floor:
    queue = {"queue": "sales", "waiting": 3, "ready": 0, "oldest": before(95), "closed": False}
    queue["today"] = {"answered": 41, "abandoned": 2, "service_percent": 76.74, "within_seconds": 20.0}
    floor = Floor()
    agents = [
        agent("1001", "王芳", "talking", 65, call="c9", next="paused"),
        agent("1002", "Kim", "paused", 4000, reason="lunch", over_time=True),
        agent("1003", "张敏", "ready", 5, reachable=False),
        agent("1004", "Bo", "offline", 9),
    ]
    calls = [
        call("c1", "13800000001", 95, ring=1),
        call("c2", "", 20, priority=2, next_ring_at=(NOW + timedelta(seconds=40)).isoformat()),
        call("c3", "13800000003", 96, queue="service"),
        call("c9", "13800000009", 90, state="connected", agent="1001"),
    ]
    floor.apply({"type": "snapshot", "agents": agents, "queues": [queue], "calls": calls, **parts})
    return floor


def text_of(width: int = 80, language: str = "en", floor: Floor | None = None, **how: Any) -> list[str]:
    console = Console(width=width, no_color=True, highlight=False, force_terminal=False)
    with console.capture() as captured:
        console.print(draw(floor or floor_of(), NOW, "Huaxing   12:00:00   live", language=language, **how))
    return [line.rstrip() for line in captured.get().splitlines()]


def test_over_queues_with_different_thresholds_stands_no_number_that_only_one_has() -> None:
    quiet = {"waiting": 0, "oldest": None, "closed": False}
    queues = [
        {"queue": queue, **quiet, "today": {"service_percent": 50.0, "within_seconds": within}}
        for queue, within in (("sales", 20.0), ("rescue", 10.0))
    ]
    assert "in 20 s" in "\n".join(text_of())
    told = "\n".join(text_of(floor=floor_of(queues=queues)))
    assert "in T" in told
    assert "in 20 s" not in told


def test_callers_stand_in_the_order_of_their_score_over_all_queues() -> None:
    lines = caller_lines(floor_of(), NOW)
    assert [(line.call, line.score) for line in lines] == [("c2", 140.0), ("c3", 96.0), ("c1", 95.0)]
    assert [line.next_ring_seconds for line in lines] == [40.0, None, None]
    assert [line.place for line in caller_lines(floor_of(), NOW, queue="sales")] == [1, 3], "over all queues"


def test_a_queue_counts_the_agents_who_serve_it() -> None:
    (line,) = queue_lines(floor_of(), NOW)
    assert line.staff == {"talking": 1, "paused": 1, "unreachable": 1, "offline": 1}
    assert (line.longest_seconds, line.today["service_percent"]) == (95.0, 76.74)


def test_agents_at_work_stand_the_busiest_first() -> None:
    assert [line.agent for line in agent_lines(floor_of(), NOW)] == ["1001", "1003", "1002"]
    assert [line.agent for line in agent_lines(floor_of(), NOW, everybody=True)] == ["1001", "1003", "1002", "1004"]
    assert agent_lines(floor_of(), NOW, queue="parts") == []


def test_deltas_change_what_they_name_and_beats_nothing() -> None:
    floor = floor_of()
    assert not floor.apply({"type": "beat", "seq": 5})
    assert not floor.apply({"type": "pop", "data": {"agent": "1001"}})
    assert floor.apply({"type": "call_end", "data": {"call": "c2"}})
    assert not floor.apply({"type": "call_end", "data": {"call": "c2"}})
    assert floor.apply({"type": "presence", "data": agent("1004", "Bo", "ready", 0)})
    assert [line.call for line in caller_lines(floor, NOW)] == ["c3", "c1"]
    assert "1004" in {line.agent for line in agent_lines(floor, NOW)}


def test_a_frame_reads_well_at_80_columns() -> None:
    assert text_of() == [
        "Huaxing   12:00:00   live",
        "queue waiting longest ready talk wrap pause in 20 s answered abandoned",
        "sales       3    1:35     0    1    0     1     77%       41         2",
        "",
        "# caller      queue   waited priority score ring next ring",
        "1 withheld    sales     0:20        2   140    0      0:40",
        "2 13800000003 service   1:36             96    0         –",
        "3 13800000001 sales     1:35             95    1         –",
        "",
        "agent name doing         since with",
        "1001  王芳 talking        1:05 13800000009 sales, then paused",
        "1003  张敏 unreachable    0:05",
        "1002  Kim  paused      1:06:40 lunch, over time",
    ]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_line_is_wider_than_the_terminal_in_any_language(language: str) -> None:
    for width in (60, 80, 200):
        assert max(cell_len(line) for line in text_of(width, language)) <= width
    text = "\n".join(text_of(language="zh"))
    assert all(word in text for word in ("队列", "等候", "通话", "话机离线", "号码隐藏", "之后 暂停"))


def test_what_does_not_fit_is_counted() -> None:
    lines = text_of(height=13)
    assert "not shown: 1" in lines
    assert len(lines) <= 13


def test_nothing_from_outside_commands_the_terminal() -> None:
    floor = floor_of(calls=[call("c1", "138", 5, name="\x1b[2J[red]\u202eEve")], agents=[])
    console = Console(width=120, force_terminal=True, highlight=False)
    with console.capture() as captured:
        console.print(draw(floor, NOW, "x", language="en"))
    assert "\x1b[2J" not in captured.get()
    assert "[red]" in captured.get()


def test_durations_and_languages() -> None:
    assert [ago(seconds) for seconds in (0, 65.9, 7389)] == ["0:00", "1:05", "2:03:09"]
    assert language_of("", {"LANG": "zh_CN.UTF-8"}) == "zh"
    assert language_of("", {"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}) == "en"
    assert language_of("zh", {}) == "zh"


def test_one_frame_of_a_running_engine_in_both_languages_and_as_json(house: House) -> None:
    house.log_in("1001")
    house.cti("agent", "pause", "1001", "--reason", "lunch")
    house.wait("c1", "sales", "13800000001", waited=30)
    english = house.cti("queue", "watch", "--once", LANG="C.UTF-8").stdout
    assert [line for line in english.splitlines() if "13800000001" in line]
    assert "paused" in english
    chinese = house.cti("queue", "watch", "sales", "--once", "--language", "zh").stdout
    assert "暂停" in chinese
    assert "service" not in chinese
    (caller,) = json.loads(house.cti("queue", "watch", "--once", "--json").stdout)["callers"]
    assert (caller["number"], caller["ring"], caller["place"]) == ("13800000001", 0, 1)
    assert 0 < caller["next_ring_seconds"] <= 30


def test_a_pipe_gets_a_frame_for_what_happens_until_it_is_interrupted(house: House) -> None:
    command = [sys.executable, "-m", "cti", "--home", str(house.home), "queue", "watch", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None
        assert json.loads(watching.stdout.readline())["callers"] == []
        house.wait("c1", "sales", "13800000001")
        frames = (json.loads(line)["callers"] for line in watching.stdout)  # the first may only tell of the queue
        assert [caller["call"] for caller in next(filter(None, frames))] == ["c1"]
        os.kill(watching.pid, signal.SIGINT)
        assert watching.wait(60) == 0
        assert watching.stderr is not None
        assert watching.stderr.read() == ""
