"""A screen on stage: one websocket of the live feed, with the instant at which each message came in.

It knows the protocol that a browser speaks and when each message reached this process; it draws nothing.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import aiohttp

from ..errors import CtiError


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One message, and when it was here (aware UTC)."""

    at: datetime
    kind: str
    seq: int
    data: dict[str, Any]


class Watcher:
    """`async with Watcher(url, token) as screen:` then `await screen.next("pop", …)`, or read `seen`.

    `tell` hears every message. `keep` False: nothing is remembered, for a screen that is open for hours.
    """

    def __init__(
        self, url: str, token: str, tell: Callable[[Seen], None] = lambda _: None, *, keep: bool = True
    ) -> None:
        self._url, self._token, self._tell, self._keep = url, token, tell, keep
        self.seen: list[Seen] = []
        self._taken: set[int] = set()
        self._fresh = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession()
        self._task = asyncio.create_task(self._watch(self._session))
        if self._keep:
            await self.next("snapshot")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def next(self, kind: str, timeout: float = 60.0, **fields: Any) -> Seen:
        """The first message of this kind with these fields that no earlier `next` returned, or one to come.

        Raises CtiError when none comes in time or the socket was closed.
        """

        async def wait() -> Seen:
            async with self._fresh:
                while True:
                    for index, seen in enumerate(self.seen):
                        if index not in self._taken and seen.kind == kind and fields.items() <= seen.data.items():
                            self._taken.add(index)
                            return seen
                    if self._task is not None and self._task.done():
                        self._task.result()
                        raise CtiError("the live feed was closed")
                    await self._fresh.wait()

        try:
            async with asyncio.timeout(timeout):
                return await wait()
        except TimeoutError:
            raise CtiError(f"no {kind} {fields} came within {timeout:g} s") from None

    async def closed(self) -> None:
        """Return when the socket is closed. Raises what ended it, if that was an error."""
        assert self._task is not None
        await asyncio.shield(self._task)

    async def _watch(self, session: aiohttp.ClientSession) -> None:
        try:
            async with session.ws_connect(f"{self._url}/api/live", max_msg_size=1 << 26) as socket:
                await socket.send_json({"type": "hello", "token": self._token})
                async for frame in socket:
                    if frame.type is aiohttp.WSMsgType.TEXT:
                        await self._see(json.loads(frame.data))
        finally:
            async with self._fresh:
                self._fresh.notify_all()

    async def _see(self, message: dict[str, Any]) -> None:
        data = message.get("data", message)
        seen = Seen(at=datetime.now(UTC), kind=message["type"], seq=message.get("seq", 0), data=data)
        async with self._fresh:
            if self._keep:
                self.seen.append(seen)
            self._fresh.notify_all()
        self._tell(seen)
