"""`cti queue` and `cti agent` on a running engine: what supervisors read, and what they change."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from cti.cli import complete, main
from cti.cli.floor_view import Floor, queue_lines
from cti.cli.queue import _each

if TYPE_CHECKING:
    from conftest import House


def test_queues_are_listed_with_who_is_there(house: House) -> None:
    house.log_in("1001", "1002")
    house.cti("agent", "pause", "1001", "--reason", "lunch")
    house.wait("c1", "service", "13800000001")
    house.answer("c1", "1002")
    house.wait("c2", "sales", "13800000002", waited=75)
    sales, service = json.loads(house.cti("queue", "list", "--json").stdout)
    assert (sales["queue"], sales["waiting"], sales["staff"]) == ("sales", 1, {"talking": 1, "paused": 1})
    assert 75 <= sales["longest_seconds"] < 135
    assert service["staff"] == {"talking": 1, "offline": 1}
    assert (service["today"]["answered"], service["today"]["service_percent"]) == (1, 100.0)
    assert service["today"]["definition"] == "service_level.offered v1"
    text = house.cti("queue", "list").stdout
    assert "service: service_level.offered v1, T 20 s, S 5 s, since midnight" in text
    assert [line.split()[:3] for line in text.splitlines()[1:3]] == [["sales", "open", "1"], ["service", "open", "0"]]


def test_one_queue_is_shown_with_its_rules_callers_and_agents(house: House) -> None:
    house.log_in("1001")
    house.cti("agent", "pause", "1001")
    house.wait("c2", "sales", "13800000002", waited=30)
    text = house.cti("queue", "show", "sales").stdout
    assert "ring 1   from 60 s on: sales 1" in text
    assert "13800000002" in text
    assert "王芳" in text
    found = json.loads(house.cti("queue", "show", "sales", "--json").stdout)
    assert found["rules"]["overflow"] == ["queue", "service"]
    assert [caller["call"] for caller in found["callers"]] == ["c2"]
    assert [agent["agent"] for agent in found["agents"]] == ["1001", "1002"]
    assert house.cti("queue", "show", "parts").exit_code == 3


def test_a_caller_is_put_forward_moved_and_taken_out(house: House) -> None:
    first, second = house.wait("c1", "sales", "13800000001", waited=40), house.wait("c2", "sales", "13800000002")
    order = [caller["number"] for caller in json.loads(house.cti("queue", "show", "sales", "--json").stdout)["callers"]]
    assert order == ["13800000001", "13800000002"]
    told = house.cti("queue", "priority", "13800000002", "3").stdout
    assert "changed 13800000002 (c2), waiting 0:" in told
    assert "priority 0 -> 3" in told
    order = [caller["number"] for caller in json.loads(house.cti("queue", "show", "sales", "--json").stdout)["callers"]]
    assert order == ["13800000002", "13800000001"]
    assert "would move 13800000001 (c1)" in house.cti("queue", "move", "c1", "service", "--dry-run").stdout
    assert first.verdict == {}
    assert "sales -> service" in house.cti("queue", "move", "c1", "service").stdout
    assert first.verdict["CTI_MOVE"] == "service"
    assert "sales -> queue:service" in house.cti("queue", "withdraw", "13800000002", "--dry-run").stdout
    assert second.verdict == {}
    assert house.cti("queue", "withdraw", "13800000002").exit_code == 0
    assert second.verdict == {"CTI_OUTCOME": "overflow", "CTI_VERDICT": "overflow"}


def test_a_queue_is_closed_and_opened(house: House) -> None:
    assert house.cti("queue", "close", "sales", "--dry-run").stdout == "sales: would close, 0 waiting\n"
    assert house.cti("queue", "close", "sales", "parts").exit_code == 3
    assert house.wait("c1", "sales", "13800000001").verdict == {}, "nothing is closed unless all can be"
    assert house.cti("queue", "close", "sales").stdout == "sales: closed, 1 waiting\n"
    assert house.wait("c2", "sales", "13800000002").verdict["CTI_OUTCOME"] == "closed"
    assert "sales [closed]" in house.cti("queue", "watch", "--once", LANG="en_US.UTF-8").stdout
    assert json.loads(house.cti("queue", "open", "sales", "--json").stdout)["queues"][0]["closed"] is False
    assert house.wait("c3", "sales", "13800000003").verdict == {}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("queue", "move", "c9", "service"), 3, "nobody called 'c9' waits"),
        (("queue", "move", "c1", "parts"), 3, "no queue 'parts'; those there are: sales, service"),
        (("queue", "move", "c1", "sales"), 4, "already"),
        (("queue", "priority", "c1", "101"), 2, "range"),
        (("queue", "withdraw", "13800000009"), 2, "2 callers have the number"),
        (("queue", "close", "Sales"), 3, "no queue"),
        (("queue", "watch", "parts", "--once"), 3, "no queue parts"),
        (("agent", "pause", "1001"), 4, "offline"),
        (("agent", "login", "1009"), 3, "no agent"),
    ],
)
def test_a_mistake_is_one_line_that_says_what_to_do(house: House, words: tuple[str, ...], code: int, said: str) -> None:
    house.wait("c1", "sales", "13800000001")
    house.wait("d1", "sales", "13800000009")
    house.wait("d2", "sales", "13800000009")
    result = house.cti(*words)
    assert (result.exit_code, result.stdout) == (code, "")
    assert said in result.stderr.splitlines()[-1]


def test_a_pause_during_a_call_is_told_as_coming_after_it(house: House) -> None:
    house.log_in("1001")
    house.wait("c1", "sales", "13800000001")
    house.answer("c1", "1001")
    assert house.cti("agent", "pause", "1001", "--reason", "lunch").stdout == "1001 王芳: talking, then paused\n"
    (entity,) = json.loads(house.cti("agent", "pause", "1001", "--json").stdout)
    assert (entity["presence"], entity["next"]) == ("talking", "paused")


def test_a_pause_without_a_reason_has_the_sites_first_one(house: House) -> None:
    house.log_in("1001")
    assert house.cti("agent", "pause", "1001").stdout == "1001 王芳: paused (break)\n"
    site = house.home / "site.yaml"
    site.write_text(site.read_text(encoding="utf-8") + "pause_reasons: {lunch: {}, break: {}}\n", encoding="utf-8")
    assert house.cti("agent", "pause", "1001").stdout == "1001 王芳: paused (lunch)\n"


def test_without_an_engine_one_line_says_how_to_start_it(floor_home: Path) -> None:
    for words in (("queue", "list"), ("queue", "watch"), ("queue", "watch", "--once"), ("queue", "open", "sales")):
        result = CliRunner().invoke(main, ["--home", str(floor_home), *words])
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.splitlines()[-1].endswith("start it with: cti serve")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("agent pause 100", ["1001", "1002", "1003"]),
        ("queue close s", ["sales", "service"]),
        ("queue move c", ["c1"]),
        ("queue move c1 se", ["service"]),
        ("agent show 9", []),
    ],
)
def test_the_shell_completes_agents_queues_and_waiting_calls(
    house: House, monkeypatch: pytest.MonkeyPatch, words: str, found: list[str]
) -> None:
    monkeypatch.setattr(complete, "SECONDS", 60)
    house.wait("c1", "sales", "13800000001")
    line = f"cti --home {house.home} {words}"
    environment = {"_CTI_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - 1)}
    told = CliRunner().invoke(main, prog_name="cti", env=environment).stdout
    assert [item.partition(",")[2] for item in told.split()] == found


def test_the_thresholds_that_most_queues_have_are_told_and_beside_them_those_of_the_others() -> None:
    within = {"sales": 20.0, "service": 20.0, "rescue": 7.5}
    floor = Floor()
    quiet = {"waiting": 0, "oldest": None, "closed": False}
    queues = [{"queue": name, **quiet, "today": {"within_seconds": seconds}} for name, seconds in within.items()]
    floor.apply({"type": "snapshot", "agents": [], "calls": [], "queues": queues})
    lines = queue_lines(floor, datetime.now(UTC))
    assert _each(lines, "within_seconds") == "20 s; rescue 7.5 s"
    assert _each([line for line in lines if line.queue != "rescue"], "within_seconds") == "20 s"
