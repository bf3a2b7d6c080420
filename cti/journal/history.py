"""Another installation's files, finished ones: found in folders, recognised by what is in them, read into a store.

It knows files (plain, gz, bz2 or xz, rotated, in any order, under any name) and where each record stands; what a record
says the readers know. A file is named by a fingerprint of its first record, as `tail` does, so reading it again, or a
longer copy of it, brings only what is new. Two exports may begin with the same record, though: what is stored under a
name is held against the file (`is_of`), and where it is another's, its first two records name it, or four, or eight.
Nothing here follows a file that grows: that is `tail`.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import os
import zlib
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from heapq import heappop, heappush
from pathlib import Path
from stat import S_ISREG
from typing import Any, BinaryIO

from ..core.journal import JournalLine, Position, Source
from . import queue_log
from .foreign import cdr_line, cel_line
from .layout import Layout, layout_of
from .records import LONGEST, Record, Records, Splitter, split_csv, split_lines
from .refusal import LineError
from .tail import rotated

CHUNK = 1 << 18  # bytes of a file that are read at once
_PIECE = 20_000  # lines that are stored in one transaction
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_HEAD = 1 << 16
_EXAMPLES = 3
_BOM = b"\xef\xbb\xbf"
_PACKED: dict[bytes, Any] = {b"\x1f\x8b": gzip.GzipFile, b"BZh": bz2.BZ2File, b"\xfd7zXZ": lzma.LZMAFile}
BROKEN = (EOFError, OSError, zlib.error, lzma.LZMAError)
Store = Callable[[list[JournalLine], list[Position]], Awaitable[object]]


@dataclass(slots=True)
class Reading:
    """What came of one file. `refused`: reason -> (how often, the first lines' numbers)."""

    path: Path
    source: Source
    lines: int = 0
    accepted: int = 0
    first: datetime | None = None
    last: datetime | None = None
    broken: str = ""
    refused: dict[str, tuple[int, list[int]]] = field(default_factory=dict)

    def take(self, line: JournalLine) -> None:
        self.accepted += 1
        self.first = min(line.at, self.first or line.at)
        self.last = max(line.at, self.last or line.at)

    def refuse(self, why: str, number: int) -> None:
        count, examples = self.refused.get(why, (0, []))
        self.refused[why] = count + 1, [*examples, number] if count < _EXAMPLES else examples


@dataclass(frozen=True, slots=True)
class Block:
    """Complete records; `first` is the number of the line that begins at byte `begin`, `data` what stood there."""

    records: Records
    begin: int
    end: int
    first: int
    data: bytes

    def number(self, record: Record) -> int:
        return self.first + self.data.count(b"\n", 0, record.offset - self.begin)


@dataclass(frozen=True, slots=True)
class HistoryFile:
    """One file that was recognised."""

    path: Path
    layout: Layout
    names: tuple[str, ...]  # by which it may be stored, the usual one first
    began: bytes  # its first line, which is no record when there is a header

    @property
    def file_id(self) -> str:
        return self.names[0]

    @property
    def source(self) -> Source:
        return self.layout.source

    def parse(self, record: Record, zone: tzinfo) -> JournalLine | None:
        """None: it tells of no call. Raises LineError."""
        raw = record.raw.removeprefix(_BOM) if record.offset == 0 else record.raw
        if len(raw) > LONGEST:
            raise LineError("a record that is too long")
        if self.source is Source.QUEUE_LOG:
            return queue_log.parse_foreign(raw, self.file_id, record.offset)
        if self.layout.header and raw.rstrip(b"\r") == self.began:
            return None
        read = cdr_line if self.source is Source.CDR else cel_line
        return read(self.layout.named(raw), zone, self.file_id, record.offset)

    def is_of(self, stored: Sequence[JournalLine], zone: tzinfo) -> bool:
        """Whether these lines (by offset) stand in it; what is beyond its end says nothing. Raises one of `BROKEN`."""
        with _opened(self.path) as file:
            for line in stored:
                file.seek(line.offset)
                data = file.read(2 * LONGEST)
                if not data:
                    return True
                own = self._first(data, line.offset, zone)
                if own is None or (own.at, own.kind, own.call, own.leg) != (line.at, line.kind, line.call, line.leg):
                    return False
        return True

    def _first(self, data: bytes, offset: int, zone: tzinfo) -> JournalLine | None:
        records, _ = self._split(data + b"\n", offset)
        try:
            return self.parse(records[0], zone) if records else None
        except LineError:
            return None

    @property
    def _split(self) -> Splitter:
        return split_lines if self.layout.by_line else split_csv

    def blocks(self, since: int) -> Iterator[Block]:
        """Its records from byte `since` on; a last line without its end counts. Raises one of `BROKEN`."""
        split = self._split
        with _opened(self.path) as file:
            number = 1 + _lines_before(file, since)
            data, begin, more = b"", since, True
            while more:
                block = file.read(CHUNK)
                more = bool(block)
                data += block if more or not data or data.endswith(b"\n") else b"\n"
                records, end = split(data, begin)
                if end == begin and len(data) > max(2 * CHUNK, 2 * LONGEST):
                    end = begin + (data.find(b"\n") + 1 or len(data))
                    records = Records([begin], [data[: end - begin]])
                if end > begin:
                    yield Block(records, begin, end, number, data)
                    number += data.count(b"\n", 0, end - begin)
                    data, begin = data[end - begin :], end


def _lines_before(file: BinaryIO, offset: int) -> int:
    count = 0
    while offset > 0 and (block := file.read(min(CHUNK, offset))):
        count += block.count(b"\n")
        offset -= len(block)
    return count


def found(paths: Iterable[Path]) -> tuple[list[HistoryFile], list[tuple[Path, str]]]:
    """The journals among these files (with those that each was rotated into) and in these folders; and what is none."""
    files: list[HistoryFile] = []
    others: list[tuple[Path, str]] = []
    for path in dict.fromkeys(one for given in paths for one in _beside(given)):
        try:
            told = _recognised(path)
        except BROKEN as error:
            others.append((path, f"cannot be read: {getattr(error, 'strerror', None) or error}"))
            continue
        if isinstance(told, HistoryFile):
            files.append(told)
        else:
            others.append((path, told))
    return files, others


def _beside(path: Path) -> Iterator[Path]:
    if path.is_dir():
        for folder, folders, names in os.walk(path):
            folders.sort()
            yield from (Path(folder, name) for name in sorted(names))
        return
    pattern = rotated(path)
    yield from (other for other in sorted(path.parent.iterdir()) if pattern.fullmatch(other.name))
    yield path


def _recognised(path: Path) -> HistoryFile | str:
    """The file, or why it is none."""
    about = path.stat()
    if not S_ISREG(about.st_mode):
        return "no file"
    if about.st_size == 0:
        return "empty"
    with _opened(path) as file:
        head = file.read(_HEAD)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16: save it as UTF-8"
    lines = [line.rstrip(b"\r") for line in head.removeprefix(_BOM).split(b"\n")[:20]]
    layout = layout_of(line for line in lines if line)
    if layout is None:
        return "no queue_log, CDR or CEL"
    if layout.header and not any(lines[1:]):
        return "only a header"
    return HistoryFile(path, layout, _names(head, 1 if layout.header else 0), lines[0])


def _names(head: bytes, more: int) -> tuple[str, ...]:
    """Fingerprints of the first 1, 2, 4 … records."""
    whole = head.split(b"\n")[:-1] if head.count(b"\n") > more else [head]
    counts = [1]
    while counts[-1] * 2 + more <= len(whole):
        counts.append(counts[-1] * 2)
    pieces = [whole[: count + more] for count in counts]
    return tuple(hashlib.sha256(b"\n".join(piece)).hexdigest()[:24] for piece in [*pieces, whole])


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """By what is in it: a name says little about a copy."""
    with path.open("rb") as file:
        begin = file.read(8)
        file.seek(0)
        packed = next((kind for magic, kind in _PACKED.items() if begin.startswith(magic)), None)
        if packed is None:
            yield file
        else:
            with packed(path) as unpacked:
                yield unpacked


async def bring_in(
    files: Sequence[tuple[HistoryFile, int]], zone: tzinfo, keep: Store, say: Callable[[Sequence[Reading]], None]
) -> list[Reading]:
    """Read files, each from its byte on, and give what is accepted to `keep`, a piece at a time; `say` hears of each.

    All are read side by side in the order of time, so that most calls come whole: queue_log, CEL and CDR tell of the
    same ones. No two may be of one name.
    """
    readings = [Reading(file.path, file.source) for file, _ in files]
    left = [(_LONG_AGO, number) for number in range(len(files))]
    blocks = {number: file.blocks(since) for number, (file, since) in enumerate(files)}
    lines: list[JournalLine] = []
    places: list[Position] = []
    while left:
        reached, number = heappop(left)
        file = files[number][0]
        try:
            block = next(blocks[number], None)
        except BROKEN as error:
            readings[number].broken = getattr(error, "strerror", None) or str(error)
            continue
        if block is not None:
            found = list(_accepted(file, block, zone, readings[number]))
            lines += found
            places.append(Position(source=file.source, file_id=file.file_id, path=file.path.name, offset=block.end))
            heappush(left, (max([reached, *(line.at for line in found)]), number))
        if len(lines) >= _PIECE:
            await keep(lines, _furthest(places))
            lines, places = [], []
        say(readings)
    if places:
        await keep(lines, _furthest(places))
    return readings


def _furthest(places: list[Position]) -> list[Position]:
    """The last one of each file."""
    return list({(place.source, place.file_id): place for place in places}.values())


def _accepted(file: HistoryFile, block: Block, zone: tzinfo, reading: Reading) -> Iterator[JournalLine]:
    for record in block.records:
        reading.lines += 1
        try:
            line = file.parse(record, zone)
        except LineError as refusal:
            reading.refuse(str(refusal), block.number(record))
            continue
        if line is not None:
            reading.take(line)
            yield line
