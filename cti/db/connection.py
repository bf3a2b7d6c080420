"""Opens a database: URL, pragmas, transactions. It knows how SQLite and PostgreSQL differ; it knows no table.

Every write takes the one write lock from its first statement (SQLite: BEGIN IMMEDIATE; PostgreSQL: an advisory lock
where `Store` asks for it), so two importers, say of an engine that is just being replaced, fold one after the other.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, event, make_url, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from ..errors import CtiError, StoreError

_IMPORT_LOCK = 0x637469  # "cti"
# A table that is being filled has no statistics: the planner would read all of it for each key, or start processes to
# look up a few, which takes longer than the looks.
_BY_KEYS = text(
    "SELECT set_config('enable_seqscan', 'off', true), set_config('max_parallel_workers_per_gather', '0', true)"
)
_ONE_VIEW = {"isolation_level": "REPEATABLE READ"}


class Database:
    """One database. `reading()` and `writing()` give a connection in a transaction; errors become StoreError."""

    def __init__(self, url: str) -> None:
        self.url = _async_url(url)
        self.engine = _engine(self.url)
        self._writer = self.engine.execution_options(cti_write=True)
        # PostgreSQL would show each statement of a transaction what was committed meanwhile; SQLite never does.
        self._reader = self.engine if self.is_sqlite else self.engine.execution_options(**_ONE_VIEW)

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A consistent view; nothing may be written."""
        with _said():
            async with self._reader.connect() as connection, connection.begin():
                yield connection

    @asynccontextmanager
    async def writing(self, *, folding: bool = False) -> AsyncIterator[AsyncConnection]:
        """All or nothing. `folding` waits for every other writer that folds."""
        with _said():
            async with self._writer.begin() as connection:
                if folding and not self.is_sqlite:
                    await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _IMPORT_LOCK})
                    await connection.execute(_BY_KEYS)
                yield connection

    @asynccontextmanager
    async def still(self) -> AsyncIterator[Database]:
        """The same database as it is at this instant: whatever is read of it, in any order, is of one view."""
        async with self.reading() as connection:
            yield View(self, connection)

    async def close(self) -> None:
        await self.engine.dispose()


class View(Database):
    """What one open transaction sees of a database. All that is read of it is read there."""

    def __init__(self, of: Database, connection: AsyncConnection) -> None:
        self.url, self.engine = of.url, of.engine
        self._one = connection

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        yield self._one

    @asynccontextmanager
    async def writing(self, *, folding: bool = False) -> AsyncIterator[AsyncConnection]:  # noqa: ARG002 -- as there
        raise StoreError("a view of the database cannot be written")
        yield self._one

    async def close(self) -> None:
        """Nothing: whoever opened it closes it."""


def _async_url(url: str) -> str:
    parsed = make_url(url)
    driver = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}.get(parsed.get_backend_name())
    if driver is None:
        raise StoreError(f"{parsed.get_backend_name()} is not a database we know; use sqlite or postgresql")
    return parsed.set(drivername=driver).render_as_string(hide_password=False)


def _engine(url: str) -> AsyncEngine:
    def dumps(value: Any) -> str:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()

    ping = not url.startswith("sqlite")
    engine = create_async_engine(url, json_serializer=dumps, json_deserializer=orjson.loads, pool_pre_ping=ping)
    if engine.dialect.name == "sqlite":
        _make_folder(url)
        event.listen(engine.sync_engine, "connect", _sqlite_connected)
        event.listen(engine.sync_engine, "begin", _sqlite_begins)
    return engine


def _make_folder(url: str) -> None:
    name = make_url(url).database
    if name and name != ":memory:":
        Path(name).parent.mkdir(parents=True, exist_ok=True)


def _sqlite_connected(connection: Any, _: object) -> None:
    connection.isolation_level = None  # the driver must not begin transactions of its own: `_sqlite_begins` does
    cursor = connection.cursor()
    # The patience first: turning WAL on needs the lock too. Half a minute: another process may migrate or rebuild.
    for pragma in ("busy_timeout=30000", "journal_mode=WAL", "foreign_keys=ON", "synchronous=NORMAL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_begins(connection: Connection) -> None:
    writes = connection.get_execution_options().get("cti_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _said() -> Iterator[None]:
    """Turn a driver's error into one line; the statement and its values (people's data) stay out of it."""
    try:
        yield
    except CtiError:
        raise
    except _refusals() as error:
        orig = error.orig if isinstance(error, DBAPIError) else error
        first = str(orig).strip().splitlines() or [type(error).__name__]
        raise StoreError(f"the database refused: {first[0]}") from error
    except (SQLAlchemyError, OSError) as error:
        raise StoreError(f"the database cannot be used: {str(error).splitlines()[0]}") from error


def _refusals() -> tuple[type[Exception], ...]:
    """asyncpg is used past SQLAlchemy, too; where nothing has loaded it (SQLite), nobody waits for it."""
    loaded = sys.modules.get("asyncpg")
    return (DBAPIError, sqlite3.Error, *([loaded.PostgresError] if loaded else []))
