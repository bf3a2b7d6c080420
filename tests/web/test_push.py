"""Slow screens, dead screens, and a pop that leaves first (STYLE §11, HOSTILE 52)."""

from __future__ import annotations

import asyncio
import json
import socket as sockets
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse

from cti.web.push import OUTBOX, Hub, text_frame
from cti.web.server import WebServer

BOSS, ANNA = "boss-token-1", "anna-token-1"
Connect = Callable[..., Awaitable[ClientWebSocketResponse]]
BULK = "x" * 20_000


class Sluggard:
    """A screen with small buffers that reads only when it is told to, frame by frame."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, port: int, token: str) -> Sluggard:
        plain = sockets.socket()
        plain.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
        plain.connect(("127.0.0.1", port))
        reader, writer = await asyncio.open_connection(sock=plain, limit=4096)
        writer.write(
            b"GET /api/live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
        )
        await reader.readuntil(b"\r\n\r\n")
        hello = json.dumps({"type": "hello", "token": token}).encode()
        writer.write(bytes((0x81, 0x80 | len(hello))) + bytes(4) + hello)  # masked with zeros
        return cls(reader, writer)

    async def read(self) -> dict[str, Any]:
        size = (await self._reader.readexactly(2))[1]
        if size >= 126:
            size = int.from_bytes(await self._reader.readexactly(2 if size == 126 else 8), "big")
        message: dict[str, Any] = json.loads(await self._reader.readexactly(size))
        return message

    async def end(self) -> None:
        """Read until the server has closed."""
        try:
            while await self._reader.read(1 << 16):
                pass
        except ConnectionError:
            pass

    def raw(self) -> sockets.socket:
        """A second handle of the same socket."""
        return sockets.fromfd(self._writer.get_extra_info("socket").fileno(), sockets.AF_INET, sockets.SOCK_STREAM)

    def close(self) -> None:
        self._writer.close()


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_a_frame_says_its_own_length(size: int) -> None:
    frame = text_frame(b"x" * size)
    assert frame[0] == 0x81
    length = {126: frame[2:4], 127: frame[2:10]}.get(frame[1], frame[1:2])
    assert int.from_bytes(length, "big") == size
    assert frame.endswith(b"x" * size)


async def test_a_slow_screen_is_dropped_from_the_deltas_and_gets_a_fresh_snapshot(
    server: WebServer, hub: Hub, connect: Connect
) -> None:
    quick = await connect(BOSS)
    await quick.receive_json()
    slow = await Sluggard.open(server.port, BOSS)
    assert (await slow.read())["type"] == "snapshot"
    while len(hub) < 2:  # noqa: ASYNC110
        await asyncio.sleep(0)
    total = 2 * OUTBOX + 600  # more than socket buffers and an outbox can hold
    for number in range(total):
        hub.publish("queue", {"queue": "sales", "waiting": number, "bulk": BULK})
        assert (await quick.receive_json())["seq"] == number + 1
    seen = [await slow.read()]
    while seen[-1]["seq"] < total:
        seen.append(await slow.read())
    kinds = [message["type"] for message in seen]
    snapshot = kinds.index("snapshot")
    assert len(seen) < total
    assert seen[snapshot]["seq"] == total
    assert [message["seq"] for message in seen[:snapshot]] == list(range(1, snapshot + 1))
    hub.publish("queue", {"queue": "sales", "waiting": 0})
    assert (await slow.read())["seq"] == total + 1
    slow.close()


async def test_a_screen_that_never_reads_is_closed(backend: Any, tokens: Any) -> None:
    hub = Hub(backend.snapshot, send_seconds=0.05)
    async with WebServer("127.0.0.1", 0, hub=hub, backend=backend, verify=tokens.verify) as server:
        dead = await Sluggard.open(server.port, BOSS)
        assert (await dead.read())["type"] == "snapshot"
        for number in range(OUTBOX):
            hub.publish("queue", {"queue": "sales", "waiting": number, "bulk": BULK})
        while len(hub):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await dead.end()
        dead.close()


async def test_a_pop_is_in_the_agents_socket_before_publish_returns(server: WebServer, hub: Hub) -> None:
    anna = await Sluggard.open(server.port, ANNA)
    assert (await anna.read())["type"] == "snapshot"
    with anna.raw() as raw:
        hub.publish("pop", {"call": "c1", "agent": "1001"})
        assert b'"type":"pop"' in raw.recv(4096, sockets.MSG_PEEK)  # no await in between
    anna.close()


async def test_a_pop_never_overtakes_what_waits_before_it(connect: Connect, hub: Hub) -> None:
    anna = await connect(ANNA)
    await anna.receive_json()
    hub.publish("queue", {"queue": "sales", "waiting": 1})
    hub.publish("pop", {"call": "c1", "agent": "1001"})
    hub.publish("pop_end", {"call": "c1", "agent": "1001"})
    assert [(await anna.receive_json())["seq"] for _ in range(3)] == [1, 2, 3]


async def test_a_bug_in_the_snapshot_closes_the_screen_and_is_logged(
    server: WebServer, hub: Hub, backend: Any, caplog: pytest.LogCaptureFixture
) -> None:
    backend.state["agents"] = [{"agent": "1001", "since": {1, 2}}]
    screen = await Sluggard.open(server.port, BOSS)
    await screen.end()
    screen.close()
    assert "set cannot be sent" in caplog.text
    assert len(hub) == 0


async def test_stopping_tells_every_screen_to_come_back(backend: Any, tokens: Any, connect: Connect) -> None:
    from aiohttp import ClientSession

    hub = Hub(backend.snapshot)
    async with ClientSession() as client, asyncio.timeout(30):  # aiohttp by itself waits a minute for the deaf
        async with WebServer("127.0.0.1", 0, hub=hub, backend=backend, verify=tokens.verify) as server:
            socket = await client.ws_connect(f"{server.url}api/live")
            await socket.send_json({"type": "hello", "token": BOSS})
            await socket.receive_json()
            goodbye = asyncio.create_task(socket.receive())
            deaf = await Sluggard.open(server.port, BOSS)
            await deaf.read()
        await goodbye
        assert socket.close_code == 1001
        deaf.close()
        await socket.close()
