"""What agents did for callers whom a colleague passed on. Sums are made anew: what was rolled up knew nothing of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_TABLES = ("rollup_visits", "rollup_queue_visits", "rollup_agent_visits")
_COUNTERS = (
    "taken_over",
    "taken_over_transferred",
    "taken_over_talk_ms",
    "taken_over_hold_ms",
    "taken_over_wrap_ms",
)


def upgrade() -> None:
    _forget()
    for table in _TABLES:
        for name in _COUNTERS:
            kind = sa.BigInteger() if name.endswith("_ms") else sa.Integer()
            op.add_column(table, sa.Column(name, kind, nullable=False))


def downgrade() -> None:
    _forget()
    for table in _TABLES:
        for name in reversed(_COUNTERS):
            op.drop_column(table, name)


def _forget() -> None:
    """Without rows no default is needed, and the sums that are right are those that are made from now on."""
    for table in ("rolled_quarters", *_TABLES):
        op.execute(sa.delete(sa.table(table)))
