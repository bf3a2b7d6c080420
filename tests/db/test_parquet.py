"""Rows -> Parquet by day, on both databases: typed, whole, the same bytes, only what changed is written."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from pathlib import Path

import duckdb
import pytest

from cti.cli.report_export import export_tables
from cti.core.journal import Position, Source
from cti.db.exported import EXPORTED
from cti.db.store import Store
from cti.errors import Refused
from cti.journal.importer import Importer
from cti.reports.by_day import DayFolder, alone

BEFORE, AFTER = date(2026, 11, 21), date(2026, 11, 22)
MIDNIGHT = 560  # the first call of the second day, UTC


@pytest.fixture
async def filled(store, day) -> Store:
    for number in range(MIDNIGHT - 5, MIDNIGHT + 5):
        day.call(number)
    day.tell("presence", 1_795_300_000.5, agent="1001", presence="ready", reason="")
    day.tell("presence", 1_795_306_000.5, agent="1001", presence="paused", reason="lunch", payable=False)
    for second in (1_795_300_001.5, 1_795_306_001.5):
        day.tell("told", second, call=f"{second}", queue="sales", position=1, wait_minutes=2, expected_seconds=90)
    await Importer(day.files, store).drain()
    return store


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.parquet")}


def ask(folder: Path, query: str) -> list[tuple]:
    return duckdb.sql(query.replace("LAKE", str(folder))).fetchall()


async def test_each_day_is_a_file_with_typed_columns(filled, tmp_path):
    lines = {line["table"]: line for line in await export_tables(filled, tmp_path / "lake")}
    assert (lines["visits"]["rows"], lines["visits"]["days_written"]) == (10, 2)
    assert set(files(tmp_path / "lake")) == {
        f"{table}/day={day}/part-0.parquet"
        for table in EXPORTED.keys() - {"voicemail_messages"}
        for day in (BEFORE, AFTER)
    }
    described = "describe select * from read_parquet('LAKE/visits/*/*.parquet')"
    types = {name: kind for name, kind, *_ in ask(tmp_path / "lake", described)}
    assert (types["entered"], types["wait_ms"], types["transferred"], types["day"]) == (
        "TIMESTAMP WITH TIME ZONE",
        "BIGINT",
        "BOOLEAN",
        "DATE",
    )
    strays = """select count(*) from read_parquet('LAKE/*/*/*.parquet', union_by_name=true)
                where day IS DISTINCT FROM coalesce(entered, offered, started, "at")::TIMESTAMP::DATE"""
    assert ask(tmp_path / "lake", strays) == [(0,)]


async def test_a_column_is_of_one_kind_on_every_day_whatever_its_values(filled, tmp_path):
    await export_tables(filled, tmp_path / "lake")
    schema = "select file_name, name, type, repetition_type from parquet_schema('LAKE/agent_states/*/*.parquet')"
    first, second = (
        [row[1:] for row in ask(tmp_path / "lake", schema) if str(day) in row[0]] for day in (BEFORE, AFTER)
    )
    assert first == second
    assert ("ended", "INT64", "OPTIONAL") in first
    states = "select presence, payable, epoch_ms(ended) - epoch_ms(started) from read_parquet('LAKE/agent_states/*/*')"
    assert ask(tmp_path / "lake", states) == [("ready", True, 6_000_000), ("paused", False, None)]


async def test_durations_are_the_same_whole_milliseconds_as_in_the_rows(filled, tmp_path):
    await export_tables(filled, tmp_path / "lake")
    conversations = "select id, wait_ms, talk_ms from read_parquet('LAKE/conversations/*/*') order by id"
    rows = sorted(await filled.conversations(), key=lambda row: row["id"])
    expected = [(r["id"], round(r["wait_seconds"] * 1000), round(r["talk_seconds"] * 1000)) for r in rows]
    assert ask(tmp_path / "lake", conversations) == expected


async def test_again_writes_nothing_and_a_late_line_only_its_days(filled, day, tmp_path):
    folder = tmp_path / "lake"
    await export_tables(filled, folder)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.parquet")}
    again = await export_tables(filled, folder)
    assert {line["days_written"] for line in again} == {0}
    day.call(MIDNIGHT + 7)
    await Importer(day.files, filled).drain()
    dry = {line["table"]: line["days_written"] for line in await export_tables(filled, folder, dry_run=True)}
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.parquet")} == before
    assert await export_tables(filled, folder)
    changed = {path.relative_to(folder).parts[:2] for path, at in before.items() if path.stat().st_mtime_ns != at}
    assert changed == {(table, f"day={AFTER}") for table in ("conversations", "segments", "visits", "offers")}
    assert dry == {table: 1 if (table, f"day={AFTER}") in changed else 0 for table in EXPORTED}


async def test_conversations_that_are_gone_vanish_with_their_empty_days(filled, tmp_path):
    folder = tmp_path / "lake"
    await export_tables(filled, folder)
    for source, names in [(source, await filled.positions(source)) for source in Source]:
        for name in names:
            await filled.import_lines([], [Position(source=source, file_id=name, path="x", offset=0, cut=True)])
    (folder / "visits" / "notes.txt").write_text("mine")
    (folder / "visits" / f"day={BEFORE}" / "mine.parquet").write_text("mine")
    lines = await export_tables(filled, folder, span=(AFTER, date.max))
    assert {line["days_removed"] for line in lines if line["table"] != "voicemail_messages"} == {1}
    assert {str(BEFORE) in name for name in files(folder)} == {True}
    await export_tables(filled, folder)
    left = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert left == {"visits/notes.txt", f"visits/day={BEFORE}/mine.parquet"}


async def test_the_same_rows_are_the_same_bytes_however_they_came(filled, day, new_database, tmp_path):
    await export_tables(filled, tmp_path / "one")
    async with Store(new_database()) as other:
        await Importer(day.files, other, chunk_bytes=700).drain()
        await export_tables(other, tmp_path / "two")
    async with Store(f"sqlite:///{tmp_path / 'third.sqlite'}") as embedded:
        await Importer(day.files, embedded).drain()
        await export_tables(embedded, tmp_path / "three")
    assert files(tmp_path / "one") == files(tmp_path / "two") == files(tmp_path / "three")


COLUMNS = [("call", "text", False), ("wait_ms", "int64", False)]


def test_what_breaks_off_leaves_the_old_file_and_nothing_half(tmp_path):
    with DayFolder(tmp_path, "visits", COLUMNS) as days:
        days.put(BEFORE, [("a", 1)])
        days.finish(BEFORE, AFTER)
    old = files(tmp_path)
    for day in (BEFORE, AFTER):
        with suppress(ZeroDivisionError), DayFolder(tmp_path, "visits", COLUMNS) as days:
            days.put(day, [("b", 2)])
            days.put(day, [("c", 1 // 0)])
    assert files(tmp_path) == old
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["part-0.parquet"]
    assert days.days() == {BEFORE}


def test_any_portions_make_the_same_file(tmp_path, monkeypatch):
    monkeypatch.setattr("cti.reports.parquet.GROUP", 100)
    rows = [(f"call {number}", number) for number in range(1_234)]
    for table, portion in (("a", 1), ("b", 77), ("c", 5_000)):
        with DayFolder(tmp_path, table, COLUMNS) as days:
            for start in range(0, len(rows), portion):
                days.put(BEFORE, rows[start : start + portion])
            days.finish(BEFORE, BEFORE)
        assert days.rows == 1_234
    assert len(set(files(tmp_path).values())) == 1


def test_two_exports_into_one_folder_are_not_at_it_together(tmp_path):
    with alone(tmp_path), pytest.raises(Refused, match="another export"), alone(tmp_path):
        pass
