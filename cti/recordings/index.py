"""Finds the sound files that MixMonitor wrote and says whose they are and how long; makes them playable.

It knows the folder, the naming (`<call id>.raw`, or `<call id>-<part>.raw`, in folders of any depth) and the format:
raw signed linear, 8 kHz, 16 bit, stereo (`D`: one side each), so 32,000 bytes are a second. Raw has no header that a
dying Asterisk could leave wrong. It never sees the database: rows go into a store that is handed in.

A folder whose time stamp has not moved holds the same names, but only once the stamp is old: the kernel's clock for
files ticks every few milliseconds, and a file that is made in the tick of the last look leaves the stamp as it was.
"""

from __future__ import annotations

import os
import re
import struct
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, Protocol

from ..core.recording import SAMPLE_BYTES, seconds_of
from ..errors import NotFound, StoreError

RATE, CHANNELS = 8_000, 2
BYTES_PER_SECOND = RATE * CHANNELS * SAMPLE_BYTES
SETTLING_SECONDS = 2.0  # FAT's stamps are the coarsest: two seconds
LEAST_REST, MOST_REST = 1.0, 4.0  # seconds between two looks
_RESTFUL = 50  # changed rows of a look for each second of the rest after it
_HELD = 8  # folders whose rows are kept in memory; a busy one changes with every call
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

    def recordings(self) -> AsyncIterator[Recording]:
        """All of them, one after the other: there may be millions."""
        ...

    async def recordings_at(self, paths: Sequence[str]) -> Sequence[Recording]:
        """Those of these paths that are known."""
        ...

    async def recordings_in(self, folder: str) -> Sequence[Recording]:
        """Those right in this folder ("" = the whole recordings folder itself)."""
        ...

    async def save_recordings(self, recordings: Sequence[Recording]) -> None: ...

    async def calls_ended(self, calls: Sequence[str]) -> Mapping[str, bool]:
        """call -> whether its conversation has ended; unknown calls are absent."""
        ...


class _Seen(NamedTuple):
    """A folder at the last look: its time stamp (ns), since when that is so, the folders in it, and whether its names
    were read when the stamp was old enough."""

    stamp: int
    since: float
    folders: tuple[str, ...]
    settled: bool


