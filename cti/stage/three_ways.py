"""Two reports of a kept year asked three ways: from the sums by quarter of an hour, from the rows, from Parquet.

It knows what is asked, and DuckDB's query over the Parquet files; it measures and judges nothing else. A report is its
whole document, definitions and all. Whoever measures memory calls `ask` in a fresh process.
"""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ..core.metrics.counters import COUNTERS, sql_of
from ..core.metrics.facts import Visit
from ..core.metrics.intervals import By, even
from ..core.metrics.thresholds import Thresholds
from ..db.quarters import Grid
from ..db.span import Span
from ..db.store import Store
from ..db.tally import Counted, Tally, tally
from ..reports.build import Asked, build
from ..reports.catalogue import REPORTS, counters_of
from ..reports.document import Report
from .year_of_calls import BEGIN, DAYS

BERLIN = ZoneInfo("Europe/Berlin")  # its clock is moved twice in the year
T = Thresholds()
END = BEGIN + timedelta(days=DAYS)
_DAY = datetime(2025, 10, 26, tzinfo=BERLIN).astimezone(UTC)  # the one with 25 hours
_LONG_MS = 1_000  # a round that long is not made again, but for the one that began cold
_ROUNDS = {"rollups": 5, "rows": 2, "parquet": 3}


@dataclass(frozen=True, slots=True)
class Question:
    """A report and how fast it must be from the sums, in milliseconds."""

    asked: Asked
    limit_ms: float

    @property
    def tally(self) -> Tally:
        kind, asked = REPORTS[self.asked.name], self.asked
        span = Span(since=asked.since, until=asked.until)
        counters = counters_of(asked.name)
        return Tally(span=span, key=kind.line, thresholds=T, counters=counters, by=asked.by, zone=asked.zone)


def _asked(name: str, since: datetime, until: datetime, by: By | None) -> Asked:
    return Asked(name=name, since=since, until=until, zone=BERLIN, thresholds=T, by=by)


QUESTIONS = {
    "day_by_queue": Question(_asked("queue", _DAY, _DAY + timedelta(hours=25), None), 100),
    "year_by_hour": Question(_asked("interval", BEGIN, END, By.HOUR), 300),
}


async def ask(url: str, folder: Path) -> dict[str, Any]:
    """Every question every way. Of each: how long it took at best by the clock, what this process and SQLite in it used
    of the processor (`cpu`), and whether all documents are the same. And the most memory that this process ever had."""
    import duckdb  # only benchmarks and tests have it

    engine = duckdb.connect(config={"memory_limit": "512MB", "threads": 2, "temp_directory": str(folder / "spill")})
    engine.execute("SET TimeZone = 'UTC'")
    found: dict[str, Any] = {}
    async with Store(url) as store:
        for name, question in QUESTIONS.items():
            found[name] = await _asked_all_ways(store, engine, folder, question)
    return found | {"memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}


async def _asked_all_ways(store: Store, engine: Any, folder: Path, question: Question) -> dict[str, Any]:
    wanted = question.tally

    async def sums() -> list[Counted]:
        return await tally(store.database, wanted, END)

    async def rows() -> list[Counted]:
        return await tally(store.database, replace(wanted, rolled=False), END)

    async def parquet() -> list[Counted]:
        return from_parquet(engine, folder, wanted)

    timed = {way: await _timed(question.asked, get, way) for way, get in (("rollups", sums), ("rows", rows))}
    timed["parquet"] = await _timed(question.asked, parquet, "parquet")
    first = timed["rollups"].report
    return {
        "lines": len(first.rows),
        **{f"{way}_ms": round(min(one.took), 1) for way, one in timed.items()},
        "rollups_median_ms": round(statistics.median(timed["rollups"].took), 1),
        "rollups_cpu_ms": round(min(timed["rollups"].cpu), 1),
        "equal": all(one.report == first for one in timed.values()),
    }


@dataclass(frozen=True, slots=True)
class _Timed:
    report: Report
    took: list[float]
    cpu: list[float]


async def _timed(asked: Asked, get: Callable[[], Awaitable[list[Counted]]], way: str) -> _Timed:
    took, cpu = [], []
    for _ in range(_ROUNDS[way]):
        began, used = time.perf_counter(), time.process_time()
        report = build(asked, await get())
        took.append((time.perf_counter() - began) * 1000)
        cpu.append((time.process_time() - used) * 1000)
        if took[-1] > _LONG_MS and (way == "rows" or len(took) > 1):
            break
    return _Timed(report, took, cpu)


def from_parquet(engine: Any, folder: Path, wanted: Tally) -> list[Counted]:
    """The same counts by DuckDB, in one pass over the days' files."""
    names = [name for name in COUNTERS if COUNTERS[name].fact is Visit and name in (wanted.counters or COUNTERS)]
    sums = ", ".join(sql_of(COUNTERS[name], wanted.thresholds) for name in names)
    found: list[Counted] = []
    for since, until, offset in even(wanted.span.since, wanted.span.until, wanted.zone):
        grid = Grid.of(wanted.by, offset)
        number = f"(epoch_us(entered) // 1000000 + {grid.offset}) // {grid.seconds}" if grid.seconds else "0"
        line = wanted.key or "''"
        days = f"read_parquet('{folder}/visits/*/*.parquet', hive_partitioning = true)"
        rows = engine.execute(
            f"SELECT {number}, {line}, {sums} FROM {days} "  # noqa: S608 -- ours
            "WHERE day BETWEEN ? AND ? AND entered >= ? AND entered < ? GROUP BY ALL",
            [since.date(), until.date(), since, until],
        ).fetchall()
        for at, key, *counts in rows:
            values = dict(zip(names, counts, strict=True))
            found.append((grid.start(at, since), (key,) if wanted.key else (), values))
    return found
