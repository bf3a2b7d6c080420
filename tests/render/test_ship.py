"""`cti dialplan`: render, dry run, apply, and the reloads that a running Asterisk gets."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner, Result

from cti.cli import dialplan, main, speech
from cti.render.inputs import Installation, PhoneCard

SITE = """
site: {name: Test, timezone: UTC}
numbers: {"400": {to: "queue:a"}}
queues: {a: {overflow: hangup}}
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installation: Installation, phones: list[PhoneCard]) -> Path:
    """An instance beside an Asterisk that is installed but does not run."""
    (tmp_path / "share").mkdir()
    found = dataclasses.replace(installation, data=tmp_path / "share")  # type: ignore[type-var]
    app = ModuleType("cti.app")
    app.phones_of = lambda config: phones  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "cti.app", app)
    monkeypatch.setattr(dialplan, "find_asterisk", lambda config: found)
    monkeypatch.setattr(speech, "find_tool", lambda name: None)
    home = tmp_path / "home"
    run("init", home)
    (home / "site.yaml").write_text(SITE)
    return home


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)


def test_render_shows_one_file_and_writes_nothing(home: Path) -> None:
    shown = run("--home", home, "dialplan", "render", "--show", "extensions.conf")
    assert "[cti-queue-a]" in shown.stdout
    assert not (home / "var/pbx/etc").exists()


def test_render_of_an_unknown_file_lists_the_known_ones(home: Path) -> None:
    shown = run("--home", home, "dialplan", "render", "--show", "sip.conf")
    assert shown.exit_code == 2
    assert "extensions.conf" in shown.stderr


def test_render_writes_into_any_folder(home: Path, tmp_path: Path) -> None:
    run("--home", home, "dialplan", "render", "--out", tmp_path / "out")
    assert "[cti-queue-a]" in (tmp_path / "out" / "extensions.conf").read_text()


def test_a_dry_run_says_what_would_change_and_writes_nothing(home: Path) -> None:
    dry = run("--home", home, "dialplan", "apply", "--dry-run")
    assert "+ extensions.conf" in dry.stdout
    assert not (home / "var/pbx").exists()


def test_apply_beside_a_stopped_asterisk_reloads_nothing(home: Path) -> None:
    applied = json.loads(run("--home", home, "dialplan", "apply", "--json").stdout)
    assert "extensions.conf" in applied["written"]
    assert applied["reloaded"] == []
    assert (home / "var/pbx/etc/extensions.conf").is_file()
    assert (home / "var/pbx/data/moh/default/melody.wav").is_file()


def test_a_changed_queue_reloads_the_dialplan_and_the_queues_of_a_running_asterisk(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("--home", home, "dialplan", "apply")
    given: list[str] = []
    monkeypatch.setattr(dialplan, "is_running", lambda config: True)
    monkeypatch.setattr(dialplan, "command", lambda config, installation, text: given.append(text) or "done")
    (home / "site.yaml").write_text(SITE.replace("queue:a", "queue:b").replace("{a:", "{b:"))
    run("--home", home, "dialplan", "apply")
    assert given == ["queue reload all", "dialplan reload"]


def test_a_reload_that_failed_is_given_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cti.errors import PbxError

    def deaf(*_: object) -> str:
        raise PbxError("nothing answers")

    given: list[str] = []
    monkeypatch.setattr(dialplan, "is_running", lambda config: True)
    monkeypatch.setattr(dialplan, "command", deaf)
    assert run("--home", home, "dialplan", "apply").exit_code == 5
    monkeypatch.setattr(dialplan, "command", lambda config, installation, text: given.append(text) or "done")
    run("--home", home, "dialplan", "apply")
    assert given[-1] == "dialplan reload"


def test_a_wrong_site_changes_nothing(home: Path) -> None:
    run("--home", home, "dialplan", "apply")
    before = {file.name: file.read_bytes() for file in (home / "var/pbx/etc").iterdir()}
    (home / "site.yaml").write_text("queues: {a: {}}\n")
    assert run("--home", home, "dialplan", "apply").exit_code == 2
    assert {file.name: file.read_bytes() for file in (home / "var/pbx/etc").iterdir()} == before
