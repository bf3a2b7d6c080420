"""The FastAGI server: who may connect, which handler a URL's path means, and how many sessions there may be.

It knows connections and their two states (telling the environment, being served); it knows nothing of what a
handler decides. A session that breaks a rule is closed at once: Asterisk goes on in the dialplan, without a
verdict (FACTS: refused connection = AGISTATUS FAILURE at once; accepted then closed = SUCCESS).

Sessions are bounded per state. Those that have said nothing yet are cheap to open, so the **oldest** of them is
dropped for a new one: Asterisk sends its environment in the same instant, a slow loris never. Those being
served are never dropped for others; one too many is closed.
"""

from __future__ import annotations

import asyncio
import functools
import ipaddress
import logging
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from types import TracebackType
from typing import Self, cast

from ..errors import AgiError, AgiHangup, AgiRefused, CtiError
from .connection import Listener
from .dialogue import Dialogue, wait_for_bytes
from .wire import Environment, EnvironmentParser

Handler = Callable[[Dialogue], Awaitable[None]]

LOOPBACK = ("127.0.0.0/8", "::1/128")
MAX_UNREADY = 512  # far more than are accepted in one turn of the loop, so a fresh one is never the oldest
COMING_SECONDS = 0.005  # Asterisk tells the environment in less
REFUSALS_LOGGED = 20
CLOSE_SECONDS = 1.0  # what cancelled handlers get to clean up
_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}(?:/[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}){0,3}")

log = logging.getLogger(__name__)


class AgiServer:
    """Serves `routes` while `async with` lasts: `AGI(agi://host:port/acd?x)` runs `routes["acd"]`.

    A route that ends in `/` takes every path below it. `port` 0 picks a free one (`port` tells which).
    `allowed` are networks; connections from elsewhere are closed. A handler that raises ends its session only.
    """

    def __init__(
        self,
        bind: str,
        port: int,
        routes: Mapping[str, Handler],
        *,
        allowed: Iterable[str] = LOOPBACK,
        max_sessions: int = 2000,
        max_unready: int = MAX_UNREADY,
        environment_timeout_seconds: float = 5.0,
    ) -> None:
        self.routes = routes
        self.max_sessions = max_sessions
        self.max_unready = max_unready
        self.environment_timeout_seconds = environment_timeout_seconds
        self.unready: dict[Session, None] = {}  # in the order they came
        self.serving: set[Session] = set()
        self._allowed = [ipaddress.ip_network(network) for network in allowed]
        self._is_welcome = functools.lru_cache(maxsize=256)(self._is_allowed)  # the last one's, too
        self._bind, self._port = bind, port
        self._listener: Listener | None = None
        self._sweep: asyncio.TimerHandle | None = None  # for the oldest of the unready ones
        self._beginning = 0  # whose handler has not run to its first wait
        self._refusal_second = 0
        self.refusals = 0  # connections closed in that second

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._listener.port if self._listener else self._port

    async def __aenter__(self) -> Self:
        listener = Listener(lambda: Session(self))
        await listener.open(self._bind, self._port)
        self._listener = listener
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Stop listening and end every session, within about a second. Safe to call again."""
        if self._listener is not None:
            self._listener.close()
        if self._sweep is not None:
            self._sweep.cancel()
        for session in [*self.unready, *self.serving]:
            session.end()
        tasks = [session.task for session in self.serving if session.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSE_SECONDS)
        for session in [*self.unready, *self.serving]:
            session.transport.abort()
        await asyncio.sleep(0)  # lets connection_lost run

    def note_refusal(self, peer: str, why: str) -> None:
        """Log it, at most REFUSALS_LOGGED in a second: a flood of connections must not become a flood of lines."""
        second = int(asyncio.get_running_loop().time())
        if second != self._refusal_second:
            if self.refusals > REFUSALS_LOGGED:
                log.warning("%d more connections were closed without a line each", self.refusals - REFUSALS_LOGGED)
            self._refusal_second, self.refusals = second, 0
        self.refusals += 1
        if self.refusals <= REFUSALS_LOGGED:
            log.warning("closed a connection from %a: %s", peer, why)

    def somebody_comes(self) -> bool:
        """Whether a session is at its very beginning: not accepted yet, telling its environment, or not heard yet.

        A caller waits for what comes then, so other work should wait. Who connects and says nothing does not count.
        """
        if self._beginning or (self._listener is not None and self._listener.pending()):
            return True
        if not self.unready:
            return False
        newest = next(reversed(self.unready))
        return asyncio.get_running_loop().time() - newest.came < COMING_SECONDS

    def begins(self) -> None:
        """A handler's task was made; its first step is the next thing that the loop does for it."""
        self._beginning += 1
        asyncio.get_running_loop().call_soon(self._has_begun)

    def _has_begun(self) -> None:
        self._beginning -= 1

    def expect(self, session: Session) -> None:
        """It has so long to tell its environment. One timer for all: sessions come in order, and few are ever late."""
        self.unready[session] = None
        if self._sweep is None:
            loop = asyncio.get_running_loop()
            self._sweep = loop.call_later(self.environment_timeout_seconds, self._refuse_the_late)

    def _refuse_the_late(self) -> None:
        loop = asyncio.get_running_loop()
        patience, self._sweep = self.environment_timeout_seconds, None
        while self.unready:
            oldest = next(iter(self.unready))
            if oldest.came + patience > loop.time():
                self._sweep = loop.call_at(oldest.came + patience, self._refuse_the_late)
                return
            oldest.refuse("it told no environment in time")

    def welcomes(self, address: str) -> bool:
        """Whether a peer at this address may connect."""
        return self._is_welcome(address)

    def _is_allowed(self, address: str) -> bool:
        peer = ipaddress.ip_address(address.partition("%")[0])
        mapped = getattr(peer, "ipv4_mapped", None)  # ::ffff:127.0.0.1 on a dual-stack socket
        return any((mapped or peer) in network for network in self._allowed)

    def route(self, environment: Environment) -> tuple[Handler, str, str]:
        """The handler, the path and the query of this session. Raises AgiRefused for a path that nobody serves."""
        script = environment.values.get("agi_network_script", "")
        path, _, query = script.partition("?")
        if _PATH.fullmatch(path) is None:
            raise AgiRefused(f"path {script[:80]!a} is not one")
        handler = self.routes.get(path) or self.routes.get(path.partition("/")[0] + "/")
        if handler is None or (path not in self.routes and "/" not in path):
            raise AgiRefused(f"path {script[:80]!a} is served by nobody")
        return handler, path, query