@dataclass(slots=True)
class RecordingIndex:
    """`step()` looks at what changed: folders by their own time stamp, files while their conversation goes on.

    Memory holds the rows of the folders that changed last, not those of years, and a folder that rests is not read.
    """

    folder: Path
    store: RecordingStore
    clock: Callable[[], float] = time.monotonic
    _growing: dict[str, Recording] = field(default_factory=dict)
    _rows: OrderedDict[str, dict[str, Recording]] = field(default_factory=OrderedDict)  # by folder, the latest last
    _seen: dict[str, _Seen] = field(default_factory=dict)
    _begun: bool = False

    async def step(self) -> int:
        """Bring the rows up to date; returns how many changed. Raises StoreError, and then does all again next time."""
        count = 0 if self._begun else await self._begin()
        self._begun = True
        here: dict[str, _Seen] = {}
        waiting = [""]
        for name in waiting:
            if (seen := self._seen.get(name)) is None or not seen.settled or seen.stamp != _stamp(self.folder / name):
                if (read := _read(self.folder / name)) is None:
                    continue
                stamp, names, folders = read
                seen = self._seen_now(name, stamp, folders)
                count += await self._compare(name, names)
            here[name] = seen
            waiting += [os.path.join(name, inner) for inner in seen.folders]
        for name in self._seen.keys() - here.keys():  # the folder itself has gone
            count += await self._compare(name, [])
        self._seen = here
        return count + await self._save(dict(self._growing))

    async def _begin(self) -> int:
        """Once: which rows grow, and which have lost their file while nobody looked."""
        lost: dict[str, Recording] = {}
        async for row in self.store.recordings():
            if row.state == "growing":
                self._growing[row.path] = row
            elif row.state != "missing" and not (self.folder / row.path).exists():
                lost[row.path] = row
        return await self._save(lost)

    def _seen_now(self, name: str, stamp: int, folders: list[str]) -> _Seen:
        before, now = self._seen.get(name), self.clock()
        since = before.since if before and before.stamp == stamp else now
        return _Seen(stamp, since, tuple(folders), now - since >= SETTLING_SECONDS)

    async def _compare(self, name: str, names: Sequence[str]) -> int:
        """Names that are new, that went, and that came back."""
        paths = [os.path.join(name, file) for file in names]
        rows = self._rows.get(name)
        if rows is None:
            new = name not in self._seen  # and `_begin` knows what has gone from it
            found = await (self.store.recordings_at(paths) if new else self.store.recordings_in(name))
            rows = {row.path: row for row in found}
            self._rows[name] = rows
        self._rows.move_to_end(name)
        while len(self._rows) > _HELD:
            self._rows.popitem(last=False)
        known = {path for path, row in rows.items() if row.state in ("whole", "growing")}
        here = set(paths)
        gone = {path for path in rows.keys() - here if rows[path].state != "missing"}
        return await self._save({path: rows.get(path) for path in (here - known) | gone})

    async def _save(self, before: Mapping[str, Recording | None]) -> int:
        """Look at these files; what is not as before is stored."""
        calls = {path: call for path in sorted(before) if (call := call_of(path))}
        ended = await self.store.calls_ended(sorted(set(calls.values()))) if calls else {}
        looked = [self._look(path, before[path], call, ended.get(call, False)) for path, call in calls.items()]
        changed = [row for row in looked if before[row.path] != row]
        if changed:
            await self.store.save_recordings(changed)
        for row in changed:
            if row.state == "growing":
                self._growing[row.path] = row
            else:
                self._growing.pop(row.path, None)
            if (rows := self._rows.get(os.path.dirname(row.path))) is not None:
                rows[row.path] = row
        return len(changed)

    def _look(self, path: str, old: Recording | None, call: str, ended: bool) -> Recording:
        try:
            state = (self.folder / path).stat()
        except FileNotFoundError:
            started = old.started if old else None
            return Recording(path=path, call=call, started=started, seconds=0.0, bytes=0, state="missing")
        size = state.st_size
        seconds = round(seconds_of(size, RATE, CHANNELS), 3)
        word = ("whole" if size else "empty") if ended else "growing"
        started = datetime.fromtimestamp(round(state.st_mtime - seconds, 3), UTC)
        return Recording(path=path, call=call, started=started, seconds=seconds, bytes=size, state=word)


def rest_seconds(changed: int) -> float:
    """How long to leave the folder alone after a look that found so much: each look reads all names of a busy folder
    and asks of each recording that grows, so at a hundred calls a second one in four is enough."""
    return min(MOST_REST, max(LEAST_REST, changed / _RESTFUL))


def call_of(path: str) -> str:
    """The call id in a file's name, "" when it is not one of ours."""
    stem, suffix = os.path.splitext(os.path.basename(path))
    match = _NAME.fullmatch(stem) if suffix == ".raw" else None
    return match["call"] if match else ""


def _stamp(folder: Path) -> int | None:
    """Its time stamp in ns; None: it has gone."""
    try:
        return folder.stat().st_mtime_ns
    except FileNotFoundError:
        return None


def _read(folder: Path) -> tuple[int, list[str], list[str]] | None:
    """(its time stamp before its names were read, its .raw files, its folders); None: it has gone. Links are not
    followed."""
    if (stamp := _stamp(folder)) is None:
        return None
    try:
        with os.scandir(folder) as found:
            entries = sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in found)
    except FileNotFoundError:
        return None
    files = [name for name, is_folder in entries if not is_folder and call_of(name)]
    return stamp, files, [name for name, is_folder in entries if is_folder]


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
