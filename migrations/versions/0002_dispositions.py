"""How a call ended in the agent's words: the last disposition of a conversation, with its note."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("disposition", "note"):
        op.add_column("conversations", sa.Column(name, sa.Text(), nullable=False, server_default=sa.text("''")))


def downgrade() -> None:
    for name in ("disposition", "note"):
        op.drop_column("conversations", name)
