"""Many actions at once, in order, with few of them unanswered: when a shift begins, 200 agents join ten queues each.

The line to Asterisk refuses more than it can bound, and ends when Asterisk does not read; so what does not fit waits
here. It knows nothing of what is sent. When the line goes down what waits is forgotten, never sent later: the
comparison after the reconnect sees what is missing.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

IN_FLIGHT = 64  # unanswered at the same time; Asterisk answers each in about a millisecond
Headers = Mapping[str, Any]
Post = Callable[[str, Headers], asyncio.Future[Any] | None]  # None: it was not sent


class Outbox:
    """`put` sends now or as soon as answers come; `post` gives what is done when the answer has come."""

    def __init__(self, post: Post, in_flight: int = IN_FLIGHT) -> None:
        self._post = post
        self._in_flight = in_flight
        self._waiting: deque[tuple[str, Headers]] = deque()
        self._unanswered = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def idle(self) -> None:
        """Returns when everything that was put has been answered, refused or forgotten."""
        await self._idle.wait()

    def put(self, action: str, headers: Headers) -> None:
        """Send it after everything that was put before."""
        self._waiting.append((action, headers))
        self._send()

    def clear(self) -> int:
        """Forget what was not sent; how many that were."""
        count = len(self._waiting)
        self._waiting.clear()
        self._tell()
        return count

    def _send(self) -> None:
        while self._waiting and self._unanswered < self._in_flight:
            answer = self._post(*self._waiting.popleft())
            if answer is not None:
                self._unanswered += 1
                answer.add_done_callback(self._answered)
        self._tell()

    def _tell(self) -> None:
        if self._waiting or self._unanswered:
            self._idle.clear()
        else:
            self._idle.set()

    def _answered(self, _: asyncio.Future[Any]) -> None:
        self._unanswered -= 1
        self._send()
