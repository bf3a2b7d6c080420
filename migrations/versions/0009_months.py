"""History by months: on PostgreSQL its big tables are parted by month (see `cti.db.months`); both get the same keys.

A parted table's key must hold the instant that parts it, and nothing can refer to a key of which it is only a piece:
so the references from segments, visits and offers to conversations go, on both databases. Whoever deletes a
conversation deletes what belongs to it, as the fold always did.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cti.db.months import SCHEMA, Month, make_months

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# table -> its key without the instant, the instant; what belongs to a conversation comes first
_TABLES = {
    "segments": (("call", "position"), "started"),
    "visits": (("call", "position"), "entered"),
    "offers": (("call", "position"), "offered"),
    "conversations": (("id",), "started"),
    "presences": (("file_id", "offset"), "at"),
    "explanations": (("file_id", "offset"), "at"),
}
_OF_A_CONVERSATION = {
    "segments": "fk_segments_call",
    "visits": "fk_visits_call_conversations",
    "offers": "fk_offers_call_conversations",
}


def upgrade() -> None:
    if _is_postgresql():
        op.execute(f"CREATE SCHEMA {SCHEMA}")
    for table, (key, at) in _TABLES.items():
        _make_again(table, (*key, at), at)


def downgrade() -> None:
    for table, (key, _) in reversed(_TABLES.items()):
        _make_again(table, key, None)
    if _is_postgresql():
        op.execute(f"DROP SCHEMA {SCHEMA}")


def _make_again(name: str, key: tuple[str, ...], at: str | None) -> None:
    """The table with another key, parted by `at` or not, and all its rows; everything else stays as it was."""
    bind = op.get_bind()
    old = sa.Table(name, sa.MetaData(), autoload_with=bind, resolve_fks=False)
    indexes = [(index["name"], index["column_names"]) for index in sa.inspect(bind).get_indexes(name)]
    for index, _ in indexes:
        op.drop_index(index, name)
    before = f"{name}_before"
    op.rename_table(name, before)
    if _is_postgresql():
        op.execute(f"ALTER TABLE {before} DROP CONSTRAINT pk_{name}")
    columns = [sa.Column(c.name, c.type, nullable=c.nullable, server_default=c.server_default) for c in old.columns]
    parted = {"postgresql_partition_by": f"RANGE ({at})"} if at else {}
    back = [] if at or name not in _OF_A_CONVERSATION else [_reference(name)]
    new = op.create_table(name, *columns, sa.PrimaryKeyConstraint(*key, name=f"pk_{name}"), *back, **parted)
    _copy(sa.table(before, *(sa.column(c.name) for c in old.columns)), new, at, only_known=bool(back))
    op.drop_table(before)
    for index, names in indexes:
        op.create_index(index, name, names)


def _copy(old: sa.TableClause, new: sa.Table, at: str | None, *, only_known: bool) -> None:
    bind = op.get_bind()
    if at and _is_postgresql():
        instants = bind.execute(sa.select(sa.func.date_trunc("month", old.c[at], "UTC")).distinct()).scalars()
        make_months(bind, {Month.of(instant) for instant in instants})
    rows = sa.select(*old.c)
    if only_known:
        rows = rows.where(old.c.call.in_(sa.select(sa.column("id")).select_from(sa.table("conversations"))))
    bind.execute(sa.insert(new).from_select([column.name for column in old.c], rows))


def _reference(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["call"], ["conversations.id"], name=_OF_A_CONVERSATION[table], ondelete="CASCADE")


def _is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"
