"""`cti init` and `cti site check`, as an admin types them."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cti.cli import main
from cti.config import load_config
from cti.site.load import load_site


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.mark.parametrize("options", [(), ("--demo",)])
def test_init_makes_an_instance_that_is_ready_to_check(tmp_path: Path, options: tuple[str, ...]) -> None:
    home = tmp_path / "home"
    assert run("init", home, *options).exit_code == 0
    config = load_config(home)
    assert len(config.secrets.ami_password) == 48
    assert stat.S_IMODE((home / "secrets.toml").stat().st_mode) == 0o600
    assert (home / ".gitignore").read_text().split("\n")[1:3] == ["/secrets.toml", "/var/"]
    assert load_site(home / "site.yaml").numbers
    assert run("--home", home, "site", "check").stdout.startswith("ok: ")


def test_init_again_changes_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    run("init", home)
    before = {file: file.read_bytes() for file in home.rglob("*") if file.is_file()}
    again = run("init", home, "--demo")
    assert "nothing to do" in again.stdout
    assert {file: file.read_bytes() for file in home.rglob("*") if file.is_file()} == before


def test_init_completes_an_instance_that_was_cut_off(tmp_path: Path) -> None:
    home = tmp_path / "home"
    run("init", home)
    (home / "secrets.toml").unlink()
    assert "secrets.toml" in run("init", home).stdout
    assert load_config(home).secrets.session_key


def test_init_makes_new_secrets_when_asked(tmp_path: Path) -> None:
    home = tmp_path / "home"
    run("init", home)
    old = load_config(home).secrets
    run("init", home, "--secrets")
    assert load_config(home).secrets != old


def test_init_refuses_a_folder_that_holds_something_else(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    refused = run("init", tmp_path)
    assert refused.exit_code == 2
    assert "thesis.txt" in refused.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.txt"]


def test_init_takes_a_fresh_git_folder(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    assert run("init", tmp_path).exit_code == 0


def test_check_prints_every_mistake_and_ends_with_2(tmp_path: Path) -> None:
    home = tmp_path / "home"
    run("init", home)
    (home / "site.yaml").write_text("site: {name: x, timezone: Mars/Base}\nqueues: {a: {}}\n")
    checked = run("--home", home, "site", "check")
    assert checked.exit_code == 2
    assert f"{home}/site.yaml:1: site: there is no timezone 'Mars/Base'" in checked.stderr
    assert f"{home}/site.yaml:2: queue a needs overflow" in checked.stderr
    as_json = run("--home", home, "site", "check", "--json")
    assert as_json.exit_code == 2
    assert len(json.loads(as_json.stdout)["mistakes"]) == 2
