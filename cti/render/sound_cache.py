"""What was made once: each prompt at both rates, under the hash of everything that decided how it sounds.

It knows hashes, files and how much of them to keep; it refuses to know prompts. An entry is three files, the note
(JSON) written last: without it the others do not count. Whoever is killed in the middle leaves no half sound.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from ..errors import RenderError
from .loudness import levelled, listen
from .sound import RATE, SUFFIXES, WIDE, Sound, pcm, write_wav

RECIPE = "2"  # change it when the same input shall sound different
MOST_BYTES = 256 * 1024 * 1024  # of what no prompt uses now: kept for a rollback, the last used longest


@dataclass(frozen=True, slots=True)
class Made:
    """A sound that is ready: how long, how loud it was (dB of full scale), what callers would notice, and its bytes'
    places by rate."""

    key: str
    seconds: float
    level: float
    warnings: tuple[str, ...]
    files: dict[int, Path]


@dataclass(frozen=True, slots=True)
class SoundCache:
    """A folder of sounds by their key."""

    folder: Path

    def get(self, key: str, make: Callable[[], Sound], what: str) -> Made:
        """The entry of `key`, made when it is not there. Raises RenderError: `make` fails, a sound that cannot be a
        prompt (silent, too short; `what` names it), a folder that can't be written."""
        found = self.find(key)
        if found is not None:
            return found
        sound = make()
        heard = listen(sound)
        if heard.refused:
            raise RenderError(f"{what} is {heard.refused}")
        made = Made(key, round(sound.seconds, 3), round(heard.level, 1), heard.warnings, self._files(key))
        even = levelled(sound, heard)
        for rate, samples in ((RATE, even.narrow), (WIDE, even.wide)):
            put(made.files[rate], write_wav(pcm(samples), rate))
        note = {name: value for name, value in asdict(made).items() if name not in ("key", "files")}
        put(self._note(key), json.dumps(note).encode())
        return made

    def find(self, key: str) -> Made | None:
        """The entry when it is whole."""
        try:
            note = json.loads(self._note(key).read_bytes())
            os.utime(self._note(key))
            files = self._files(key)
            if not all(file.is_file() for file in files.values()):
                return None
            return Made(key, float(note["seconds"]), float(note["level"]), tuple(note["warnings"]), files)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def prune(self, used: Collection[str], most_bytes: int = MOST_BYTES) -> int:
        """Remove the entries that were not used for longest, until what is not `used` now fits; returns how many."""
        entries: dict[str, list[tuple[float, int, Path]]] = {}
        for file in self.folder.iterdir() if self.folder.is_dir() else ():
            status = file.lstat()
            if file.is_file() and file.name.partition(".")[0] not in used:
                entries.setdefault(file.name.partition(".")[0], []).append((status.st_mtime, status.st_size, file))
        newest = sorted(entries.values(), key=lambda files: max(at for at, _, _ in files), reverse=True)
        kept = removed = 0
        for files in newest:
            kept += sum(size for _, size, _ in files)
            if kept > most_bytes:
                removed += 1
                for _, _, file in files:
                    file.unlink(missing_ok=True)
        return removed

    def _note(self, key: str) -> Path:
        return self.folder / f"{key}.json"

    def _files(self, key: str) -> dict[int, Path]:
        return {rate: self.folder / f"{key}{suffix}" for rate, suffix in SUFFIXES.items()}


def key_of(*parts: str | bytes | Iterable[str]) -> str:
    """The hash of all parts and of the recipe; no two different lists of parts share one."""
    digest = hashlib.sha256(RECIPE.encode())
    for part in parts:
        words = [part] if isinstance(part, str | bytes) else list(part)
        digest.update(len(words).to_bytes(8, "big"))
        for word in words:
            data = word.encode() if isinstance(word, str) else word
            digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


def put(path: Path, data: bytes) -> bool:
    """Whether the file had to be written; a reader sees the old sound or the new one, never a part."""
    try:
        if path.is_file() and path.read_bytes() == data:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".cti-new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                os.fchmod(file.fileno(), 0o644)
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        raise RenderError(f"{error.filename or path}: {error.strerror}") from error
    return True
