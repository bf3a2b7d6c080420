"""`cti prompt list` and `play`: what an admin sees of prompts, and hears before they are shipped."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner, Result

from cti.cli import main, prompt_play
from cti.cli.init import make_instance
from cti.cli.prompt_record import lines_for, target_of
from cti.config import load_config
from cti.errors import Refused, UsageError
from cti.site.load import load_site

SITE = """
site: {name: x, timezone: UTC, languages: [zh, en]}
prompts:
  ask: {zh: {file: sounds/zh/ask.wav, text: 请按 1}, en: Press 1}
  wrong: {file: sounds/wrong.wav}
  spoken: {zh: 谢谢}
  nobody: 再见
  agent_paused: 休息
menus:
  main: {prompt: ask, keys: {"1": hangup}, otherwise: hangup}
  other: {prompt: ask, keys: {"1": hangup}, otherwise: hangup}
queues:
  q: {overflow: hangup, greeting: wrong, announce: {position: 2, comfort: [spoken]}}
"""
Cti = Callable[..., Result]


def hum(file: Path, seconds: float = 1.5, level: float = 0.2) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(str(file), level * np.sin(np.arange(round(seconds * 16_000)) * 0.2), 16_000)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    make_instance(tmp_path)
    (tmp_path / "site.yaml").write_text(SITE)
    hum(tmp_path / "sounds/zh/ask.wav")
    hum(tmp_path / "sounds/wrong.wav")
    hum(tmp_path / "sounds/..dots...wav")
    return tmp_path


@pytest.fixture
def cti(home: Path) -> Cti:
    return lambda *words: CliRunner().invoke(main, ["--home", str(home), "prompt", *words], catch_exceptions=False)


def listed(cti: Cti, *words: str) -> dict[str, dict[str, object]]:
    return {row["name"]: row for row in json.loads(cti("list", "--json", *words).stdout)["prompts"]}


def test_the_list_says_who_names_a_prompt_what_it_is_made_from_and_what_is_missing(cti: Cti) -> None:
    rows = listed(cti)
    assert list(rows) == ["ask", "wrong", "spoken", "nobody", "agent_paused"]
    assert rows["ask"]["used_by"] == ["menu main: prompt", "menu other: prompt"]
    assert rows["spoken"]["used_by"] == ["queue q: announce: comfort"]
    assert rows["nobody"]["used_by"] == []
    assert rows["agent_paused"]["used_by"] == ["feature codes"]
    chinese, english = (rows["ask"]["heard"][language] for language in ("zh", "en"))  # type: ignore[index]
    assert (chinese["source"], chinese["seconds"], chinese["text"]) == ("file", 1.5, "请按 1")
    assert (english["source"], english["seconds"], english["missing"]) == ("text", None, False)
    assert rows["spoken"]["heard"]["en"]["missing"] is True  # type: ignore[index]
    assert list(listed(cti, "--unused")) == ["nobody"]
    assert {"announce_position_1", "announce_position_2"} <= listed(cti, "--all").keys()


def test_files_that_no_prompt_names_are_told(cti: Cti) -> None:
    assert json.loads(cti("list", "--json").stdout)["unused_files"] == ["sounds/..dots...wav"]
    assert "not in use: sounds/..dots...wav\n" in cti("list").stdout


def test_a_recording_that_cannot_be_played_is_told_with_its_line(cti: Cti, home: Path) -> None:
    hum(home / "sounds/wrong.wav", level=0.0)
    shown = cti("list")
    assert shown.exit_code == 2
    assert f"{home}/site.yaml:5: prompt wrong: {home}/sounds/wrong.wav is silent" in shown.stderr
    assert "wrong" in shown.stdout


def test_a_prompt_is_written_as_it_will_be_heard_and_never_over_another_file(cti: Cti, home: Path) -> None:
    out = home / "out.wav"
    assert cti("play", "ask", "--out", str(out)).exit_code == 0
    assert (soundfile.info(str(out)).samplerate, soundfile.info(str(out)).duration) == (16_000, 1.5)
    assert cti("play", "ask", "--out", str(out)).exit_code == 2
    assert cti("play", "ask", "--narrow", "--out", str(home / "narrow.wav")).exit_code == 0
    assert soundfile.info(str(home / "narrow.wav")).samplerate == 8000


def test_without_a_sound_device_the_file_is_named(cti: Cti, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setattr(prompt_play, "PLAYERS", (("no-such-player",), ("false",)))
    said = cti("play", "ask").stdout
    assert said.startswith("nothing here can play sound; 1.5 s lie in ")
    assert Path(said.split(" lie in ")[1].split(" (")[0]).is_file()
    monkeypatch.setattr(prompt_play, "PLAYERS", (("no-such-player",), ("true",)))
    assert cti("play", "ask").stdout == ""


def test_what_is_not_there_is_refused(cti: Cti) -> None:
    assert cti("play", "asc").exit_code == 3
    assert cti("play", "ask", "--language", "fr").exit_code == 2
    assert cti("record", "../ask").exit_code == 2
    assert cti("record", "new", "--language", "fr").exit_code == 2


def test_a_recording_goes_to_the_sites_folder_and_replaces_only_when_told(home: Path) -> None:
    config, site = load_config(home), load_site(home / "site.yaml")
    assert target_of(config, site, "spoken", "en", False) == home / "sounds/en/spoken.wav"
    with pytest.raises(Refused, match="--replace"):
        target_of(config, site, "ask", "zh", False)
    assert target_of(config, site, "ask", "zh", True) == home / "sounds/zh/ask.wav"
    for name in ("../x", "a.b", "A", "", "x" * 41):
        with pytest.raises(UsageError):
            target_of(config, site, name, "zh", False)


@pytest.mark.parametrize(
    ("name", "language", "lines"),
    [
        ("ask", "zh", []),
        ("ask", "en", ["  ask:", '    zh: "请按 1"', '    en: {file: sounds/en/ask.wav, text: "Press 1"}']),
        ("spoken", "zh", ["  spoken:", '    zh: {file: sounds/zh/spoken.wav, text: "谢谢"}']),
        ("new", "zh", ["  new:", "    zh: {file: sounds/zh/new.wav}"]),
    ],
)
def test_the_lines_for_the_site_say_what_was_there_and_the_recording(
    home: Path, name: str, language: str, lines: list[str]
) -> None:
    site = load_site(home / "site.yaml")
    assert lines_for(site, name, language, Path(f"sounds/{language}/{name}.wav")) == lines
