"""Prompts and music as files: each text spoken, each recording converted, for each language of the site.

It knows where Asterisk looks (`sounds/<language>/cti/<name>`, which is all ours) and which source a language hears; it
refuses to know when a prompt is played. What was made once is kept under its content's hash, so a changed text is the
only one that is spoken again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import RenderError, SiteError
from ..site.model import Prompt, Site, Spoken
from .music import melody
from .sound import RATE, SUFFIXES, WIDE, opened, read_sound
from .sound_cache import Made, SoundCache, key_of, put
from .speech import MISSING, Speech

Progress = Callable[[int, int, str], None]  # done, of all, which
FOLDER = "cti"  # below sounds/<language>/


@dataclass(frozen=True, slots=True)
class Source:
    """What one or more languages of a prompt hear: `spoken`, in `language`'s voice when it is a text."""

    name: str
    language: str
    spoken: Spoken

    @property
    def what(self) -> str:
        return f"prompt {self.name}: {self.spoken.file}" if self.spoken.file else f"prompt {self.name}"


@dataclass(slots=True)
class Laid:
    """What `make_sounds` did: files that changed, and a `file:line: warning: …` for each recording that sounds bad."""

    changed: list[Path] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)  # of the cache, in use now


def make_sounds(site: Site, data: Path, cache: Path, speech: Speech | None, progress: Progress | None = None) -> Laid:
    """Make every prompt and the default music below `data`.

    `data` is Asterisk's data folder (dirs.data), `cache` config.var / "cache" / "prompts". Unchanged files are not
    touched, prompts and languages that the site no longer has are removed, and a full cache forgets what was not used
    for longest. Raises SiteError with every recording that cannot be a prompt, at its line; RenderError for `speech`
    that is missing though a text must be spoken that is not in the cache, or fails; nothing was removed by then.
    """
    store, laid = SoundCache(cache), Laid()
    targets = _targets(site, data)
    for source, made in made_sources(targets, store, speech, progress):
        laid.keys.add(made.key)
        laid.warnings += warnings_of(source, made)
        laid.changed += [path for stem in targets[source] for path in lay(stem, made)]
    music = data / "moh" / "default" / "melody.wav"
    laid.changed += [music] if put(music, melody_in(cache)) else []
    laid.changed += _remove_others(data, {stem for stems in targets.values() for stem in stems})
    store.prune(laid.keys | {"melody"})
    return laid


def check_sounds(site: Site, cache: Path) -> tuple[list[str], list[str]]:
    """Mistakes and warnings of the site's recordings, as `file:line: …` lines; no text is spoken."""
    files = [source for source in sources_of(site) if source.spoken.file]
    try:
        made = list(made_sources(files, SoundCache(cache), None))
    except SiteError as error:
        return error.mistakes, []
    return [], [line for source, one in made for line in warnings_of(source, one)]


def make_sound(stem: Path, source: Source, cache: Path, speech: Speech | None) -> list[Path]:
    """Make one prompt by itself; the files that changed. Raises RenderError."""
    return lay(stem, made_source(source, SoundCache(cache), speech))


def made_sources(
    sources: Iterable[Source], store: SoundCache, speech: Speech | None, progress: Progress | None = None
) -> list[tuple[Source, Made]]:
    """All of them, each once, several at the same time. Raises as `make_sounds`."""
    wanted = list(sources)
    found: list[tuple[Source, Made]] = []
    mistakes: list[str] = []
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        results = [pool.submit(made_source, source, store, speech) for source in wanted]
        for done, (source, result) in enumerate(zip(wanted, results, strict=True), 1):
            try:
                found.append((source, result.result()))
            except RenderError as error:
                if source.spoken.file is None:
                    pool.shutdown(cancel_futures=True)
                    raise
                mistakes.append(f"{source.spoken.where}: {error}")
            if progress is not None:
                progress(done, len(wanted), f"{source.language}/{source.name}")
    if mistakes:
        raise SiteError(mistakes)
    return found


def made_source(source: Source, store: SoundCache, speech: Speech | None) -> Made:
    """One source, from the cache or anew. Raises RenderError."""
    file = source.spoken.file
    if file is not None:
        with opened(file, source.what) as handle, os.fdopen(os.dup(handle), "rb") as content:
            digest = hashlib.file_digest(content, "sha256").digest()
        return store.get(
            key_of("file", file.suffix.lower(), digest), lambda: read_sound(file, source.what), source.what
        )
    if speech is None:
        raise RenderError(f"{source.what}: {MISSING}")
    text, language = source.spoken.text, source.language
    what = f"{source.what}: what was spoken"
    return store.get(_key_of_text(source, speech), lambda: speech.say(text, language, source.what), what)


def spoken_before(source: Source, store: SoundCache, speech: Speech | None) -> Made | None:
    """A text's sound if it was made already; nothing is spoken."""
    return store.find(_key_of_text(source, speech)) if speech else None


def sources_of(site: Site) -> list[Source]:
    """Every source that callers of some language hear, in the order written."""
    return list(dict.fromkeys(source for _, _, source in _heard(site)))


def source_for(site: Site, prompt: Prompt, language: str) -> Source:
    """What callers of `language` hear of `prompt`."""
    key = prompt.language_for(language, site.site.languages)
    return Source(prompt.name, key or site.site.languages[0], prompt.spoken[key])


def warnings_of(source: Source, made: Made) -> list[str]:
    """`file:line: warning: …`; a machine's voice is nobody's line."""
    if source.spoken.file is None:
        return []
    return [f"{source.spoken.where}: warning: {source.what} is {warning}" for warning in made.warnings]


def lay(stem: Path, made: Made) -> list[Path]:
    """Put a sound in its place at both rates, `stem` being its path without suffix; the files that changed."""
    files = {stem.with_name(stem.name + SUFFIXES[rate]): made.files[rate] for rate in (RATE, WIDE)}
    return [path for path, source in files.items() if put(path, source.read_bytes())]


def melody_in(cache: Path) -> bytes:
    """The music, composed once."""
    path = cache / "melody.wav"
    if not path.is_file():
        put(path, melody())
    return path.read_bytes()


def _key_of_text(source: Source, speech: Speech) -> str:
    return key_of("text", speech.shown, speech.voice(source.language), source.spoken.text)


def _heard(site: Site) -> Iterator[tuple[str, str, Source]]:
    for prompt in site.prompts.values():
        for language in site.site.languages:
            yield prompt.name, language, source_for(site, prompt, language)


def _targets(site: Site, data: Path) -> dict[Source, list[Path]]:
    targets: dict[Source, list[Path]] = {}
    for name, language, source in _heard(site):
        targets.setdefault(source, []).append(data / "sounds" / language / FOLDER / name)
    return targets


def _remove_others(data: Path, wanted: set[Path]) -> list[Path]:
    """Prompts and languages of ours that the site no longer has, and what a killed run left."""
    others = []
    for suffix in SUFFIXES.values():
        files = (data / "sounds").glob(f"*/{FOLDER}/*{suffix}")
        others += sorted(file for file in files if file.with_name(file.name.removesuffix(suffix)) not in wanted)
    for file in [*others, *(data / "sounds").glob(f"*/{FOLDER}/.cti-new-*")]:
        file.unlink(missing_ok=True)
    return others
