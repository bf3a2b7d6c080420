"""What a customer's calls are to be like: priority, language, preferred agent, needed skills."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("customers", sa.Column("priority", sa.Integer(), nullable=False, server_default=sa.text("0")))
    for name in ("language", "prefer", "need"):
        op.add_column("customers", sa.Column(name, sa.Text(), nullable=False, server_default=sa.text("''")))


def downgrade() -> None:
    for name in ("need", "prefer", "language", "priority"):
        op.drop_column("customers", name)
