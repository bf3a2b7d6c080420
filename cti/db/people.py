"""People in rows: agents with their skills, customers, tokens. These rows are the truth; no journal rebuilds them.

It knows how to add, change, find and remove them. It does not know presence (that is the engine's) nor routing.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ..core.words import LEVEL_MAX, LEVEL_MIN, AgentCard, AgentId, Phone, Skill
from ..errors import NotFound, Refused, UsageError
from .connection import Database
from .tables import AgentRow, AgentSkillRow, TokenRow

AGENT_NUMBER = re.compile(r"[0-9]{2,10}", re.ASCII)
SKILL = re.compile(r"[a-z][a-z0-9_-]{0,39}", re.ASCII)
PHONE = re.compile(r"PJSIP/[A-Za-z0-9][A-Za-z0-9_-]{0,39}", re.ASCII)
SECRET = re.compile(r"[A-Za-z0-9_.~-]{8,64}", re.ASCII)
CONTACT = re.compile(r"sip:[A-Za-z0-9_.:@\[\]-]{1,120}", re.ASCII)
PIN = re.compile(r"[0-9]{4,10}", re.ASCII)
EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190}", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:[-_][A-Za-z]{2,4})?", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """One agent as a row. `phone_secret` is what the phone registers with ("" = none), `voicemail_pin` opens the
    agent's mailbox ("" = no mailbox); neither is shown by repr."""

    number: str
    name: str
    phone: str
    phone_secret: str = field(default="", repr=False)
    phone_contact: str = ""
    language: str = ""
    wrap_up_seconds: float | None = None
    voicemail_pin: str = field(default="", repr=False)
    voicemail_email: str = ""
    skills: dict[str, int] = field(default_factory=dict)

    def card(self) -> AgentCard:
        """What the core needs to know."""
        skills = {Skill(skill): level for skill, level in self.skills.items()}
        return AgentCard(
            agent=AgentId(self.number),
            name=self.name,
            phone=Phone(self.phone),
            skills=skills,
            wrap_up_seconds=self.wrap_up_seconds,
        )


def mistakes_of(agent: Agent) -> list[str]:
    """Everything that is wrong with it, each as one sentence; these values reach Asterisk's files."""
    found = []
    if not AGENT_NUMBER.fullmatch(agent.number):
        found.append(f"number {agent.number!r} must be 2 to 10 digits")
    if not agent.name.strip() or len(agent.name) > 80 or _CONTROL.search(agent.name):
        found.append(f"name {agent.name!r} must be 1 to 80 printable characters")
    if not PHONE.fullmatch(agent.phone):
        found.append(f"phone {agent.phone!r} must look like PJSIP/1001")
    if agent.phone_secret and not SECRET.fullmatch(agent.phone_secret):
        found.append("the phone's secret must be 8 to 64 letters, digits or ._~-")
    if agent.phone_contact and not CONTACT.fullmatch(agent.phone_contact):
        found.append(f"contact {agent.phone_contact!r} must look like sip:1001@10.0.0.5:5060")
    if agent.language and not _LANGUAGE.fullmatch(agent.language):
        found.append(f"language {agent.language!r} must look like zh or en_US")
    if agent.wrap_up_seconds is not None and not 0 <= agent.wrap_up_seconds <= 3600:
        found.append(f"wrap-up of {agent.wrap_up_seconds} seconds must be from 0 to 3600")
    if agent.voicemail_pin and not PIN.fullmatch(agent.voicemail_pin):
        found.append("the mailbox's PIN must be 4 to 10 digits")
    if agent.voicemail_email and not (agent.voicemail_pin and EMAIL.fullmatch(agent.voicemail_email)):
        found.append("the mailbox's e-mail must be one address such as wang@example.com, and needs a PIN beside it")
    for skill, level in agent.skills.items():
        if not SKILL.fullmatch(skill):
            found.append(f"skill {skill!r} must begin with a letter and be lower case")
        if not LEVEL_MIN <= level <= LEVEL_MAX:
            found.append(f"level {level} of skill {skill} must be from {LEVEL_MIN} to {LEVEL_MAX}")
    return found


