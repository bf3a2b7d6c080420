"""The FastAGI port's own transport does for a session what asyncio's would."""

from __future__ import annotations

import asyncio
import socket
import struct

import pytest

from cti.agi.connection import Listener

BOUND = 60  # seconds; only a failing test waits so long


class Spoken(asyncio.Protocol):
    """Keeps what it hears."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self.heard = b""
        self.came = asyncio.Event()
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        if data == b"boom":
            raise RuntimeError("a bug")
        self.heard += data
        self.came.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set_result(None)  # raises when it is told twice


@pytest.fixture
async def scene():
    """(the protocol of a connection, its peer's reader, its peer's writer)"""
    made: asyncio.Queue[Spoken] = asyncio.Queue()

    def make() -> Spoken:
        made.put_nowait(Spoken())
        return made._queue[-1]  # type: ignore[attr-defined]

    listener = Listener(make)
    await listener.open("127.0.0.1", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
    async with asyncio.timeout(BOUND):
        spoken = await made.get()
        yield spoken, reader, writer
        spoken.transport.abort()
        await spoken.lost
    writer.close()
    listener.close()


async def test_what_the_peer_does_not_take_at_once_follows_and_then_the_end(scene):
    spoken, reader, writer = scene
    data = bytes(range(256)) * 40_000  # ten megabytes: more than the kernel holds
    spoken.transport.write(data)
    spoken.transport.write(b"last")
    spoken.transport.write_eof()
    assert spoken.transport.get_write_buffer_size() > 0
    assert await reader.read() == data + b"last"
    writer.write(b"still heard")  # only our half is closed
    await spoken.came.wait()
    assert spoken.heard == b"still heard"


async def test_closing_sends_what_is_unsent_and_aborting_throws_it_away(scene):
    spoken, reader, _ = scene
    spoken.transport.write(bytes(10_000_000))
    spoken.transport.close()
    assert not spoken.lost.done()
    assert len(await reader.readexactly(1_000_000)) == 1_000_000
    spoken.transport.abort()
    await spoken.lost
    assert spoken.transport.get_write_buffer_size() == 0


async def test_a_peer_that_resets_the_connection_is_lost_once(scene):
    spoken, _, writer = scene
    spoken.transport.write(bytes(10_000_000))
    own = writer.get_extra_info("socket")
    own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    await spoken.lost
    spoken.transport.write(b"nobody")
    with pytest.raises(OSError, match="Bad file descriptor"):
        spoken.transport.write_eof()


async def test_nothing_is_read_while_reading_is_paused(scene):
    spoken, _, writer = scene
    spoken.transport.pause_reading()
    writer.write(b"patience")
    await writer.drain()
    for _ in range(10):
        await asyncio.sleep(0)
    assert spoken.heard == b""
    spoken.transport.resume_reading()
    await spoken.came.wait()
    assert spoken.heard == b"patience"


async def test_a_protocol_that_fails_loses_its_own_connection_only(scene, caplog):
    spoken, reader, writer = scene
    writer.write(b"boom")
    await spoken.lost
    assert await reader.read() == b""
    assert "a connection's protocol failed" in caplog.text
