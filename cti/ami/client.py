"""The engine's line to Asterisk's manager: it stays connected, tells what happens in order, and sends actions.

It knows about logging in, resync, pings and reconnecting. It refuses to know what an event means, to queue an action
for later, and to send one twice: after a reconnect the world is different, so the caller must decide again.

    down -> connecting -> syncing -> up -> down …          refused: wrong account, tried again slowly and loudly

After each login the lists in `RESYNC` are read; events that arrive meanwhile are held. Then `on_up(rows)` is called,
the held events follow over the snapshot, then everything as it comes. A held event may tell what the snapshot has
already told: subscribers must bear a fact twice. CoreShowChannels' rows carry BridgeId (manager.c:
action_coreshowchannels), so BridgeList and one BridgeInfo for each bridge are not needed.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from ..errors import ActionFailed, AmiError, LoginRefused, NotConnected
from .link import OneConnection
from .pending import Response
from .wire import Headers, Message

RESYNC = ("CoreShowChannels", "QueueStatus", "DeviceStateList")
REST_SECONDS = 0.002  # between two reads of a burst
MAX_HELD = 50_000  # events held during a resync; more than that and it is begun again

logger = logging.getLogger(__name__)


class LinkState(StrEnum):
    """Where the line is. Actions are sent in `up` only."""

    DOWN = "down"
    CONNECTING = "connecting"
    SYNCING = "syncing"
    UP = "up"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """All in seconds. A peer that hangs is noticed after at most ping + pong."""

    connect: float = 5.0
    boot: float = 10.0  # wait for FullyBooted after login: a booting Asterisk's lists are not whole
    list: float = 9.0
    ping: float = 3.0
    pong: float = 3.0
    first_retry: float = 0.2
    last_retry: float = 10.0
    refused_retry: float = 60.0


class AmiClient:
    """`async with AmiClient(…)` runs it; or own the task yourself: `task_group.create_task(client.run())`.

    `wanted` are the event names that `on_message` gets. The callbacks run inside the reader, or inside the `send` that
    finds the line dead; they must not block, and an exception in one is logged and costs that one message. `on_down`
    comes once for each `on_up`. `state` and `why` (one line) say how the line is, `on_state` tells when that changes.
    `rest` says, each time, how many seconds the reader may leave between two reads of a burst; `urgent`, before each
    message, whether something else should come first.
    """

    def __init__(
        self,
        host: str,
        port: int,
        user: str,
        password: str,
        wanted: Iterable[str],
        *,
        on_message: Callable[[Message], None] = lambda _: None,
        on_up: Callable[[list[Message]], None] = lambda _: None,
        on_down: Callable[[], None] = lambda: None,
        on_state: Callable[[LinkState], None] = lambda _: None,
        rest: Callable[[], float] = lambda: REST_SECONDS,
        urgent: Callable[[], bool] = lambda: False,
        classes: str = "call,system",
        timing: Timing = Timing(),
    ) -> None:
        self._account = {"host": host, "port": port, "username": user, "secret": password}
        self._wanted = frozenset(wanted)
        self._on_message, self._on_up, self._on_down, self._on_state = on_message, on_up, on_down, on_state
        self._rest, self._urgent = rest, urgent
        self._classes = classes
        self._timing = timing
        self.state = LinkState.DOWN
        self.why = "not started"
        self._up = asyncio.Event()
        self._was_up = False
        self._held: deque[Message] = deque()
        self._syncing: OneConnection | None = None
        self._connection: OneConnection | None = None  # set while up
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self.run(), name="ami")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def wait_up(self) -> None:
        """Returns when the line is up; wrap it in `asyncio.timeout`."""
        await self._up.wait()

    async def send(self, action: str, headers: Headers = (), *, deadline_seconds: float = 5.0) -> Response:
        """Send now and wait for the answer, with its rows when it is a list.

        Raises NotConnected (never sent), ActionFailed (Asterisk said no), NoAnswer (sent, nobody knows), or AmiError
        for a header that cannot be sent. Nothing is sent after its deadline.
        """
        connection = self._ready(action)
        return await connection.answer(connection.start(action, headers, deadline_seconds))

    def post(
        self, action: str, headers: Headers = (), *, deadline_seconds: float = 5.0
    ) -> asyncio.Future[Response] | None:
        """Send now and go on; what goes wrong is logged. May be called from the callbacks. None: it was not sent."""
        try:
            pending = self._ready(action).start(action, headers, deadline_seconds)
        except AmiError as error:
            logger.error("%s", error)
            return None
        pending.future.add_done_callback(_log_failure)
        return pending.future

    def hurry(self) -> None:
        """End the rest between two reads, if there is one."""
        if self._connection is not None:
            self._connection.protocol.hurry()

    async def run(self) -> None:
        """Keep the line up until cancelled."""
        failures = 0
        try:
            while True:
                self._was_up = False
                error = await self._one_life()
                failures = 1 if self._was_up else failures + 1
                refused = isinstance(error, LoginRefused)
                delay = self._timing.refused_retry if refused else self._backoff(failures)
                level = logging.ERROR if refused else logging.WARNING
                logger.log(level, "no link to Asterisk, next try in %.1f s: %s", delay, error)
                self._go_down(LinkState.REFUSED if refused else LinkState.DOWN, str(error))
                await asyncio.sleep(delay)
        finally:
            self._go_down(LinkState.DOWN, "stopped")

    async def _one_life(self) -> Exception:
        """From connect to the end of that connection; returns what ended it."""
        connection = OneConnection(self._wanted, self._take, self._lost, self._rest, self._urgent, **self._account)
        self._set_state(LinkState.CONNECTING)
        try:
            async with asyncio.timeout(self._timing.connect):
                await connection.open()
            await connection.log_in(self._classes, self._timing.connect)
            await self._synchronise(connection)
            return await self._watch(connection)
        except TimeoutError:
            return AmiError(f"no AMI banner from {self._account['host']}:{self._account['port']} in time")
        except (AmiError, OSError) as error:
            ended = connection.ended.result() if connection.ended.done() else None
            return error if ended is None or isinstance(error, LoginRefused) else ended
        finally:
            self._syncing = None
            connection.close()

    async def _synchronise(self, connection: OneConnection) -> None:
        self._syncing = connection
        self._set_state(LinkState.SYNCING)
        await connection.wait_booted(self._timing.boot)
        rows: list[Message] = []
        for action in RESYNC:
            rows += await self._list(connection, action)
        self._go_up(connection, rows)

    async def _list(self, connection: OneConnection, action: str) -> list[Message]:
        try:
            answer = await connection.answer(connection.start(action, (), self._timing.list))
        except ActionFailed as error:
            if action == RESYNC[0]:
                raise  # without the channels every call would look ended
            logger.warning("resync without %s: %s", action, error)
            return []
        return list(answer.rows)

    def _go_up(self, connection: OneConnection, rows: list[Message]) -> None:
        """No await in here: nothing can come between the snapshot, the held events and the live ones."""
        self._connection = connection
        self._was_up, self.why = True, ""
        self._up.set()
        self._set_state(LinkState.UP)
        _shielded(self._on_up, rows)
        while self._held:
            _shielded(self._on_message, self._held.popleft())

    def _lost(self, error: AmiError) -> None:
        """At the very instant: nobody may think that the line is up when it is not."""
        self._go_down(LinkState.DOWN, str(error))

    def _go_down(self, state: LinkState, why: str) -> None:
        was_up, self.why = self._connection is not None, why
        self._connection = None
        self._up.clear()
        self._held.clear()
        self._set_state(state)
        if was_up:
            _shielded(self._on_down)

    def _set_state(self, state: LinkState) -> None:
        if state is not self.state:
            self.state = state
            _shielded(self._on_state, state)

    async def _watch(self, connection: OneConnection) -> AmiError:
        """Ping until the link ends. A ping without its answer ends it."""
        while True:
            done, _ = await asyncio.wait({connection.ended}, timeout=self._timing.ping)
            if done:
                return connection.ended.result()
            await connection.answer(connection.start("Ping", (), self._timing.pong))

    def _take(self, message: Message) -> None:
        if self._connection is not None:
            self._on_message(message)
        else:
            self._held.append(message)
            if len(self._held) > MAX_HELD and self._syncing is not None:
                self._syncing.protocol.drop(AmiError(f"more than {MAX_HELD} events came during the resync"))

    def _ready(self, action: str) -> OneConnection:
        if self._connection is None:
            raise NotConnected(f"{action} was not sent: the link to Asterisk is {self.state} ({self.why})")
        return self._connection

    def _backoff(self, failures: int) -> float:
        """Doubles up to the longest wait; half of it is by chance, so that many engines do not come at once."""
        longest = min(self._timing.last_retry, self._timing.first_retry * 2.0 ** min(failures - 1, 20))
        return longest * (0.5 + secrets.randbelow(1_000) / 2_000)


def _shielded(callback: Callable[..., None], *args: object) -> None:
    try:
        callback(*args)
    except Exception:
        logger.exception("a subscriber failed")


def _log_failure(future: asyncio.Future[Response]) -> None:
    if not future.cancelled() and (error := future.exception()) is not None:
        logger.error("%s", error)
