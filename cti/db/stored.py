"""Journal lines as they are stored, to be held against the files that they came from. It reads; it stores nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import Select, select

from ..core.journal import JournalLine, Source
from .connection import Database
from .tables import JournalFileRow, JournalLineRow

_LINE = JournalLineRow.__table__.c
_COLUMNS = (_LINE.source, _LINE.file_id, _LINE.offset, _LINE.at, _LINE.kind, _LINE.call, _LINE.leg, _LINE.data)
_SAMPLES = 8
_ROWS = 8_192


async def sampled(database: Database, source: Source, file_id: str, until: int) -> list[JournalLine]:
    """A few lines of a file, spread over what was read of it (bytes up to `until`), by offset."""
    own = (
        select(*_COLUMNS).where(_LINE.source == source.value, _LINE.file_id == file_id).order_by(_LINE.offset).limit(1)
    )
    found: dict[int, JournalLine] = {}
    async with database.reading() as connection:
        for part in range(_SAMPLES):
            row = (await connection.execute(own.where(_LINE.offset >= until * part // _SAMPLES))).first()
            if row is not None:
                found[row.offset] = line_of(row)
    return [found[offset] for offset in sorted(found)]


async def lines_of(database: Database, source: Source, file_id: str) -> AsyncIterator[JournalLine]:
    """All lines of a file in their order."""
    async with database.reading() as connection:
        result = await connection.stream(_own(source, file_id), execution_options={"yield_per": _ROWS})
        async for row in result:
            yield line_of(row)


def _own(source: Source, file_id: str) -> Select[Any]:
    return select(*_COLUMNS).where(_LINE.source == source.value, _LINE.file_id == file_id).order_by(_LINE.offset)


async def files_of(database: Database) -> dict[tuple[Source, str], tuple[str, int]]:
    """(journal, file_id) -> (path, bytes read) of every file that was read."""
    row = JournalFileRow
    async with database.reading() as connection:
        found = await connection.execute(select(row.source, row.file_id, row.path, row.offset))
        return {(Source(source), file_id): (path, offset) for source, file_id, path, offset in found}


def line_of(row: Any) -> JournalLine:
    source, file_id, offset, at, kind, call, leg, data = row
    return JournalLine(
        source=Source(source), file_id=file_id, offset=offset, at=at, kind=kind, call=call, leg=leg, data=data
    )
