"""The agents' screens as a process of its own, to measure at which instant a pop has arrived at a screen.

A screen here is a websocket that is read a frame at a time, and a pop's instant is the one that the kernel noted when
its bytes reached that socket (SO_TIMESTAMPNS, socket(7)). Noting the time after reading measures the machine's load:
on two busy cores a process is woken up to 15 ms late, and a pop leads its INVITE by about 5. Bytes that arrive while
earlier ones are still unread join them, and the kernel then keeps the later instant for both (tcp_input.c:
tcp_try_coalesce): for a frame with another right behind it the engine's own word for when it wrote it (`at`) counts,
where that is earlier. It knows just enough of RFC 6455 to listen; it draws nothing, and ends when its standard input
does.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import select
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from ..errors import CtiError
from .watcher import Seen

KINDS = frozenset({"pop", "pop_end"})
_TIMESTAMPNS = 35  # SO_TIMESTAMPNS and its control message, asm-generic/socket.h; Python does not name it
_COMING_BACK_SECONDS = 0.5
_STARTING_SECONDS = 60.0
_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10
_UPGRADE = (
    "GET /api/live HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
)
_printing = threading.Lock()


class Screens:
    """`async with Screens(host, port, tokens, tell):` one screen for each token; `tell` hears their pops (KINDS)."""

    def __init__(self, host: str, port: int, tokens: Sequence[str], tell: Callable[[Seen], None]) -> None:
        self._address, self._tokens, self._tell = (host, port), tokens, tell
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        process = self._process = await asyncio.create_subprocess_exec(
            *[sys.executable, "-m", __name__],
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            process_group=0,
            limit=1 << 20,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps({"address": self._address, "tokens": self._tokens}).encode() + b"\n")
        async with asyncio.timeout(_STARTING_SECONDS):
            for _ in self._tokens:  # one line for each screen that is open
                if not await process.stdout.readline():
                    raise CtiError("the screens' process ended before they were open")
        self._reading = asyncio.create_task(self._read(process.stdout))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()
        if self._reading is not None:
            await self._reading

    async def _read(self, lines: asyncio.StreamReader) -> None:
        while line := await lines.readline():
            said = json.loads(line)
            if said["kind"] in KINDS:
                at = datetime.fromisoformat(said["at"])
                self._tell(Seen(at=at, kind=said["kind"], seq=said["seq"], data=said["data"]))


# --- in the screens' process ----------------------------------------------------------------------------


def screen(host: str, port: int, token: str, tell: Callable[[str, dict[str, Any]], None]) -> None:
    """One screen until its line breaks: `tell(arrived, message)` for each message. Raises OSError, ValueError."""
    with socket.create_connection((host, port), timeout=60) as line:
        line.setsockopt(socket.SOL_SOCKET, _TIMESTAMPNS, 1)
        key = base64.b64encode(os.urandom(16)).decode()
        line.sendall(_UPGRADE.format(host=host, port=port, key=key).encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += _exactly(line, 1)[0]
        if not head.startswith(b"HTTP/1.1 101"):
            raise ValueError(f"no websocket here: {head[:60]!r}")
        line.sendall(_masked(_TEXT, json.dumps({"type": "hello", "token": token}).encode()))
        while True:
            kind, payload, at = _frame(line)
            if kind == _TEXT:
                message = json.loads(payload)
                tell(_arrived(message, at, crowded=_has_more(line)).isoformat(), message)
            elif kind == _PING:
                line.sendall(_masked(_PONG, payload))
            elif kind == _CLOSE:
                return


def _frame(line: socket.socket) -> tuple[int, bytes, datetime]:
    """Kind, payload, and when its end had arrived. Servers do not mask (RFC 6455 §5.1), ours does not fragment."""
    first, size = _exactly(line, 2)[0]
    if size > 125:
        width, form = (2, ">H") if size == 126 else (8, ">Q")
        size = struct.unpack(form, _exactly(line, width)[0])[0]
    payload, at = _exactly(line, size)
    return first & 0x0F, payload, at


def _exactly(line: socket.socket, size: int) -> tuple[bytes, datetime]:
    data, at = b"", datetime.now(UTC)
    while len(data) < size:
        part, notes, _, _ = line.recvmsg(size - len(data), 128)
        if not part:
            raise OSError("the line was closed")
        data += part
        for level, kind, note in notes:
            if (level, kind) == (socket.SOL_SOCKET, _TIMESTAMPNS):
                seconds, nanoseconds = struct.unpack("qq", note[:16])
                at = datetime.fromtimestamp(seconds, UTC).replace(microsecond=nanoseconds // 1000)
    return data, at


def _has_more(line: socket.socket) -> bool:
    return bool(select.select([line], [], [], 0)[0] and line.recv(1, socket.MSG_PEEK))


def _arrived(message: dict[str, Any], noted: datetime, *, crowded: bool) -> datetime:
    return min(noted, datetime.fromisoformat(message["at"])) if crowded and "at" in message else noted


def _masked(kind: int, payload: bytes) -> bytes:
    """A client's frame; the mask is 0 (RFC 6455 §5.3 asks for one, a browser's page cannot be tricked here)."""
    size = len(payload)
    head = bytes((0x80 | kind, 0x80 | size)) if size < 126 else bytes((0x80 | kind, 0xFE)) + size.to_bytes(2, "big")
    return head + b"\0\0\0\0" + payload


def _print(at: str, message: dict[str, Any]) -> None:
    if message["type"] in KINDS or message["type"] == "snapshot":
        data = message.get("data", {})
        text = json.dumps({"at": at, "kind": message["type"], "seq": message["seq"], "data": data})
        with _printing:
            print(text, flush=True)


def _keep_open(host: str, port: int, token: str) -> None:
    """It comes back when the engine was away."""
    while True:
        with suppress(OSError, ValueError):
            screen(host, port, token, _print)
        time.sleep(_COMING_BACK_SECONDS)


if __name__ == "__main__":
    asked = json.loads(sys.stdin.buffer.readline())
    for each in asked["tokens"]:
        threading.Thread(target=_keep_open, args=(*asked["address"], each), daemon=True).start()
    sys.stdin.buffer.read()
    with _printing:
        os._exit(0)  # threads that wait for a socket cannot be asked to end
