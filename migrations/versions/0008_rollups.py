"""Sums by quarter of an hour. They begin empty: until a quarter is rolled up, its rows are counted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_VISITS = [
    "entered",
    "closed",
    "answered",
    "answered_in_time",
    "answered_under_time",
    "abandoned",
    "abandoned_in_time",
    "short_abandoned",
    "under_short_abandoned",
    "abandoned_after_short_in_time",
    "late",
    "sent_on",
    "callback_requested",
    "still_waiting",
    "called_back",
    "transferred",
    "called_back_transferred",
    "wait_ms",
    "answered_wait_ms",
    "abandoned_wait_ms",
    "abandoned_after_short_wait_ms",
    "talk_ms",
    "hold_ms",
    "wrap_ms",
    "callback_talk_ms",
    "callback_hold_ms",
    "callback_wrap_ms",
]
_OFFERS = ["offers", "offers_answered", "offers_missed", "offers_withdrawn", "ring_ms"]
_TIMES = [
    "ready_ms",
    "ringing_ms",
    "talking_ms",
    "wrap_up_ms",
    "paused_ms",
    "paused_payable_ms",
    "paused_billable_ms",
    "at_work_ms",
    "logged_in_ms",
]
_TABLES = (
    ("rollup_visits", "", _VISITS),
    ("rollup_queue_visits", "queue", _VISITS),
    ("rollup_agent_visits", "agent", _VISITS),
    ("rollup_queue_offers", "queue", _OFFERS),
    ("rollup_agent_offers", "agent", _OFFERS),
    ("rollup_agent_times", "agent", _TIMES),
)


def upgrade() -> None:
    op.create_table(
        "rolled_quarters",
        sa.Column("quarter", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("thresholds", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("quarter", name=op.f("pk_rolled_quarters")),
    )
    for table, line, counters in _TABLES:
        op.create_table(
            table,
            sa.Column("quarter", sa.Integer(), autoincrement=False, nullable=False),
            *([sa.Column(line, sa.Text(), nullable=False)] if line else []),
            *(
                sa.Column(name, sa.BigInteger() if name.endswith("_ms") else sa.Integer(), nullable=False)
                for name in counters
            ),
            sa.PrimaryKeyConstraint("quarter", *([line] if line else []), name=op.f(f"pk_{table}")),
            sqlite_with_rowid=not line,
        )


def downgrade() -> None:
    for table, _, _ in _TABLES:
        op.drop_table(table)
    op.drop_table("rolled_quarters")
