"""Brings a database to the newest form with alembic, in the connection that it is given.

It knows where the migrations are and how they are numbered; what they do is in `migrations/versions`. A database that
is in the newest form already is known by one look: alembic takes longer to load than all else that a start asks of it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from ..share import shared_folder
from .months import make_room
from .readers import let_read_again, readers
from .views import drop_views, make_views

if TYPE_CHECKING:
    from alembic.config import Config

    from .connection import Database

_MIGRATION_LOCK = 0x637470


def alembic_config(connection: Connection) -> Config:
    """Alembic's settings for this connection; no alembic.ini is needed."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(shared_folder("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Up to `revision`; one starter at a time, and in one transaction (both databases can roll back DDL)."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
    readers_before, newest = readers(connection), _newest()
    if _current(connection) != newest:
        from alembic import command

        drop_views(connection)
        command.upgrade(alembic_config(connection), revision)
    if _current(connection) == newest and make_views(connection):
        let_read_again(connection, readers_before)


def downgrade(connection: Connection, revision: str = "base") -> None:
    """Down to `revision`; loses what the older form cannot hold, and the views, which belong to the newest form."""
    from alembic import command

    drop_views(connection)
    command.downgrade(alembic_config(connection), revision)


def _newest() -> str:
    """They are numbered in their order, four digits each."""
    return max(file.name[:4] for file in (shared_folder("migrations") / "versions").glob("[0-9]*.py"))


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


async def migrate(database: Database) -> None:
    """Bring the database up to head, with parts for this month and the next. Raises StoreError."""
    async with database.writing() as connection:
        await connection.run_sync(upgrade)
        await make_room(connection, [datetime.now(UTC)])