class Session(asyncio.Protocol):
    """One connection, from accept to close."""

    transport: asyncio.Transport

    def __init__(self, server: AgiServer) -> None:
        self.task: asyncio.Task[None] | None = None
        self._server = server
        self._parser = EnvironmentParser()
        self._dialogue: Dialogue | None = None
        self.came = asyncio.get_running_loop().time()
        self._peer = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        address = transport.get_extra_info("peername")
        self._peer = str(address[0]) if address else ""
        if not self._peer or not self._server.welcomes(self._peer):
            return self.refuse("its address is not allowed")
        unready = self._server.unready
        if len(unready) >= self._server.max_unready:
            next(iter(unready)).refuse("it was the oldest of too many that say nothing")
        self._server.expect(self)
        return None

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        try:
            if self._dialogue is not None:
                self._receive(self._dialogue, data)
            elif (environment := self._parser.feed(data)) is not None:
                self._begin(environment)
            else:  # Asterisk writes it line by line, and each line would wake us
                wait_for_bytes(self.transport.get_extra_info("socket"), self._parser.missing)
        except AgiError as error:
            self.refuse(str(error))

    def eof_received(self) -> None:
        """Asterisk is done: the transport closes, `connection_lost` does the rest."""

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 (asyncio's signature)
        self._forget()
        if self._dialogue is not None:
            self._dialogue.lost()
            self._hung_up(self._dialogue)

    def end(self) -> None:
        """The server stops: cancel the handler, or close at once when there is none."""
        if self.task is None:
            self.transport.abort()
        else:
            self.task.cancel()

    def _begin(self, environment: Environment) -> None:
        handler, path, query = self._server.route(environment)
        self._forget()
        wait_for_bytes(self.transport.get_extra_info("socket"), 1)
        if len(self._server.serving) >= self._server.max_sessions:
            return self.refuse(f"{self._server.max_sessions} sessions are being served")
        self._server.serving.add(self)
        self._dialogue = Dialogue(self.transport, environment, path, query)
        self.task = asyncio.get_running_loop().create_task(self._serve(handler, self._dialogue))
        self.task.add_done_callback(self._served)  # also when it is cancelled before its first step
        self._server.begins()
        if self._parser.rest:  # a HANGUP in the same packet
            self._receive(self._dialogue, self._parser.rest)
        return None

    def _receive(self, dialogue: Dialogue, data: bytes) -> None:
        dialogue.receive(data)
        if dialogue.hung_up.is_set():  # not at once: a handler that has not begun yet must see its first step
            asyncio.get_running_loop().call_soon(self._hung_up, dialogue)

    def _hung_up(self, dialogue: Dialogue) -> None:
        if self.task is not None and not dialogue.watched:
            self.task.cancel()

    async def _serve(self, handler: Handler, dialogue: Dialogue) -> None:
        try:
            await handler(dialogue)
        except (asyncio.CancelledError, AgiHangup):
            log.debug("session %a: the caller or the server went", dialogue.uniqueid)
        except CtiError as error:
            log.warning("session %a on %a: %a", dialogue.uniqueid, dialogue.path, str(error))
        except Exception:
            log.exception("session %a: the handler of %a failed", dialogue.uniqueid, dialogue.path)

    def _served(self, _: asyncio.Task[None]) -> None:
        self._server.serving.discard(self)
        self.transport.close()

    def _forget(self) -> None:
        """No longer unready."""
        self._server.unready.pop(self, None)

    def refuse(self, why: str) -> None:
        """Close at once, with one log line that holds outside text only in ASCII and escaped."""
        self._server.note_refusal(self._peer, why)
        self._forget()
        self.transport.abort()
        if self.task is not None:
            self.task.cancel()
