"""Prompts become files per language, spoken once, converted, and removed when the site drops them."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cti.errors import RenderError
from cti.render.agent_sounds import SAID, make_agent_sounds
from cti.render.prompts import make_sounds
from cti.render.sound import read_pcm, write_wav
from cti.site.load import load_site
from cti.site.model import Site

# A speech program that logs its voice and text and writes as many samples as the text has characters.
SPEAKER = """
import pathlib, struct, sys
voice, out, text = sys.argv[sys.argv.index("-v") + 1], sys.argv[sys.argv.index("-w") + 1], sys.stdin.buffer.read()
with open(sys.argv[1], "a") as log:
    log.write(f"{voice}:{text.decode()}\\n")
if b"FAIL" in text:
    sys.exit("no such voice\\nreally not")
body = struct.pack("<h", 500) * len(text.decode()) * 100
head = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16) + b"data" + struct.pack("<I", len(body))
pathlib.Path(out).write_bytes(b"RIFF" + struct.pack("<I", len(head) + len(body)) + head + body)
"""


@dataclass
class Speaker:
    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.folder / "speaker.py").write_text(SPEAKER)

    @property
    def argv(self) -> list[str]:
        return [sys.executable, str(self.folder / "speaker.py"), str(self.folder / "log")]

    def said(self) -> list[str]:
        log = self.folder / "log"
        lines = sorted(log.read_text().splitlines()) if log.exists() else []
        log.unlink(missing_ok=True)
        return lines


@pytest.fixture
def speaker(tmp_path: Path) -> Speaker:
    return Speaker(tmp_path)


def site_of(folder: Path, prompts: str) -> Site:
    file = folder / "site.yaml"
    file.write_text(f"site: {{name: x, timezone: UTC, languages: [zh, en]}}\nprompts: {prompts}\n")
    return load_site(file)


def test_each_language_speaks_with_its_voice_and_a_missing_one_hears_the_first(
    tmp_path: Path, speaker: Speaker
) -> None:
    site = site_of(tmp_path, "{hello: {zh: 你好, en: Hello}, bye: {zh: 再见}}")
    seen: list[str] = []
    make_sounds(
        site, tmp_path / "data", tmp_path / "cache", speaker, lambda done, of, what: seen.append(f"{done}/{of} {what}")
    )
    assert speaker.said() in (
        ["cmn:你好", "cmn:再见", "en-us:Hello"],
        ["cmn:你好", "cmn:再见", "cmn:再见", "en-us:Hello"],
    )
    sounds = {str(file.relative_to(tmp_path / "data")) for file in (tmp_path / "data").rglob("*.wav")}
    assert sounds == {
        "sounds/zh/cti/hello.wav", "sounds/en/cti/hello.wav", "sounds/zh/cti/bye.wav", "sounds/en/cti/bye.wav",
        "moh/default/melody.wav",
    }  # fmt: skip
    assert (tmp_path / "data/sounds/en/cti/bye.wav").read_bytes() == (
        tmp_path / "data/sounds/zh/cti/bye.wav"
    ).read_bytes()
    assert seen[-1].startswith("4/4 ")


def test_only_a_changed_text_is_spoken_again(tmp_path: Path, speaker: Speaker) -> None:
    data, cache = tmp_path / "data", tmp_path / "cache"
    make_sounds(site_of(tmp_path, "{a: {zh: 一, en: one}}"), data, cache, speaker)
    speaker.said()
    changed = make_sounds(site_of(tmp_path, "{a: {zh: 一, en: first}}"), data, cache, speaker)
    assert speaker.said() == ["en-us:first"]
    assert changed == [data / "sounds/en/cti/a.wav"]
    assert make_sounds(site_of(tmp_path, "{a: {zh: 一, en: first}}"), data, cache, None) == []


def test_a_text_is_never_an_option(tmp_path: Path, speaker: Speaker) -> None:
    make_sounds(
        site_of(tmp_path, '{a: {zh: "-w /tmp/evil", en: "--help"}}'), tmp_path / "data", tmp_path / "cache", speaker
    )
    assert speaker.said() == ["cmn:-w /tmp/evil", "en-us:--help"]


def test_files_are_converted_for_every_language(tmp_path: Path) -> None:
    from array import array

    (tmp_path / "a.wav").write_bytes(write_wav(array("h", [1, 2, 3])))
    make_sounds(site_of(tmp_path, "{a: {file: a.wav}}"), tmp_path / "data", tmp_path / "cache", None)
    for language in ("zh", "en"):
        assert read_pcm((tmp_path / f"data/sounds/{language}/cti/a.wav").read_bytes(), "a")[1] == [1.0, 2.0, 3.0]


def test_a_dropped_prompt_is_removed_and_foreign_sounds_stay(tmp_path: Path, speaker: Speaker) -> None:
    data, cache = tmp_path / "data", tmp_path / "cache"
    make_sounds(site_of(tmp_path, "{a: 一, b: 二}"), data, cache, speaker)
    (data / "sounds/zh/beep.wav").write_bytes(b"theirs")
    changed = make_sounds(site_of(tmp_path, "{a: 一}"), data, cache, speaker)
    assert changed == [data / "sounds/zh/cti/b.wav", data / "sounds/en/cti/b.wav"]
    assert sorted(file.name for file in (data / "sounds/zh").rglob("*.wav")) == ["a.wav", "beep.wav"]


def test_without_a_speech_program_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match=r"prompt a: .*install espeak-ng.*file"):
        make_sounds(site_of(tmp_path, "{a: 一}"), tmp_path / "data", tmp_path / "cache", None)


def test_a_failing_speech_program_is_quoted(tmp_path: Path, speaker: Speaker) -> None:
    with pytest.raises(RenderError, match=r"prompt a: .* voice cmn: really not"):
        make_sounds(site_of(tmp_path, "{a: FAIL}"), tmp_path / "data", tmp_path / "cache", speaker)


def test_a_file_that_is_no_sound_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"<svg onload=alert(1)>")
    with pytest.raises(RenderError, match=r"a\.wav is not a WAV file"):
        make_sounds(site_of(tmp_path, "{a: {file: a.wav}}"), tmp_path / "data", tmp_path / "cache", None)


def test_agents_hear_the_sites_first_language_and_its_own_words(tmp_path: Path, speaker: Speaker) -> None:
    site = site_of(tmp_path, "{agent_paused: {zh: 休息一下, en: A break}}")
    data, cache = tmp_path / "data", tmp_path / "cache"
    made = make_agent_sounds(site, data, cache, speaker)
    assert {path.stem for path in made} == set(SAID)
    assert {path.parent for path in made} == {data / "sounds/zh/cti-agent"}
    said = speaker.said()
    assert "cmn:休息一下" in said
    assert f"cmn:{SAID['agent_refused'].zh}" in said
    assert f"cmn:{SAID['agent_paused'].zh}" not in said
    make_sounds(site, data, cache, speaker)
    assert all(path.is_file() for path in made)
    assert make_agent_sounds(site, data, cache, None) == []


def test_without_a_speech_program_agents_hear_chimes(tmp_path: Path) -> None:
    made = make_agent_sounds(site_of(tmp_path, "{}"), tmp_path / "data", tmp_path / "cache", None)
    sounds = {path.stem: path.read_bytes() for path in made}
    assert sounds["agent_paused"] == sounds["agent_logged_in"] != sounds["agent_refused"]
    assert make_agent_sounds(site_of(tmp_path, "{}"), tmp_path / "data", tmp_path / "cache", None) == []
