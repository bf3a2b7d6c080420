"""The websocket's manners: `/api/live`, from the handshake to the last frame.

It knows who may open a socket, what a client may say and how often; it refuses to know what is pushed (feed, push).
A client says hello once and then only keeps quiet or answers pings; anything much beyond that closes it. Close codes:

    4400 bad hello    4401 token not accepted (any more)    4408 no hello in time    4429 too many messages or screens
    1001 we restart, come back and resume                    1009 message over 4 kB
    1011 a bug of ours, in the log           1013 too many screens, or the tokens cannot be looked at now
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from aiohttp import WSMessage, WSMsgType, web

from cti.errors import CtiError, UsageError

from .auth import Denial, Gate, Subject, address_of
from .feed import Position
from .payload import decode
from .push import TRY_LATER, Hub, Screen

log = logging.getLogger(__name__)

MAX_MESSAGE = 4096  # bytes
HELLO_SECONDS = 5.0
BEAT_SECONDS = 15.0  # a beat message, and the token is looked at again
MESSAGES, MESSAGES_SECONDS = 30, 10.0  # frames that a client may send in this time, pings and pongs included
MOST_STRANGERS = 500  # sockets that have not said hello yet
BROKEN, BAD_HELLO, NOT_ACCEPTED, NO_HELLO, TOO_MANY = 1011, 4400, 4401, 4408, 4429

Origins = Collection[str]


class Live:
    """Serves websockets for one hub."""

    def __init__(
        self,
        hub: Hub,
        gate: Gate,
        *,
        origins: Origins = (),
        trusted_proxies: Collection[str] = (),
        hello_seconds: float = HELLO_SECONDS,
        beat_seconds: float = BEAT_SECONDS,
    ) -> None:
        self._hub = hub
        self._gate = gate
        self._origins = origins
        self._proxies = trusted_proxies
        self._hello_seconds = hello_seconds
        self._beat_seconds = beat_seconds
        self._silence_seconds = 2 * beat_seconds  # after which a client is asked whether it lives
        self._strangers = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One connection, until it closes. 403 for a foreign page, 503 when too many have not said hello."""
        if not same_origin(request, self._origins):
            raise web.HTTPForbidden(text="pages of this origin may not connect")
        if self._strangers >= MOST_STRANGERS:
            raise web.HTTPServiceUnavailable(text="too many connections; try again")
        socket = web.WebSocketResponse(
            heartbeat=self._silence_seconds, autoping=False, compress=False, max_msg_size=MAX_MESSAGE, timeout=1.0
        )
        await socket.prepare(request)
        try:
            admitted = await self._welcome(request, socket)
            if admitted is not None:
                await self._serve(request, socket, *admitted)
        except Exception:
            log.exception("a screen's connection failed")
            await _close(socket, BROKEN, "internal error")
        return socket

    async def _welcome(self, request: web.Request, socket: web.WebSocketResponse) -> _Admitted | None:
        """Wait for a hello and check its token; closes the socket with the reason otherwise."""
        self._strangers += 1
        try:
            async with asyncio.timeout(self._hello_seconds):
                message = await socket.receive()
            token, resume = read_hello(message)
            subject = await self._gate.admit(token, address_of(request, self._proxies))
        except TimeoutError:
            await _close(socket, NO_HELLO, "say hello first")
            return None
        except UsageError as error:
            await _close(socket, BAD_HELLO, str(error))
            return None
        except CtiError as error:
            log.warning("cannot look at a token now: %r", error)
            await _close(socket, TRY_LATER, "cannot look at your token now")
            return None
        finally:
            self._strangers -= 1
        match subject:
            case Denial():
                await _close(socket, TOO_MANY if subject is Denial.THROTTLED else NOT_ACCEPTED, subject.value)
            case Subject() if not self._hub.has_room(subject):
                await _close(socket, TRY_LATER, "too many screens are open")
            case Subject():
                return token, resume, subject
        return None

    async def _serve(
        self, request: web.Request, socket: web.WebSocketResponse, token: str, resume: Position | None, who: Subject
    ) -> None:
        transport = request.transport
        if transport is None or socket.closed:
            return
        screen = Screen(who, socket, transport)
        jobs = [self._hub.open(screen, resume), asyncio.create_task(self._watch(screen, token))]
        try:
            await _listen(socket)
        finally:
            self._hub.close(screen)
            for job in jobs:
                job.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)
            screen.finish()

    async def _watch(self, screen: Screen, token: str) -> None:
        while True:
            await asyncio.sleep(self._beat_seconds)
            self._hub.beat(screen)
            try:
                good = await self._gate.still_good(token)
            except CtiError as error:  # a database that is down takes no screen down
                log.warning("cannot look at a token now: %r", error)
                continue
            if not good:
                await _close(screen.socket, NOT_ACCEPTED, Denial.REFUSED.value)
                return


_Admitted = tuple[str, Position | None, Subject]


async def _listen(socket: web.WebSocketResponse) -> None:
    """Read until the client leaves; answer its pings; close it when it says too much."""
    loop = asyncio.get_running_loop()
    times: deque[float] = deque(maxlen=MESSAGES)
    while True:
        message = await socket.receive()
        if message.type not in (WSMsgType.TEXT, WSMsgType.PING, WSMsgType.PONG):
            return
        if len(times) == MESSAGES and loop.time() - times[0] < MESSAGES_SECONDS:
            await _close(socket, TOO_MANY, "too many messages")
            return
        times.append(loop.time())
        if message.type is WSMsgType.PING:
            await socket.pong(message.data)


async def _close(socket: web.WebSocketResponse, code: int, reason: str) -> None:
    await socket.close(code=code, message=reason.encode()[:120])


def read_hello(message: WSMessage) -> tuple[str, Position | None]:
    """`{"type": "hello", "token": …, "resume": {"epoch": …, "seq": …} | null}`. Raises UsageError for anything else."""
    if message.type is not WSMsgType.TEXT:
        raise UsageError("say hello first")
    hello = decode(message.data.encode("utf-8", "surrogatepass"))
    if not isinstance(hello, dict) or hello.get("type") != "hello" or set(hello) - {"type", "token", "resume"}:
        raise UsageError("say hello first")
    token = hello.get("token")
    if not isinstance(token, str):
        raise UsageError("hello needs a token")
    return token, _read_position(hello.get("resume"))


def _read_position(resume: Any) -> Position | None:
    match resume:
        case None:
            return None
        case {"epoch": str(epoch), "seq": int(seq)} if len(resume) == 2 and not isinstance(seq, bool):
            return Position(epoch=epoch, seq=seq)
        case _:
            raise UsageError('resume is {"epoch": text, "seq": number}')


def same_origin(request: web.Request, allowed: Origins) -> bool:
    """Whether the page that connects is ours. Programs send no Origin; browsers always do, and cannot forge it."""
    origins = request.headers.getall("Origin", [])
    if not origins:
        return True
    if len(origins) > 1:
        return False
    if origins[0] in allowed:
        return True
    try:
        parts = urlsplit(origins[0])
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc.lower() == request.headers.get("Host", "").lower() != ""
