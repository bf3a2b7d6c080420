"""Many screens that only look: open websockets of the live feed, read and thrown away, as cheap as a socket can be.

It knows the handshake and the hello. It refuses to know what the messages say (that is `watcher`): on a machine that is
measured, decoding them would cost more than what is measured.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
from collections.abc import Iterable
from functools import partial
from types import TracebackType
from typing import Self, cast

from ..errors import CtiError

_PONG_SECONDS = 10.0  # a pong that nobody asked for keeps the socket alive
_UPGRADE = (
    "GET /api/live HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
)


class Crowd:
    """`async with Crowd(host, port, tokens) as crowd:` holds one open screen for each token."""

    def __init__(self, host: str, port: int, tokens: Iterable[str]) -> None:
        self._address = (host, port)
        self._tokens = list(tokens)
        self._screens: list[_Looker] = []
        self._task: asyncio.Task[None] | None = None

    @property
    def open(self) -> int:
        """How many are connected now."""
        return sum(not screen.transport.is_closing() for screen in self._screens)

    @property
    def bytes(self) -> int:
        """What they have been sent so far."""
        return sum(screen.bytes for screen in self._screens)

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        for token in self._tokens:
            _, screen = await loop.create_connection(partial(_Looker, token, *self._address), *self._address)
            self._screens.append(screen)
            await asyncio.wait_for(screen.looking, 10)
        self._task = asyncio.create_task(self._live())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for screen in self._screens:
            screen.transport.abort()

    async def _live(self) -> None:
        while True:
            await asyncio.sleep(_PONG_SECONDS)
            for screen in self._screens:
                if not screen.transport.is_closing():
                    screen.transport.write(_frame(0x8A, b""))


class _Looker(asyncio.Protocol):
    transport: asyncio.Transport

    def __init__(self, token: str, host: str, port: int) -> None:
        self.bytes = 0
        self.looking: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._token, self._host, self._port = token, host, port
        self._upgraded = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        key = base64.b64encode(os.urandom(16)).decode()
        self.transport.write(_UPGRADE.format(host=self._host, port=self._port, key=key).encode())

    def data_received(self, data: bytes) -> None:
        self.bytes += len(data)
        if self._upgraded:
            if not self.looking.done():
                self.looking.set_result(None)
        elif data.startswith(b"HTTP/1.1 101"):
            self._upgraded = True
            self.transport.write(_frame(0x81, json.dumps({"type": "hello", "token": self._token}).encode()))
        else:
            self.looking.set_exception(CtiError(f"no websocket here: {data[:60]!r}"))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  (asyncio's signature)
        if not self.looking.done():
            self.looking.set_exception(CtiError("the screen was closed before it saw anything"))


def _frame(first: int, payload: bytes) -> bytes:
    """A client's frame: masked, with the mask 0 (RFC 6455 §5.3 asks for a mask, not for a good one)."""
    size = len(payload)
    head = bytes((first, 0x80 | size)) if size < 126 else bytes((first, 0xFE)) + size.to_bytes(2, "big")
    return head + b"\0\0\0\0" + payload