class People:
    """Agents, customers and tokens of one (opened) database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- agents -----------------------------------------------------------------------------------

    async def agents(self) -> list[Agent]:
        """All agents by number."""
        async with self._database.reading() as connection:
            return await _agents(connection)

    async def names(self) -> dict[str, str]:
        """number -> name of all agents."""
        row = AgentRow
        async with self._database.reading() as connection:
            found = await connection.execute(select(row.number, row.name).order_by(row.number))
            return {one.number: one.name for one in found}

    async def agent(self, number: str) -> Agent:
        """Raises NotFound."""
        async with self._database.reading() as connection:
            found = await _agents(connection, number)
        if not found:
            raise NotFound(f"no agent {number!r}; list them with: cti agent list")
        return found[0]

    async def save_agents(self, agents: Sequence[Agent], *, new_only: bool = False) -> None:
        """Add or replace agents, all or none. Raises as `staff`."""
        await self.staff(agents, new_only=new_only)

    async def staff(self, save: Sequence[Agent], remove: Sequence[str] = (), *, new_only: bool = False) -> None:
        """Add or replace some agents; remove others with skills and tokens (history keeps the numbers). All or none.

        Raises UsageError for mistakes, NotFound for a number that is not there to remove, Refused (`new_only`) where
        one exists, and where two agents would have one phone: nobody could tell for whom it rings.
        """
        if wrong := [f"agent {agent.number}: {mistake}" for agent in save for mistake in mistakes_of(agent)]:
            raise UsageError("\n".join(wrong))
        async with self._database.writing() as connection:
            for number in remove:
                gone = await connection.execute(delete(AgentRow).where(AgentRow.number == number))
                if gone.rowcount == 0:
                    raise NotFound(f"no agent {number!r}; list them with: cti agent list")
                await connection.execute(delete(TokenRow).where(TokenRow.role == "agent", TokenRow.subject == number))
            known = set((await connection.execute(select(AgentRow.number))).scalars())
            for agent in save:
                if new_only and agent.number in known:
                    raise Refused(f"agent {agent.number} exists already; change skills with: cti agent skill")
                await _save(connection, agent, exists=agent.number in known)
                known.add(agent.number)
            await _refuse_shared_phones(connection)

    # --- tokens -----------------------------------------------------------------------------------

    async def create_token(
        self, role: Literal["agent", "supervisor"], subject: str, *, now: datetime, lifetime: timedelta | None = None
    ) -> str:
        """Make a bearer token and return it; only its hash is kept, so it is shown this once.

        Raises NotFound for an agent whom nobody knows, UsageError for a name that cannot be a supervisor's.
        """
        if role == "agent":
            await self.agent(subject)
        elif not subject.strip() or len(subject) > 80 or _CONTROL.search(subject):
            raise UsageError(f"the supervisor's name {subject!r} must be 1 to 80 printable characters")
        token = secrets.token_urlsafe(32)
        row = {
            "hash": _hash(token),
            "id": secrets.token_hex(6),
            "role": role,
            "subject": subject,
            "created": now,
            "expires": now + lifetime if lifetime else None,
            "revoked": None,
        }
        async with self._database.writing() as connection:
            await connection.execute(insert(TokenRow), [row])
        return token

    async def verify_token(self, token: str, *, now: datetime) -> tuple[str, str] | None:
        """(role, subject) of a valid token, else None. The time it takes tells nothing about a stored hash."""
        wanted = _hash(token)
        async with self._database.reading() as connection:
            found = await connection.execute(select(TokenRow.__table__).where(TokenRow.hash == wanted))
            row = found.mappings().first()
        if row is None or not hmac.compare_digest(row["hash"], wanted):
            return None
        if row["revoked"] is not None or (row["expires"] is not None and row["expires"] <= now):
            return None
        return row["role"], row["subject"]

    async def tokens(self) -> list[dict[str, Any]]:
        """All tokens without their hashes, newest first."""
        row = TokenRow
        columns = (row.id, row.role, row.subject, row.created, row.expires, row.revoked)
        async with self._database.reading() as connection:
            found = await connection.execute(select(*columns).order_by(row.created.desc(), row.id))
            return [dict(token) for token in found.mappings()]

    async def revoke_token(self, token_id: str, *, now: datetime | None = None) -> None:
        """From now on it is refused. Raises NotFound for an unknown or already revoked one."""
        still = (TokenRow.id == token_id, TokenRow.revoked.is_(None))
        async with self._database.writing() as connection:
            done = await connection.execute(update(TokenRow).where(*still).values(revoked=now or datetime.now(UTC)))
            if done.rowcount == 0:
                raise NotFound(f"no token {token_id!r} that could be revoked; list them with: cti token list")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


async def _agents(connection: AsyncConnection, number: str | None = None) -> list[Agent]:
    wanted = select(AgentRow.__table__).order_by(AgentRow.number)
    levels = select(AgentSkillRow.__table__).order_by(AgentSkillRow.skill)
    if number is not None:
        wanted = wanted.where(AgentRow.number == number)
        levels = levels.where(AgentSkillRow.agent == number)
    skills: dict[str, dict[str, int]] = {}
    for row in (await connection.execute(levels)).mappings():
        skills.setdefault(row["agent"], {})[row["skill"]] = row["level"]
    rows = (await connection.execute(wanted)).mappings()
    return [Agent(**row, skills=skills.get(row["number"], {})) for row in rows]


async def _refuse_shared_phones(connection: AsyncConnection) -> None:
    shared = select(AgentRow.phone).group_by(AgentRow.phone).having(func.count() > 1)
    rows = select(AgentRow.phone, AgentRow.number).where(AgentRow.phone.in_(shared)).order_by(AgentRow.number)
    found = (await connection.execute(rows)).all()
    if found:
        phone = found[0].phone
        whose = " and ".join(row.number for row in found if row.phone == phone)
        raise Refused(f"phone {phone} would be that of agents {whose}; give each agent one of their own with --phone")


async def _save(connection: AsyncConnection, agent: Agent, *, exists: bool) -> None:
    values = {name: value for name, value in asdict(agent).items() if name != "skills"}
    if exists:
        await connection.execute(update(AgentRow).where(AgentRow.number == agent.number).values(**values))
        await connection.execute(delete(AgentSkillRow).where(AgentSkillRow.agent == agent.number))
    else:
        await connection.execute(insert(AgentRow), [values])
    if agent.skills:
        levels = [{"agent": agent.number, "skill": skill, "level": level} for skill, level in agent.skills.items()]
        await connection.execute(insert(AgentSkillRow), levels)
