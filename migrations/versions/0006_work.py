"""Messages in mailboxes, and the work that callers leave behind, are rows."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_INDEXES = (
    ("voicemail_messages", ("received",)),
    ("voicemail_messages", ("box", "received")),
    ("voicemail_messages", ("queue", "received")),
    ("voicemail_messages", ("number",)),
    ("voicemail_messages", ("conversation",)),
    ("voicemail_messages", ("mail",)),
    ("conversations", ("did",)),
    ("work_items", ("line",)),
    ("work_items", ("changed",)),
    ("work_items", ("state", "due")),
    ("work_items", ("queue", "state")),
)


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _instants(*names: str) -> list[sa.Column[datetime]]:
    return [sa.Column(name, sa.DateTime(timezone=True), nullable=False) for name in names]


def upgrade() -> None:
    op.create_table(
        "voicemail_messages",
        *_texts("id", "box", "context", "folder"),
        *_instants("received"),
        sa.Column("seconds", sa.Float(), nullable=False),
        *_texts("number", "name", "did", "queue", "conversation", "mail_to", "mail", "mail_error"),
        sa.Column("transcript", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voicemail_messages")),
    )
    op.create_table(
        "work_items",
        *_texts("id", "line", "kind", "queue", "number", "name", "customer", "did"),
        *_instants("created", "due", "changed"),
        *_texts("state", "owner"),
        *[sa.Column(name, sa.JSON(), nullable=False) for name in ("calls", "messages", "attempts")],
        sa.Column("closed", sa.DateTime(timezone=True), nullable=True),
        *_texts("closed_by", "by", "note"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_items")),
    )
    for table, columns in _INDEXES:
        op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))


def downgrade() -> None:
    op.drop_index(op.f("ix_conversations_did"), "conversations")
    for table in ("work_items", "voicemail_messages"):
        op.drop_table(table)
