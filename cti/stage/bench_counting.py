"""How fast a day's queue report and a year by hour are, on ten million conversations, and whether all ways agree.

    python -m cti.stage.bench_counting [--json] [--conversations N] [--database URL] [--folder DIR] [--at-most SECONDS]

A year of stays in queues is made (in DIR, or for this run only), rolled up by the engine's own code, and asked three
ways: from the sums by quarter of an hour, from the rows, and from the Parquet export by DuckDB. A report is its whole
document, definitions and all. The process that asks is a fresh one with its database open; of time the best round is
told and the median beside it (the machine is shared), of memory the most that it ever had. DIR keeps what was made for
the next run; --at-most ends the making after so long (exit code 75: the same again goes on).
Aims: day < 100 ms and year < 300 ms from the sums, < 2 s from the faster of rows and Parquet; < 1 GiB; equal documents.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ..core.metrics.counters import COUNTERS, Thresholds, sql_of
from ..core.metrics.facts import Visit
from ..core.metrics.intervals import By, even
from ..db.quarters import Grid
from ..db.rolling import roll_up
from ..db.span import Span
from ..db.store import Store
from ..db.tally import Counted, Tally, tally
from ..reports.build import Asked, build
from ..reports.catalogue import REPORTS, counters_of
from ..reports.document import Report
from .year_of_calls import BEGIN, DAYS, make_year

BERLIN = ZoneInfo("Europe/Berlin")  # its clock is moved twice in the year
T = Thresholds()
END = BEGIN + timedelta(days=DAYS)
GO_ON = 75  # EX_TEMPFAIL
_ROUNDS = 7


@dataclass(frozen=True, slots=True)
class Question:
    """A report and how fast it must be, in milliseconds."""

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


_DAY = datetime(2025, 10, 26, tzinfo=BERLIN).astimezone(UTC)  # the one with 25 hours
QUESTIONS = {
    "day_by_queue": Question(_asked("queue", _DAY, _DAY + timedelta(hours=25), None), 100),
    "year_by_hour": Question(_asked("interval", BEGIN, END, By.HOUR), 300),
}
ROWS_MS, MEMORY_MIB = 2_000, 1_024


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
            values = dict(zip(names, map(int, counts), strict=True))
            found.append((grid.start(at, since), (key,) if wanted.key else (), values))
    return found


async def ask(url: str, folder: Path) -> dict[str, Any]:
    """Every question every way."""
    import duckdb  # only benchmarks and tests have it

    engine = duckdb.connect(config={"memory_limit": "512MB", "threads": 2, "temp_directory": str(folder / "spill")})
    engine.execute("SET TimeZone = 'UTC'")
    found: dict[str, Any] = {}
    async with Store(url) as store:
        for name, question in QUESTIONS.items():
            wanted = question.tally

            async def sums(wanted: Tally = wanted) -> list[Counted]:
                return await tally(store.database, wanted, END)

            async def rows(wanted: Tally = wanted) -> list[Counted]:
                return await tally(store.database, replace(wanted, rolled=False), END)

            async def parquet(wanted: Tally = wanted) -> list[Counted]:
                return from_parquet(engine, folder, wanted)

            ways = {"rollups": (sums, _ROUNDS), "rows": (rows, 2), "parquet": (parquet, 3)}
            timed = {way: await _timed(question.asked, get, rounds) for way, (get, rounds) in ways.items()}
            first = next(report for report, _ in timed.values())
            found[name] = {
                "lines": len(first.rows),
                **{f"{way}_ms": round(min(took), 1) for way, (_, took) in timed.items()},
                "rollups_median_ms": round(statistics.median(timed["rollups"][1]), 1),
                "equal": all(report == first for report, _ in timed.values()),
            }
    return found | {"memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}


async def _timed(asked: Asked, get: Callable[[], Awaitable[list[Counted]]], rounds: int) -> tuple[Report, list[float]]:
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        report = build(asked, await get())
        took.append((time.perf_counter() - began) * 1000)
    return report, took


async def make(url: str, folder: Path, conversations: int, at_most: float) -> dict[str, Any] | None:
    """The year and its sums; None: there is more to do."""
    began = time.monotonic()
    async with Store(url) as store:
        if not await make_year(store.database, folder, conversations, at_most):
            return None
        made = time.monotonic()
        quarters = await roll_up(store.database, T, END)
        took = time.monotonic() - made
        return {"made_seconds": round(made - began, 1), "rolled_quarters": quarters, "roll_up_seconds": round(took, 1)}


def promises(found: dict[str, Any]) -> dict[str, bool]:
    """What was promised, and whether it holds."""
    held = {"memory": found["memory_mib"] < MEMORY_MIB}
    for name, question in QUESTIONS.items():
        told = found[name]
        held[f"{name}_from_rollups"] = told["rollups_ms"] < question.limit_ms
        held[f"{name}_from_rows"] = min(told["rows_ms"], told["parquet_ms"]) < ROWS_MS
        held[f"{name}_equal"] = told["equal"]
    return held


def run(url: str, folder: Path, conversations: int, at_most: float) -> dict[str, Any] | None:
    """Make and ask; None: the making is not over."""
    url = url or f"sqlite:///{folder / 'rows.sqlite'}"
    made = asyncio.run(make(url, folder, conversations, at_most))
    if made is None:
        return None
    command = [sys.executable, "-m", __spec__.name, "--ask", "--database", url, "--folder", str(folder)]
    asked = subprocess.run(command, check=True, capture_output=True, text=True)
    found = {"conversations": conversations, "database": url.partition(":")[0], **made, **json.loads(asked.stdout)}
    return found | {"promises": promises(found)}


def measured(scale: float, say: Callable[[str], None], databases: tuple[str, ...]) -> dict[str, Any]:
    """As a part of `bench_reports`: on SQLite, in a folder that is gone after it."""
    if "sqlite" not in databases:
        return {}
    with tempfile.TemporaryDirectory(prefix="cti-bench-") as folder:
        found = run("", Path(folder), round(scale * 10_000_000), float("inf")) or {}
    for name, value in found.items():
        say(f"{name:24}{value}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--conversations", type=int, default=10_000_000, help="how many a year has")
    parser.add_argument("--database", default="", help="URL of an empty database; default: SQLite in the folder")
    parser.add_argument("--folder", type=Path, default=None, help="keep rows and Parquet files here for the next run")
    parser.add_argument("--at-most", type=float, default=float("inf"), help="seconds of making; then exit code 75")
    parser.add_argument("--ask", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.ask:
        print(json.dumps(asyncio.run(ask(options.database, options.folder))))
        return 0
    with tempfile.TemporaryDirectory(prefix="cti-bench-") as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        found = run(options.database, folder, options.conversations, options.at_most)
    if found is None:
        print("not all days are made yet: run it again", file=sys.stderr)
        return GO_ON
    print(json.dumps(found) if options.json else "\n".join(f"{name:24}{value}" for name, value in found.items()))
    return 0 if all(found["promises"].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
