"""What waiting callers were told, and when agents should be at work."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "announcements",
        sa.Column("file_id", sa.String(64), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("wait_minutes", sa.Integer(), nullable=True),
        sa.Column("expected_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("file_id", "offset", name=op.f("pk_announcements")),
    )
    op.create_index(op.f("ix_announcements_at"), "announcements", ["at"])
    op.create_index(op.f("ix_announcements_queue_at"), "announcements", ["queue", "at"])
    op.create_table(
        "plans",
        sa.Column("agent", sa.String(20), nullable=False),
        sa.Column("started", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("agent", "started", "reason", name=op.f("pk_plans")),
    )
    op.create_index(op.f("ix_plans_started"), "plans", ["started"])


def downgrade() -> None:
    op.drop_index(op.f("ix_plans_started"), "plans")
    op.drop_table("plans")
    op.drop_index(op.f("ix_announcements_queue_at"), "announcements")
    op.drop_index(op.f("ix_announcements_at"), "announcements")
    op.drop_table("announcements")
