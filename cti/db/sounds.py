"""Rows of recordings: what `recordings.RecordingIndex` reads and writes. It knows rows, not files.

The two rooms never import each other; a row is anything with the attributes of `SoundRow`, and `cti.app` passes the
index's own type in as `make`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import delete, func, insert, select

from ..core.journal import Source
from .by_key import by_leg
from .connection import Database
from .pieces import in_pieces
from .streamed import streamed
from .tables import ConversationRow, JournalLineRow, RecordingRow

_COLUMNS = ("path", "call", "started", "seconds", "bytes", "channels", "state")


class SoundRow(Protocol):
    """The attributes of one recording, all read-only."""

    @property
    def path(self) -> str: ...
    @property
    def call(self) -> str: ...
    @property
    def started(self) -> datetime | None: ...
    @property
    def seconds(self) -> float: ...
    @property
    def bytes(self) -> int: ...
    @property
    def channels(self) -> int: ...
    @property
    def state(self) -> str: ...


S = TypeVar("S", bound=SoundRow)


@dataclass(frozen=True, slots=True)
class Sounds(Generic[S]):
    """Recordings in an (opened) database; `make(**columns)` builds the value that the caller works with."""

    database: Database
    make: Callable[..., S]

    async def recordings(self) -> AsyncIterator[S]:
        """All of them, one after the other."""
        async for row in streamed(self.database, select(RecordingRow.__table__)):
            yield self.make(**row._mapping)

    async def recordings_at(self, paths: Sequence[str]) -> Sequence[S]:
        """Those of these paths that are known."""
        sounds: list[S] = []
        async with self.database.reading() as connection:
            for some in in_pieces(paths):
                found = await connection.execute(select(RecordingRow.__table__).where(RecordingRow.path.in_(some)))
                sounds += [self.make(**row) for row in found.mappings()]
        return sounds

    async def recordings_in(self, folder: str) -> Sequence[S]:
        """Those right in this folder, "" = those in none. Reads the whole table: paths have no index by prefix."""
        path, inside = RecordingRow.path, f"{folder}/" if folder else ""
        wanted = select(RecordingRow.__table__).where(
            path.startswith(inside, autoescape=True), ~func.substr(path, len(inside) + 1).contains("/")
        )
        async with self.database.reading() as connection:
            return [self.make(**row) for row in (await connection.execute(wanted)).mappings()]

    async def save_recordings(self, recordings: Sequence[S]) -> None:
        """Add or replace rows by path."""
        rows: list[dict[str, Any]] = [{name: getattr(sound, name) for name in _COLUMNS} for sound in recordings]
        async with self.database.writing() as connection:
            for some in in_pieces(rows):
                paths = [row["path"] for row in some]
                await connection.execute(delete(RecordingRow).where(RecordingRow.path.in_(paths)))
                await connection.execute(insert(RecordingRow), some)

    async def calls_ended(self, calls: Sequence[str]) -> Mapping[str, bool]:
        """call -> whether its conversation has ended; unknown calls are absent.

        A channel that is not its conversation's first one (a customer who was called back) has ended with its hang-up.
        """
        ended: dict[str, bool] = {}
        async with self.database.reading() as connection:
            for some in in_pieces(calls):
                wanted = select(ConversationRow.id, ConversationRow.ended).where(ConversationRow.id.in_(some))
                ended |= {row.id: row.ended is not None for row in await connection.execute(wanted)}
                line = JournalLineRow
                others = [call for call in some if call not in ended]
                gone = select(line.leg).where(by_leg(others, Source.CEL), line.kind == "HANGUP")
                ended |= {row.leg: True for row in await connection.execute(gone)}
        return ended
