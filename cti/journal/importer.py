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
_MUCH = 1_000  # lines in one round, after which the next one follows at once


class LineStore(Positions, Protocol):
    """What the importer needs of a database."""

    async def import_lines(self, lines: Sequence[JournalLine], positions: Sequence[Position]) -> int:
        """Store both in one transaction; lines that are already there are not stored again. Returns the new ones."""
        ...


@dataclass(slots=True)
class Importer:
    """`step()` imports what is new; `run()` does so until it is cancelled. `refused` counts lines by reason."""

    files: JournalFiles
    store: LineStore
    chunk_bytes: int = 1 << 18
    refused: dict[str, int] = field(default_factory=dict)
    caught_up: asyncio.Event = field(default_factory=asyncio.Event)  # all that was told of messages is stored
    reader: Reader = field(init=False)

    def __post_init__(self) -> None:
        self.reader = Reader(self.files, self.chunk_bytes)

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
                self.reader = Reader(self.files, self.chunk_bytes)
                await asyncio.sleep(retry_seconds)

    async def _round(self) -> tuple[bool, int]:
        """Read, parse and store one chunk of each journal: (whether there was anything, new lines)."""
        await self.reader.open(self.store)
        chunks, readings = await asyncio.to_thread(self._read)
        if all(chunk.position.source is not Source.VOICEMAIL for chunk in chunks):
            self.caught_up.set()
        if not chunks:
            return False, 0
        for reading in readings:
            self.told(reading)
        lines = [line for reading in readings for line in reading.lines]
        stored = await self.store.import_lines(lines, [chunk.position for chunk in chunks])
        self.reader.accept(chunks)
        return True, stored

    def _read(self) -> tuple[list[Chunk], list[Reading]]:
        chunks = self.reader.next()
        return chunks, [read(chunk) for chunk in chunks]

    def told(self, reading: Reading) -> None:
        """Count and log what was refused."""
        for why, count in reading.refused.items():
            self.refused[why] = self.refused.get(why, 0) + count
        for text in reading.said:
            log.warning("%s", text)
