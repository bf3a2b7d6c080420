"""Prompts and music as files: each text spoken, each recording converted, for each language of the site.

It knows the speech program's options, the cache and where Asterisk looks (`sounds/<language>/cti/<name>.wav`, which
is all ours); it refuses to know when a prompt is played. What was made once is kept under its content's hash, so a
changed text is the only one that is spoken again.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ..errors import RenderError
from ..site.model import Site, Spoken
from .inputs import Tool
from .music import melody
from .sound import telephone_wav

Progress = Callable[[int, int, str], None]  # done, of all, which
VOICES = {"zh": "cmn", "zh_CN": "cmn", "zh_HK": "yue", "en": "en-us"}  # espeak-ng's own names; others as they are
_SPEED = {"cmn": 165, "yue": 165}  # words a minute; espeak-ng's 175 is hurried for a Chinese menu
_RECIPE = "1"  # change it when the same input shall sound different
_SPEECH_SECONDS = 60
MISSING = "no speech program: install espeak-ng (or run `cti pbx fetch`), or give {file: …} for every prompt"


@dataclass(frozen=True, slots=True)
class _Job:
    """One file to make: `spoken` in `language`'s voice, as `target`."""

    name: str
    language: str
    spoken: Spoken
    target: Path


def make_sounds(site: Site, data: Path, cache: Path, tool: Tool | None, progress: Progress | None = None) -> list[Path]:
    """Make every prompt and the default music below `data`; returns the files that changed.

    `data` is Asterisk's data folder (dirs.data), `cache` config.var / "cache" / "prompts". Unchanged files are not
    touched, prompts that the site no longer has are removed. Raises RenderError: no `tool` though a text must be
    spoken that is not in the cache, a speech program that fails, a file that is not PCM WAV.
    """
    cache.mkdir(parents=True, exist_ok=True)
    jobs = list(_jobs(site, data))
    changed: list[Path] = []
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        results = pool.map(lambda job: _put(job.target, _sound(job, cache, tool)), jobs)
        for done, (job, differs) in enumerate(zip(jobs, results, strict=True), 1):
            changed += [job.target] if differs else []
            if progress is not None:
                progress(done, len(jobs), f"{job.language}/{job.name}")
    music = data / "moh" / "default" / "melody.wav"
    if _put(music, _cached(cache, _key("melody"), melody)):
        changed.append(music)
    return changed + _remove_others(site, data, {job.target for job in jobs})


def make_sound(target: Path, language: str, spoken: Spoken, cache: Path, tool: Tool | None) -> bool:
    """Make one prompt by itself; whether its file changed. Raises as `make_sounds`."""
    cache.mkdir(parents=True, exist_ok=True)
    return _put(target, _sound(_Job(target.stem, language, spoken, target), cache, tool))


def _jobs(site: Site, data: Path) -> Iterator[_Job]:
    languages = site.site.languages
    for prompt in site.prompts.values():
        for language in languages:
            key = prompt.language_for(language, languages)
            target = data / "sounds" / language / "cti" / f"{prompt.name}.wav"
            yield _Job(prompt.name, key or languages[0], prompt.spoken[key], target)


def _sound(job: _Job, cache: Path, tool: Tool | None) -> bytes:
    if job.spoken.file is not None:
        try:
            data = job.spoken.file.read_bytes()
        except OSError as error:
            raise RenderError(f"prompt {job.name}: {job.spoken.file}: {error.strerror}") from error
        return _cached(cache, _key("file", data), lambda: telephone_wav(data, str(job.spoken.file)))
    voice = VOICES.get(job.language, job.language.replace("_", "-").lower())
    key = _key("text", voice, job.spoken.text)
    return _cached(cache, key, lambda: telephone_wav(_speak(job, voice, tool), f"prompt {job.name}"))


def _speak(job: _Job, voice: str, tool: Tool | None) -> bytes:
    """The speech program's WAV. The text goes through standard input: it can never be taken for an option."""
    if tool is None or not tool.argv:
        raise RenderError(f"prompt {job.name}: {MISSING}")
    with tempfile.TemporaryDirectory(prefix="cti-speech-") as folder:
        wav = Path(folder) / "speech.wav"
        argv = [*tool.argv, "-b", "1", "-v", voice, "-s", str(_SPEED.get(voice, 155)), "-w", str(wav), "--stdin"]
        try:
            ran = subprocess.run(
                argv,
                env={**os.environ, **tool.env},
                input=job.spoken.text.encode(),
                capture_output=True,
                timeout=_SPEECH_SECONDS,
                check=False,
            )
            data = wav.read_bytes() if wav.exists() else b""
        except FileNotFoundError as error:
            raise RenderError(f"prompt {job.name}: {tool.argv[0]} cannot be started; {MISSING}") from error
        except (OSError, subprocess.TimeoutExpired) as error:
            raise RenderError(f"prompt {job.name}: {tool.argv[0]}: {error}") from error
    if ran.returncode or not data:
        said = ran.stderr.decode(errors="replace").strip().splitlines() or ["it wrote no sound"]
        raise RenderError(f"prompt {job.name}: {tool.argv[0]} with voice {voice}: {said[-1][:200]}")
    return data


def _key(*parts: str | bytes) -> str:
    digest = hashlib.sha256(_RECIPE.encode())
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


def _cached(cache: Path, key: str, make: Callable[[], bytes]) -> bytes:
    path = cache / f"{key}.wav"
    if path.is_file():
        return path.read_bytes()
    data = make()
    _put(path, data)
    return data


def _put(path: Path, data: bytes) -> bool:
    """Whether the file had to be written; a reader sees the old sound or the new one, never a part."""
    try:
        if path.is_file() and path.read_bytes() == data:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".cti-new-")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            os.fchmod(file.fileno(), 0o644)
        os.replace(name, path)
    except OSError as error:
        raise RenderError(f"{error.filename or path}: {error.strerror}") from error
    return True


def _remove_others(site: Site, data: Path, wanted: set[Path]) -> list[Path]:
    """Prompts of ours that the site no longer has, and what a killed run left."""
    folders: Sequence[Path] = [data / "sounds" / language / "cti" for language in site.site.languages]
    others = [file for folder in folders for file in folder.glob("*.wav") if file not in wanted]
    for file in [*others, *(file for folder in folders for file in folder.glob(".cti-new-*"))]:
        file.unlink(missing_ok=True)
    return others
