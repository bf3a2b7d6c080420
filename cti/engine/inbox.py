"""What waits to be handled: one event at a time, in order, and never one inside another.

It knows order only. Whoever posts into an idle inbox has the event handled before `post` returns: a task for that would
cost a turn of the event loop for each of twenty events a call, and two more for a verdict.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..core.events import Event

Answer = asyncio.Future[None]
Handle = Callable[[Event, Answer | None], None]


class Inbox:
    """`handle(event, answer)` is called for each event posted, from `open` on. It must not raise."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._waiting: deque[tuple[Event, Answer | None]] = deque()
        self._idle = False  # nothing is handled before `open`, nor while something is

    def post(self, event: Event, answer: Answer | None = None) -> None:
        """Handle it now, or after what is being handled and what came before."""
        self._waiting.append((event, answer))
        self._drain()

    def open(self) -> None:
        """Begin; what has come until now first."""
        self._idle = True
        self._drain()

    def close(self) -> None:
        """Handle nothing more."""
        self._idle = False

    @contextmanager
    def alone(self) -> Iterator[None]:
        """What is posted inside waits until the end of the outermost block."""
        was_idle, self._idle = self._idle, False
        try:
            yield
        finally:
            self._idle = was_idle
        self._drain()

    def _drain(self) -> None:
        if not self._idle:
            return
        self._idle = False
        try:
            while self._waiting:
                self._handle(*self._waiting.popleft())
        finally:
            self._idle = True
