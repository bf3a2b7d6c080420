"""How fast a day's queue report and a year by hour are, on ten million conversations, and whether all ways agree.

    python -m cti.stage.bench_counting [--json] [--conversations N] [--database KIND] [--folder DIR] [--at-most SECONDS]

A year of conversations is made, rolled up by the engine's own code, and asked three ways: from the sums by quarter of
an hour, from the rows, and from the Parquet export by DuckDB. What is made are the rows that these reports count, one
stay in one queue for each conversation, put straight into the table `visits` and into the files that the export would
make of them (a test holds these against the export's). Nothing of it went through journals: how fast those become rows
is `bench_import`'s to tell. PostgreSQL is a server of its own, with the settings that Debian gives one.

The process that asks is a fresh one with its database open; of time the best round is told and the median beside it
(the machine is shared), of memory the most that it ever had (PostgreSQL's own is its affair). DIR keeps what was made
for the next run; --at-most ends the making after so long (exit code 75: the same again goes on).
Aims: day < 100 ms and year < 300 ms from the sums, < 2 s from the faster of rows and Parquet; < 1 GiB; equal documents.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from ..db.rolling import roll_up
from ..db.store import Store
from .kept_year import keep_year
from .postgres import postgres, programs
from .three_ways import END, QUESTIONS, T, ask

CONVERSATIONS = 10_000_000  # a year's, at scale 1
DATABASES = ("sqlite", "postgresql")
ROWS_MS, MEMORY_MIB = 2_000, 1_024
GO_ON = 75  # EX_TEMPFAIL
Say = Callable[[str], None]


class _TimeIsUp(Exception):
    """The making took as long as it may."""


async def run(kind: str, folder: Path, conversations: int, at_most: float, say: Say) -> dict[str, Any] | None:
    """Make and ask, in a folder of this database's; None: the making is not over."""
    folder = folder / kind
    folder.mkdir(parents=True, exist_ok=True)
    async with _database(kind, folder) as url:
        if not await _make(url, folder, conversations, time.monotonic() + at_most, say):
            return None
        say("asking …")
        asked = await _in_a_process(url, folder)
    found = {"conversations": conversations, "database": kind, **_spent(folder), **asked}
    return found | {"promises": promises(found)}


@asynccontextmanager
async def _database(kind: str, folder: Path) -> AsyncIterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'rows.sqlite'}"
        return
    folder.parent.chmod(0o755)  # as `postgres` opens the one within it: the server is nobody and passes through
    async with postgres(folder, kept=True) as (url, _):
        yield url


async def _make(url: str, folder: Path, conversations: int, until: float, say: Say) -> bool:
    """The year and its sums. False: there is more to do."""

    def told(done: int, of: int) -> None:
        if done % 960 == 0:
            say(f"rolled up {done:,} of {of:,} quarters of an hour")
        if time.monotonic() > until:
            raise _TimeIsUp

    async with Store(url) as store:
        began = time.monotonic()
        made = await keep_year(store.database, folder, conversations, until, say)
        _spend(folder, "made_seconds", time.monotonic() - began)
        if not made:
            return False
        began = time.monotonic()
        try:
            await roll_up(store.database, T, END, told)
        except _TimeIsUp:
            return False
        finally:
            _spend(folder, "roll_up_seconds", time.monotonic() - began)
    return True


def _spent(folder: Path) -> dict[str, float]:
    """How long the making took, all pieces together."""
    file = folder / "spent.json"
    found: dict[str, float] = json.loads(file.read_text()) if file.exists() else {}
    return found


def _spend(folder: Path, what: str, seconds: float) -> None:
    spent = _spent(folder)
    spent[what] = round(spent.get(what, 0.0) + seconds, 1)
    (folder / "spent.json").write_text(json.dumps(spent))


async def _in_a_process(url: str, folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "cti.stage.bench_counting", "--ask", url, "--folder", str(folder)]
    asking = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    out, _ = await asking.communicate()
    if asking.returncode:
        raise AssertionError(f"the process that asks failed: {asking.returncode}")
    told: dict[str, Any] = json.loads(out)
    return told


def promises(found: dict[str, Any]) -> dict[str, bool]:
    """What was promised, and whether it holds."""
    held = {"memory": found["memory_mib"] < MEMORY_MIB}
    for name, question in QUESTIONS.items():
        told = found[name]
        held[f"{name}_from_rollups"] = told["rollups_ms"] < question.limit_ms
        held[f"{name}_from_rows"] = min(told["rows_ms"], told["parquet_ms"]) < ROWS_MS
        held[f"{name}_equal"] = told["equal"]
    return held


def measured(scale: float, say: Say, databases: tuple[str, ...] = DATABASES) -> dict[str, Any]:
    """As a part of `bench_reports`, in a folder that is gone after it; PostgreSQL only where there is one."""
    result: dict[str, Any] = {}
    for kind in databases:
        if kind == "postgresql" and programs() is None:
            say("postgresql: no server here")
            continue
        with tempfile.TemporaryDirectory(prefix="cti-bench-") as folder:
            found = asyncio.run(run(kind, Path(folder), round(scale * CONVERSATIONS), float("inf"), say)) or {}
        result[kind] = found
        for name, value in found.items():
            say(f"{name:24}{value}")
    return result


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--conversations", type=int, default=CONVERSATIONS, help="how many a year has")
    parser.add_argument("--database", choices=DATABASES, default="sqlite", help="the kind; it is made in the folder")
    parser.add_argument("--folder", type=Path, default=None, help="keep rows and Parquet files here for the next run")
    parser.add_argument("--at-most", type=float, default=float("inf"), help="seconds of making; then exit code 75")
    parser.add_argument("--ask", default="", help=argparse.SUPPRESS)  # the URL of what is made
    options = parser.parse_args()
    if options.ask:
        print(json.dumps(asyncio.run(ask(options.ask, options.folder))))
        return 0
    with tempfile.TemporaryDirectory(prefix="cti-bench-") as temporary:
        folder = options.folder or Path(temporary)
        found = asyncio.run(run(options.database, folder, options.conversations, options.at_most, _say))
    if found is None:
        _say("there is more to make: run it again")
        return GO_ON
    print(json.dumps(found) if options.json else "\n".join(f"{name:24}{value}" for name, value in found.items()))
    return 0 if all(found["promises"].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
