"""The process room without a PBX: what it refuses, what it takes for its own, where the socket goes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from cti.cli.pbx import pbx as group
from cti.config import Config
from cti.errors import PbxError
from cti.pbx import Installation, PbxStatus, command, find_pid, make_folders, start, status, stop
from cti.pbx.folders import run_folder


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(home=tmp_path / "home")


@pytest.fixture
def package(tmp_path: Path) -> Installation:
    for name in ("sounds/en_US_f_Allison/digits", "documentation", "moh"):
        (tmp_path / "share" / name).mkdir(parents=True)
    (tmp_path / "share/sounds/en_US_f_Allison/beep.wav").touch()
    return Installation(argv=("/bin/false",), version=(22,), modules=tmp_path / "modules", data=tmp_path / "share")


def test_nothing_starts_before_files_are_rendered(config: Config, package: Installation) -> None:
    with pytest.raises(PbxError, match="run: cti dialplan apply"):
        start(config, package, print)


def test_the_systems_own_asterisk_is_not_started(tmp_path: Path, package: Installation) -> None:
    with pytest.raises(PbxError, match="not ours to start"):
        start(Config(home=tmp_path, pbx="system"), package, print)


def test_a_program_that_ends_at_once_is_told(config: Config, package: Installation) -> None:
    config.etc.mkdir(parents=True)
    (config.etc / "asterisk.conf").touch()
    with pytest.raises(PbxError, match="Asterisk died while booting: it said nothing"):
        start(config, package, print)


@pytest.mark.parametrize("text", [str(os.getpid()), "0", "-1", "x", "", "99999999"])
def test_a_pid_file_of_another_process_means_that_none_runs(config: Config, text: str) -> None:
    run_folder(config).mkdir(parents=True)
    (run_folder(config) / "asterisk.pid").write_text(text, encoding="ascii")
    assert find_pid(config) == 0
    assert status(config) == PbxStatus(running=False)
    assert stop(config) is False


@pytest.mark.parametrize("text", ["core stop now\ncore show channels", "a\rb", "a\0b"])
def test_a_console_command_is_one_line(config: Config, package: Installation, text: str) -> None:
    with pytest.raises(PbxError, match="one line"):
        command(config, package, text)


def test_a_deaf_console_is_told(config: Config, package: Installation) -> None:
    with pytest.raises(PbxError, match="does not answer"):
        command(config, package, "core show version")


def test_sounds_are_linked_by_language_beside_the_instances_own(config: Config, package: Installation) -> None:
    dirs = make_folders(config, package)
    own = dirs.data / "sounds/en/cti"
    own.mkdir()
    (dirs.data / "sounds/en/beep.wav").unlink()
    (dirs.data / "sounds/en/beep.wav").symlink_to("/nowhere")  # an older package's
    make_folders(config, package)
    assert (dirs.data / "sounds/en/beep.wav").is_file()
    assert (dirs.data / "sounds/en/digits").is_dir()
    assert own.is_dir()
    assert (dirs.data / "sounds/zh").is_dir()
    assert (dirs.data / "documentation").is_dir()
    assert not (dirs.data / "moh").is_symlink()


def test_a_deep_instance_gets_a_short_run_folder_of_this_user_alone(
    tmp_path: Path, package: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    deep = Config(home=tmp_path / ("d" * 120))
    run = make_folders(deep, package).run
    assert run.parent == tmp_path
    assert run.stat().st_mode & 0o777 == 0o700
    assert run != run_folder(Config(home=tmp_path / ("e" * 120)))
    run.rmdir()
    run.symlink_to(tmp_path)
    with pytest.raises(PbxError, match="not this user's own folder"):
        make_folders(deep, package)


def test_status_on_the_command_line_ends_with_5_when_none_runs(tmp_path: Path) -> None:
    (tmp_path / "cti.toml").touch()
    (tmp_path / "secrets.toml").touch(mode=0o600)
    result = CliRunner().invoke(group, ["status", "--json"], obj=tmp_path)
    assert result.exit_code == 5
    assert json.loads(result.output)["running"] is False
    result = CliRunner().invoke(group, ["down"], obj=tmp_path)
    assert (result.exit_code, result.output) == (0, "Asterisk does not run\n")
