"""Where the journals of an instance are, and the next chunk of each of them.

It knows which files there are and how far each has been read; it knows nothing of what stands in them, nor of rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..core.journal import Source
from ..errors import StoreError
from .reading import splitter_of
from .tail import Chunk, Tail


class Positions(Protocol):
    """Who knows what was read already."""

    async def positions(self, source: Source) -> Mapping[str, int]:
        """file_id -> offset of everything that was stored."""
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


class Reader:
    """Reads on in every journal. Reading changes nothing: only `accept` moves on."""

    def __init__(self, files: JournalFiles, chunk_bytes: int) -> None:
        self._files = files
        self._chunk_bytes = chunk_bytes
        self._tails: dict[Source, Tail] = {}

    async def open(self, store: Positions) -> None:
        """Ask how far everything was read; the first time only."""
        for source, path in self._files.paths().items():
            if source not in self._tails:
                known = await store.positions(source)
                self._tails[source] = Tail(
                    path, known, source=source, split=splitter_of(source), chunk_bytes=self._chunk_bytes
                )

    def next(self) -> list[Chunk]:
        """One chunk of each journal that has something new. Raises StoreError where one cannot be read."""
        chunks = []
        for tail in self._tails.values():
            try:
                chunk = tail.step()
            except OSError as error:
                raise StoreError(f"cannot read the journal {tail.path}: {error.strerror}") from error
            if chunk is not None:
                chunks.append(chunk)
        return chunks

    def accept(self, chunks: Iterable[Chunk]) -> None:
        """These are stored; go on after them."""
        for chunk in chunks:
            self._tails[chunk.position.source].accept(chunk.position)
