"""How fast journals become rows: lines a second into SQLite and into PostgreSQL, with every table and index there is.

The journals are those of `bench_journals`: queue_log, CEL, CDR and the engine's of a house with 140 agents, rotated as
they would be, some 27 lines a call. They are imported by `cti.backlog` as `cti journal read` does, into a migrated and
empty database on a disk, in a process of its own: PostgreSQL is a server with the settings it comes with. Every call
must then be one conversation.

`lines_per_second` is by the clock. `cpu_us_per_line` is what each side used: the `writer` (the process that stores, and
makes the first batch ready), the `workers` (that parse and fold; with their start) and the `server`; on a machine that
does something else besides, it tells more. Memory is the sum of what each of our processes ever had at most (the
server's is its own affair).
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from ..backlog import Backlog
from ..db.store import Store
from ..journal.files import journal_files
from .bench_journals import write_journals
from .postgres import cpu_seconds, postgres, programs

CALLS = 24_000  # some 650,000 lines at scale 1
AIM = {"lines_per_second": 50_000, "megabytes": 1_024}
Say = Callable[[str], None]


def measured(scale: float, say: Say, databases: tuple[str, ...] = ("sqlite", "postgresql")) -> dict[str, Any]:
    """What was measured of each database; PostgreSQL only where there is one."""
    calls = max(100, int(CALLS * scale))
    with tempfile.TemporaryDirectory(prefix="cti-bench-") as folder:
        where = Path(folder)
        say(f"writing the journals of {calls:,} calls …")
        _, lines = write_journals(where / "journals", calls)
        found: dict[str, Any] = {"calls": calls, "lines": lines, "aim": AIM, "processors": os.cpu_count()}
        for kind in databases:
            if kind == "postgresql" and programs() is None:
                say("postgresql: no server here")
                continue
            found[kind] = asyncio.run(_into(kind, where, calls, lines))
            say(f"{kind:10} " + "  ".join(f"{name} {value}" for name, value in found[kind].items()))
    return found


async def _into(kind: str, where: Path, calls: int, lines: int) -> dict[str, Any]:
    async with _database(kind, where) as (url, server):
        async with Store(url):  # its tables
            pass
        before = cpu_seconds(server) if server else 0.0
        told = await asyncio.to_thread(_in_a_process, url, where / "journals")
        serving = cpu_seconds(server) - before if server else 0.0
        async with Store(url) as store:
            conversations = await store.count_conversations()
    if conversations != calls:
        raise AssertionError(f"{conversations} conversations of {calls} calls")
    return {
        "lines_per_second": round(lines / told["seconds"]),
        "seconds": round(told["seconds"], 2),
        "megabytes": round(told["megabytes"]),
        "cpu_us_per_line": {
            "writer": round(told["writer"] / lines * 1e6, 1),
            "workers": round(told["workers"] / lines * 1e6, 1),
            "server": round(serving / lines * 1e6, 1),
        },
    }


@asynccontextmanager
async def _database(kind: str, where: Path) -> AsyncIterator[tuple[str, int]]:
    if kind == "sqlite":
        yield f"sqlite:///{where / 'rows.sqlite'}", 0
        return
    async with postgres(where) as (url, server):
        yield url, server


def _in_a_process(url: str, journals: Path) -> dict[str, float]:
    """A process of its own, so that its memory is that of an import and nothing else."""
    done = subprocess.run([sys.executable, "-m", __name__, url, str(journals)], check=True, stdout=subprocess.PIPE)
    told: dict[str, float] = json.loads(done.stdout)
    return told


async def _import(url: str, journals: Path) -> dict[str, float]:
    files = journal_files(journals / "log", journals / "engine.jsonl")
    async with Store(url) as store:
        backlog = Backlog(files, store)
        began, used = time.perf_counter(), time.process_time()
        await backlog.drain()
        seconds, writer = time.perf_counter() - began, time.process_time() - used
    if backlog.refused:
        raise AssertionError(f"refused: {backlog.refused}")
    mine, theirs = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    most = mine.ru_maxrss + backlog.workers * theirs.ru_maxrss  # kilobytes; of the workers the biggest, for each
    return {
        "seconds": seconds,
        "writer": writer,
        "workers": theirs.ru_utime + theirs.ru_stime,
        "megabytes": most / 1024,
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_import(sys.argv[1], Path(sys.argv[2])))))
