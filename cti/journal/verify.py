"""Journals as they lie on disk, piece by piece, to be held against the lines that are stored of them.

It reads each file from its first byte, as an import into an empty database would, and says what it read; it stores
nothing and knows no database.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path

from ..core.journal import JournalLine, Source
from .files import JournalFiles
from .history import HistoryFile
from .reading import Parser, parser_of, splitter_of
from .records import LONGEST, Record
from .refusal import LineError
from .tail import Tail, rotated

_PIECE = 1 << 20
_NUMBERED = re.compile(r"\.([0-9]{1,4})(?:\.gz)?$", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What stands from byte `begin` to `end` of a file: the lines that an import accepts, by their offset."""

    source: Source
    file_id: str
    path: Path
    begin: int
    end: int
    lines: dict[int, JournalLine] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)


def own_pieces(files: JournalFiles) -> Iterator[Piece]:
    """Every complete record of an instance's own journals, rotated files first; of copies of a file, one."""
    for source, path in files.paths().items():
        tail = Tail(path, source=source, split=splitter_of(source), chunk_bytes=_PIECE)
        ends: dict[str, int] = {}
        while (chunk := tail.step()) is not None and not chunk.position.cut:
            at = chunk.position
            piece = Piece(
                source=source,
                file_id=at.file_id,
                path=path.with_name(at.path),
                begin=ends.get(at.file_id, 0),
                end=at.offset,
            )
            if chunk.overlong:
                piece.refused["a record that is too long"] += chunk.overlong
            _read(piece, chunk.records, parser_of(source))
            yield piece
            ends[at.file_id] = at.offset
            tail.accept(at)


def foreign_pieces(file: HistoryFile, zone: tzinfo) -> Iterator[Piece]:
    """The same of another installation's file. Raises one of `history.BROKEN`."""

    def parser(raw: bytes, _: str, offset: int) -> JournalLine | None:
        return file.parse(Record(offset, raw), zone)

    for block in file.blocks(0):
        piece = Piece(source=file.source, file_id=file.file_id, path=file.path, begin=block.begin, end=block.end)
        _read(piece, block.records, parser)
        yield piece


def _read(piece: Piece, records: Iterable[Record], parser: Parser) -> None:
    for record in records:
        try:
            if len(record.raw) > LONGEST:
                raise LineError("a record that is too long")
            line = parser(record.raw, piece.file_id, record.offset)
        except LineError as refusal:
            piece.refused[str(refusal)] += 1
            continue
        if line is not None:
            piece.lines[record.offset] = line


def gaps(files: JournalFiles) -> list[str]:
    """Numbered files of a rotation of which one between is not there."""
    found = []
    for path in files.paths().values():
        pattern = rotated(path)
        names = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        there = {int(n[1]) for name in names if pattern.fullmatch(name) and (n := _NUMBERED.search(name))}
        found += [
            f"{path.name}.{number} is not there, but {path.name}.{max(there)} is"
            for number in range(1, max(there, default=0))
            if number not in there and (number > 1 or 0 not in there)
        ]
    return found
