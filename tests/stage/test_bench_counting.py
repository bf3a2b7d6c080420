"""The benchmark of reports at a tenth of its size, on both databases: every way to ask gives the same document, and
memory stays small. And the made year is what it says it is."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

import pytest
from cluster import require_server

from cti.cli.report_export import export_tables
from cti.db import rolling
from cti.db.store import Store
from cti.stage import kept_year
from cti.stage.bench_counting import CONVERSATIONS, MEMORY_MIB, QUESTIONS, promises, run
from cti.stage.kept_year import keep_year
from cti.stage.year_of_calls import DAYS, calls_of_day, day_of_calls

DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


def _nobody(_: str) -> None: ...


def test_a_year_is_made_of_as_many_calls_as_were_asked_for_and_always_of_the_same():
    assert sum(calls_of_day(day, 12_345) for day in range(DAYS)) == 12_345
    assert day_of_calls(7, 12_345) == day_of_calls(7, 12_345)
    assert day_of_calls(7, 12_345) != day_of_calls(8, 12_345)


async def test_the_made_files_are_those_that_the_export_makes_of_the_made_rows(new_database, tmp_path, monkeypatch):
    monkeypatch.setattr(kept_year, "DAYS", 40)  # of the year; two months
    async with Store(new_database()) as store:
        assert await keep_year(store.database, tmp_path, 20_000, math.inf, _nobody)
        (told,) = await export_tables(store, tmp_path, tables=["visits"])
    made = sum(calls_of_day(day, 20_000) for day in range(40))
    assert told == {"table": "visits", "rows": made, "days_written": 0, "days_same": 40, "days_removed": 0}


def test_a_promise_that_is_not_held_is_told():
    held = {"rollups_ms": 99.0, "rows_ms": 5_000.0, "parquet_ms": 1_999.0, "equal": True}
    found = {"memory_mib": MEMORY_MIB - 1, "day_by_queue": held, "year_by_hour": held}
    assert all(promises(found).values())
    slow = promises(found | {"day_by_queue": held | {"rollups_ms": 100.0, "parquet_ms": 2_000.0}})
    assert [name for name, one in slow.items() if not one] == ["day_by_queue_from_rollups", "day_by_queue_from_rows"]
    assert not promises(found | {"memory_mib": MEMORY_MIB})["memory"]
    assert not promises(found | {"year_by_hour": held | {"equal": False}})["year_by_hour_equal"]


@pytest.mark.timeout(400)  # half a minute on a machine of one's own
@pytest.mark.parametrize("database", DATABASES)
async def test_sums_rows_and_parquet_give_the_same_reports_of_a_million_conversations_within_the_promised_memory(
    database, monkeypatch
):
    if database == "postgresql":
        require_server()
    monkeypatch.setattr(rolling, "PIECE", 96 * 60)  # nobody waits here for imports
    with tempfile.TemporaryDirectory() as folder:  # a test's own lies in one that is closed to the server's user
        where, calls = Path(folder), CONVERSATIONS // 10
        assert await run(database, where, calls, 1, _nobody) is None  # the making can be taken in pieces
        found = await run(database, where, calls, math.inf, _nobody)
    assert found is not None
    for name in QUESTIONS:
        assert found[name]["equal"], found
    assert found["day_by_queue"]["lines"] == 24
    assert 8_000 < found["year_by_hour"]["lines"] <= DAYS * 24
    assert 0 < found["memory_mib"] < MEMORY_MIB
