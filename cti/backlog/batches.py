"""Imports a backlog of journals with every processor: workers parse and fold, this process stores, batch by batch.

Each batch is stored with the positions after it in one transaction, in the order of the files, as `Importer` does: what
is killed is as if the batch had not begun. It knows batches and their order; `workers` are the processes.
"""

from __future__ import annotations

import asyncio
import gc
import os
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle

from ..db.store import Store
from ..journal.abreast import abreast, parted
from ..journal.files import JournalFiles, Reader
from ..journal.importer import Importer
from ..journal.reading import read
from ..journal.tail import Chunk
from .workers import Answer, Free, answered, workers

CHUNK = 4 << 20  # bytes of each journal in a batch
_GENERATIONS = (0, 0, 0, 0, 0, 0, 0, 2)  # gc's: what came since it last looked, and now and then all
_LAST_PARTS = 4  # of the last batch, which would otherwise keep one processor busy and then the database alone
_MOST_WORKERS = 3  # one writer keeps hardly more of them busy; each takes some 200 MB


@dataclass(slots=True)
class Backlog:
    """`drain()` imports until nothing is left. `refused` counts lines by reason."""

    files: JournalFiles
    store: Store
    chunk_bytes: int = CHUNK
    worth: int = 1 << 20  # bytes, below which starting processes takes longer than the work
    workers: int = field(default_factory=lambda: min(_MOST_WORKERS, os.cpu_count() or 1))
    told: Callable[[int], None] | None = None  # is told how many new lines there are so far
    _serial: Importer = field(init=False)

    def __post_init__(self) -> None:
        self._serial = Importer(self.files, self.store, chunk_bytes=self.chunk_bytes)

    @property
    def refused(self) -> dict[str, int]:
        return self._serial.refused

    async def drain(self) -> int:
        """Import everything that is unread; the new lines. Raises StoreError; what was stored before stays."""
        reader = Reader(self.files, self.chunk_bytes)
        await reader.open(self.store)
        first = await asyncio.to_thread(reader.next)
        if _size(first) < self.worth:
            return await self._serial.drain()
        total = 0
        async with (
            _without_collecting(),
            workers(self.workers, self.store.database.is_sqlite) as free,
            aclosing(self._stored(reader, _taken(reader, first), free)) as batches,
        ):
            async for stored in batches:
                total += stored
                if self.told:
                    self.told(total)
        return total + await self._serial.drain()

    async def _stored(self, reader: Reader, first: list[Chunk], free: Free) -> AsyncGenerator[int, None]:
        """Each batch's new lines, once they are stored. While this process stores one, which is mostly waiting for the
        database, every worker has the next, and another one is read and lies ready for whoever is done first. The first
        it makes ready itself: the others only start then, and it has nothing to store yet."""
        waiting: deque[tuple[list[Chunk], asyncio.Task[Answer]]] = deque()
        generations, least = cycle(_GENERATIONS), self.chunk_bytes // 4

        async def fill() -> None:
            while len(waiting) <= self.workers and (batches := await asyncio.to_thread(_next, reader, least)):
                waiting.extend((chunks, asyncio.create_task(_asked(free, chunks))) for chunks in batches)

        try:
            own = asyncio.to_thread(answered, first, self.store.database.is_sqlite)
            waiting.append((first, asyncio.create_task(own)))
            await fill()
            while waiting:
                chunks, task = waiting.popleft()
                filling = asyncio.create_task(fill())
                try:
                    stored = await self._store(chunks, await task)
                finally:
                    await filling
                yield stored
                gc.collect(next(generations))
        finally:
            for _, task in waiting:
                task.cancel()

    async def _store(self, chunks: list[Chunk], answer: Answer) -> int:
        for reading in answer.readings:
            self._serial.told(reading)
        positions = [chunk.position for chunk in chunks]
        stored = None if answer.ready is None else await self.store.import_ready(answer.ready, positions)
        if stored is not None:
            return stored
        lines = [line for chunk in chunks for line in read(chunk).lines]
        return await self.store.import_lines(lines, positions)


async def _asked(free: Free, chunks: list[Chunk]) -> Answer:
    worker = await free.get()
    answer = await asyncio.to_thread(worker.ask, chunks)
    free.put_nowait(worker)
    return answer


def _next(reader: Reader, least: int) -> list[list[Chunk]]:
    """The next batch, the last one in parts of `least` bytes or more; nothing: there is none. What is less goes with
    what follows: where journals are rotated their files end one soon after the other, and each end would take the place
    of a batch."""
    small: list[Chunk] = []
    chunks = _taken(reader, reader.next())
    while _goes_on(chunks) and _size(small) + _size(chunks) < least:
        small += chunks
        chunks = _taken(reader, reader.next())
    if _goes_on(chunks):
        return [small + chunks]
    parts = 0 if any(chunk.position.cut for chunk in chunks) else min(_LAST_PARTS, _size(chunks) // least)
    return [batch for batch in (small, *parted(chunks, parts)) if batch]


def _goes_on(chunks: list[Chunk]) -> bool:
    """Whether more comes, and these lost nothing: what was read of a file and what it lost are never stored at once."""
    return any(chunk.more for chunk in chunks) and not any(chunk.position.cut for chunk in chunks)


def _size(chunks: list[Chunk]) -> int:
    """Bytes of all their records."""
    return sum(chunk.records.size for chunk in chunks)


def _taken(reader: Reader, chunks: list[Chunk]) -> list[Chunk]:
    """The next batch of these; the reader goes on after it at once, as whatever fails ends this reader."""
    chunks = abreast(chunks)
    reader.accept(chunks)
    return chunks


@asynccontextmanager
async def _without_collecting() -> AsyncIterator[None]:
    """Looking for cycles again and again takes as long as the work. A batch leaves a few, which hold some of it: they
    are looked for once after each, among what there is since then; this process, which has the records of several
    batches at hand, looks among those of the last one, and only at times among all."""
    gc.disable()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.enable()
