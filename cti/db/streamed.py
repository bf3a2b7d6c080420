"""The rows of a statement as the database finds them, from one consistent view: memory holds some thousands, however
many there are. It knows no table. Read them to the end, or close the iterator: until then it holds a connection."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import Executable

from .connection import Database

ROWS = 8_192  # fetched at once


async def streamed(database: Database, wanted: Executable) -> AsyncIterator[Any]:
    """Row by row, in the statement's order. Raises StoreError."""
    async with database.reading() as connection:
        result = await connection.stream(wanted, execution_options={"yield_per": ROWS})
        async for some in result.partitions():
            for row in some:
                yield row
