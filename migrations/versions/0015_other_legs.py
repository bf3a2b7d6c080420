"""The index of legs has only those that are not their call itself: a line less in an index is a faster import."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_INDEX, _TABLE = "ix_journal_lines_leg", "journal_lines"
_OTHER = sa.text("leg <> call")


def upgrade() -> None:
    op.drop_index(_INDEX, _TABLE)
    op.create_index(_INDEX, _TABLE, ["leg"], postgresql_where=_OTHER, sqlite_where=_OTHER)


def downgrade() -> None:
    op.drop_index(_INDEX, _TABLE)
    op.create_index(_INDEX, _TABLE, ["leg"])
