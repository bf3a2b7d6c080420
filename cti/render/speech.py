"""A text in, a sound file out: whichever program speaks it.

It knows how a speech program is called and how it goes wrong (missing, slow, failing, writing no sound); it refuses to
know engines. The template is the admin's (`speech` in cti.toml); espeak-ng stands in when there is none. The text goes
through standard input or a file, never through an argument, so that it can't be taken for an option or a shell's word.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from ..config import Config
from ..errors import ConfigError, RenderError
from .inputs import Tool
from .sound import MAX_BYTES, Sound, read_sound

VOICES = {"zh": "cmn", "zh_CN": "cmn", "zh_HK": "yue", "en": "en-us"}  # espeak-ng's own names; others as they are
_SPEED = {"cmn": 165, "yue": 165}  # words a minute; espeak-ng's 175 is hurried for a Chinese menu
_ESPEAK = ("-b", "1", "-v", "{voice}", "-s", "{speed}", "-w", "{out}", "--stdin")
_KNOWN = ("voice", "language", "speed", "out", "text_file")
MISSING = "no speech program: install espeak-ng (or run `cti pbx fetch`), or give {file: …} for every prompt"


@dataclass(frozen=True, slots=True)
class Speech:
    """A speech program. `template` is its argument list with {voice} {language} {out} {text_file} {speed}; without
    {out} the sound comes on its standard output. `shown` names it in messages and is what the cache knows it by."""

    template: tuple[str, ...]
    shown: tuple[str, ...]
    voices: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 60.0

    def voice(self, language: str) -> str:
        """The voice of a language; the language itself, as BCP 47 writes it, when none was named."""
        return self.voices.get(language) or language.replace("_", "-").lower()

    def say(self, text: str, language: str, what: str) -> Sound:
        """Speak. Raises RenderError (`what` names the prompt): no such program, a failing one, one that takes longer
        than `seconds`, output that is no sound."""
        with tempfile.TemporaryDirectory(prefix="cti-speech-") as name:
            folder = Path(name)
            said = self._run(text, language, folder, what)
            out = next((folder / file for file in ("speech.wav", "stdout") if _size(folder / file)), None)
            if out is None:
                raise RenderError(f"{what}: {self.shown[0]} with voice {self.voice(language)} wrote no sound{said}")
            return read_sound(out, f"{what}: what {self.shown[0]} wrote")

    def _run(self, text: str, language: str, folder: Path, what: str) -> str:
        """Run it to its end; what it said last on standard error, to add to a message."""
        (folder / "text").write_text(text, encoding="utf-8")
        argv = self._argv(language, folder)
        try:
            with (
                (folder / "text").open("rb") as given,
                (folder / "stdout").open("wb") as out,
                (folder / "stderr").open("wb") as errors,
            ):
                environment = {**os.environ, **self.env}
                process = subprocess.Popen(
                    argv, stdin=given, stdout=out, stderr=errors, env=environment, process_group=0
                )
        except OSError as error:
            raise RenderError(f"{what}: {self.shown[0]} cannot be started: {error.strerror}; {MISSING}") from error
        try:
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (MAX_BYTES, MAX_BYTES))
            status = process.wait(self.seconds)
        except subprocess.TimeoutExpired:
            raise RenderError(f"{what}: {self.shown[0]} took longer than {self.seconds:g} s (speech_seconds)") from None
        except ProcessLookupError:
            status = process.wait()  # it was quicker than we
        finally:
            _end(process)
        last = _last_line(folder / "stderr")
        if status:
            how = last or f": exit status {status}"
            raise RenderError(f"{what}: {self.shown[0]} with voice {self.voice(language)}{how}")
        return last

    def _argv(self, language: str, folder: Path) -> list[str]:
        voice = self.voice(language)
        values = {"voice": voice, "language": language, "speed": str(_SPEED.get(voice, 155))}
        values |= {"out": str(folder / "speech.wav"), "text_file": str(folder / "text")}
        return [_filled(word, values) for word in self.template]


def speech_of(config: Config, tool: Tool | None) -> Speech | None:
    """The program of cti.toml, else espeak-ng (`tool`), else None. Raises ConfigError for a template that fails."""
    voices = dict(config.speech_voices)
    if config.speech:
        _check(config.speech)
        return Speech(template=config.speech, shown=config.speech, voices=voices, seconds=config.speech_seconds)
    if tool is None or not tool.argv:
        return None
    template = (*tool.argv, *_ESPEAK)
    shown = ("espeak-ng", *_ESPEAK)
    return Speech(template=template, shown=shown, voices=VOICES | voices, env=tool.env, seconds=config.speech_seconds)


def _check(template: tuple[str, ...]) -> None:
    for word in template:
        filled = _filled(word, dict.fromkeys(_KNOWN, ""))
        if "{" in filled or "}" in filled:
            hint = (
                "the text comes on standard input, or in {text_file}"
                if "{text}" in filled
                else "known: " + ", ".join(f"{{{name}}}" for name in _KNOWN)
            )
            raise ConfigError(f"cti.toml: speech: {word!r} has a placeholder that nobody fills ({hint})")


def _filled(word: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        word = word.replace(f"{{{name}}}", value)
    return word


def _end(process: subprocess.Popen[bytes]) -> None:
    """With everything that it started: a wrapper script's child would go on speaking."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _last_line(file: Path) -> str:
    """`: …`, or "" when nothing was said."""
    with file.open("rb") as said:
        said.seek(max(0, file.stat().st_size - 4096))
        lines = said.read().decode(errors="replace").strip().splitlines()
    return f": {lines[-1][:200]}" if lines else ""


def _size(file: Path) -> int:
    return file.stat().st_size if file.is_file() else 0
