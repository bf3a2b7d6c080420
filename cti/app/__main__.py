"""One process of an instance, from its arguments to its exit code.

It knows signals, heartbeats and the names of the processes; what each does is in the module of its name.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop

from ..config import Config, load_config
from ..errors import CtiError

log = logging.getLogger(__name__)
Process = Callable[[Config, asyncio.Event], Awaitable[None]]


def main(arguments: list[str]) -> int:
    """`engine|importer HOME FD`; returns the exit code."""
    name, home, pipe = arguments
    logging.basicConfig(level=logging.INFO, format=f"%(asctime)s {name} %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_live(process(name), load_config(Path(home)), int(pipe)))
    except CtiError as error:
        log.error("%s", error)
        return error.exit_code
    return 0


def process(name: str) -> Process:
    """`engine` or `importer`, with what it imports and nothing else."""
    gc.disable()  # what modules make stays: looking for cycles in it took a seventh of their time
    try:
        if name == "engine":
            from .engine import run_engine

            return run_engine
        from .importer import run_importer

        return run_importer
    finally:
        gc.enable()


async def _live(run: Process, config: Config, pipe: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    beating = asyncio.create_task(_beating(config, pipe, stop))
    try:
        await run(config, stop)
    finally:
        stop.set()
        await beating


async def _beating(config: Config, pipe: int, stop: asyncio.Event) -> None:
    """One byte each `heartbeat_seconds`; a broken pipe means that the supervisor is gone."""
    while not stop.is_set():
        try:
            os.write(pipe, b".")
        except OSError:
            log.error("the supervisor is gone: ending")
            stop.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), config.heartbeat_seconds)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
