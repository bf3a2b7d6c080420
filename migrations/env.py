"""Alembic's entry: runs migrations in the connection that `cti.db.migrate` hands over. It opens none of its own."""

from __future__ import annotations

from alembic import context

from cti.db import rollup_tables as _rollups  # noqa: F401 -- its tables join the metadata
from cti.db.fact_tables import Table

connection = context.config.attributes.get("connection")
if connection is None:
    raise SystemExit("migrations run through cti.db.migrate (any `cti` command that opens the database)")

context.configure(
    connection=connection,
    target_metadata=Table.metadata,
    compare_type=True,
    render_as_batch=connection.dialect.name == "sqlite",
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
