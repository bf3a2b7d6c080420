"""Roles of PostgreSQL that may read history and change nothing: for reporting jobs.

It knows the statements. What such a role may read, `dictionary` says: never a password, a token or a raw journal line.
"""

from __future__ import annotations

import re

from sqlalchemy import Connection, text

from ..errors import NotFound, Refused, UsageError
from .connection import Database
from .dictionary.entries import WORDS, readable
from .tables import Table

_ROLE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,62}", re.ASCII)
_CHANGES = "INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER"


def statements(role: str, schema: str) -> list[str]:
    """SQL after which `role` may read what is for reporting jobs, and has no other right on our tables."""
    who, where = f'"{_checked(role)}"', f'"{schema}"'
    return [
        f"REVOKE ALL ON {_list(where, [*Table.metadata.tables, *_views()])} FROM {who}",
        f"GRANT USAGE ON SCHEMA {where} TO {who}",
        f"GRANT SELECT ON {_list(where, readable())} TO {who}",
    ]


async def let_read(database: Database, role: str, *, dry_run: bool = False) -> list[str]:
    """Give an existing role these rights; the statements. Raises UsageError on SQLite, NotFound, and Refused for a role
    that can write by other ways (then nothing has changed)."""
    if database.is_sqlite:
        raise UsageError("SQLite has no roles; a reporting job opens the file read-only: file:PATH?mode=ro")
    async with database.writing() as connection:
        return await connection.run_sync(_let_read, role, dry_run)


def _let_read(connection: Connection, role: str, dry_run: bool) -> list[str]:
    wanted = statements(role, connection.execute(text("SELECT current_schema()")).scalar_one())
    there = connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}).scalar()
    if dry_run:
        return wanted
    if not there:
        raise NotFound(f'the server has no role {role!r}; make it first: CREATE ROLE "{role}" LOGIN PASSWORD …')
    for statement in wanted:
        connection.execute(text(statement))
    for name in readable():
        if connection.execute(text(_MAY), {"role": role, "name": name, "changes": _CHANGES}).scalar_one():
            raise Refused(f"{role} may change {name} all the same: it owns it, is a superuser or member of such a role")
    return wanted


_MAY = "SELECT has_table_privilege(:role, :name, :changes)"


def readers(connection: Connection) -> list[str]:
    """Roles that were let read (on SQLite none)."""
    if connection.dialect.name != "postgresql":
        return []
    return list(connection.execute(text(_READERS)).scalars())


_READERS = """
SELECT DISTINCT grantee FROM information_schema.role_table_grants WHERE table_schema = current_schema()
AND table_name = 'conversations' AND privilege_type = 'SELECT' AND grantee <> grantor
"""


def let_read_again(connection: Connection, roles: list[str]) -> None:
    """After tables and views were made anew: the same roles, all that is readable now."""
    for role in roles:
        if _ROLE.fullmatch(role):
            _let_read(connection, role, dry_run=False)


def _views() -> list[str]:
    return sorted(set(WORDS) - set(Table.metadata.tables))


def _list(schema: str, names: list[str] | tuple[str, ...]) -> str:
    return ", ".join(f'{schema}."{name}"' for name in names)


def _checked(role: str) -> str:
    if not _ROLE.fullmatch(role):
        raise UsageError(f"{role[:80]!r} is no role name: letters, digits, _ and -")
    return role
