"""Finds the sound files that MixMonitor wrote and says whose they are and how long; makes them playable.

It knows the folder, the naming (`<call id>.raw`, or `<call id>-<part>.raw`, in folders of any depth) and the format:
raw signed linear, 8 kHz, 16 bit, stereo (`D`: one side each), so 32,000 bytes are a second. Raw has no header that a
dying Asterisk could leave wrong. It never sees the database: rows go into a store that is handed in.
"""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from ..core.recording import SAMPLE_BYTES, seconds_of
from ..errors import NotFound, StoreError

RATE, CHANNELS = 8_000, 2
BYTES_PER_SECOND = RATE * CHANNELS * SAMPLE_BYTES
_NAME = re.compile(
    r"(?P<call>(?:[A-Za-z0-9_.-]{1,100}-)?[0-9]{9,12}\.[0-9]{1,10})(?:[-_][A-Za-z0-9_-]{1,60})?", re.ASCII
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One sound file. `path` is relative to the folder; `state`: growing (call not over), whole, empty, missing."""

    path: str
    call: str
    started: datetime | None
    seconds: float
    bytes: int
    state: str
    channels: int = CHANNELS


class RecordingStore(Protocol):
    """What the index needs of a database."""

    async def recordings(self) -> Sequence[Recording]: ...

    async def save_recordings(self, recordings: Sequence[Recording]) -> None: ...

    async def calls_ended(self, calls: Sequence[str]) -> Mapping[str, bool]:
        """call -> whether its conversation has ended; unknown calls are absent."""
        ...


@dataclass(slots=True)
class RecordingIndex:
    """`step()` looks at what changed: folders by their own time stamp, files while their conversation goes on."""

    folder: Path
    store: RecordingStore
    _known: dict[str, Recording] = field(default_factory=dict)
    _folders: dict[str, int] = field(default_factory=dict)
    _loaded: bool = False

    async def step(self) -> int:
        """Bring the rows up to date; returns how many changed. Raises StoreError."""
        if not self._loaded:
            self._known = {recording.path: recording for recording in await self.store.recordings()}
            self._loaded = True
        found = self._changed_folders() | {path for path, row in self._known.items() if row.state == "growing"}
        calls = {path: call for path in found if (call := call_of(path))}
        ended = await self.store.calls_ended(sorted(set(calls.values())))
        looked = [self._look(path, call, ended.get(call, False)) for path, call in sorted(calls.items())]
        changed = [recording for recording in looked if self._known.get(recording.path) != recording]
        if changed:
            await self.store.save_recordings(changed)
            self._known.update((recording.path, recording) for recording in changed)
        return len(changed)

    def _changed_folders(self) -> set[str]:
        """Files in folders whose entries changed since the last look, and known files that went from them."""
        found: set[str] = set()
        for name, stamp, files in _walk(self.folder):
            if self._folders.get(name) == stamp:
                continue
            self._folders[name] = stamp
            prefix = f"{name}/" if name else ""
            found |= {prefix + file for file in files}
            found |= {path for path in self._known if os.path.dirname(path) == name}
        return found

    def _look(self, path: str, call: str, ended: bool) -> Recording:
        try:
            state = (self.folder / path).stat()
        except FileNotFoundError:
            old = self._known.get(path)
            started = old.started if old else None
            return Recording(path=path, call=call, started=started, seconds=0.0, bytes=0, state="missing")
        size = state.st_size
        seconds = round(seconds_of(size, RATE, CHANNELS), 3)
        word = ("whole" if size else "empty") if ended else "growing"
        started = datetime.fromtimestamp(round(state.st_mtime - seconds, 3), UTC)
        return Recording(path=path, call=call, started=started, seconds=seconds, bytes=size, state=word)


def call_of(path: str) -> str:
    """The call id in a file's name, "" when it is not one of ours."""
    stem, suffix = os.path.splitext(os.path.basename(path))
    match = _NAME.fullmatch(stem) if suffix == ".raw" else None
    return match["call"] if match else ""


def _walk(folder: Path) -> Iterator[tuple[str, int, list[str]]]:
    """(relative folder, its time stamp in ns, its .raw files); links are not followed."""
    for name, _, files in os.walk(folder):
        try:
            stamp = os.stat(name).st_mtime_ns
        except FileNotFoundError:
            continue
        relative = os.path.relpath(name, folder)
        yield "" if relative == "." else relative, stamp, [file for file in files if file.endswith(".raw")]


def sound_file(folder: Path, path: str) -> Path:
    """The file of a recording's row. Raises NotFound when it is gone, is a link, or would lie outside the folder."""
    try:
        inside = (folder / path).resolve(strict=True)
    except (OSError, ValueError) as error:
        raise NotFound(f"the recording {path!r} is gone") from error
    if not inside.is_relative_to(folder.resolve()) or (folder / path).is_symlink() or not inside.is_file():
        raise NotFound(f"the recording {path!r} is not in the recordings folder")
    return inside


def wav_header(size: int) -> bytes:
    """The 44 bytes before `size` bytes of our raw sound (RIFF/WAVE, PCM). A file over 4 GiB says the most it can."""
    size = min(size - size % (CHANNELS * SAMPLE_BYTES), 0xFFFFFFFF - 36)
    form = struct.pack(
        "<4sIHHIIHH", b"fmt ", 16, 1, CHANNELS, RATE, BYTES_PER_SECOND, CHANNELS * SAMPLE_BYTES, SAMPLE_BYTES * 8
    )
    return struct.pack("<4sI4s", b"RIFF", 36 + size, b"WAVE") + form + struct.pack("<4sI", b"data", size)


def as_wav(path: Path, block_bytes: int = 65_536) -> tuple[int, Iterator[bytes]]:
    """(total bytes, blocks) of a playable WAV: header and sound as long as the file is now. Raises StoreError."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise StoreError(f"cannot read the recording {path.name}: {error.strerror}") from error
    size -= size % (CHANNELS * SAMPLE_BYTES)
    return 44 + size, _blocks(path, size, block_bytes)


def _blocks(path: Path, size: int, block_bytes: int) -> Iterator[bytes]:
    yield wav_header(size)
    with path.open("rb") as file:
        while size > 0 and (block := file.read(min(block_bytes, size))):
            size -= len(block)
            yield block
