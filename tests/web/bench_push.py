"""How long from `publish` to a screen, with 500 screens: run it by hand, `python tests/web/bench_push.py [screens]`.

The screens live in a process of their own and read raw frames, so that only the server's part and the kernel's are
measured. Times are CLOCK_MONOTONIC nanoseconds, which both processes share; `publish` puts its own into the delta.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import re
import sys
import time
from multiprocessing.connection import Connection
from typing import Any

from cti.core.words import AgentId
from cti.web.auth import Kind, Subject
from cti.web.push import Hub
from cti.web.server import WebServer

ROUNDS = 100
PAD = "x" * 700  # about 1 kB on the wire, as a pop is


class Backend:
    """An empty floor."""

    def snapshot(self) -> dict[str, Any]:
        return {"agents": [], "queues": [], "calls": [], "pops": []}


async def verify(token: str) -> Subject:
    return Subject(kind=Kind.AGENT, name=token, agent=AgentId(token.rpartition("-")[2]))


class Screen(asyncio.Protocol):
    """Notes when bytes arrive and looks at them later, so that reading costs the measured part nothing."""

    def __init__(self, number: int, ready: asyncio.Semaphore, ended: asyncio.Semaphore) -> None:
        self._number, self._ready, self._ended = number, ready, ended
        self.arrived: list[tuple[int, bytes]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        hello = json.dumps({"type": "hello", "token": f"screen-token-{self._number}"}).encode()
        transport.write(  # type: ignore[attr-defined]
            b"GET /api/live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
            + (bytes((0x81, 0x80 | len(hello))) + bytes(4) + hello)
        )

    def data_received(self, data: bytes) -> None:
        self.arrived.append((time.monotonic_ns(), data))
        if b'"type":"snapshot"' in data:
            self._ready.release()
        if b'"type":"call_end"' in data:
            self._ended.release()


async def screens(port: int, count: int, pipe: Connection) -> None:
    ready, ended = asyncio.Semaphore(0), asyncio.Semaphore(0)
    loop = asyncio.get_running_loop()
    opened = [
        await loop.create_connection(lambda number=number: Screen(number, ready, ended), "127.0.0.1", port)  # type: ignore[misc]
        for number in range(count)
    ]
    for _ in range(count):
        await ready.acquire()
    pipe.send("ready")
    for _ in range(count):
        await ended.acquire()
    taken: dict[str, list[int]] = {}
    for transport, protocol in opened:
        transport.close()
        for now, data in protocol.arrived:
            for name, sent in re.findall(rb'"round":"([^"]+)","sent":([0-9]+)', data):
                taken.setdefault(name.decode(), []).append(now - int(sent))
    pipe.send(taken)


def other_process(port: int, count: int, pipe: Connection) -> None:
    asyncio.run(screens(port, count, pipe))


def say(name: str, nanoseconds: list[int]) -> None:
    times = sorted(nanoseconds)
    points = ", ".join(f"p{p} {times[min(len(times) - 1, len(times) * p // 100)] / 1e6:.2f}" for p in (50, 95, 99))
    print(f"{name:<28} n={len(times):<7} {points}, max {times[-1] / 1e6:.2f} ms")


async def main(count: int) -> None:
    hub = Hub(Backend().snapshot)
    near, far = multiprocessing.Pipe()
    async with WebServer("127.0.0.1", 0, hub=hub, backend=Backend(), verify=verify) as server:  # type: ignore[arg-type]
        process = multiprocessing.get_context("spawn").Process(target=other_process, args=(server.port, count, far))
        process.start()
        await asyncio.to_thread(near.recv)
        held: dict[str, list[int]] = {}

        def publish(kind: str, name: str, agent: str = "") -> None:
            sent = time.monotonic_ns()
            hub.publish(kind, {"agent": agent, "round": name, "sent": sent, "queue": "sales", "pad": PAD})
            held.setdefault(kind, []).append(time.monotonic_ns() - sent)

        async def written(since: int) -> None:
            while hub._flushing:  # noqa: ASYNC110 - turns of the loop are what is measured
                await asyncio.sleep(0)
            held.setdefault("queue, until all are written", []).append(time.monotonic_ns() - since)

        for number in range(ROUNDS):
            started = time.monotonic_ns()
            publish("queue", "everybody")
            await written(started)
            await asyncio.sleep(0.05)
            publish("pop", "pop", str(number % count))
            await asyncio.sleep(0.02)
            publish("queue", "everybody")
            publish("pop", "pop behind everybody", str((7 * number) % count))
            await asyncio.sleep(0.05)
        from cti.web.feed import Everybody

        hub.publish("call_end", {}, Everybody())
        for name, times in (await asyncio.to_thread(near.recv)).items():
            say(name, times)
        for kind, times in held.items():
            say(f"publish({kind}) itself", times)
        process.join()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 500))
