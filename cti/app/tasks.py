"""Tasks with an owner, for both processes: they run until a block ends, and one that fails ends the whole process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

Start = Callable[[Any, str], None]


@contextlib.asynccontextmanager
async def tasks() -> AsyncIterator[Start]:
    """Tasks that run until the block ends. One that fails ends the whole process: the supervisor starts it anew."""
    failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    running: set[asyncio.Task[Any]] = set()
    owner = asyncio.current_task()

    def ended(task: asyncio.Task[Any]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None and not failed.done():
            failed.set_exception(error)
            if owner is not None:
                owner.cancel(f"{task.get_name()} failed")

    def start(work: Any, name: str) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        running.add(task)
        task.add_done_callback(ended)

    try:
        yield start
    except asyncio.CancelledError:
        if failed.done():
            failed.result()
        raise
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        if failed.done():
            failed.exception()
        else:
            failed.cancel()
