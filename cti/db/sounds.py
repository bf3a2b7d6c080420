"""Rows of recordings: what `recordings.RecordingIndex` reads and writes. It knows rows, not files.

The two rooms never import each other; a row is anything with the attributes of `SoundRow`, and `cti.app` passes the
index's own type in as `make`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import delete, insert, select

from .connection import Database
from .pieces import in_pieces
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

    async def recordings(self) -> Sequence[S]:
        """All of them, by path."""
        async with self.database.reading() as connection:
            found = await connection.execute(select(RecordingRow.__table__).order_by(RecordingRow.path))
            return [self.make(**row) for row in found.mappings()]

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
                gone = select(line.leg).where(line.leg.in_(others), line.source == "cel", line.kind == "HANGUP")
                ended |= {row.leg: True for row in await connection.execute(gone)}
        return ended
