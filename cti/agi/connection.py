"""Sockets of the FastAGI port: accepted, read and written in the turn of the loop in which they are ready.

It knows what an `asyncio.Transport` promises its protocol, and keeps as much of it as a session needs. It knows nothing
of FastAGI. Why not `loop.create_server`: that takes a task and three more turns of the loop from a connection to its
first byte, and another one to its end; for each call that is a tenth of what the engine does in all.
"""

from __future__ import annotations

import asyncio
import logging
import select
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

ACCEPTED = 16  # connections taken in one turn of the loop
QUEUED = 1024  # that wait in the kernel; what goes beyond comes again after a second
READ = 16_384  # bytes at once
REST_SECONDS = 1.0  # when the process has no file descriptors left

_NOBODY = asyncio.Protocol()

log = logging.getLogger(__name__)


class Listener:
    """Listens on `bind` and `port` from `open` on; each connection gets a protocol of `make`."""

    def __init__(self, make: Callable[[], asyncio.Protocol]) -> None:
        self._make = make
        self._sockets: list[socket.socket] = []
        self._poll = select.poll()

    async def open(self, bind: str, port: int) -> None:
        """Raises OSError when the address cannot be had. `port` 0 picks a free one."""
        loop = asyncio.get_running_loop()
        flags = socket.AI_PASSIVE
        found = await loop.getaddrinfo(bind or None, port, type=socket.SOCK_STREAM, flags=flags)
        try:
            for family, address in dict.fromkeys((entry[0], entry[4]) for entry in found):
                own = socket.create_server(address[:2], family=family, backlog=QUEUED)
                own.setblocking(False)
                self._sockets.append(own)
                self._poll.register(own, select.POLLIN)
                loop.add_reader(own.fileno(), self._accept, own)
        except OSError:
            self.close()  # one of several addresses is taken: none is kept
            raise

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._sockets[0].getsockname()[1]
        return port

    def pending(self) -> bool:
        """Whether somebody has connected and is not accepted yet: a microsecond."""
        return bool(self._poll.poll(0))

    def close(self) -> None:
        """Listen no more; what was accepted stays. Safe to call again."""
        for own in self._sockets:
            if own.fileno() >= 0:
                self._poll.unregister(own)
                asyncio.get_running_loop().remove_reader(own.fileno())
                own.close()

    def _accept(self, own: socket.socket) -> None:
        for _ in range(ACCEPTED):
            try:
                accepted, address = own.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:  # too many open files: level-triggered, so it would come back at once
                log.error("connections wait, no socket can be opened: %s", error.strerror)
                loop = asyncio.get_running_loop()
                loop.remove_reader(own.fileno())
                loop.call_later(REST_SECONDS, self._listen_again, own)
                return
            Connection(accepted, address, self._make())

    def _listen_again(self, own: socket.socket) -> None:
        if own.fileno() >= 0:
            asyncio.get_running_loop().add_reader(own, self._accept, own)


class Connection(asyncio.Transport):
    """One accepted socket and its protocol, which hears of it at once."""

    def __init__(self, own: socket.socket, address: Any, protocol: asyncio.Protocol) -> None:
        super().__init__({"socket": own, "peername": address})
        own.setblocking(False)
        with suppress(OSError):  # gone already
            own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._own, self._fd = own, own.fileno()  # a selector that does not know a socket prints it for its KeyError
        self._protocol = protocol
        self._loop = asyncio.get_running_loop()
        self._unsent = bytearray()
        self._closing = self._ending = False
        protocol.connection_made(self)
        if not self._closing:
            self._loop.add_reader(self._fd, self._read)

    def is_closing(self) -> bool:
        return self._closing

    def pause_reading(self) -> None:
        if not self._closing:
            self._loop.remove_reader(self._fd)

    def resume_reading(self) -> None:
        if not self._closing:
            self._loop.add_reader(self._fd, self._read)

    def get_write_buffer_size(self) -> int:
        return len(self._unsent)

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        if self._ending or self._own.fileno() < 0:
            return
        if not self._unsent:
            data = data[self._send(data) :]
            if not data or self._closing:
                return
            self._loop.add_writer(self._fd, self._write_on)
        self._unsent += data

    def write_eof(self) -> None:
        """Raises OSError when the peer has cut the connection already."""
        self._ending = True
        if not self._unsent:
            self._own.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Once what is unsent has been sent."""
        if self._closing:
            return
        self._closing = True
        self._loop.remove_reader(self._fd)
        if not self._unsent:
            self._loop.call_soon(self._end)

    def abort(self) -> None:
        """At once."""
        if self._unsent:
            self._unsent.clear()
            self._loop.remove_writer(self._fd)
            if self._closing:  # it waited for that only
                self._loop.call_soon(self._end)
        self.close()

    def _read(self) -> None:
        try:
            data = self._own.recv(READ)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._broken(error)
            return
        if not data:
            self._protocol.eof_received()
            self.close()
            return
        try:
            self._protocol.data_received(data)
        except Exception:
            log.exception("a connection's protocol failed")
            self.abort()

    def _send(self, data: bytes | bytearray | memoryview[Any]) -> int:
        try:
            return self._own.send(data)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError as error:
            self._broken(error)
            return 0

    def _write_on(self) -> None:
        del self._unsent[: self._send(self._unsent)]
        if self._unsent:
            return
        self._loop.remove_writer(self._fd)
        if self._closing:
            self._loop.call_soon(self._end)
        elif self._ending:
            with suppress(OSError):
                self._own.shutdown(socket.SHUT_WR)

    def _broken(self, error: OSError) -> None:
        """Nothing more will come or go."""
        self.abort()
        log.debug("a connection broke: %s", error)

    def _end(self) -> None:
        if self._own.fileno() < 0:
            return
        protocol, self._protocol = self._protocol, _NOBODY  # each knew the other: now no search is needed to free them
        try:
            protocol.connection_lost(None)
        finally:
            self._own.close()
