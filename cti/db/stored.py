"""Journal lines as they are stored, to be held against the files that they came from. It reads; it stores nothing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select

from ..core.journal import JournalLine, Source
from .connection import Database
from .tables import JournalLineRow

_LINE = JournalLineRow.__table__.c
_COLUMNS = (_LINE.source, _LINE.file_id, _LINE.offset, _LINE.at, _LINE.kind, _LINE.call, _LINE.leg, _LINE.data)
_SAMPLES = 8


async def sampled(database: Database, source: Source, file_id: str, until: int) -> list[JournalLine]:
    """A few lines of a file, spread over what was read of it (bytes up to `until`), by offset."""
    own = own_lines(source, file_id).limit(1)
    found: dict[int, JournalLine] = {}
    async with database.reading() as connection:
        for part in range(_SAMPLES):
            row = (await connection.execute(own.where(_LINE.offset >= until * part // _SAMPLES))).first()
            if row is not None:
                found[row.offset] = line_of(row)
    return [found[offset] for offset in sorted(found)]


def own_lines(source: Source, file_id: str) -> Select[Any]:
    """All lines of a file in their order, for `line_of`."""
    return select(*_COLUMNS).where(_LINE.source == source.value, _LINE.file_id == file_id).order_by(_LINE.offset)


def line_of(row: Any) -> JournalLine:
    """A row of `own_lines` as a line."""
    source, file_id, offset, at, kind, call, leg, data = row
    return JournalLine(
        source=Source(source), file_id=file_id, offset=offset, at=at, kind=kind, call=call, leg=leg, data=data
    )
