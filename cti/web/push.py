"""Pushes the feed to open screens, and never lets one of them slow the engine down.

It knows screens, their outboxes and when to give up on one; it refuses to know who may see what (feed), how a
screen says hello (live) and what a delta means. Measured with 500 screens, see tests/web/bench_push.py.

Why a pop is written inside `publish`: the engine publishes the pop and then answers the dialplan. If the pop only
woke a task, the verdict would leave first, and behind a delta for everybody the pop would wait for every other
screen. So a delta for one agent goes straight into the sockets of that agent's screens, with whatever waited before
it; the others are written at once after a pause, and in a busy time together every 50 ms (nobody sees the
difference, and a write costs 40 microseconds), twenty screens in a turn of the loop. A screen's own task sends only
what its socket did not take at once (measured: with a task per screen for every delta, a pop behind a delta for
everybody took 7 ms instead of 0.5).
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Any, assert_never

from aiohttp import WSMsgType, web

from cti.core.words import AgentId

from .auth import Kind, Subject
from .feed import Audience, Delta, Everybody, Feed, Fresh, Missed, OneAgent, Position, Supervisors

log = logging.getLogger(__name__)

OUTBOX = 256  # deltas that may wait for one screen; then it is stale and gets a snapshot
AT_ONCE = 64 * 1024  # bytes written without waiting for the socket
TURN = 20  # screens written to in one turn of the loop
PACE_SECONDS = 0.05  # between two writes to those whom nothing concerns that is about to happen
SEND_SECONDS = 15.0  # a socket that takes nothing for so long is closed
MOST_SCREENS, MOST_PER_AGENT = 4_000, 20
GOING_AWAY, TRY_LATER = 1001, 1013


def now() -> datetime:
    """The wall clock; the edge's own, deltas carry it as `at`."""
    return datetime.now(UTC)


class Screen:
    """One open websocket of a subject: its outbox and its sender."""

    def __init__(self, subject: Subject, socket: web.WebSocketResponse, transport: asyncio.Transport) -> None:
        self.subject = subject
        self.socket = socket
        self._transport = transport
        self._outbox: deque[bytes] = deque()
        self._wake = asyncio.Event()
        self._stale = False
        self._sending = False

    def offer(self, payload: bytes) -> None:
        """Put `payload` into the outbox; `flush` sends it. A full outbox means: stale, a snapshot will follow."""
        if self._stale:
            return
        if len(self._outbox) == OUTBOX // 2:
            self.flush()  # a storm: what a socket takes need not wait for the pace
        if len(self._outbox) >= OUTBOX:
            self._outbox.clear()
            self._stale = True
        else:
            self._outbox.append(payload)

    def flush(self) -> None:
        """Write what is in the outbox now if the socket takes it, else leave it to the sender. Never blocks."""
        if self._idle():
            frames, size = [], 0
            while self._outbox and size < AT_ONCE:
                frames.append(text_frame(self._outbox.popleft()))
                size += len(frames[-1])
            self._transport.write(b"".join(frames))
        if self._outbox or self._stale:
            self._wake.set()

    def greet(self, first: Missed | Fresh) -> None:
        """Queue what a screen is told first, whole: a resume may be longer than the outbox. The sender sends it."""
        self._sending = True
        self._outbox.extend(first.payloads if isinstance(first, Missed) else (first.payload,))
        self._wake.set()

    async def send(self, snapshot: Callable[[], bytes], seconds: float) -> None:
        """Send what the socket did not take at once, at the screen's own pace, until the socket closes.

        A screen that was dropped from the deltas gets `snapshot()` as soon as it reads again. One that takes
        nothing for `seconds` is cut off.
        """
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                self._sending = True
                while (payload := self._next(snapshot)) is not None:
                    async with asyncio.timeout(seconds):
                        await self.socket.send_frame(payload, WSMsgType.TEXT)
                self._sending = False
        except TimeoutError:
            log.warning("screen of %r reads nothing; closed", self.subject.name)
            self.abort()
        except ConnectionError:
            self.abort()
        except Exception:
            log.exception("sending to the screen of %r failed", self.subject.name)
            self.abort()

    def finish(self) -> None:
        """The conversation is over: what cannot be sent at once is not worth keeping a socket for."""
        if self._transport.get_write_buffer_size():
            self.abort()

    def abort(self) -> None:
        """Close the socket now; whatever it has not read is lost (it will resume)."""
        self._transport.abort()

    def _next(self, snapshot: Callable[[], bytes]) -> bytes | None:
        if self._stale:
            self._stale = False
            return snapshot()
        return self._outbox.popleft() if self._outbox else None

    def _idle(self) -> bool:
        busy = self._stale or self._sending or self.socket.closed or self._transport.is_closing()
        return not busy and self._transport.get_write_buffer_size() == 0


