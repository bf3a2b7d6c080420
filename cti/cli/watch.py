"""`cti queue watch`: the floor in a terminal, kept up to date by the engine's websocket.

It knows the protocol of /api/live, a terminal and a pipe: a terminal is redrawn when something happens and each second,
since durations go on by themselves; a pipe gets a frame when something has happened, at most one in PACE_SECONDS.
Nothing is asked of the engine after the hello. While the engine is away the last frame stays, and says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import click
from rich.console import Console
from rich.live import Live

from ..config import Config, load_config
from ..errors import CtiError, NotFound
from . import complete
from .floor_view import Floor, agent_lines, caller_lines, queue_lines
from .frame import draw
from .rows import site_text, zone
from .words import LANGUAGES, language_of, word

PACE_SECONDS = 2.0
TICK_SECONDS = 1.0
SILENCE_SECONDS = 40.0  # the feed beats every 15 seconds
AGAIN_SECONDS = 1.0
GOODBYE_SECONDS = 0.5  # what the engine gets to say goodbye: Ctrl-C shall not wait for it
PIPE_COLUMNS = 100


@click.command()
@click.argument("queue", required=False, default="", shell_complete=complete.queues)
@click.option("--once", is_flag=True, help="Print one frame and end.")
@click.option("--language", type=click.Choice(LANGUAGES), default=None, help="Default: the terminal's.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: a line for each frame.")
@click.pass_obj
def watch(home: Path, queue: str, once: bool, language: str | None, as_json: bool) -> None:
    """Watch the queues (or one of them): who waits, in which order, and who is there to answer."""
    show = _Show(home, queue, language_of(language or ""), as_json)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(show.one() if once else show.run())


class _Show:
    """The floor as it is known, and where it is shown."""

    def __init__(self, home: Path, queue: str, language: str, as_json: bool) -> None:
        self._config, self._zone = load_config(home), zone(home, "")
        self._name = site_text(self._config.site_file, "name") or home.resolve().name
        self._queue, self._language, self._as_json = queue, language, as_json
        self._floor = Floor()
        self._live = False

    async def one(self) -> None:
        """One frame, or CtiError when the engine is away."""
        async for message in messages(self._config):
            if self._floor.apply(message):
                self._live = True
                self._check_queue()
                self._print(Console(highlight=False))
                return
        raise CtiError("the engine closed the feed before it showed anything; try again")

    async def run(self) -> None:
        """Until Ctrl-C."""
        console, changed = Console(highlight=False), asyncio.Event()
        show = self._piped if self._plain(console) else self._drawn
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._listen(changed))
                group.create_task(show(console, changed))
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None

    def _plain(self, console: Console) -> bool:
        return self._as_json or not console.is_terminal

    async def _listen(self, changed: asyncio.Event) -> None:
        first = True
        while True:
            try:
                async for message in messages(self._config):
                    self._live = True
                    if self._floor.apply(message):
                        if first:
                            self._check_queue()
                        first = False
                        changed.set()
            except CtiError:
                if first:
                    raise
            self._live = False
            changed.set()
            await asyncio.sleep(AGAIN_SECONDS)

    async def _piped(self, console: Console, changed: asyncio.Event) -> None:
        while True:
            await changed.wait()
            changed.clear()
            self._print(console)
            await asyncio.sleep(PACE_SECONDS)

    async def _drawn(self, console: Console, changed: asyncio.Event) -> None:
        await changed.wait()
        with Live(console=console, screen=True, auto_refresh=False) as live:
            while True:
                changed.clear()
                live.update(self._frame(console.height), refresh=True)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(TICK_SECONDS):
                        await changed.wait()

    def _check_queue(self) -> None:
        if self._queue and self._queue not in self._floor.queues:
            raise NotFound(f"there is no queue {self._queue}; those there are: {', '.join(self._floor.queues)}")

    def _print(self, console: Console) -> None:
        if self._as_json:
            click.echo(json.dumps(self._facts(), ensure_ascii=False, default=str))
        elif console.is_terminal:
            console.print(self._frame(None))
        else:
            Console(highlight=False, width=PIPE_COLUMNS, no_color=True).print(self._frame(None))
            click.echo()

    def _frame(self, height: int | None) -> Any:
        now, parts = datetime.now(UTC), ["live" if self._live else "away", *(["Ctrl-C ends"] if height else [])]
        told = "   ".join(word(part, self._language) for part in parts)
        title = f"{self._name}   {now.astimezone(self._zone):%H:%M:%S}   {told}"
        return draw(self._floor, now, title, language=self._language, height=height, queue=self._queue)

    def _facts(self) -> dict[str, Any]:
        now, only = datetime.now(UTC), self._queue
        return {
            "at": now.astimezone(self._zone).isoformat(timespec="milliseconds"),
            "live": self._live,
            "queues": [asdict(line) for line in queue_lines(self._floor, now) if only in ("", line.queue)],
            "callers": [asdict(line) for line in caller_lines(self._floor, now, queue=only)],
            "agents": [asdict(line) for line in agent_lines(self._floor, now, queue=only, everybody=True)],
        }


async def messages(config: Config) -> AsyncIterator[dict[str, Any]]:
    """What the engine's feed says, from the snapshot on, until it ends. Raises CtiError when nobody answers."""
    url = f"http://{config.bind}:{config.web_port}/api/live"
    patience = aiohttp.ClientWSTimeout(ws_close=GOODBYE_SECONDS)
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(url, max_msg_size=1 << 26, timeout=patience) as socket,
        ):
            await socket.send_json({"type": "hello", "token": config.secrets.admin_token})
            while (frame := await socket.receive(SILENCE_SECONDS)).type is aiohttp.WSMsgType.TEXT:
                yield json.loads(frame.data)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise CtiError(f"no engine answers at {config.bind}:{config.web_port}; start it with: cti serve") from error
