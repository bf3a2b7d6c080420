"""Who is let in, which handler runs, and what an attacked server still does (HOSTILE 40, 41, 43, 44)."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
import weakref

import pytest

from cti.agi import server as server_module
from cti.agi.server import AgiServer


async def verdict(dialogue):
    await dialogue.finish([("CTI_VERDICT", "dial")])


async def until(condition):
    for _ in range(1_000_000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it does not happen")


async def forever(dialogue):
    await asyncio.Event().wait()


async def ended(peer) -> bool:
    """Whether the server ended the connection without a word."""
    try:
        return await peer.reader.read() == b""
    except ConnectionResetError:
        return True


async def served(asterisk, server, data=None) -> bool:
    peer = await (await asterisk(server.port, data)).serve()
    return peer.variables.get("CTI_VERDICT") == "dial"


async def test_the_path_chooses_the_handler(asterisk, told):
    async def caller(dialogue):
        await dialogue.finish([("PATH", dialogue.path)])

    async with AgiServer("127.0.0.1", 0, {"acd": verdict, "script/": caller}) as server:
        assert await served(asterisk, server, told("acd?cmd=;id"))
        peer = await (await asterisk(server.port, told("script/lookup"))).serve()
        assert peer.variables == {"PATH": "script/lookup"}


async def test_a_session_that_got_its_verdict_is_freed_without_a_search_for_cycles(asterisk):
    """Those searches stop the engine for milliseconds; there is nothing for them to find."""
    seen = []

    async def noted(dialogue):
        seen.append(weakref.ref(dialogue))
        await verdict(dialogue)

    gc.disable()
    try:
        async with AgiServer("127.0.0.1", 0, {"acd": noted}) as server:
            assert await served(asterisk, server)
            assert await served(asterisk, server)
        assert [session() for session in seen] == [None, None]
    finally:
        gc.enable()


async def test_that_a_session_begins_is_told_until_its_handler_has_run_to_its_first_wait(told, monkeypatch):
    monkeypatch.setattr(server_module, "COMING_SECONDS", 600.0)
    seen = []

    async def asked(dialogue):
        seen.append(server.somebody_comes())
        await forever(dialogue)

    async with AgiServer("127.0.0.1", 0, {"acd": asked}) as server, asyncio.timeout(60):
        assert not server.somebody_comes()
        with socket.create_connection(("127.0.0.1", server.port)) as peer:
            assert server.somebody_comes(), "it waits to be accepted"
            await until(lambda: server.unready)
            assert server.somebody_comes(), "it has told nothing yet"
            peer.sendall(told("acd"))
            await until(lambda: seen)
            assert seen == [True]
            await asyncio.sleep(0)
            assert not server.somebody_comes(), "it waits like any other"


async def test_who_connects_and_says_nothing_is_nobody_who_comes(monkeypatch):
    monkeypatch.setattr(server_module, "COMING_SECONDS", 0.0)
    async with AgiServer("127.0.0.1", 0, {"acd": verdict}) as server, asyncio.timeout(60):
        with socket.create_connection(("127.0.0.1", server.port)):
            await until(lambda: server.unready)
            assert not server.somebody_comes()


@pytest.mark.parametrize(
    "path",
    [
        "",
        "x",
        "script",
        "script/",
        "../../x",
        "/../../x",
        "script/../acd",
        "script/..",
        "script/.hidden",
        "acd/../../x",
    ],
)
async def test_an_unknown_or_climbing_path_is_closed_at_once(asterisk, told, path):
    async with AgiServer("127.0.0.1", 0, {"acd": verdict, "script/": verdict}) as server:
        assert await ended(await asterisk(server.port, told(path)))
        assert not server.serving


@pytest.mark.parametrize(
    "path", ["acd/", "ACD", "acd;id", "acd%00", "//acd", "script/a\\b", "script/a/b/c/d/e", "acd\x1b[31m", "a" * 500]
)
async def test_a_path_with_other_than_plain_names_is_closed_at_once(asterisk, told, path):
    async with AgiServer("127.0.0.1", 0, {"acd": verdict, "script/": verdict}) as server:
        assert await ended(await asterisk(server.port, told(path)))


async def test_the_log_line_of_a_refusal_cannot_be_forged(asterisk, told, caplog):
    async with AgiServer("127.0.0.1", 0, {}) as server:
        assert await ended(await asterisk(server.port, told("x\rWARNING forged\x1b[2J‮")))
    (line,) = [record.getMessage() for record in caplog.records if record.name == "cti.agi.server"]
    assert line.isascii()
    assert line.isprintable()


async def test_a_connection_from_elsewhere_is_closed_before_it_is_read(asterisk, told):
    async with AgiServer("127.0.0.1", 0, {"acd": verdict}, allowed=["10.0.0.0/8"]) as server:
        assert await ended(await asterisk(server.port, told()))


def test_addresses_are_compared_as_networks():
    server = AgiServer("::", 0, {}, allowed=["10.1.0.0/16", "fe80::/10"])
    assert server.welcomes("10.1.2.3")
    assert server.welcomes("::ffff:10.1.2.3")
    assert server.welcomes("fe80::1%eth0")
    assert not server.welcomes("10.2.0.1")
    assert not server.welcomes("::1")


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00",
        b"GET / HTTP/1.1\r\n\r\n",
        b"agi_network: yes\nagi_request: x\nagi_evil: 1\n",
        b"agi_network: yes\nagi_network: yes\n",
        b"agi_network: " + b"x" * 100_000,
        b"agi_network: yes\n\n",
    ],
)
async def test_what_is_no_asterisk_is_closed_at_once(asterisk, data):
    async with AgiServer("127.0.0.1", 0, {"acd": verdict}) as server:
        assert await ended(await asterisk(server.port, data))


async def test_a_hundred_megabytes_of_environment_are_not_taken(asterisk):
    async with AgiServer("127.0.0.1", 0, {"acd": verdict}) as server:
        peer = await asterisk(server.port, b"agi_network: yes\n")
        block = b"agi_request: " + b"x" * 1_000_000
        sent = 0
        try:
            while sent < 100_000_000:
                peer.writer.write(block)
                sent += len(block)
                await peer.writer.drain()
        except ConnectionError:
            pass
        assert sent < 20_000_000
        assert await served(asterisk, server)


async def test_who_says_nothing_is_closed_after_the_timeout(asterisk):
    async with AgiServer("127.0.0.1", 0, {"acd": verdict}, environment_timeout_seconds=0.02) as server:
        assert await ended(await asterisk(server.port, b""))
        assert await ended(await asterisk(server.port, b"agi_network: yes\n"))
        assert not server.unready


async def test_real_calls_are_served_while_thousands_say_nothing(asterisk):
    async with AgiServer("127.0.0.1", 0, {"acd": verdict}, environment_timeout_seconds=600, max_unready=256) as server:
        held = []
        for number in range(5000):
            loris = socket.socket()
            loris.setblocking(False)
            loris.connect_ex(("127.0.0.1", server.port))
            held.append(loris)
            if number > 600:
                held.pop(0).close()
            if number % 100 == 0:
                assert await served(asterisk, server)  # none of them waits until a silent one is late
                assert len(server.unready) <= 256
        for loris in held:
            loris.close()


async def test_a_flood_of_refusals_is_not_a_flood_of_lines(asterisk, caplog):
    async with AgiServer("127.0.0.1", 0, {}) as server:
        for _ in range(100):
            assert await ended(await asterisk(server.port))
    assert len(caplog.records) < 100


async def test_one_call_more_than_allowed_goes_on_without_us(asterisk):
    async with AgiServer("127.0.0.1", 0, {"acd": forever}, max_sessions=2) as server:
        first = await asterisk(server.port)
        await asterisk(server.port)
        assert await ended(await asterisk(server.port))
        assert len(server.serving) == 2
        first.close()
        server.routes = {"acd": verdict}
        await asyncio.wait([session.task for session in server.serving], return_when=asyncio.FIRST_COMPLETED)
        assert await served(asterisk, server)


async def test_a_handler_that_fails_ends_its_own_session_only(asterisk, told, caplog):
    async def broken(dialogue):
        raise ValueError("a bug")

    async with AgiServer("127.0.0.1", 0, {"bug": broken, "acd": verdict}) as server:
        assert await ended(await asterisk(server.port, told("bug")))
        assert await served(asterisk, server)
    assert [r.levelno for r in caplog.records if r.exc_info] == [logging.ERROR]


async def test_closing_ends_every_session_and_waits_for_no_stubborn_one(asterisk, told):
    async def here(dialogue):
        arrived.release()
        await asyncio.Event().wait()

    async def stubborn(dialogue):
        arrived.release()
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if released.is_set():
                    raise

    released, arrived = asyncio.Event(), asyncio.Semaphore(0)
    server = AgiServer("127.0.0.1", 0, {"acd": here, "hold": stubborn})
    async with server:
        port = server.port
        peers = [await asterisk(port) for _ in range(49)]
        held = await asterisk(port, told("hold"))
        silent = await asterisk(port, b"agi_network: yes\n")
        for _ in range(50):
            await arrived.acquire()
        await server.close()
        assert all([await ended(peer) for peer in [*peers, held, silent]])
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        released.set()
        (left,) = server.serving
        left.task.cancel()
        await asyncio.wait([left.task])
