"""What reports count: visits, offers and presences, folded from the lines that are there already."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_DURATIONS = ("wait_ms", "ring_ms", "talk_ms", "hold_ms", "wrap_ms")


def upgrade() -> None:
    op.create_table(
        "visits",
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("entered", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        *(
            sa.Column(f"{name}_ms", sa.BigInteger(), nullable=False)
            for name in ("wait", "ring", "talk", "hold", "wrap")
        ),
        sa.Column("transferred", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["call"], ["conversations.id"], name=op.f("fk_visits_call_conversations"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("call", "position", name=op.f("pk_visits")),
    )
    op.create_table(
        "offers",
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("offered", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("ring_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["call"], ["conversations.id"], name=op.f("fk_offers_call_conversations"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("call", "position", name=op.f("pk_offers")),
    )
    op.create_table(
        "presences",
        sa.Column("file_id", sa.String(64), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("presence", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("payable", sa.Boolean(), nullable=False),
        sa.Column("billable", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("file_id", "offset", name=op.f("pk_presences")),
    )
    for table, columns in _INDEXES:
        op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, columns)


def downgrade() -> None:
    for table, columns in reversed(_INDEXES):
        op.drop_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table)
    for table in ("presences", "offers", "visits"):
        op.drop_table(table)


_INDEXES = (
    ("visits", ["entered"]),
    ("visits", ["queue", "entered"]),
    ("visits", ["agent", "entered"]),
    ("offers", ["offered"]),
    ("offers", ["agent", "offered"]),
    ("offers", ["queue", "offered"]),
    ("presences", ["agent", "at"]),
    ("presences", ["at"]),
)
