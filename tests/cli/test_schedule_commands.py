"""`cti schedule`, as an admin types it: words, JSON, exit codes; Asterisk's database is a fake one here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cti.cli import main
from cti.config import Config
from cti.errors import PbxError
from cti.pbx import astdb

SITE = """
site: {name: Test, timezone: Asia/Shanghai, languages: [zh]}
prompts: {away: {zh: 休息}}
schedules:
  office:
    open: {mon-fri: ["08:00-18:00"]}
    dates: {"2026-10-01": {reason: holiday}, "2026-10-02": ["09:00-10:00"]}
    reasons: {holiday: {prompt: away, to: hangup}}
  always: {timezone: Europe/Berlin, open: {mon-sun: ["00:00-24:00"]}}
"""


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, floor_home: Path) -> dict[str, str]:
    """What Asterisk's database holds."""
    values: dict[str, str] = {}

    def console(config: Config, line: str) -> str:
        _, verb, family, *rest = line.split(" ")
        if verb == "put":
            values[rest[0]] = rest[1]
            return "Updated database successfully"
        if verb == "del":
            return "Database entry removed." if values.pop(rest[0], None) else "Database entry does not exist."
        return "".join(f"/{family}/{key:<50}: {value}\n" for key, value in values.items())

    monkeypatch.setattr(astdb, "_ask", console)
    (floor_home / "site.yaml").write_text(SITE, encoding="utf-8")
    return values


@pytest.fixture
def cti(kept: dict[str, str], floor_home: Path) -> Any:
    def run(*words: str) -> Result:
        return CliRunner().invoke(main, ["--home", str(floor_home), "schedule", *words])

    return run


def test_test_tells_state_rule_next_change_and_what_callers_meet(cti: Any) -> None:
    assert cti("test", "office", "--at", "2026-10-01 09:00").stdout.splitlines() == [
        "office at Thu 2026-10-01 09:00 (Asia/Shanghai): closed (holiday)",
        "  because  2026-10-01: closed (holiday)",
        "  until    Fri 2026-10-02 00:00; opens Fri 2026-10-02 09:00",
        "  callers  prompt away, then to hangup",
    ]
    told = json.loads(cti("test", "office", "--at", "2026-10-01T01:00:00Z", "--json").stdout)
    assert (told["open"], told["reason"], told["until"]) == (False, "holiday", "2026-10-02T00:00:00+08:00")
    assert "until    for ever" in cti("test", "always").stdout


def test_changes_lists_them(cti: Any) -> None:
    lines = cti("changes", "office", "--days", "3", "--from", "2026-10-01").stdout.splitlines()
    assert [line[:28].split()[1:4] for line in lines[1:]] == [
        ["2026-10-01", "00:00", "closed"],
        ["2026-10-02", "00:00", "closed"],
        ["2026-10-02", "09:00", "open"],
        ["2026-10-02", "10:00", "closed"],
    ]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["closed"], "closed:0:undone::cli-"),
        (["closed", "--reason", "holiday"], "closed:0:undone:holiday:cli-"),
        (["open", "--until", "2099-01-01"], "open:4070880000:until::cli-"),
        (["open", "--period"], "open:1"),
        (["closed", "--until", "18:00"], "closed:1"),
    ],
)
def test_an_override_is_kept_shown_and_taken_away(cti: Any, kept: dict[str, str], words: list[str], text: str) -> None:
    assert cti("override", "office", *words).exit_code == 0
    assert kept["office"].startswith(text)
    assert "override: " + words[0] in cti("list").stdout
    assert "by hand  cli-" in cti("show", "office").stdout
    assert "its hours count again" in cti("override", "office", "none").stdout
    assert kept == {}


def test_a_dry_run_changes_nothing(cti: Any, kept: dict[str, str]) -> None:
    assert "would be: override: closed until undone" in cti("override", "office", "closed", "--dry-run").stdout
    assert kept == {}


def test_what_is_over_is_no_longer_told(cti: Any, kept: dict[str, str]) -> None:
    kept["office"] = "closed:1700000000:until::cli-anna:1600000000"
    assert "override" not in cti("list").stdout


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["test", "ofice"], 3, "those there are: office, always"),
        (["test", "office", "--at", "9999-12-31"], 2, "years 2000 to 2999"),
        (["test", "office", "--at", "2026-02-30"], 2, "no instant"),
        (["override", "office", "closed", "--until", "2020-01-01"], 2, "in the future"),
        (["override", "office", "closed", "--until", "18:00", "--period"], 2, "either --until or --period"),
        (["override", "office", "closed", "--reason", "holidy"], 2, "known: holiday"),
        (["override", "office", "none", "--period"], 2, "takes no end"),
        (["override", "office", "shut"], 2, "'shut' is not one of"),
        (["override", "always", "closed", "--period"], 4, "never opens or closes"),
        (["changes", "office", "--days", "0"], 2, "1<=x<=400"),
    ],
)
def test_what_cannot_be_ends_with_its_code(
    cti: Any, kept: dict[str, str], words: list[str], code: int, said: str
) -> None:
    ended = cti(*words)
    assert (ended.exit_code, said in ended.stderr) == (code, True), ended.stderr
    assert kept == {}


def test_without_an_asterisk_the_hours_are_told_and_an_override_is_refused(
    cti: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(config: Config, line: str) -> str:
        raise PbxError("Asterisk does not answer")

    monkeypatch.setattr(astdb, "_ask", gone)
    told = cti("test", "office")
    assert (told.exit_code, "warning: what is forced by hand is not known" in told.stderr) == (0, True)
    assert cti("override", "office", "closed").exit_code == 5
