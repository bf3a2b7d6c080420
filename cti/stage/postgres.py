"""A PostgreSQL server for a benchmark: a folder and a port that nobody else has, ended and deleted with its block.

It knows Debian's programs and the settings of a server that was just installed, which it leaves as they are: what is
measured is what an admin gets. It knows no table. (The tests' own server, `tests/cluster.py`, is a hasty one.)
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]

from ..errors import StoreError

_NOBODY = 65534  # the server refuses to run as root
_START_SECONDS = 60


def programs() -> Path | None:
    """Where the server's programs are: Debian keeps them beside the PATH. None: there are none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: path.parts[4])
    on_path = shutil.which("postgres")
    return found[-1].parent if found else (Path(on_path).parent if on_path else None)


@asynccontextmanager
async def postgres(where: Path, *, kept: bool = False) -> AsyncIterator[tuple[str, int]]:
    """The URL of a database, and the server's process id. It is empty and gone with the block, unless `kept`: then it
    lies in `where` and is what the last block left there. Raises StoreError."""
    bin_ = programs()
    if bin_ is None:
        raise StoreError("no PostgreSQL server here: install Debian's package postgresql, or leave it out")
    folder = where / "postgres" if kept else Path(tempfile.mkdtemp(prefix="postgres-", dir=where))
    as_user = ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"] if os.getuid() == 0 else []
    data = folder / "data"
    if not data.exists():
        folder.mkdir(exist_ok=True)
        if as_user:
            os.chown(folder, _NOBODY, _NOBODY)
            os.chmod(where, 0o755)  # noqa: S103 -- the server, nobody, passes through to its own folder
        init = ["-D", str(data), "-U", "cti", "-A", "trust", "-E", "UTF8", "--locale=C"]
        command = [*as_user, str(bin_ / "initdb"), *init]
        made = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, cwd=folder)
        if made.returncode:
            raise StoreError(f"initdb failed in {folder}: {made.stderr.strip().splitlines()[-1:]}")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["-c", f"port={port}", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(  # noqa: ASYNC220 -- it outlives this call
            [*as_user, str(bin_ / "postgres"), "-D", str(data), *options], stdout=log, stderr=log, cwd=folder
        )
    try:
        await _answers(server, port)
        yield f"postgresql://cti@127.0.0.1:{port}/postgres", server.pid
    finally:
        server.terminate()
        await asyncio.to_thread(server.wait)
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)


async def _answers(server: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(_START_SECONDS * 20):
        if server.poll() is not None:
            break
        try:
            await (await asyncpg.connect(host="127.0.0.1", port=port, user="cti", database="postgres")).close()
            return
        except (OSError, asyncpg.PostgresError):
            await asyncio.sleep(0.05)
    raise StoreError("PostgreSQL did not start")


def cpu_seconds(pid: int) -> float:
    """What this server's processes have used since it started, living and ended (proc(5): utime, stime and those of
    waited-for children)."""
    tick = os.sysconf("SC_CLK_TCK")
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, fields = stat.parent.name, stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:  # its child
            ticks += int(fields[11]) + int(fields[12])
        elif int(name) == pid:
            ticks += sum(map(int, fields[11:15]))
    return ticks / tick
