"""Finding an Asterisk and its tools: the order of preference, versions, unpacked roots."""

from __future__ import annotations

from pathlib import Path

import pytest

from cti.config import Config
from cti.errors import PbxError
from cti.pbx import find_asterisk, find_tool
from cti.pbx.cache import fetched_root


def program(file: Path, says: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\necho '{says}'\n", encoding="utf-8")
    file.chmod(0o755)
    return file


def asterisk(prefix: Path, says: str = "Asterisk 22.10.1~dfsg+~cs6.17-1") -> Path:
    (prefix / "lib/asterisk/modules").mkdir(parents=True)
    (prefix / "lib/asterisk/modules/app_queue.so").touch()
    (prefix / "share/asterisk/documentation").mkdir(parents=True)
    return program(prefix / "sbin/asterisk", says)


@pytest.fixture(autouse=True)
def lonely(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine whose PATH and cache are empty."""
    monkeypatch.setattr("cti.pbx.find.DAEMON_PLACES", ())
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_the_named_one_wins_and_is_described(tmp_path: Path) -> None:
    binary = asterisk(tmp_path / "opt", "Asterisk certified-20.7-cert3")
    found = find_asterisk(Config(home=tmp_path, asterisk=str(binary)))
    assert found
    assert (found.argv, found.version, found.root) == ((str(binary),), (20, 7), None)
    assert found.modules == tmp_path / "opt/lib/asterisk/modules"
    assert found.data == tmp_path / "opt/share/asterisk"
    assert found.has("app_queue.so")
    assert not found.has("codec_opus.so")


@pytest.mark.parametrize(
    ("says", "complaint"),
    [("Asterisk 16.2.1", "is version 16.2.1; at least 18 is needed"), ("no such thing", "says no version")],
)
def test_a_named_one_that_cannot_be_used_is_refused_with_the_reason(tmp_path: Path, says: str, complaint: str) -> None:
    binary = asterisk(tmp_path / "opt", says)
    with pytest.raises(PbxError, match=complaint):
        find_asterisk(Config(home=tmp_path, asterisk=str(binary)))


def test_a_named_one_that_is_no_program_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PbxError, match="is not a program"):
        find_asterisk(Config(home=tmp_path, asterisk=str(tmp_path / "none")))


def test_the_one_on_path_is_preferred_to_the_fetched_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asterisk(fetched_root() / "usr")
    binary = asterisk(tmp_path / "own")
    monkeypatch.setenv("PATH", str(binary.parent))
    found = find_asterisk(Config(home=tmp_path))
    assert found
    assert found.argv == (str(binary),)


@pytest.mark.parametrize("says", ["Asterisk 16.28.0", "segmentation fault"])
def test_one_on_path_that_is_too_old_or_broken_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str
) -> None:
    monkeypatch.setenv("PATH", str(asterisk(tmp_path / "own", says).parent))
    assert find_asterisk(Config(home=tmp_path)) is None
    fetched = asterisk(fetched_root() / "usr")
    found = find_asterisk(Config(home=tmp_path))
    assert found
    assert found.argv == (str(fetched),)


def test_a_system_pbx_never_uses_the_fetched_one(tmp_path: Path) -> None:
    asterisk(fetched_root() / "usr")
    assert find_asterisk(Config(home=tmp_path, pbx="system")) is None


def test_a_tool_out_of_the_cache_gets_its_loader_and_its_voices(tmp_path: Path) -> None:
    assert find_tool("espeak-ng") is None
    program(fetched_root() / "usr/bin/espeak-ng", "")
    libraries = fetched_root() / "usr/lib/any-linux-gnu"
    (libraries / "espeak-ng-data").mkdir(parents=True)
    loader = program(libraries / "ld-linux-any.so.2", "")
    tool = find_tool("espeak-ng")
    assert tool
    assert tool.argv == (
        str(loader),
        "--library-path",
        f"{libraries}:{libraries}/pulseaudio",
        str(fetched_root() / "usr/bin/espeak-ng"),
    )
    assert tool.env == {"ESPEAK_DATA_PATH": str(libraries)}


def test_a_tool_on_path_is_preferred(tmp_path: Path) -> None:
    program(fetched_root() / "usr/bin/sipp", "")
    own = program(tmp_path / "bin/sipp", "")
    tool = find_tool("sipp")
    assert tool
    assert (tool.argv, tool.env) == ((str(own),), {})
