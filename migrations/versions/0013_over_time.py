"""Whether a pause had lasted longer than its reason allows: `cti journal rebuild` fills it in for lines read before.

And a counter for each outcome of a stay: what was rolled up without them is rolled up again.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


_TABLES = ("rollup_visits", "rollup_queue_visits", "rollup_agent_visits")
_COUNTERS = (
    "overflowed",
    "timed_out",
    "left_by_key",
    "found_full",
    "left_for_voicemail",
    "failed",
    "found_closed",
    "blocked",
)


def upgrade() -> None:
    op.add_column("presences", sa.Column("over_time", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("DELETE FROM rolled_quarters")
    for table in _TABLES:
        for name in _COUNTERS:
            op.add_column(table, sa.Column(name, sa.Integer(), nullable=False, server_default=sa.text("0")))


def downgrade() -> None:
    for table in _TABLES:
        for name in reversed(_COUNTERS):
            op.drop_column(table, name)
    op.drop_column("presences", "over_time")
