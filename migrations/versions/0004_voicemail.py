"""Agents may have a mailbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_AGENT_COLUMNS = ("voicemail_pin", "voicemail_email")


def upgrade() -> None:
    for name in _AGENT_COLUMNS:
        op.add_column("agents", sa.Column(name, sa.Text(), nullable=False, server_default=sa.text("''")))


def downgrade() -> None:
    for name in _AGENT_COLUMNS:
        op.drop_column("agents", name)
