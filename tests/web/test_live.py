"""The websocket's manners (HOSTILE 50–52, 58)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType, WSServerHandshakeError

from cti.errors import StoreError
from cti.web import live
from cti.web.auth import FAILURES
from cti.web.live import BAD_HELLO, MAX_MESSAGE, MESSAGES, NO_HELLO, NOT_ACCEPTED, TOO_MANY
from cti.web.push import MOST_PER_AGENT, TRY_LATER, Hub
from cti.web.server import WebServer

BOSS, ANNA, BEN = "boss-token-1", "anna-token-1", "ben-token-12"
Connect = Callable[..., Awaitable[ClientWebSocketResponse]]
Closing = Callable[[ClientWebSocketResponse], Awaitable[int]]


async def test_hello_is_answered_with_a_snapshot_of_what_one_may_see(connect: Connect) -> None:
    boss = await (await connect(BOSS)).receive_json()
    anna = await (await connect(ANNA)).receive_json()
    assert (boss["type"], boss["seq"], len(boss["agents"]), len(boss["calls"])) == ("snapshot", 0, 2, 1)
    assert ([a["agent"] for a in anna["agents"]], anna["calls"], anna["subject"]["agent"]) == (["1001"], [], "1001")


async def test_an_agent_gets_their_own_pop_and_not_their_neighbours(connect: Connect, hub: Hub) -> None:
    anna, ben, boss = await connect(ANNA), await connect(BEN), await connect(BOSS)
    for socket in (anna, ben, boss):
        await socket.receive_json()
    hub.publish("pop", {"call": "c9", "agent": "1001", "number": "1"})
    hub.publish("call", {"call": "c9"})
    hub.publish("queue", {"queue": "sales", "waiting": 1})
    assert [(await anna.receive_json())["type"] for _ in range(2)] == ["pop", "queue"]
    assert (await ben.receive_json())["type"] == "queue"
    assert [(await boss.receive_json())["type"] for _ in range(3)] == ["pop", "call", "queue"]


async def test_a_screen_resumes_without_loss_where_it_stopped(connect: Connect, hub: Hub) -> None:
    socket = await connect(BOSS)
    epoch = (await socket.receive_json())["epoch"]
    hub.publish("queue", {"queue": "sales", "waiting": 1})
    assert (await socket.receive_json())["seq"] == 1
    await socket.close()
    for waiting in (2, 3):
        hub.publish("queue", {"queue": "sales", "waiting": waiting})
    again = await connect(BOSS, {"epoch": epoch, "seq": 1})
    assert (await again.receive_json())["type"] == "resumed"
    assert [(await again.receive_json())["data"]["waiting"] for _ in range(2)] == [2, 3]


async def test_a_new_run_of_the_engine_means_a_snapshot(connect: Connect) -> None:
    socket = await connect(BOSS, {"epoch": "an older run", "seq": 0})
    assert (await socket.receive_json())["type"] == "snapshot"


@pytest.mark.parametrize(
    "hello",
    [
        "",
        "hello",
        "[]",
        "null",
        '"hello"',
        "{}",
        '{"type": "hello"}',
        '{"type": "hello", "token": 5}',
        '{"type": "pop", "token": "boss-token-1"}',
        '{"type": "hello", "token": "boss-token-1", "token": "x"}',
        '{"type": "hello", "token": "boss-token-1", "admin": true}',
        '{"type": "hello", "token": "boss-token-1", "resume": 5}',
        '{"type": "hello", "token": "boss-token-1", "resume": {"epoch": "e"}}',
        '{"type": "hello", "token": "boss-token-1", "resume": {"epoch": "e", "seq": true}}',
        '{"type": "hello", "token": "boss-token-1", "resume": {"epoch": "e", "seq": 1e999}}',
        "[" * 3000,
    ],
)
async def test_a_bad_hello_closes_the_socket(connect: Connect, closing: Closing, hub: Hub, hello: str) -> None:
    socket = await connect(None)
    await socket.send_str(hello)
    assert await closing(socket) == BAD_HELLO
    assert len(hub) == 0


async def test_binary_first_is_a_bad_hello(connect: Connect, closing: Closing) -> None:
    socket = await connect(None)
    await socket.send_bytes(b'{"type": "hello", "token": "boss-token-1"}')
    assert await closing(socket) == BAD_HELLO


async def test_who_says_nothing_is_closed(
    server: WebServer, connect: Connect, closing: Closing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.live, "_hello_seconds", 0.01)
    assert await closing(await connect(None)) == NO_HELLO


async def test_a_wrong_token_is_closed_and_many_are_throttled(connect: Connect, closing: Closing) -> None:
    for _ in range(FAILURES):
        assert await closing(await connect("wrong-token")) == NOT_ACCEPTED
    assert await closing(await connect("wrong-token")) == TOO_MANY


async def test_a_token_revoked_in_use_closes_its_screens(
    server: WebServer, connect: Connect, closing: Closing, tokens: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.live, "_beat_seconds", 0.01)
    socket = await connect(ANNA)
    assert (await socket.receive_json())["type"] == "snapshot"
    del tokens.subjects[ANNA]
    assert await closing(socket) == NOT_ACCEPTED


async def test_a_database_that_is_down_closes_no_open_screen_and_opens_no_new_one(
    server: WebServer, connect: Connect, closing: Closing, tokens: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.live, "_beat_seconds", 0.01)
    socket = await connect(ANNA)
    await socket.receive_json()
    tokens.error = StoreError("down")
    assert await closing(await connect(BEN)) == TRY_LATER
    for _ in range(3):
        assert (await socket.receive_json())["type"] == "beat"


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://127.0.0.1.evil.example", "file://", "http://[", ""]
)
async def test_a_foreign_page_may_not_connect(client: ClientSession, origin: str) -> None:
    with pytest.raises(WSServerHandshakeError) as refused:
        await client.ws_connect("/api/live", headers={"Origin": origin, "X-Forwarded-Host": origin})
    assert refused.value.status == 403


async def test_our_own_page_may_connect(server: WebServer, connect: Connect) -> None:
    socket = await connect(BOSS, origin=server.url.rstrip("/"))
    assert (await socket.receive_json())["type"] == "snapshot"


async def test_a_configured_origin_may_connect(backend: Any, tokens: Any, hub: Hub) -> None:
    origin = "https://desk.example"
    async with (
        WebServer("127.0.0.1", 0, hub=hub, backend=backend, verify=tokens.verify, origins=[origin]) as server,
        ClientSession(server.url) as client,
        client.ws_connect("/api/live", origin=origin) as socket,
    ):
        await socket.send_json({"type": "hello", "token": BOSS})
        assert (await socket.receive_json())["type"] == "snapshot"


async def test_a_message_over_4_kb_closes_the_socket(connect: Connect, closing: Closing) -> None:
    for token in (None, BOSS):
        socket = await connect(token)
        await socket.send_str("x" * MAX_MESSAGE)
        assert await closing(socket) == 1009


async def test_a_frame_that_announces_100_mb_is_closed_before_it_is_sent(server: WebServer) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(
        b"GET /api/live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
    )
    assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
    writer.write(b"\x81\xff" + (100 << 20).to_bytes(8, "big") + b"mask")
    assert (await reader.read())[2:4] == (1009).to_bytes(2, "big")
    writer.close()


@pytest.mark.parametrize("kind", [WSMsgType.TEXT, WSMsgType.PING, WSMsgType.PONG])
async def test_a_flood_of_small_frames_closes_the_socket(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, kind: WSMsgType
) -> None:
    monkeypatch.setattr(live, "MESSAGES_SECONDS", 600.0)
    socket = await connect(BOSS, autoping=False)
    for _ in range(MESSAGES + 1):
        await socket.send_frame(b"{}", kind)
    while (message := await socket.receive()).type in (WSMsgType.TEXT, WSMsgType.PONG):
        pass
    assert message.type is WSMsgType.CLOSE
    assert socket.close_code == TOO_MANY


async def test_an_agent_may_not_open_screens_without_end(connect: Connect, closing: Closing) -> None:
    for _ in range(MOST_PER_AGENT):
        await (await connect(ANNA)).receive_json()
    assert await closing(await connect(ANNA)) == TRY_LATER
    assert (await (await connect(BEN)).receive_json())["type"] == "snapshot"


async def test_what_a_screen_says_after_hello_subscribes_it_to_nothing(connect: Connect, hub: Hub) -> None:
    socket = await connect(BEN)
    await socket.receive_json()
    await socket.send_str(json.dumps({"type": "subscribe", "topic": "1001"}))
    hub.publish("pop", {"call": "c9", "agent": "1001"})
    hub.publish("queue", {"queue": "sales", "waiting": 1})
    assert (await socket.receive_json())["type"] == "queue"


async def test_a_screen_that_left_is_forgotten(connect: Connect, hub: Hub) -> None:
    socket, other = await connect(BOSS), await connect(BOSS)
    await socket.receive_json()
    await other.receive_json()
    assert len(hub) == 2
    await socket.close()
    hub.publish("queue", {"queue": "sales", "waiting": 1})
    assert (await other.receive_json())["type"] == "queue"
    assert len(hub) == 1
