"""Call tests as an admin runs them: real calls on a private Asterisk, and nothing left of it afterwards."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from xml.etree import ElementTree

import pytest
from scene import SITE as HOUSE

from cti.pbx import Installation
from cti.phones import Customer, PhoneError, tone, write_wav
from cti.share import shared_folder
from cti.stage import Stage

pytestmark = pytest.mark.pbx

SITE = (
    HOUSE
    + """
schedules: {party: {open: {mon-sun: ["00:00-24:00"]}, dates: {"2031-01-01": closed}}}
numbers:
  "4001": {to: "menu:main", schedule: party, closed: hangup}
  "4002": {to: "external:taxi"}
menus:
  main: {prompt: choose, timeout_seconds: 2, timeout: {retries: 0}, keys: {"1": "queue:sales"}, otherwise: hangup}
queues: {sales: {steps: [{after: 0, need: {sales: 50}}], max_wait_seconds: 2, overflow: hangup, survey: care}}
surveys: {care: {ask_percent: 1, thanks: choose, questions: {content: {prompt: choose}}}}
externals: {taxi: {number: "+8613800138000"}}
outbound: {trunk: itsp, caller_id: "4001"}
"""
)
CALLS = """
agents: {1001: {sales: 90}, 1002: {sales: 60}}
calls:
  - {name: answered, did: "4001", digits: "1", agents: {1001: declines, 1002: answers},
     expect: {path: ["did:4001", "schedule:party=open", "menu:main=1", "queue:sales"], outcome: answered, agent: 1002}}
  - {name: asked, did: "4001", digits: "1,7,4", agents: {1001: answers},
     expect: {path: ["did:4001", "schedule:party=open", "menu:main=1", "queue:sales", survey:care, survey:care=4],
              prompts: [choose, choose, choose, choose], destination: survey:care, outcome: answered}}
  - {name: nobody comes, did: "4001", digits: "1", expect: {destination: hangup, outcome: timeout}}
  - {name: silence, did: "4001", expect: {path: ["did:4001", "schedule:party=open", "menu:main=timeout", hangup]}}
  - {name: a day off, did: "4001", at: 2031-01-01 12:00, engine: down, expect: {outcome: closed}}
  - {name: a taxi, did: "4002", engine: down, expect: {destination: external:taxi, outcome: external}}
  - {name: wrong, did: "4001", digits: "1", engine: down, expect: {path: ["did:4001", "menu:main=1"]}}
"""


@pytest.fixture
def candidate(tmp_path: Path) -> Path:
    """A folder as it comes from git: no instance, no secrets."""
    folder = tmp_path / "candidate"
    folder.mkdir()
    (folder / "site.yaml").write_text(SITE, encoding="utf-8")
    (folder / "calls.yaml").write_text(CALLS, encoding="utf-8")
    write_wav(folder / "choose.wav", tone(600, 0.2))
    return folder


def command(home: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "cti", "--home", str(home), "dialplan", "test", *arguments]


def test_the_demos_calls_go_as_they_are_written(asterisk: Installation, tmp_path: Path) -> None:
    for name in ("site.yaml", "calls.yaml"):
        (tmp_path / name).write_bytes((shared_folder("dialplan") / name).read_bytes())
    ran = subprocess.run(command(tmp_path, "--json"), capture_output=True, text=True, check=False)
    told = json.loads(ran.stdout)
    assert [(one["name"], one["wrong"], one["got"]) for one in told["results"] if not one["ok"]] == []
    assert (ran.returncode, told["cases"] >= 45) == (0, True)


def test_a_call_that_goes_another_way_is_shown_and_the_folder_is_left_as_it_was(
    asterisk: Installation, candidate: Path, tmp_path: Path
) -> None:
    report, before = tmp_path / "report.xml", sorted(candidate.rglob("*"))
    ran = subprocess.run(command(candidate, "--junit", str(report)), capture_output=True, text=True, check=False)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert ran.stdout.count("\n✓") + ran.stdout.startswith("✓") == 6, ran.stdout
    line = CALLS.splitlines().index(next(line for line in CALLS.splitlines() if "name: wrong" in line)) + 1
    shown = ran.stdout.partition(f"calls.yaml:{line}: wrong\n")[2].splitlines()
    path = ["        did:4001", "      + schedule:party=open", "        menu:main=1", "      + queue:sales"]
    assert shown[:5] == ["    path:", *path], ran.stdout
    suite = ElementTree.parse(report).getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("7", "1")
    assert sorted(candidate.rglob("*")) == before


def test_nothing_is_left_running_when_the_command_is_killed(
    asterisk: Installation, candidate: Path, tmp_path: Path
) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command(candidate), stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        process.stdout.readline()  # a call is over, others are not: everything runs
        running = list(_processes(tmp_path))
        process.send_signal(signal.SIGKILL)
    assert any("asterisk.conf" in " ".join(line) for line in running), running
    deadline = time.monotonic() + 60.0
    while left := [line for line in _processes(tmp_path) if "cti.stage.curtain" not in line]:
        assert time.monotonic() < deadline, left
        time.sleep(0.1)


def _processes(folder: Path) -> Iterator[list[str]]:
    """The command lines that name this folder: what call tests started."""
    for entry in Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if any(f"{folder}/cti-call-test-" in word for word in line):
            yield line


@pytest.mark.asyncio
async def test_a_live_instance_does_not_let_callers_choose_the_clock(asterisk: Installation, tmp_path: Path) -> None:
    """The header that closes the schedule in a call test (`a day off` above) changes nothing here."""
    async with Stage(tmp_path / "home") as stage:
        await stage.prepare(site=SITE)
        write_wav(tmp_path / "home" / "choose.wav", tone(600, 0.2))
        await stage.cti("dialplan", "apply")
        await stage.cti("pbx", "up")
        await stage.people({})
        call = await stage.call(Customer(did="4001", headers={"X-CTI-Now": "1925006400"}, media="one_packet"))
        await call.next("answered")  # by the menu: closed would hang up without an answer
        with suppress(PhoneError):  # who is slow is hung up by the menu
            await call.hang_up()
        assert (await asyncio.wait_for(call.done(), 60)).outcome == "completed"
