"""The data dictionary says what a database has, and leaves nothing without words."""

from __future__ import annotations

from sqlalchemy import inspect, text

from cti.core.metrics.intervals import milliseconds
from cti.db.connection import Database
from cti.db.dictionary.entries import WORDS, dictionary, readable
from cti.db.dictionary.pages import as_html, as_markdown
from cti.db.dictionary.said import Unit
from cti.db.migrate import downgrade, upgrade
from cti.db.store import Store
from cti.db.tables import Table
from cti.db.views import VIEWS
from cti.journal.importer import Importer

ENTRIES = {entry.name: entry for entry in dictionary()}
SAID = [(entry.name, column) for entry in ENTRIES.values() for column in entry.columns]


def test_every_table_and_column_has_words_in_both_languages():
    for entry in ENTRIES.values():
        assert entry.en, entry.name
        assert _is_chinese(entry.zh), entry.name
    for table, column in SAID:
        assert column.en, (table, column.name)
        assert column.source, (table, column.name)
        assert _is_chinese(column.zh), (table, column.name)


def _is_chinese(words: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in words)


def test_no_words_are_left_of_a_table_or_column_that_is_gone():
    assert set(WORDS) == set(Table.metadata.tables) | set(VIEWS)
    for name, said in WORDS.items():
        assert set(said.columns) == {column.name for column in ENTRIES[name].columns}, name


def test_a_columns_unit_is_in_its_name_and_fits_its_type():
    for table, column in SAID:
        where = f"{table}.{column.name}"
        assert (column.unit is Unit.MILLISECONDS) == column.name.endswith("_ms"), where
        assert (column.unit is Unit.SECONDS) == column.name.endswith("seconds"), where
        assert (column.unit is Unit.MINUTES) == column.name.endswith("_minutes"), where
        assert (column.unit is Unit.INSTANT) == (column.type == "instant"), where
        assert (column.unit is Unit.YES_NO) == (column.type == "boolean"), where
        assert (column.unit is Unit.JSON) == (column.type == "json"), where
        assert (column.type == "float") <= (column.unit is Unit.SECONDS), where
        assert (column.unit is Unit.MILLISECONDS) <= (column.type == "integer"), where
        assert (column.type == "text") == (column.unit in (Unit.ID, Unit.PHONE, Unit.WORD, Unit.TEXT)), where


async def test_the_database_has_what_the_dictionary_says(store):
    async with store.database.reading() as connection:
        tables, views = await connection.run_sync(_found)
    for entry in ENTRIES.values():
        found = (tables | views).pop(entry.name)
        wanted = [(column.name, getattr(column, store.database.engine.dialect.name)) for column in entry.columns]
        # SQLite gives an expression in a view no type; its values are looked at below
        found = [(name, dict(wanted).get(name) if kind == "NULL" else kind) for name, kind in found]
        order = sorted if entry.kind == "table" else list  # columns were added to tables as they came up
        assert order(found) == order(wanted), entry.name
    assert set(tables | views) == set(ENTRIES)
    assert set(views) == {entry.name for entry in ENTRIES.values() if entry.kind == "view"} == set(VIEWS)


def _found(connection) -> tuple[dict, dict]:
    look = inspect(connection)

    def columns(names) -> dict[str, list[tuple[str, str]]]:
        return {name: [(c["name"], _type(c["type"])) for c in look.get_columns(name)] for name in names}

    return columns(set(look.get_table_names()) - {"alembic_version"}), columns(look.get_view_names())


def _type(kind) -> str:
    said = str(kind)
    if said == "TIMESTAMP":
        return "TIMESTAMP WITH TIME ZONE" if kind.timezone else said
    return {"DOUBLE PRECISION": "FLOAT"}.get(said, said)


async def test_a_view_that_differs_from_the_code_is_made_anew(new_database):
    url = new_database()
    async with Store(url) as store, store.database.writing() as connection:
        await connection.execute(text("DROP VIEW agent_states"))
        await connection.execute(text("CREATE VIEW agent_states AS SELECT agent FROM presences"))
        await connection.execute(text("DROP VIEW agent_names"))
    async with Store(url) as store, store.database.reading() as connection:
        _, views = await connection.run_sync(_found)
    assert set(views) == set(VIEWS)
    assert len(views["agent_states"]) == len(ENTRIES["agent_states"].columns)


async def test_views_go_before_a_migration_and_come_after_the_last(new_database):
    database = Database(new_database())
    async with database.writing() as connection:
        for step, revision, wanted in (
            (upgrade, "head", set(VIEWS)),
            (downgrade, "-1", set()),
            (upgrade, "+1", set(VIEWS)),
        ):
            await connection.run_sync(step, revision)
            assert set((await connection.run_sync(_found))[1]) == wanted
    await database.close()


async def test_segments_show_their_length_and_their_conversation(store, day):
    for number in (1, 3):
        day.call(number)
    await Importer(day.files, store).drain()
    async with store.database.reading() as connection:
        rows = (await connection.execute(text("SELECT * FROM conversation_segments"))).mappings().all()
    conversations = {row["id"]: row for row in await store.conversations()}
    segments = [one for call in conversations for one in (await store.conversation(call))["segments"]]
    lengths = {(one["call"], one["position"]): milliseconds(one["ended"] - one["started"]) for one in segments}
    assert {(row["call"], row["position"]): row["duration_ms"] for row in rows} == lengths
    assert len(set(lengths.values())) > 3
    assert {(row["call"], row["number"], row["conversation_outcome"]) for row in rows} == {
        (row["id"], row["number"], row["outcome"]) for row in conversations.values()
    }


async def test_an_agents_time_is_told_in_stretches_that_end_where_the_next_begins(store, day, instant):
    told = [(0.25, "ready", "1001"), (60.5, "talking", "1001"), (60.5, "wrap_up", "1001"), (90, "ready", "1001")]
    for second, presence, agent in [*told, (30, "offline", "1002")]:
        day.tell("presence", instant(second).timestamp(), agent=agent, presence=presence, reason="")
    await Importer(day.files, store).drain()
    wanted = "SELECT agent, presence, duration_ms FROM agent_states ORDER BY agent, started, duration_ms IS NULL, ended"
    async with store.database.reading() as connection:
        rows = [tuple(row) for row in await connection.execute(text(wanted))]
    assert rows == [
        ("1001", "ready", 60_250),
        ("1001", "talking", 0),
        ("1001", "wrap_up", 29_500),
        ("1001", "ready", None),
        ("1002", "offline", None),
    ]


def test_reporting_jobs_never_see_a_password_a_token_or_what_callers_typed():
    assert not {"agents", "tokens", "journal_lines", "journal_files"} & set(readable())
    assert {"conversations", "segments", "visits", "offers", "agent_states", "agent_names"} <= set(readable())


def test_the_dictionary_is_one_page_that_needs_nothing_else():
    page = as_html(dictionary())
    for name in WORDS:
        assert f'id="{name}"' in page
    assert "http" not in page
    assert "wait_seconds" in page


def test_in_markdown_every_line_of_a_table_has_all_its_cells():
    lines = [line for line in as_markdown(dictionary()).splitlines() if line.startswith("|")]
    assert len(lines) == len(SAID) + 2 * len(ENTRIES)
    assert {line.replace("\\|", "").count("|") for line in lines} == {7}
