"""A mail server on loopback that keeps what it gets, for stories in which a message is mailed.

It knows as much SMTP as a client needs to hand in one letter (RFC 5321: EHLO, MAIL, RCPT, DATA, QUIT, RSET, NOOP) and
can refuse at a wanted step. It delivers nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from types import TracebackType
from typing import Self

MOST = 64 * 1024 * 1024  # bytes of one letter


class Letterbox:
    """`async with Letterbox() as box:` listens on `box.port`; `letters` is what came. `answers` maps a command (RCPT,
    DATA, …) to the line that it gets instead of a good one; "" hangs up."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.answers: dict[str, str] = {}
        self._came = asyncio.Condition()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=MOST)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def letter(self, which: Callable[[EmailMessage], bool], timeout: float = 60.0) -> EmailMessage:
        """The first letter that is so, when it has come. Raises TimeoutError."""

        def found() -> EmailMessage | None:
            return next((letter for letter in self.letters if which(letter)), None)

        async with self._came:
            async with asyncio.timeout(timeout):
                await self._came.wait_for(lambda: found() is not None)
            letter = found()
            assert letter is not None
            return letter

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client hung up
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 letterbox\r\n")
        while line := await reader.readline():
            verb = line[:4].decode("ascii", "replace").strip().upper()
            answer = self.answers.get(verb, {"DATA": "354 go on", "QUIT": "221 bye"}.get(verb, "250 ok"))
            if not answer:
                return
            writer.write(f"{answer}\r\n".encode())
            if verb == "QUIT":
                return
            if verb == "DATA" and answer.startswith("354"):
                await self._take(await reader.readuntil(b"\r\n.\r\n"))
                writer.write(b"250 taken\r\n")

    async def _take(self, data: bytes) -> None:
        letter = BytesParser(policy=policy.default).parsebytes(data[:-3].replace(b"\r\n..", b"\r\n."))
        assert isinstance(letter, EmailMessage)
        async with self._came:
            self.letters.append(letter)
            self._came.notify_all()
