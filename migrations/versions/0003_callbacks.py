"""A conversation that is a callback names the call that asked for it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversations", sa.Column("callback_of", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.create_index(op.f("ix_conversations_callback_of"), "conversations", ["callback_of"])


def downgrade() -> None:
    op.drop_index(op.f("ix_conversations_callback_of"), "conversations")
    op.drop_column("conversations", "callback_of")
