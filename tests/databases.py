"""Databases to test on: SQLite and the tests' PostgreSQL. Each test has its own, a copy of one that is migrated once.

Its names are fixtures of every room (see conftest.py).
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cti.db.store import Store

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory) -> Path:
    """SQLite's tables with nothing in them, to be copied: migrating takes longer than most tests."""
    file: Path = tmp_path_factory.mktemp("migrated") / "rows.sqlite"
    asyncio.run(migrated(f"sqlite:///{file}"))
    return file


@pytest.fixture(scope="session")
def migrated_postgres(postgres) -> str:
    """The same on PostgreSQL."""
    url: str = postgres.new_database()
    asyncio.run(migrated(url))
    return url


async def migrated(url: str) -> None:
    async with Store(url):
        pass


@pytest.fixture(params=BOTH)
def new_database(request, tmp_path) -> Callable[[], str]:
    """Each call gives the URL of a database with its tables and no row."""
    if request.param == "postgresql":
        return request.getfixturevalue("new_postgres")
    count, file = iter(range(100)), request.getfixturevalue("migrated_file")
    return lambda: f"sqlite:///{shutil.copy(file, tmp_path / f'rows{next(count)}.sqlite')}"


@pytest.fixture
def new_postgres(postgres, migrated_postgres) -> Iterator[Callable[[], str]]:
    """The same, PostgreSQL only."""
    made: list[str] = []

    def make() -> str:
        made.append(postgres.new_database(like=migrated_postgres))
        return made[-1]

    yield make
    for url in made:
        postgres.drop(url)


@pytest.fixture(params=BOTH)
def empty_database(request, tmp_path) -> str:
    """The URL of a database that nobody has opened yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.sqlite'}"
    return request.getfixturevalue("postgres").new_database()


@pytest.fixture
def on_both(new_database) -> str:
    """A line of cti.toml: the test that has it runs on both databases."""
    return f'database = "{new_database()}"\n'
