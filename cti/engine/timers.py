"""Timers of the core, performed by the event loop: `StartTimer` becomes `TimerFired` later."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from ..core.events import Event, TimerFired
from ..core.timer_keys import TimerKey


class Timers:
    """At most one running timer per key. `post` gets the `TimerFired`."""

    def __init__(self, post: Callable[[Event], None]) -> None:
        self._post = post
        self._running: dict[TimerKey, asyncio.TimerHandle] = {}

    def start(self, key: TimerKey, seconds: float) -> None:
        """Fire `key` after `seconds`; a running timer of the same key is replaced."""
        self.cancel(key)
        self._running[key] = asyncio.get_running_loop().call_later(seconds, self._fire, key)

    def cancel(self, key: TimerKey) -> None:
        """Forget the timer; unknown keys are fine."""
        handle = self._running.pop(key, None)
        if handle is not None:
            handle.cancel()

    def close(self) -> None:
        """Forget all timers."""
        for handle in self._running.values():
            handle.cancel()
        self._running.clear()

    def _fire(self, key: TimerKey) -> None:
        self._running.pop(key, None)
        self._post(TimerFired(at=datetime.now(UTC), key=key))
