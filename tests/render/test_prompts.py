"""Prompts become files per language, spoken once, converted, and removed when the site drops them."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile

from cti.config import Config
from cti.errors import ConfigError, RenderError, SiteError
from cti.render.agent_sounds import SAID, make_agent_sounds
from cti.render.loudness import LEVEL, level_of
from cti.render.prompts import Laid, check_sounds, make_sounds
from cti.render.sound import read_sound
from cti.render.sound_cache import SoundCache
from cti.render.speech import Speech, speech_of
from cti.site.load import load_site
from cti.site.model import Site

# A speech program that logs its voice and text, and then behaves as the text wants: a tone in any format, or a failure.
SPEAKER = """
import pathlib, sys, time
import numpy, soundfile
voice, out, text = sys.argv[2], sys.argv[3], sys.stdin.buffer.read().decode()
with open(sys.argv[1], "a") as log:
    log.write(f"{voice}:{text}\\n")
if "FAIL" in text:
    sys.exit("no such voice\\nreally not")
if "SLOW" in text:
    time.sleep(90)
seconds = 0 if "NOTHING" in text else 0.2 + len(text.encode()) / 100
wave = 0.2 * numpy.sin(numpy.arange(int(22050 * seconds)) * 0.2) * ("QUIET" not in text)
target = sys.stdout.buffer if out == "-" else out
if "GARBAGE" in text:
    pathlib.Path(out).write_bytes(b"<html>429 Too Many Requests</html>")
elif "NOFILE" not in text:
    soundfile.write(target, wave, 22050, format="FLAC" if "FLAC" in text else "WAV")
