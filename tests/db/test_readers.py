"""A role for reporting jobs reads what is for it, and changes nothing."""

from __future__ import annotations

import os

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import text

from cti.db.dictionary.entries import WORDS, readable
from cti.db.readers import let_read, statements
from cti.db.store import Store
from cti.db.tables import Table
from cti.errors import NotFound, Refused, UsageError

pytestmark = pytest.mark.postgres


@pytest.fixture
def role(postgres) -> str:
    name = f"reports_{os.urandom(4).hex()}"
    with psycopg.connect(f"{postgres.url}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN")
    return name


def tried(url: str, role: str, *statements: str) -> list[str]:
    """The names of the errors, "" where there is none."""
    found = []
    with psycopg.connect(url.replace("cti@", f"{role}@"), autocommit=True) as connection:
        for statement in statements:
            try:
                connection.execute(statement)
            except psycopg.Error as error:
                found.append(type(error).__name__)
            else:
                found.append("")
    return found


async def test_a_reporting_job_reads_and_cannot_write(new_postgres, role):
    url = new_postgres()
    async with Store(url) as store:
        await let_read(store.database, role)
    reads = [f"SELECT * FROM {name}" for name in readable()]
    assert tried(url, role, *reads) == [""] * len(reads)
    refused = [f"SELECT * FROM {name}" for name in set(WORDS) - set(readable())]
    refused += [f"DELETE FROM {name}" for name in Table.metadata.tables]
    refused += [
        "UPDATE visits SET queue = 'x'",
        "INSERT INTO agent_skills VALUES ('1', 'x', 1)",
        "TRUNCATE segments",
        "DROP TABLE offers",
        "CREATE TABLE mine (n int)",
        "SELECT * FROM cti_months.explanations_2026_11",
    ]
    assert set(tried(url, role, *refused)) == {InsufficientPrivilege.__name__}


async def test_rights_on_views_that_were_made_anew_are_kept(new_postgres, role):
    url = new_postgres()
    async with Store(url) as store:
        await let_read(store.database, role)
        async with store.database.writing() as connection:
            await connection.execute(text("DROP VIEW conversation_segments"))
    async with Store(url):
        assert tried(url, role, "SELECT * FROM conversation_segments") == [""]


async def test_a_role_that_could_write_all_the_same_is_refused_and_gets_nothing(new_postgres, role):
    url = new_postgres()
    async with Store(url) as store:
        async with store.database.writing() as connection:
            await connection.execute(text(f'GRANT pg_write_all_data TO "{role}"'))
        with pytest.raises(Refused, match="may change"):
            await let_read(store.database, role)
        with pytest.raises(Refused, match="may change"):
            await let_read(store.database, "cti")
    assert tried(url, role, "SELECT * FROM visits") == [InsufficientPrivilege.__name__]


async def test_what_would_be_done_is_printed_and_not_done(new_postgres, role):
    url = new_postgres()
    async with Store(url) as store:
        assert await let_read(store.database, role, dry_run=True) == statements(role, "public")
        with pytest.raises(NotFound, match="CREATE ROLE"):
            await let_read(store.database, "nobody_made_this")
    assert tried(url, role, "SELECT * FROM visits") == [InsufficientPrivilege.__name__]


@pytest.mark.parametrize("name", ['x"; DROP TABLE visits; --', "", "a b", "é", "x" * 64, "1a"])
def test_a_name_that_is_no_role_is_refused(name):
    with pytest.raises(UsageError, match="no role name"):
        statements(name, "public")


async def test_sqlite_has_no_roles(tmp_path):
    async with Store(f"sqlite:///{tmp_path / 'rows.sqlite'}") as store:
        with pytest.raises(UsageError, match="mode=ro"):
            await let_read(store.database, "reports")
