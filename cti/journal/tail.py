"""Follows one journal through its files: the live one and those that it was rotated into.

It knows bytes, offsets, rotation and truncation; it does not know what a record says. A file is named by a fingerprint
of its first line, so it may be renamed, copied away, compressed or restored from a backup and is still the same file.
Reading changes nothing: only `accept` moves on, so what could not be stored is read again.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import logging
import os
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO

from ..core.journal import Position, Source
from .records import LONGEST, Records, Splitter, split_lines

log = logging.getLogger(__name__)
_FIRST = 65_536  # bytes that are searched for the first line


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Complete records of one file, with the position that stands after them. `overlong` of them were too long.

    `more`: its journal goes on after it, in this file or a later one.
    """

    position: Position
    records: Records
    overlong: int = 0
    more: bool = False


class Tail:
    """The files of one journal in one folder, oldest first, each from where it was left.

    `positions` maps file_id to offset (bytes). `step()` gives at most about `chunk_bytes` of complete records, or None
    when there is nothing new; half a record waits for its end.
    """

    def __init__(
        self,
        path: Path,
        positions: Mapping[str, int] | None = None,
        *,
        source: Source = Source.QUEUE_LOG,
        split: Splitter = split_lines,
        chunk_bytes: int = 1 << 18,
    ) -> None:
        self.path = path
        self._source = source
        self._split = split
        self._chunk = chunk_bytes
        self._offsets = dict(positions or {})
        self._done: dict[Path, tuple[int, int, int]] = {}
        self._pattern = rotated(path)

    def step(self) -> Chunk | None:
        """Read on. Raises nothing for a file that vanished or is still being compressed; it is met again later."""
        for path in self._files():
            try:
                chunk = self._read(path)
            except (FileNotFoundError, EOFError, zlib.error, gzip.BadGzipFile):
                continue  # rotated away or half compressed this very moment
            if chunk is not None:
                return chunk
        return None

    def accept(self, position: Position) -> None:
        """What stands before `position` is stored; go on from there."""
        self._offsets[position.file_id] = position.offset

    def _files(self) -> Iterator[Path]:
        """Rotated files by age, the live one last."""
        try:
            with os.scandir(self.path.parent) as entries:
                old = [Path(entry.path) for entry in entries if self._pattern.fullmatch(entry.name)]
        except FileNotFoundError:
            return
        yield from sorted(old, key=lambda path: (_age(path), path.name))
        yield self.path

    def _read(self, path: Path) -> Chunk | None:
        before = path.stat()
        state = (before.st_ino, before.st_size, before.st_mtime_ns)
        if not S_ISREG(before.st_mode) or before.st_size == 0 or self._done.get(path) == state:
            return None
        with _opened(path) as file:
            file_id = _fingerprint(file)
            if file_id is None:
                return None
            offset = self._offsets.get(file_id, 0)
            if path.suffix != ".gz" and before.st_size < offset:
                return self._shorter(path, file, file_id)
            chunk = self._records(path, file, file_id, offset)
            if chunk is not None and (path != self.path or chunk.position.offset + LONGEST < before.st_size):
                chunk = replace(chunk, more=True)  # but for a last line that is being written
        if chunk is None:
            self._done[path] = state
        return chunk

    def _records(self, path: Path, file: BinaryIO, file_id: str, offset: int) -> Chunk | None:
        file.seek(offset)
        records, end = self._split(file.read(self._chunk), offset)
        overlong = 0
        if not records and end == offset:
            file.seek(offset)
            records, end = self._split(file.read(max(self._chunk, 2 * LONGEST)), offset)
        if not records and end == offset:
            end = _after_overlong(file, offset)
            overlong = 1 if end > offset else 0
        if end == offset:
            return None
        position = Position(source=self._source, file_id=file_id, path=path.name, offset=end)
        return Chunk(position=position, records=records, overlong=overlong)

    def _shorter(self, path: Path, file: BinaryIO, file_id: str) -> Chunk | None:
        """The file lost its end (power loss, a restored backup), unless a whole copy beside it says otherwise."""
        for other in self._files():
            if other != path and other.exists() and other.stat().st_size >= self._offsets[file_id]:
                with _opened(other) as twin:
                    if _fingerprint(twin) == file_id:
                        return None
        size = file.seek(0, io.SEEK_END)
        log.warning("%s is shorter than it was: forgetting what stood after byte %d", path.name, size)
        position = Position(source=self._source, file_id=file_id, path=path.name, offset=size, cut=True)
        return Chunk(position=position, records=Records())


def rotated(path: Path) -> re.Pattern[str]:
    """`queue_log.1`, `queue_log-20261122.gz`, `Master.csv.0`, `engine-20261122T101500.jsonl` …"""
    name, stem, suffix = re.escape(path.name), re.escape(path.stem), re.escape(path.suffix)
    return re.compile(rf"(?:{name}|{stem})[-.][0-9][0-9TZ._-]*(?:{suffix})?(?:\.gz)?")


def _age(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _opened(path: Path) -> BinaryIO:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]


def _fingerprint(file: BinaryIO) -> str | None:
    """The first line's hash; None while it is not complete. Two journals never begin with the same line: theirs hold
    an instant and a channel, or (the engine's) a random id."""
    head = file.read(_FIRST)
    end = head.find(b"\n")
    if end < 0 and len(head) < _FIRST:
        return None
    return hashlib.sha256(head[:end] if end >= 0 else head).hexdigest()[:24]


def _after_overlong(file: BinaryIO, offset: int) -> int:
    """The offset after the record at `offset` when it is longer than anybody writes; `offset` itself: not yet ended."""
    file.seek(offset)
    seen = 0
    while block := file.read(_FIRST):
        end = block.find(b"\n")
        if end >= 0 and seen + end >= LONGEST:
            return offset + seen + end + 1
        seen += len(block)
    return offset
