"""Brings a database to the newest form with alembic, in the connection that it is given.

It knows where the migrations are; what they do is in `migrations/versions`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from ..share import shared_folder
from .months import make_room
from .readers import let_read_again, readers
from .views import drop_views, make_views

if TYPE_CHECKING:
    from .connection import Database

_MIGRATION_LOCK = 0x637470


def alembic_config(connection: Connection) -> Config:
    """Alembic's settings for this connection; no alembic.ini is needed."""
    config = Config()
    config.set_main_option("script_location", str(shared_folder("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Up to `revision`; one starter at a time, and in one transaction (both databases can roll back DDL)."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
    config, readers_before = alembic_config(connection), readers(connection)
    newest = ScriptDirectory.from_config(config).get_current_head()
    if _current(connection) != newest:
        drop_views(connection)
        command.upgrade(config, revision)
    if _current(connection) == newest and make_views(connection):
        let_read_again(connection, readers_before)


def downgrade(connection: Connection, revision: str = "base") -> None:
    """Down to `revision`; loses what the older form cannot hold, and the views, which belong to the newest form."""
    drop_views(connection)
    command.downgrade(alembic_config(connection), revision)


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


async def migrate(database: Database) -> None:
    """Bring the database up to head, with parts for this month and the next. Raises StoreError."""
    async with database.writing() as connection:
        await connection.run_sync(upgrade)
        await make_room(connection, [datetime.now(UTC)])
