"""Carries accepted lines from the journals into a store, batch by batch, each with the position after it.

It lives beside the readers because it is they that it drives; the store is a protocol, so this room never sees the
database. Killing it at any instant loses and doubles nothing: lines and positions are stored together or not at all.
File reading happens in a thread, so that the engine's loop never waits for a disk.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ..core.journal import JournalLine, Position, Source
from ..errors import StoreError
from . import cdr, cel, engine_log, queue_log
from .records import LONGEST, Record, split_csv, split_lines
from .refusal import LineError, escaped
from .tail import Chunk, Tail

log = logging.getLogger(__name__)
_MUCH = 1_000  # lines in one round, after which the next one follows at once
_LOGGED_PER_CHUNK = 10  # a flood of forged lines must not fill the log
Parser = Callable[[bytes, str, int], JournalLine | None]


class LineStore(Protocol):
    """What the importer needs of a database."""

    async def positions(self, source: Source) -> Mapping[str, int]:
        """file_id -> offset of everything that was stored."""
        ...

    async def import_lines(self, lines: Sequence[JournalLine], positions: Sequence[Position]) -> int:
        """Store both in one transaction; lines that are already there are not stored again. Returns the new ones."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalFiles:
    """Where the journals are; None: there is none.

    See `journal_files` for an instance's own.
    """

    queue_log: Path
    cel: Path | None = None
    cdr: Path | None = None
    engine: Path | None = None

    def paths(self) -> dict[Source, Path]:
        """Those that there are."""
        named = {
            Source.QUEUE_LOG: self.queue_log,
            Source.CEL: self.cel,
            Source.CDR: self.cdr,
            Source.ENGINE: self.engine,
            Source.VOICEMAIL: self.voicemail,
        }
        return {source: path for source, path in named.items() if path is not None}

    @property
    def voicemail(self) -> Path | None:
        """What the watch over the mailboxes writes, beside the engine's."""
        return self.engine and self.engine.with_name("voicemail.jsonl")


def journal_files(log_dir: Path, engine: Path) -> JournalFiles:
    """The journals of an Asterisk that logs into `log_dir` and an engine that journals into `engine`."""
    return JournalFiles(
        queue_log=log_dir / "queue_log",
        cel=log_dir / "cel-custom" / "Master.csv",
        cdr=log_dir / "cdr-custom" / "Master.csv",
        engine=engine,
    )


def readers(files: JournalFiles) -> list[tuple[Source, Path, Parser]]:
    """Each journal with its file and who reads its records."""
    parsers: dict[Source, Parser] = {
        Source.QUEUE_LOG: queue_log.parse,
        Source.CEL: cel.parse,
        Source.CDR: cdr.parse,
        Source.ENGINE: engine_log.parse,
        Source.VOICEMAIL: engine_log.parse_message,
    }
    return [(source, path, parsers[source]) for source, path in files.paths().items()]


@dataclass(slots=True)
class Importer:
    """`step()` imports what is new; `run()` does so until it is cancelled. `refused` counts lines by reason."""

    files: JournalFiles
    store: LineStore
    chunk_bytes: int = 1 << 18
    refused: dict[str, int] = field(default_factory=dict)
    caught_up: asyncio.Event = field(default_factory=asyncio.Event)  # all that was told of messages is stored
    _tails: list[tuple[Tail, Parser]] = field(default_factory=list)

    async def step(self) -> int:
        """Import one chunk of each journal, in one transaction; returns how many new lines were stored.

        Raises StoreError when a journal cannot be read or the database refuses; the same is then tried again.
        """
        return (await self._round())[1]

    async def drain(self) -> int:
        """Import until nothing is left; returns the new lines."""
        total = 0
        moved = True
        while moved:
            moved, stored = await self._round()
            total += stored
        return total

    async def run(self, *, idle_seconds: float = 0.5, retry_seconds: float = 5.0) -> None:
        """Import for ever, resting unless much is left; a database that is down is tried again.

        The rest makes the rounds bigger: a call's conversation is folded anew in each round that has a line of it.
        """
        while True:
            try:
                _, stored = await self._round()
                await asyncio.sleep(0 if stored >= _MUCH else idle_seconds)
            except StoreError as error:
                log.error("journals wait: %s", error)
                self._tails = []
                await asyncio.sleep(retry_seconds)

    async def _round(self) -> tuple[bool, int]:
        """Read, parse and store one chunk of each journal: (whether there was anything, new lines)."""
        if not self._tails:
            self._tails = [await self._tail(*journal) for journal in readers(self.files)]
        lines, read = await asyncio.to_thread(self._read)
        if all(position.source is not Source.VOICEMAIL for _, position in read):
            self.caught_up.set()
        if not read:
            return False, 0
        stored = await self.store.import_lines(lines, [position for _, position in read])
        for tail, position in read:
            tail.accept(position)
        return True, stored

    def _read(self) -> tuple[list[JournalLine], list[tuple[Tail, Position]]]:
        lines: list[JournalLine] = []
        read: list[tuple[Tail, Position]] = []
        for tail, parser in self._tails:
            try:
                chunk = tail.step()
            except OSError as error:
                raise StoreError(f"cannot read the journal {tail.path}: {error.strerror}") from error
            if chunk is not None:
                lines += self._accepted(chunk, parser)
                read.append((tail, chunk.position))
        return lines, read

    async def _tail(self, source: Source, path: Path, parser: Parser) -> tuple[Tail, Parser]:
        split = split_csv if source in (Source.CEL, Source.CDR) else split_lines
        known = await self.store.positions(source)
        return Tail(path, known, source=source, split=split, chunk_bytes=self.chunk_bytes), parser

    def _accepted(self, chunk: Chunk, parser: Parser) -> list[JournalLine]:
        lines: list[JournalLine] = []
        logged = 0
        if chunk.overlong:
            self._refuse(chunk, "a record that is too long", Record(chunk.position.offset, b""), True)
        for record in chunk.records:
            try:
                if len(record.raw) > LONGEST:
                    raise LineError("a record that is too long")
                line = parser(record.raw, chunk.position.file_id, record.offset)
            except LineError as refusal:
                self._refuse(chunk, str(refusal), record, logged < _LOGGED_PER_CHUNK)
                logged += 1
                continue
            if line is not None:
                lines.append(line)
        return lines

    def _refuse(self, chunk: Chunk, why: str, record: Record, tell: bool) -> None:
        self.refused[why] = self.refused.get(why, 0) + 1
        if tell:
            where = chunk.position.path
            log.warning("%s byte %d refused, %s: %s", where, record.offset, why, escaped(record.raw))
