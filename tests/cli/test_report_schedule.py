"""`cti report schedule` on an instance: what comes next, and one sent by hand to a real mail server."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cti.cli import main
from cti.stage.letterbox import Letterbox

SITE = """
site: {name: x, timezone: Asia/Shanghai, languages: [en]}
queues: {sales: {overflow: hangup}}
reports:
  scheduled:
    - {name: morning, report: queue, when: "daily 07:00", to: [li@example.invalid], formats: [csv]}
    - {name: month, report: repeat, when: "monthly 07:00", folder: out, against: previous}
"""


@pytest.fixture
def letterbox() -> Iterator[Letterbox]:
    """In a thread of its own, as the command line has its own loop."""
    loop, box = asyncio.new_event_loop(), Letterbox()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(box.__aenter__(), loop).result(60)
    yield box
    asyncio.run_coroutine_threadsafe(box.__aexit__(None, None, None), loop).result(60)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(60)
    loop.close()


@pytest.fixture
def home(tmp_path: Path, letterbox: Letterbox) -> Path:
    mail = f'smtp_host = "127.0.0.1"\nsmtp_port = {letterbox.port}\nsmtp_from = "cti@example.invalid"\n'
    (tmp_path / "cti.toml").write_text(mail)
    (tmp_path / "secrets.toml").write_text("")
    (tmp_path / "secrets.toml").chmod(0o600)
    (tmp_path / "site.yaml").write_text(SITE)
    return tmp_path


@pytest.fixture
def cti(home: Path):
    def run(*words: str) -> Result:
        return CliRunner().invoke(main, ["--home", str(home), "report", "schedule", *words])

    return run


def test_what_is_scheduled_is_listed(cti):
    found = {row["name"]: row for row in json.loads(cti("list", "--json").stdout)}
    assert (found["morning"]["when"], found["morning"]["to"], found["morning"]["state"]) == (
        "daily 07:00",
        "li@example.invalid",
        "",
    )
    assert found["morning"]["next"][11:16] == "07:00"
    assert (found["month"]["when"], found["month"]["to"]) == ("monthly 1 07:00", "folder:out")
    assert "nothing was due yet" in cti("list").stdout


def test_what_comes_next_says_its_period(cti):
    found = json.loads(cti("next", "--count", "3", "--json").stdout)
    assert len(found) == 3
    assert found == sorted(found, key=lambda row: row["due"])
    assert all(row["from"] < row["to"] <= row["due"] for row in found)
    assert "morning" in cti("next").stdout


def test_a_dry_run_says_what_would_be_sent_and_sends_nothing(cti, home, letterbox):
    result = cti("run", "morning", "--due", "2026-11-02 07:00", "--dry-run")
    assert result.exit_code == 0, result.output
    assert "2026-11-01 (morning)" in result.stdout
    assert "morning-2026-11-01.csv" in result.stdout
    assert letterbox.letters == []
    assert "into" in cti("run", "month", "--dry-run").stdout
    assert not (home / "out").exists()


def test_one_is_sent_by_hand(cti, home, letterbox):
    result = cti("run", "morning", "--due", "2026-11-02 07:00", "--to", "wang@example.invalid")
    assert result.exit_code == 0, result.output
    assert [mail["To"] for mail in letterbox.letters] == ["wang@example.invalid"]
    assert cti("run", "month", "--due", "2026-11-01 07:00").exit_code == 0
    assert [file.name for file in (home / "out").iterdir()] == ["month-2026-10-01.html"]
    assert json.loads(cti("list", "--json").stdout)[0]["state"] == ""  # by hand is not when it was due


def test_what_the_server_refuses_is_told(cti, letterbox):
    letterbox.answers["RCPT"] = "550 no such user"
    result = cti("run", "morning")
    assert result.exit_code == 1
    assert "li@example.invalid refused: 550 no such user" in result.stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("run", "evening"), 3, "known: morning, month"),
        (("run", "morning", "--due", "soon"), 2, "is no instant"),
        (("next", "--count", "0"), 2, "--count"),
    ],
)
def test_a_wrong_question_is_answered_in_one_line(cti, words, code, said):
    result = cti(*words)
    assert result.exit_code == code
    assert said in result.stderr
