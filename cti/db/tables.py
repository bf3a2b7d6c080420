"""The rows: people (which are the truth here) and history (which is a fold of the journals and can be rebuilt).

It knows names, types, keys and indexes, the same on SQLite and PostgreSQL. It knows no query. A change here needs a
migration; a test holds that autogenerate then finds nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    TypeDecorator,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcInstant(TypeDecorator[datetime]):
    """An aware instant, UTC in and out. SQLite keeps no zone, so it is taken off there and put back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant without a time zone cannot be stored")
        instant = value.astimezone(UTC)
        return instant.replace(tzinfo=None) if dialect.name == "sqlite" else instant

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 -- SQLAlchemy's
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Table(DeclarativeBase):
    """Every table of ours."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar = {
        str: Text,
        datetime: UtcInstant,
        float: Float,
        dict[str, Any]: JSON,
        list[Any]: JSON,
    }


def by_month(column: str) -> dict[str, str]:
    """A table that PostgreSQL keeps in parts, one for each month of `column` (see `months`). Its key must hold it, so
    nothing can refer to such a table: whoever deletes a conversation deletes what belongs to it."""
    return {"postgresql_partition_by": f"RANGE ({column})"}


# --- people: rows are the truth --------------------------------------------------------------------


class AgentRow(Table):
    """A person who takes calls. `phone` is what rings, e.g. PJSIP/1001; `phone_contact` a fixed SIP contact, or ""."""

    __tablename__ = "agents"

    number: Mapped[str] = mapped_column(String(20), primary_key=True)
    name: Mapped[str]
    phone: Mapped[str]
    phone_secret: Mapped[str] = mapped_column(default="")
    phone_contact: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="")
    wrap_up_seconds: Mapped[float | None]  # None = the queue's
    voicemail_pin: Mapped[str] = mapped_column(default="", server_default=text("''"))  # "" = no mailbox
    voicemail_email: Mapped[str] = mapped_column(default="", server_default=text("''"))


class AgentSkillRow(Table):
    """How well an agent can do something, 1 to 100; no row = not at all."""

    __tablename__ = "agent_skills"
    __table_args__ = (CheckConstraint("level BETWEEN 1 AND 100", name="level"),)

    agent: Mapped[str] = mapped_column(ForeignKey("agents.number", ondelete="CASCADE"), primary_key=True)
    skill: Mapped[str] = mapped_column(String(60), primary_key=True)
    level: Mapped[int]


class PlanRow(Table):
    """When an agent should be at work (`reason` ""), or on a break within it (its reason). Written by people."""

    __tablename__ = "plans"
    __table_args__ = (Index(None, "started"),)

    agent: Mapped[str] = mapped_column(String(20), primary_key=True)
    started: Mapped[datetime] = mapped_column(primary_key=True)
    ended: Mapped[datetime]
    reason: Mapped[str] = mapped_column(primary_key=True)


class CustomerRow(Table):
    """Somebody who calls us. `number` as callers show it, in E.164 where we could tell; the rest is what a look-up says
    of their calls: priority, language of prompts, preferred agent, needed skills (`engine=60,language_en=50`).
    """

    __tablename__ = "customers"

    id: Mapped[str] = mapped_column(String(60), primary_key=True)
    name: Mapped[str]
    number: Mapped[str] = mapped_column(index=True)
    note: Mapped[str] = mapped_column(default="")
    priority: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    language: Mapped[str] = mapped_column(default="", server_default=text("''"))
    prefer: Mapped[str] = mapped_column(default="", server_default=text("''"))
    need: Mapped[str] = mapped_column(default="", server_default=text("''"))


class TokenRow(Table):
    """A bearer token, of which only the SHA-256 is kept. `role` is agent or supervisor."""

    __tablename__ = "tokens"
    __table_args__ = (CheckConstraint("role IN ('agent', 'supervisor')", name="role"),)

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    id: Mapped[str] = mapped_column(String(12), unique=True)  # to name it without knowing it
    role: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str]  # agent number or supervisor's name
    created: Mapped[datetime]
    expires: Mapped[datetime | None]
    revoked: Mapped[datetime | None]


# --- history: a fold of the journals ----------------------------------------------------------------


class JournalFileRow(Table):
    """How far each journal file was read."""

    __tablename__ = "journal_files"

    source: Mapped[str] = mapped_column(String(20), primary_key=True)
    file_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    path: Mapped[str]
    offset: Mapped[int] = mapped_column(BigInteger)


_OTHER_LEG = text("leg <> call")


class JournalLineRow(Table):
    """Every accepted line; the primary key is why nothing is doubled. In one piece: each import looks for the lines of
    its calls wherever they lie, which would cost a look into every month."""

    __tablename__ = "journal_lines"
    __table_args__ = (
        Index(None, "call"),
        Index(None, "leg", postgresql_where=_OTHER_LEG, sqlite_where=_OTHER_LEG),  # see `by_key`
    )

    source: Mapped[str] = mapped_column(String(20), primary_key=True)
    file_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    offset: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    call: Mapped[str]
    leg: Mapped[str]
    data: Mapped[dict[str, Any]]


class ConversationRow(Table):
    """One row for one conversation; the columns are those of `core.conversation.Conversation`."""

    __tablename__ = "conversations"
    __table_args__ = (
        Index(None, "started"),
        Index(None, "queue", "started"),
        Index(None, "agent", "started"),
        by_month("started"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    started: Mapped[datetime] = mapped_column(primary_key=True)
    ended: Mapped[datetime | None]
    direction: Mapped[str]
    number: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    did: Mapped[str] = mapped_column(index=True)
    path: Mapped[str]
    language: Mapped[str]
    customer: Mapped[str]
    queue: Mapped[str]
    agent: Mapped[str]
    outcome: Mapped[str]
    wait_seconds: Mapped[float]
    ring_seconds: Mapped[float]
    talk_seconds: Mapped[float]
    hold_seconds: Mapped[float]
    interrupted: Mapped[bool]
    callback_of: Mapped[str] = mapped_column(default="", server_default=text("''"), index=True)
    source: Mapped[str]
    disposition: Mapped[str] = mapped_column(server_default=text("''"))
    note: Mapped[str] = mapped_column(server_default=text("''"))


class SegmentRow(Table):
    """The ordered segments of a conversation."""

    __tablename__ = "segments"
    __table_args__ = (Index(None, "agent", "started"), by_month("started"))

    call: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str]
    started: Mapped[datetime] = mapped_column(primary_key=True)
    ended: Mapped[datetime | None]
    agent: Mapped[str]
    queue: Mapped[str]
    outcome: Mapped[str]
    detail: Mapped[str]
    target: Mapped[str] = mapped_column(server_default=text("''"))


class ExplanationRow(Table):
    """Why a decision was taken: one row for each `explain` line of the engine's journal."""

    __tablename__ = "explanations"
    __table_args__ = (by_month("at"),)

    file_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    offset: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    call: Mapped[str] = mapped_column(index=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    decision: Mapped[dict[str, Any]]


class VoicemailRow(Table):
    """One message; the columns are those of `core.voicemail.Message`. The sound is in Asterisk's spool; `transcript` is
    for whoever makes one."""

    __tablename__ = "voicemail_messages"
    __table_args__ = (Index(None, "received"), Index(None, "box", "received"), Index(None, "queue", "received"))

    id: Mapped[str] = mapped_column(primary_key=True)
    box: Mapped[str]
    context: Mapped[str]
    folder: Mapped[str]
    received: Mapped[datetime]
    seconds: Mapped[float]
    number: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    did: Mapped[str]
    queue: Mapped[str]
    conversation: Mapped[str] = mapped_column(index=True)
    mail_to: Mapped[str]
    mail: Mapped[str] = mapped_column(index=True)
    mail_error: Mapped[str]
    transcript: Mapped[str] = mapped_column(default="", server_default=text("''"))


class WorkItemRow(Table):
    """One piece of work that a caller left; the columns are those of `core.work_item.WorkItem`. `line` is the same for
    every spelling of the number."""

    __tablename__ = "work_items"
    __table_args__ = (Index(None, "state", "due"), Index(None, "queue", "state"))

    id: Mapped[str] = mapped_column(primary_key=True)
    line: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    queue: Mapped[str]
    number: Mapped[str]
    name: Mapped[str]
    customer: Mapped[str]
    did: Mapped[str]
    created: Mapped[datetime]
    due: Mapped[datetime]
    changed: Mapped[datetime] = mapped_column(index=True)
    state: Mapped[str]
    owner: Mapped[str]
    calls: Mapped[list[Any]]
    messages: Mapped[list[Any]]
    attempts: Mapped[list[Any]]
    closed: Mapped[datetime | None]
    closed_by: Mapped[str]
    by: Mapped[str]
    note: Mapped[str]


class RecordingRow(Table):
    """One sound file. `path` is relative to the recordings folder; `state` is whole, growing, empty or missing."""

    __tablename__ = "recordings"

    path: Mapped[str] = mapped_column(primary_key=True)
    call: Mapped[str] = mapped_column(index=True)
    started: Mapped[datetime | None]
    seconds: Mapped[float]
    bytes: Mapped[int] = mapped_column(BigInteger)
    channels: Mapped[int]
    state: Mapped[str]
