"""One connection to the manager: panoramisk's Manager and AMIProtocol with their faults mended, for one life.

It knows how to log in, send, match answers and notice that the peer is gone. It refuses to know about reconnecting
(that is client.py) and about what events mean. What is mended, each with a test of that name (FACTS, AMI):

    actions are never kept for later and never replayed      a second action cannot take a pending one's ActionID
    a character split over two segments is not lost          an exception in a callback does not drop the link
    two events in one segment, merged events, odd headers    CR, LF and NUL never go out
    callbacks run in order, at once, not as tasks            both buffers are bounded
    Originate without Async, QueueAdd: see pending.py        uniqueids stay opaque text
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from panoramisk.ami_protocol import AMIProtocol
from panoramisk.manager import Manager

from ..errors import AmiError, LoginRefused, NotConnected
from .pending import NoAnswer, Pending, Response
from .wire import Decoder, Headers, Message

MAX_PENDING = 256  # actions that wait for an answer at the same time
BURST_SECONDS = 0.1  # reads that come closer than this are a burst; longer than any rest
MAX_UNSENT = 262_144  # bytes that the peer has not read
AT_ONCE = 8  # messages handled in one turn of the loop; what a rest brought would keep callers from their verdict
SHUTTING_DOWN = "Asterisk is shutting down"  # manager.c answers every action so, a Login too, until it is gone

logger = logging.getLogger(__name__)


class Link(AMIProtocol):  # type: ignore[misc]  # panoramisk has no type information
    """The byte side: sans-IO decoder in, bounded writer out. `responses` maps ActionIDs to what waits for them."""

    responses: dict[str, Pending]
    closed: bool
    version: str | None

    def __init__(self, manager: OneConnection, decoder: Decoder, own: str) -> None:
        self._manager = manager
        self._decoder = decoder
        self._own = f"\r\nActionID: {own}".encode()
        self._read_at, self._in_burst = 0.0, False
        self._resting: asyncio.TimerHandle | None = None
        self._unhandled: deque[Message] = deque()  # nothing is read while there are any

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self.factory = self._manager
        self._manager.protocol = self

    def data_received(self, data: bytes) -> None:
        """Everything that came, in order. Bytes that are not AMI end the link."""
        try:
            messages = self._decoder.feed(data)
        except AmiError as error:
            self.drop(error)
            return
        if self.version is None and self._decoder.version:
            self.version = self._decoder.version
            self._manager.greeted.set_result(None)
        before, self._read_at = self._read_at, self._manager.loop.time()
        self._in_burst = self._read_at - before < BURST_SECONDS
        self._unhandled += messages
        self._handle_some()

    def _handle_some(self) -> None:
        """In order, and what else is ready in between: a read may bring the events of ten calls, some 8 ms of work, and
        a caller whose session begins meanwhile would wait for all of it. While one does, it is one message a turn: half
        a millisecond, when the processor has done other things before."""
        handled = 0
        while self._unhandled and not self.closed:  # what was decoded behind a Shutdown belongs to a link that is gone
            enough = handled == AT_ONCE or (handled > 0 and self._manager.urgent())
            if enough and not self.transport.is_closing():
                self.transport.pause_reading()
                self._manager.loop.call_later(0, self._handle_some)  # a timer: what the sockets have comes first
                return
            self.handle_message(self._unhandled.popleft())
            handled += 1
        if not self.transport.is_closing():
            self._rest()

    def _rest(self) -> None:
        """After two reads in quick succession let what follows come together. Asterisk writes each event by itself, and
        waking up costs more CPU than handling one."""
        if self._in_burst:
            self.transport.pause_reading()
            self._resting = self._manager.loop.call_later(self._manager.rest(), self.hurry)
        elif not self.transport.is_reading():
            self.transport.resume_reading()

    def hurry(self) -> None:
        """Read on, whatever is left of a rest."""
        if self._resting is not None:
            self._resting.cancel()
            self._resting = None
            if not self.transport.is_closing():  # uvloop raises for a transport that is closed, asyncio does not
                self.transport.resume_reading()

    def handle_message(self, message: Message) -> None:
        if self._own in message.raw:
            if message.forged:
                logger.warning("refused an answer, because %s: %r", message.forged, message)
                return
            pending = self.responses.get(message.get("ActionID"))
            if pending is not None:
                if pending.add_message(message):
                    self.forget(pending)
                return
        if message.name:
            self._manager.dispatch(message)

    def send(self, data: Pending) -> asyncio.Future[Response]:
        """Write it now or never: raises NotConnected when the link is down or too much waits already."""
        if self.closed or self.transport.is_closing():
            raise NotConnected(f"{data.name} was not sent: there is no link to Asterisk")
        if len(self.responses) >= MAX_PENDING:
            raise NotConnected(f"{data.name} was not sent: {MAX_PENDING} actions wait for an answer already")
        if self.unsent + len(data.wire) > MAX_UNSENT:
            self.drop(AmiError(f"Asterisk does not read: {self.unsent} bytes wait to be sent"))
            raise NotConnected(f"{data.name} was not sent: Asterisk does not read")
        self.responses[data.action_id] = data
        self._decoder.own = self._own
        self.transport.write(data.wire)
        return data.future

    @property
    def unsent(self) -> int:
        """Bytes that the kernel has not taken yet."""
        return int(self.transport.get_write_buffer_size())

    def forget(self, pending: Pending) -> None:
        """No answer to this one is awaited any more."""
        self.responses.pop(pending.action_id, None)
        if not self.responses:
            self._decoder.own = None

    def eof_received(self) -> None:
        try:
            self._decoder.close()
        except AmiError as error:
            self.drop(error)

    def connection_lost(self, exc: Exception | None) -> None:
        self.drop(AmiError(f"the connection to Asterisk was lost ({exc or 'closed by Asterisk'})"))

    def close(self) -> None:
        self.drop(AmiError("the link was closed"))

    def drop(self, error: AmiError) -> None:
        """End the link at once; what the kernel has not taken is thrown away, so nothing goes out late."""
        if self.closed:
            return
        self.closed = True
        self.transport.abort()
        waiting, self.responses = list(self.responses.values()), {}
        for pending in waiting:
            pending.fail(NoAnswer(f"{pending.name}: no answer came before the link ended: {error}"))
        self._manager.connection_lost(error)


class OneConnection(Manager):  # type: ignore[misc]  # panoramisk has no type information
    """The action side of one connection. `ended` gets the error that the link died of; it is never raised from it."""

    protocol: Link

    def __init__(
        self,
        wanted: frozenset[str],
        on_event: Callable[[Message], None],
        on_lost: Callable[[AmiError], None],
        rest: Callable[[], float],
        urgent: Callable[[], bool],
        **config: Any,
    ) -> None:
        super().__init__(log=logger, **config)
        self.loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[AmiError] = self.loop.create_future()
        self.greeted: asyncio.Future[None] = self.loop.create_future()  # AMI's banner has come
        self.booted: asyncio.Future[None] = self.loop.create_future()  # FullyBooted has come
        self._on_event, self._on_lost = on_event, on_lost
        self.rest, self.urgent = rest, urgent
        self._wanted = wanted
        self._own = f"{secrets.token_hex(8)}-"  # not to be guessed: an answer cannot be forged from a caller's number
        self._count = 0

    async def open(self) -> None:
        """Connect and wait for AMI's banner: nobody else is told the password. Raises OSError or AmiError."""
        decoder = Decoder(frozenset(name.encode() for name in {"FullyBooted", "Shutdown"} | self._wanted))
        host, port = self.config["host"], self.config["port"]
        await self.loop.create_connection(lambda: Link(self, decoder, self._own), host, port)
        await self.greeted

    async def log_in(self, classes: str, deadline_seconds: float) -> None:
        """Raises LoginRefused for a wrong account; other AmiErrors for a link that did not carry it."""
        headers = {"Username": self.config["username"], "Secret": self.config["secret"], "Events": classes}
        pending = self.start("Login", headers, deadline_seconds)
        pending.refusal = LoginRefused
        try:
            await self.answer(pending)
        except LoginRefused as error:
            if SHUTTING_DOWN in str(error):
                raise AmiError(SHUTTING_DOWN) from error  # nothing is wrong with the account: soon it is up again
            raise
        self.authenticated = True

    async def wait_booted(self, seconds: float) -> None:
        """Until FullyBooted, the link's end, or `seconds`: an account without read=system is never told."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.booted

    def start(self, action: str, headers: Headers, deadline_seconds: float) -> Pending:
        """Send now; the answer comes into the result's `future` or NoAnswer does when the deadline passes."""
        self._count += 1
        pending = Pending(action, headers, f"{self._own}{self._count}")
        self.protocol.send(pending)
        timer = self.loop.call_later(deadline_seconds, self._expire, pending, deadline_seconds)
        pending.future.add_done_callback(lambda _: timer.cancel())
        return pending

    async def answer(self, pending: Pending) -> Response:
        """Wait for it; whoever stops waiting frees its place."""
        try:
            return await pending.future
        finally:
            self.protocol.forget(pending)

    def _expire(self, pending: Pending, deadline_seconds: float) -> None:
        self.protocol.forget(pending)
        pending.fail(NoAnswer(f"{pending.name}: no answer within {deadline_seconds:g} s"))
        if not self.protocol.closed and self.protocol.unsent:
            self.protocol.drop(AmiError("Asterisk does not read; what waits is thrown away, not sent late"))

    def dispatch(self, event: Message) -> None:
        """One event, to the one callback; an exception in it costs this event only."""
        if event.name == "FullyBooted":
            _settle(self.booted)
        elif event.name == "Shutdown":
            self.protocol.drop(AmiError(SHUTTING_DOWN))
            return
        if event.name not in self._wanted:
            return  # an answer's row that came too late
        try:
            self._on_event(event)
        except Exception:
            logger.exception("the subscriber failed on %r", event)

    def connection_lost(self, exc: AmiError) -> None:
        if not self.ended.done():
            self.ended.set_result(exc)
            self._on_lost(exc)
        if not self.greeted.done():
            self.greeted.set_exception(exc)
            self.greeted.exception()  # marked as seen: perhaps nobody waits for it any more
        _settle(self.booted)  # whoever waits for it goes on and finds no link

    def close(self) -> None:
        if self.protocol is not None:
            self.protocol.close()

    def connect(self, *_: object, **__: object) -> None:
        """panoramisk's own way in reconnects for ever in silence."""
        raise NotImplementedError("use open()")

    async def send_awaiting_actions(self, *_: object) -> None:
        """panoramisk replays here what could not be sent; nothing is ever kept, so there is nothing to replay."""


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
