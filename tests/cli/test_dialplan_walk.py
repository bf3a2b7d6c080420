"""`cti dialplan walk` on the demo site: what a person reads, and what a program does."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cti.cli import main
from cti.share import shared_folder

MONDAY, NATIONAL_DAY = "2026-11-23 10:00", "2026-10-01 10:00"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("walk")
    shutil.copy(shared_folder("dialplan") / "site.yaml", folder)
    return folder


def walk(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--home", str(home), "dialplan", "walk", "--did", "4008001234", *arguments])


def test_a_person_reads_the_prompts_in_the_language_that_was_chosen(home: Path) -> None:
    said = walk(home, "--at", MONDAY, "--digits", "9,-,1").output
    assert "schedule:office=open" in said
    assert "language_menu: 欢迎致电" in said
    assert "main_menu: For sales, press 1." in said
    assert "menu:main=timeout" in said
    assert said.endswith("→ queue:sales, answered\n")


def test_a_program_reads_one_object(home: Path) -> None:
    told = json.loads(walk(home, "--at", NATIONAL_DAY, "--agents", "busy", "--engine", "down", "--json").output)
    assert told["path"] == [
        "did:4008001234",
        "schedule:office=closed(holiday)",
        "menu:night=timeout",
        "queue:rescue",
        "external:rescue_duty",
    ]
    assert told["prompts"] == ["holiday_closed", "night_menu", "rescue_greeting"]
    assert (told["destination"], told["outcome"]) == ("external:rescue_duty", "external")
    assert told["at"].startswith("2026-10-01T10:00:00+08:00")


def test_a_schedule_can_be_overridden(home: Path) -> None:
    said = walk(home, "--at", NATIONAL_DAY, "--schedule", "office=open").output
    assert "schedule:office=open  (override: open until undone)" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--digits", "1,x"], "'x' is not on a telephone"),
        (["--queue", "slaes=full"], "no queue 'slaes'; there are: sales"),
        (["--queue", "sales=ful"], "'ful' is no state of a queue"),
        (["--schedule", "office=closed(rain)"], "no reason 'rain'; there are: holiday"),
        (["--schedule", "office=shut"], "'shut' is no state of a schedule"),
        (["--at", "2026-02-30"], "is no instant"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_one_line(home: Path, arguments: list[str], said: str) -> None:
    result = walk(home, *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_keys_that_nothing_asked_for_are_told(home: Path) -> None:
    assert "never asked for: 5" in walk(home, "--at", MONDAY, "--digits", "1,1,5").output
