"""The tables go up, down and up again, and are then just what the code says."""

from __future__ import annotations

import asyncio

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from cti.db.connection import Database
from cti.db.migrate import downgrade, upgrade
from cti.db.store import Store
from cti.db.tables import Table


def names(connection) -> set[str]:
    return set(inspect(connection).get_table_names()) - {"alembic_version"}


def differences(connection) -> list:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return compare_metadata(context, Table.metadata)


async def test_up_down_up_and_autogenerate_finds_nothing(empty_database):
    database = Database(empty_database)
    for step, wanted in (
        (upgrade, set(Table.metadata.tables)),
        (downgrade, set()),
        (upgrade, set(Table.metadata.tables)),
    ):
        async with database.writing() as connection:
            await connection.run_sync(step)
            assert await connection.run_sync(names) == wanted
    async with database.reading() as connection:
        assert await connection.run_sync(differences) == []
    await database.close()


async def test_two_starters_at_once_migrate_once(empty_database):
    stores = await asyncio.gather(Store(empty_database).open(), Store(empty_database).open())
    async with stores[0].database.reading() as connection:
        assert await connection.run_sync(names) == set(Table.metadata.tables)
    for store in stores:
        await store.close()
