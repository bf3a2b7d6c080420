"""FastAGI sessions per second: our server beside a bare asyncio one, and a hosted pyst2 script beside the same script
started as a process. All in one run, on one machine; the load is a fake Asterisk in a process of its own.

    scripts/bench_agi [--json] [--sessions 3000] [--at-once 20] [--rounds 3]

A session is an environment and ten SET VARIABLE commands, each answered before the next. The kinds take
turns; a rate is the best round's, a ratio the median of the rounds' (the machine is shared). Aims:
ours >= 80 % of bare; hosted >= 10 x process.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from multiprocessing.connection import Connection
from pathlib import Path
from typing import cast

from ..agi.dialogue import Dialogue
from ..agi.environment import KEYS
from ..agi.scripts import ScriptHost
from ..agi.server import AgiServer
from .bench_report import show

COMMANDS = 10
SCRIPT = f"""
from asterisk.agi import AGI
agi = AGI()
for number in range({COMMANDS}):
    agi.set_variable("V%d" % number, agi.env["agi_uniqueid"])
"""


def environment(path: str) -> bytes:
    told = {"agi_network_script": path, "agi_uniqueid": "1700000000.1", "agi_callerid": "13800138000"}
    return "".join(f"{key}: {told.get(key, 'unknown')}\n" for key in KEYS).encode() + b"\n"


class Caller(asyncio.Protocol):
    """One session of the fake Asterisk: answers each line, ends when the server does."""

    def __init__(self, told: bytes) -> None:
        self.told = told
        self.answered = 0
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(self.told)

    def data_received(self, data: bytes) -> None:
        count = data.count(b"\n")
        self.answered += count
        self.transport.write(b"200 result=1\n" * count)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 (asyncio's signature)
        if not self.ended.done():
            self.ended.set_result(self.answered)


async def timed(caller: Callable[[], Coroutine[None, None, None]], at_once: int) -> float:
    """Seconds until so many callers at a time have done all there is to do."""
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(caller())
    return time.perf_counter() - began


async def load(port: int, path: str, sessions: int, at_once: int) -> float:
    """Sessions per second. Raises when a session was cut short."""
    told, left, loop = environment(path), iter(range(sessions)), asyncio.get_running_loop()

    async def caller() -> None:
        for _ in left:
            _, session = await loop.create_connection(lambda: Caller(told), "127.0.0.1", port)
            if await session.ended < COMMANDS:
                raise RuntimeError("a session was cut short")

    return sessions / await timed(caller, at_once)


async def ours(dialogue: Dialogue) -> None:
    for number in range(COMMANDS):
        await dialogue.command("SET VARIABLE", f"V{number}", dialogue.uniqueid)


async def bare(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The least that speaks FastAGI with asyncio: no checks, no bounds."""
    env = {}
    while (line := (await reader.readline()).decode().strip()) != "":
        key, _, value = line.partition(": ")
        env[key] = value
    for number in range(COMMANDS):
        writer.write(f'SET VARIABLE "V{number}" "{env["agi_uniqueid"]}"\n'.encode())
        await reader.readline()
    writer.close()


def serve(kind: str, folder: str, pipe: Connection) -> None:
    """The server's process: tells its port, ends when told so."""

    async def main() -> None:
        stop = asyncio.get_running_loop().run_in_executor(None, pipe.recv)
        if kind == "bare":
            async with await asyncio.start_server(bare, "127.0.0.1", 0) as server:
                pipe.send(server.sockets[0].getsockname()[1])
                await stop
            return
        host = ScriptHost(Path(folder), threads=16)
        async with AgiServer("127.0.0.1", 0, {"bench": ours, "script/": host.handle}) as server:
            pipe.send(server.port)
            await stop

    asyncio.run(main())


def measured(kind: str, path: str, folder: str, sessions: int, at_once: int) -> float:
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(kind, folder, there))
    process.start()
    try:
        port = here.recv()
        asyncio.run(load(port, path, min(200, sessions), at_once))  # warm
        return asyncio.run(load(port, path, sessions, at_once))
    finally:
        here.send("stop")
        process.join(10)


async def as_process(script: Path, sessions: int, at_once: int) -> float:
    """What AGI(/path/script.py) does: one Python per call, spoken to over its stdin and stdout."""
    told, left = environment("bench"), iter(range(sessions))

    async def caller() -> None:
        for _ in left:
            process = await asyncio.create_subprocess_exec(
                sys.executable, str(script), stdin=-1, stdout=-1, stderr=asyncio.subprocess.DEVNULL
            )
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(told)
            answered = 0
            while await process.stdout.readline():
                answered += 1
                process.stdin.write(b"200 result=1\n")
            process.stdin.close()
            if await process.wait() or answered != COMMANDS:
                raise RuntimeError("the process failed")

    return sessions / await timed(caller, at_once)


def told(sessions: int, at_once: int, rounds: int) -> dict[str, float]:
    """What `--json` prints: the best rate of each kind, and the ratios."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "bench.py"
        script.write_text(SCRIPT, encoding="utf-8")
        kinds: dict[str, Callable[[], float]] = {
            "bare": lambda: measured("bare", "bench", folder, sessions, at_once),
            "ours": lambda: measured("ours", "bench", folder, sessions, at_once),
            "hosted": lambda: measured("ours", "script/bench", folder, sessions, at_once),
            "process": lambda: asyncio.run(as_process(script, max(20, sessions // 100), 4)),
        }
        found = [{kind: measure() for kind, measure in kinds.items()} for _ in range(rounds)]
    result = {f"{kind}_sessions_per_second": round(max(one[kind] for one in found), 1) for kind in kinds}
    result["ours_of_bare"] = round(statistics.median(one["ours"] / one["bare"] for one in found), 2)
    result["hosted_times_process"] = round(statistics.median(one["hosted"] / one["process"] for one in found), 1)
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--sessions", type=int, default=3000, help="in each round, of each kind; of processes a 100th")
    parser.add_argument("--at-once", type=int, default=20, help="sessions open at a time")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    result = told(options.sessions, options.at_once, options.rounds)
    if options.json:
        print(json.dumps(result))
    else:
        show(result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
