"""History lies in months on PostgreSQL; months that nobody foresaw are made when a line needs them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import inspect, text

from cti.core.journal import JournalLine, Position, Source
from cti.db.connection import Database
from cti.db.migrate import downgrade, upgrade
from cti.db.months import PARTED, SCHEMA, Month, make_room
from cti.db.store import Store
from cti.errors import StoreError
from cti.journal.importer import Importer

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def line(at: datetime, number: int) -> JournalLine:
    call = f"{int(at.timestamp()) % 10**10}.{number}"
    data = {"queue": "sales", "agent": "", "number": "138"}
    return JournalLine(
        source=Source.QUEUE_LOG, file_id="q", offset=number, at=at, kind="ENTERQUEUE", call=call, leg=call, data=data
    )


async def store_lines(store: Store, *instants: datetime, first: int = 0) -> int:
    lines = [line(at, first + number) for number, at in enumerate(instants)]
    return await store.import_lines(lines, [Position(source=Source.QUEUE_LOG, file_id="q", path="q", offset=100)])


async def parts(store: Store, table: str) -> list[str]:
    wanted = f"SELECT relname FROM pg_class WHERE relnamespace = '{SCHEMA}'::regnamespace AND relkind = 'r'"
    async with store.database.reading() as connection:
        names = (await connection.execute(text(wanted))).scalars().all()
    return sorted(name[len(table) + 1 :] for name in names if name.startswith(table))


@pytest.fixture
async def postgres_store(new_postgres):
    async with Store(new_postgres()) as opened:
        yield opened


@pytest.mark.parametrize(
    ("at", "name", "bounds"),
    [
        (NOW, "2026_11", "FROM ('2026-11-01T00:00:00+00:00') TO ('2026-12-01T00:00:00+00:00')"),
        (datetime(2026, 12, 31, 23, 59, 59, 999_999, UTC), "2026_12", None),
        (datetime(2027, 1, 1, tzinfo=UTC), "2027_01", None),
        (datetime.fromisoformat("2027-01-01T07:59:59+08:00"), "2026_12", None),  # months are UTC
        (datetime(1999, 12, 31, 23, tzinfo=UTC), "earlier", "FROM (MINVALUE) TO ('2000-01-01T00:00:00+00:00')"),
        (datetime(2100, 1, 1, tzinfo=UTC), "later", "FROM ('2100-01-01T00:00:00+00:00') TO (MAXVALUE)"),
    ],
)
def test_an_instant_lies_in_one_month(at, name, bounds):
    month = Month.of(at)
    assert month.name == name
    assert bounds in (None, month.bounds)


def test_months_follow_each_other_without_a_gap():
    month, seen = Month.of(datetime(1990, 1, 1, tzinfo=UTC)), []
    while not seen or seen[-1] != month:
        seen.append(month)
        month = month.next
    assert len(seen) == 100 * 12 + 2
    for one, following in pairwise(seen):
        assert one.bounds.split(" TO ")[1] == following.bounds.split(" TO ")[0].removeprefix("FROM ")


@pytest.mark.postgres
async def test_this_month_and_the_next_are_there_before_anything_is_stored(postgres_store):
    this = Month.of(datetime.now(UTC))
    for table in PARTED:
        assert await parts(postgres_store, table) == [this.name, this.next.name]


async def test_lines_of_any_year_are_stored_and_found_again(store):
    instants = [datetime(year, 1 + year % 12, 3, tzinfo=UTC) for year in (1973, 2003, 2011, 2019, 2033, 2150)]
    assert await store_lines(store, *instants) == len(instants)
    assert await store_lines(store, *instants) == 0  # again changes nothing
    assert [row["started"] for row in await store.conversations()] == instants[::-1]
    async with store.database.reading() as connection:
        for table in ("segments", "visits", "journal_lines"):
            assert (await connection.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one() == len(instants)


@pytest.mark.postgres
async def test_a_part_that_vanished_costs_no_line(postgres_store):
    this = Month.of(NOW)
    async with postgres_store.database.writing() as connection:
        await connection.execute(text(f"DROP TABLE IF EXISTS {SCHEMA}.segments_{this.name}"))
    assert await store_lines(postgres_store, NOW, NOW + timedelta(minutes=1)) == 2
    assert len(await postgres_store.conversations()) == 2


@pytest.mark.postgres
async def test_a_row_without_a_part_is_refused_with_all_that_came_with_it(postgres_store, monkeypatch):
    async def forgotten(*_: object) -> None: ...

    with monkeypatch.context() as patch:
        patch.setattr("cti.db.plain.make_room_for", forgotten)
        with pytest.raises(StoreError, match="no partition"):
            await store_lines(postgres_store, datetime.now(UTC), datetime(2011, 1, 1, tzinfo=UTC))
    assert await postgres_store.positions(Source.QUEUE_LOG) == {}
    assert await store_lines(postgres_store, datetime.now(UTC), datetime(2011, 1, 1, tzinfo=UTC)) == 2


@pytest.mark.postgres
async def test_readers_do_not_wait_for_a_month_that_is_being_made(postgres_store):
    await store_lines(postgres_store, NOW)
    database = postgres_store.database
    async with database.reading() as report:  # a long report holds its locks on all of history
        assert (await report.execute(text("SELECT count(*) FROM conversations"))).scalar_one() == 1
        async with asyncio.timeout(60), database.writing(folding=True) as importer:
            await make_room(importer, [datetime(2015, 5, 5, tzinfo=UTC)])
            assert (await report.execute(text("SELECT count(*) FROM segments"))).scalar_one() == 1
    assert "2015_05" in await parts(postgres_store, "offers")


async def test_history_survives_every_migration_down_and_up(new_database, day, instant):
    """Down to the first tables and up again, step by step: what both forms of a table can hold is still there."""
    for number in range(12):
        day.call(number)
    day.tell("presence", instant(0).timestamp(), agent="1001", presence="ready", reason="")
    async with Store(new_database()) as store:
        await Importer(day.files, store).drain()
        await store_lines(store, datetime(2009, 1, 31, 23, 59, 59, tzinfo=UTC), first=500)
        database, before = store.database, await _rows(store.database)
        assert all(before[table][1] for table in PARTED)
        for step, revision in [(downgrade, "-1")] * 8 + [(upgrade, "+1")] * 8:
            async with database.writing() as connection:
                await connection.run_sync(step, revision)
            after = await _rows(database)
            for table in before.keys() & after.keys():
                assert _common(before[table], after[table]) == _common(after[table], before[table]), (revision, table)
            before = after
        assert len(before["conversations"][1]) == 13


def _common(one: tuple[list[str], list], other: tuple[list[str], list]) -> list:
    """The rows of `one` in the columns that both have."""
    names = [name for name in one[0] if name in other[0]]
    return sorted(str([row[one[0].index(name)] for name in names]) for row in one[1])


async def _rows(database: Database) -> dict[str, tuple[list[str], list]]:
    found = {}
    async with database.reading() as connection:
        for table in sorted(await connection.run_sync(_tables)):
            result = await connection.execute(text(f"SELECT * FROM {table}"))
            found[table] = (list(result.keys()), [tuple(row) for row in result.all()])
    return found


def _tables(connection) -> set[str]:
    return set(inspect(connection).get_table_names()) - {"alembic_version"}