"""


@dataclass
class Speaker:
    folder: Path
    seconds: float = 60.0

    def __post_init__(self) -> None:
        (self.folder / "speaker.py").write_text(SPEAKER)

    def speech(self, out: str = "{out}", **voices: str) -> Speech:
        argv = (sys.executable, str(self.folder / "speaker.py"), str(self.folder / "log"), "{voice}", out)
        config = Config(home=self.folder, speech=argv, speech_voices=tuple(voices.items()), speech_seconds=self.seconds)
        made = speech_of(config, None)
        assert made is not None
        return made

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


def make(folder: Path, prompts: str, speech: Speech | None) -> Laid:
    return make_sounds(site_of(folder, prompts), folder / "data", folder / "cache", speech)


def refused(folder: Path, prompts: str, speech: Speech | None) -> str:
    with pytest.raises((RenderError, SiteError)) as found:
        make(folder, prompts, speech)
    return str(found.value)


def hum(file: Path, seconds: float = 1.0, level: float = 0.1, rate: int = 44_100) -> Path:
    wave = level * np.sin(2 * np.pi * 500 * np.arange(round(seconds * rate)) / rate)
    soundfile.write(str(file), wave, rate)
    return file


def test_each_language_speaks_with_its_voice_and_a_missing_one_hears_the_first(
    tmp_path: Path, speaker: Speaker
) -> None:
    site = site_of(tmp_path, "{hello: {zh: 你好, en: Hello}, bye: {zh: 再见}}")
    seen: list[str] = []
    speech = speaker.speech(zh="cmn", en="en-us")
    make_sounds(
        site, tmp_path / "data", tmp_path / "cache", speech, lambda done, of, what: seen.append(f"{done}/{of} {what}")
    )
    assert speaker.said() == ["cmn:你好", "cmn:再见", "en-us:Hello"]
    sounds = {str(file.relative_to(tmp_path / "data")) for file in (tmp_path / "data").rglob("*.*")}
    names = {f"sounds/{language}/cti/{name}" for language in ("zh", "en") for name in ("hello", "bye")}
    assert sounds == {f"{name}.wav" for name in names} | {f"{name}.wav16" for name in names} | {
        "moh/default/melody.wav"
    }
    for suffix in ("wav", "wav16"):
        english, chinese = (tmp_path / f"data/sounds/{language}/cti/bye.{suffix}" for language in ("en", "zh"))
        assert english.read_bytes() == chinese.read_bytes()
    assert seen[-1].startswith("3/3 ")


def test_both_rates_are_the_same_sound_at_the_common_level(tmp_path: Path, speaker: Speaker) -> None:
    make(tmp_path, "{a: 你好你好你好你好}", speaker.speech())
    narrow, wide = (soundfile.info(str(tmp_path / f"data/sounds/zh/cti/a.{suffix}")) for suffix in ("wav", "wav16"))
    assert (narrow.samplerate, wide.samplerate, narrow.subtype, wide.channels) == (8000, 16_000, "PCM_16", 1)
    assert narrow.duration == pytest.approx(wide.duration, abs=0.001)
    sound = read_sound(tmp_path / "data/sounds/zh/cti/a.wav16")
    assert level_of(sound.narrow) == pytest.approx(LEVEL, abs=0.3)


def test_only_a_changed_text_is_spoken_again(tmp_path: Path, speaker: Speaker) -> None:
    make(tmp_path, "{a: {zh: 一, en: one}}", speaker.speech())
    speaker.said()
    laid = make(tmp_path, "{a: {zh: 一, en: first}}", speaker.speech())
    assert speaker.said() == ["en:first"]
    folder = tmp_path / "data/sounds/en/cti"
    assert laid.changed == [folder / "a.wav", folder / "a.wav16"]
    assert make(tmp_path, "{a: {zh: 一, en: first}}", speaker.speech()).changed == []


def test_another_voice_or_command_speaks_again(tmp_path: Path, speaker: Speaker) -> None:
    for voice in ("anna", "bert", "anna"):
        make(tmp_path, "{a: {zh: 一}}", speaker.speech(zh=voice))
    assert speaker.said() == ["anna:一", "bert:一"]
    make(tmp_path, "{a: {zh: 一}}", speaker.speech(out="-", zh="anna"))
    assert speaker.said() == ["anna:一"]


def test_a_program_may_write_to_its_standard_output_and_in_any_format(tmp_path: Path, speaker: Speaker) -> None:
    make(tmp_path, "{a: {zh: 一}, b: {zh: FLAC}}", speaker.speech(out="-"))
    assert soundfile.info(str(tmp_path / "data/sounds/zh/cti/b.wav")).frames > 1000


def test_a_text_is_never_an_option(tmp_path: Path, speaker: Speaker) -> None:
    make(tmp_path, '{a: {zh: "-w /tmp/evil", en: "--help"}}', speaker.speech())
    assert speaker.said() == ["en:--help", "zh:-w /tmp/evil"]
    with pytest.raises(ConfigError, match=r"\{text\}.*standard input"):
        speech_of(Config(home=tmp_path, speech=("say", "{text}")), None)
    with pytest.raises(ConfigError, match=r"known: \{voice\}"):
        speech_of(Config(home=tmp_path, speech=("say", "{vioce}")), None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("FAIL", "really not"),
        ("GARBAGE", "no sound can be read"),
        ("NOFILE", "wrote no sound"),
        ("NOTHING", "only 0.00 seconds"),
        ("QUIET", "silent"),
    ],
)
def test_a_program_that_fails_is_quoted_and_nothing_is_kept(
    tmp_path: Path, speaker: Speaker, text: str, said: str
) -> None:
    assert said in refused(tmp_path, f"{{a: {text}}}", speaker.speech())
    assert list((tmp_path / "cache").glob("*.json")) == []


def test_a_program_that_hangs_is_ended_in_time(tmp_path: Path, speaker: Speaker) -> None:
    speaker.seconds = 1.5
    assert "took longer than 1.5 s" in refused(tmp_path, "{a: SLOW}", speaker.speech())


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    speech = speech_of(Config(home=tmp_path, speech=("/no/such/voice",)), None)
    assert "/no/such/voice cannot be started: No such file" in refused(tmp_path, "{a: 一}", speech)
    assert "install espeak-ng" in refused(tmp_path, "{a: 一}", None)


def test_a_recording_is_converted_for_every_language_and_wins_over_its_text(tmp_path: Path) -> None:
    hum(tmp_path / "a.flac", seconds=0.7)
    assert make(tmp_path, "{a: {file: a.flac, text: 你好}}", None).warnings == []
    for language in ("zh", "en"):
        sound = read_sound(tmp_path / f"data/sounds/{language}/cti/a.wav16")
        assert sound.seconds == pytest.approx(0.7, abs=0.01)


def test_every_bad_recording_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    hum(tmp_path / "silent.wav", level=0.0)
    hum(tmp_path / "short.wav", seconds=0.03)
    (tmp_path / "page.wav").write_bytes(b"<svg onload=alert(1)>")
    text = "\n  a: {file: silent.wav}\n  b: {zh: {file: short.wav}}\n  c: {file: page.wav}"
    lines = refused(tmp_path, text, None).splitlines()
    assert [line.split(": ")[0] for line in lines] == [f"{tmp_path}/site.yaml:{n}" for n in (3, 4, 5)]
    assert ["silent" in lines[0], "only 0.03 seconds" in lines[1], "no sound can be read" in lines[2]] == [True] * 3


def test_a_pipe_or_a_ring_of_links_in_the_sites_folder_is_refused_at_its_line(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "ring.wav").symlink_to("ring.wav")
    with pytest.raises(SiteError) as found:
        site_of(tmp_path, "\n  a: {file: pipe.wav}\n  b: {file: ring.wav}")
    first, second = found.value.mistakes
    assert first.startswith(f"{tmp_path}/site.yaml:3: prompt a: 'pipe.wav' is not a regular file")
    assert second.startswith(f"{tmp_path}/site.yaml:4: prompt b: ")


def test_a_recording_that_sounds_bad_is_used_with_a_warning_at_its_line(tmp_path: Path) -> None:
    hum(tmp_path / "loud.wav", level=2.0)
    hum(tmp_path / "faint.wav", level=0.008)
    laid = make(tmp_path, "\n  a: {file: loud.wav}\n  b: {file: faint.wav}", None)
    assert laid.warnings[0].startswith(f"{tmp_path}/site.yaml:3: warning: prompt a: {tmp_path}/loud.wav is clipped: ")
    assert laid.warnings[1].startswith(f"{tmp_path}/site.yaml:4: warning: prompt b: {tmp_path}/faint.wav is faint: ")
    again = make(tmp_path, "\n  a: {file: loud.wav}\n  b: {file: faint.wav}", None)
    assert (again.changed, again.warnings) == ([], laid.warnings)
    assert (
        check_sounds(site_of(tmp_path, "{a: {file: loud.wav}, b: 一}"), tmp_path / "cache")[1][0].count("clipped") == 1
    )


def test_a_dropped_prompt_and_a_dropped_language_are_removed_and_foreign_sounds_stay(
    tmp_path: Path, speaker: Speaker
) -> None:
    make(tmp_path, "{a: 一, b: 二}", speaker.speech())
    sounds = tmp_path / "data/sounds"
    (sounds / "zh/beep.wav").write_bytes(b"theirs")
    (sounds / "fr/cti").mkdir(parents=True)
    (sounds / "fr/cti/a.wav").write_bytes(b"of a language that the site had once")
    (sounds / "zh/cti/.cti-new-x").write_bytes(b"of a killed run")
    changed = make(tmp_path, "{a: 一}", speaker.speech()).changed
    gone = {str(path.relative_to(sounds)) for path in changed}
    assert gone == {"fr/cti/a.wav", *(f"{language}/cti/b.{s}" for language in ("zh", "en") for s in ("wav", "wav16"))}
    left = {str(file.relative_to(sounds)) for file in sounds.rglob("*.*")}
    assert left == {"zh/beep.wav", "zh/cti/a.wav", "zh/cti/a.wav16", "en/cti/a.wav", "en/cti/a.wav16"}


def test_the_cache_forgets_what_was_not_used_for_longest(tmp_path: Path) -> None:
    cache = SoundCache(tmp_path)
    for age, key in enumerate(("new", "used", "old", "older")):
        for name in (f"{key}.json", f"{key}.wav", f"{key}.wav16"):
            (tmp_path / name).write_bytes(bytes(100))
            os.utime(tmp_path / name, (1_000_000 - age, 1_000_000 - age))
    assert cache.prune({"used"}, most_bytes=650) == 1
    assert {file.name.partition(".")[0] for file in tmp_path.iterdir()} == {"new", "used", "old"}
    assert cache.prune({"used"}, most_bytes=0) == 2
    assert {file.name for file in tmp_path.iterdir()} == {"used.json", "used.wav", "used.wav16"}


def test_an_entry_without_its_note_does_not_count(tmp_path: Path, speaker: Speaker) -> None:
    make(tmp_path, "{a: {zh: 一}}", speaker.speech())
    speaker.said()
    next((tmp_path / "cache").glob("*.json")).write_bytes(b"{")
    make(tmp_path, "{a: {zh: 一}}", speaker.speech())
    assert speaker.said() == ["zh:一"]


def test_agents_hear_the_sites_first_language_and_its_own_words(tmp_path: Path, speaker: Speaker) -> None:
    site = site_of(tmp_path, "{agent_paused: {zh: 休息一下, en: A break}}")
    data, cache = tmp_path / "data", tmp_path / "cache"
    made = make_agent_sounds(site, data, cache, speaker.speech())
    assert {path.stem for path in made} == {*SAID, "agent_beep"}
    assert {path.parent for path in made} == {data / "sounds/zh/cti-agent"}
    said = speaker.said()
    assert "zh:休息一下" in said
    assert f"zh:{SAID['agent_refused'].zh}" in said
    assert f"zh:{SAID['agent_paused'].zh}" not in said
    make_sounds(site, data, cache, speaker.speech())
    assert all(path.is_file() for path in made)
    assert make_agent_sounds(site, data, cache, speaker.speech()) == []


def test_what_agents_heard_in_another_language_is_removed(tmp_path: Path) -> None:
    old = tmp_path / "data/sounds/fr/cti-agent"
    old.mkdir(parents=True)
    for name in ("agent_paused.wav", "agent_of_old.wav16"):
        (old / name).write_bytes(b"old")
    made = make_agent_sounds(site_of(tmp_path, "{}"), tmp_path / "data", tmp_path / "cache", None)
    assert list(old.iterdir()) == []
    assert [path.name for path in made if path.parent == old] == ["agent_of_old.wav16", "agent_paused.wav"]


def test_without_a_speech_program_agents_hear_chimes(tmp_path: Path) -> None:
    made = make_agent_sounds(site_of(tmp_path, "{}"), tmp_path / "data", tmp_path / "cache", None)
    sounds = {path.name: path.read_bytes() for path in made}
    assert sounds["agent_paused.wav"] == sounds["agent_logged_in.wav"] != sounds["agent_refused.wav"]
    assert {name.partition(".")[2] for name in sounds} == {"wav", "wav16"}
    assert make_agent_sounds(site_of(tmp_path, "{}"), tmp_path / "data", tmp_path / "cache", None) == []
