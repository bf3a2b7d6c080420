"""What callers answered after the talk."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_INDEXES = (["at"], ["queue", "at"], ["agent", "at"])


def upgrade() -> None:
    op.create_table(
        "surveys",
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("queue", "agent", "survey", "question")),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("answer", sa.Integer(), nullable=True),
        sa.Column("worst", sa.Integer(), nullable=False),
        sa.Column("best", sa.Integer(), nullable=False),
        sa.Column("top_two", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("call", "position", name=op.f("pk_surveys")),
    )
    for columns in _INDEXES:
        op.create_index(op.f(f"ix_surveys_{'_'.join(columns)}"), "surveys", columns)


def downgrade() -> None:
    for columns in reversed(_INDEXES):
        op.drop_index(op.f(f"ix_surveys_{'_'.join(columns)}"), "surveys")
    op.drop_table("surveys")