class Hub:
    """The floor's live state for every open screen. `state` gives the whole floor at once (FloorBackend.snapshot)."""

    def __init__(
        self,
        state: Callable[[], Mapping[str, Any]],
        *,
        feed: Feed | None = None,
        send_seconds: float = SEND_SECONDS,
        pace_seconds: float = PACE_SECONDS,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self.feed = feed or Feed(state)
        self._clock = clock
        self._send_seconds = send_seconds
        self._pace_seconds = pace_seconds
        self._supervisors: set[Screen] = set()
        self._agents: dict[AgentId, set[Screen]] = {}  # a pop touches its agent's screens, not five hundred
        self._open = 0
        self._unflushed: dict[Screen, None] = {}  # in order
        self._flushing = False
        self._flushed_at = 0.0  # by the loop's clock

    def publish(
        self, kind: str, data: Mapping[str, Any], audience: Audience | None = None, at: datetime | None = None
    ) -> int:
        """Tell every screen of the audience (default: the kind's own); returns the delta's number. Never blocks.

        Kinds: pop, pop_end, presence, queue, call, call_end, work; shapes in `backend`.
        Raises what `Feed.publish` raises.
        """
        delta = self.feed.publish(kind, data, audience, at or self._clock())
        match delta.audience:
            case OneAgent(agent):
                for screen in self._agents.get(agent, ()):
                    screen.offer(delta.payload)
                    screen.flush()
                self._offer(self._supervisors, delta)
            case Supervisors():
                self._offer(self._supervisors, delta)
            case Everybody():
                self._offer(self._supervisors, delta)
                for screens in self._agents.values():
                    self._offer(screens, delta)
            case _ as never:
                assert_never(never)
        return delta.seq

    def floor(self, subject: Subject) -> dict[str, Any]:
        """The floor as this subject may see it, as a value (GET /api/floor)."""
        return self.feed.floor(subject, self._clock())

    def beat(self, screen: Screen) -> None:
        """Tell one screen that the line is alive and how far it should have read."""
        screen.offer(self.feed.beat(self._clock()))
        screen.flush()

    def has_room(self, subject: Subject) -> bool:
        """Whether one more screen of this subject may be opened."""
        if self._open >= MOST_SCREENS:
            return False
        return subject.kind is Kind.SUPERVISOR or len(self._agents.get(subject.agent, ())) < MOST_PER_AGENT

    def open(self, screen: Screen, resume: Position | None) -> asyncio.Task[None]:
        """Greet a screen and start its sender; it gets deltas from now on. The caller owns the task and must close."""
        screen.greet(self.feed.connect(screen.subject, resume, self._clock()))
        self._room_of(screen.subject).add(screen)
        self._open += 1
        return asyncio.create_task(
            screen.send(lambda: self.feed.snapshot(screen.subject, self._clock()), self._send_seconds)
        )

    def close(self, screen: Screen) -> None:
        """Forget a screen."""
        self._unflushed.pop(screen, None)
        room = self._room_of(screen.subject)
        if screen in room:
            room.remove(screen)
            self._open -= 1
        if not room and screen.subject.kind is Kind.AGENT:
            del self._agents[screen.subject.agent]

    async def close_all(self, seconds: float = 1.0) -> None:
        """Say goodbye to every screen (1001: they will come back and resume); cut off those that don't answer."""
        screens = [*self._supervisors, *chain.from_iterable(self._agents.values())]
        goodbyes = [asyncio.create_task(s.socket.close(code=GOING_AWAY, message=b"restarting")) for s in screens]
        if goodbyes:
            _, late = await asyncio.wait(goodbyes, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*goodbyes, return_exceptions=True)
        for screen in screens:
            screen.abort()

    def __len__(self) -> int:
        """How many screens are open."""
        return self._open

    def _room_of(self, subject: Subject) -> set[Screen]:
        if subject.kind is Kind.SUPERVISOR:
            return self._supervisors
        return self._agents.setdefault(subject.agent, set())

    def _offer(self, screens: Iterable[Screen], delta: Delta) -> None:
        for screen in screens:
            screen.offer(delta.payload)
        self._unflushed.update(dict.fromkeys(screens))
        if self._unflushed and not self._flushing:
            self._flushing = True
            loop = asyncio.get_running_loop()
            due = self._flushed_at + self._pace_seconds
            if due > loop.time():
                loop.call_at(due, self._flush)
            else:
                loop.call_soon(self._flush)

    def _flush(self) -> None:
        """Write to some screens, then let the engine have a turn before the others."""
        for screen in list(islice(self._unflushed, TURN)):
            del self._unflushed[screen]
            screen.flush()
        loop = asyncio.get_running_loop()
        self._flushed_at, self._flushing = loop.time(), bool(self._unflushed)
        if self._flushing:
            loop.call_soon(self._flush)


def text_frame(payload: bytes) -> bytes:
    """`payload` as one unmasked text frame (RFC 6455 §5.2), which is all that a server may send uncompressed."""
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 1 << 16:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload
