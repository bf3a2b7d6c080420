"""Carries accepted lines from the journals into a store, batch by batch, each with the position after it.

It lives beside the readers because it is they that it drives; the store is a protocol, so this room never sees the
database. Killing it at any instant loses and doubles nothing: lines and positions are stored together or not at all.
File reading happens in a thread, so that the engine's loop never waits for a disk.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ..core.journal import JournalLine, Position, Source
from ..errors import StoreError
from .files import JournalFiles, Positions, Reader, journal_files
from .reading import Reading, read
from .tail import Chunk

__all__ = ["Importer", "JournalFiles", "LineStore", "journal_files"]

log = logging.getLogger(__name__)
# Between two rounds. A call's conversation is folded anew in each round that has a line of it, so many lines make long
# rests; what has come meanwhile is stored with one commit.
LEAST_REST, MOST_REST = 0.25, 4.0  # seconds; the longest from some fifty calls a second on
_RESTFUL = 1_000  # lines of a round for each second of the rest after it


class LineStore(Positions, Protocol):
    """What the importer needs of a database."""

    async def import_lines(self, lines: Sequence[JournalLine], positions: Sequence[Position]) -> int:
        """Store both in one transaction; lines that are already there are not stored again. Returns the new ones."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one round found: whether there was anything, how many new lines were stored, whether more is left."""

    moved: bool
    stored: int
    more: bool

    @property
    def rest_seconds(self) -> float:
        """How long to leave the journals alone after it."""
        return 0.0 if self.more else min(MOST_REST, max(LEAST_REST, self.stored / _RESTFUL))


@dataclass(slots=True)
class Importer:
    """`step()` imports what is new; `run()` does so until it is cancelled. `refused` counts lines by reason."""

    files: JournalFiles
    store: LineStore
    chunk_bytes: int = 1 << 21  # what the longest rest leaves, or calls were cut in two again and again
    refused: dict[str, int] = field(default_factory=dict)
    caught_up: asyncio.Event = field(default_factory=asyncio.Event)  # all that was told of messages is stored
    reader: Reader = field(init=False)

    def __post_init__(self) -> None:
        self.reader = Reader(self.files, self.chunk_bytes)

    async def step(self) -> int:
        """Import one chunk of each journal, in one transaction; returns how many new lines were stored.

        Raises StoreError when a journal cannot be read or the database refuses; the same is then tried again.
        """
        return (await self._round()).stored

    async def drain(self) -> int:
        """Import until nothing is left; returns the new lines."""
        total = 0
        while (done := await self._round()).moved:
            total += done.stored
        return total

    async def run(self, *, retry_seconds: float = 5.0) -> None:
        """Import for ever, resting unless more is left; a database that is down is tried again."""
        while True:
            try:
                await asyncio.sleep((await self._round()).rest_seconds)
            except StoreError as error:
                log.error("journals wait: %s", error)
                self.reader = Reader(self.files, self.chunk_bytes)
                await asyncio.sleep(retry_seconds)

    async def _round(self) -> Round:
        """Read, parse and store one chunk of each journal."""
        await self.reader.open(self.store)
        chunks, readings = await asyncio.to_thread(self._read)
        if all(chunk.position.source is not Source.VOICEMAIL for chunk in chunks):
            self.caught_up.set()
        if not chunks:
            return Round(moved=False, stored=0, more=False)
        for reading in readings:
            self.told(reading)
        lines = [line for reading in readings for line in reading.lines]
        stored = await self.store.import_lines(lines, [chunk.position for chunk in chunks])
        self.reader.accept(chunks)
        return Round(moved=True, stored=stored, more=any(chunk.more for chunk in chunks))

    def _read(self) -> tuple[list[Chunk], list[Reading]]:
        chunks = self.reader.next()
        return chunks, [read(chunk) for chunk in chunks]

    def told(self, reading: Reading) -> None:
        """Count and log what was refused."""
        for why, count in reading.refused.items():
            self.refused[why] = self.refused.get(why, 0) + count
        for text in reading.said:
            log.warning("%s", text)
