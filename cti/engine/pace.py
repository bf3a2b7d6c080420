"""How often the screens hear of one thing: at once, then at most once in a while, and the last word always.

It knows names and when they were last told; it does not know what is told. Why: a queue's numbers change four times for
each call and go to everybody; with 300 screens and 100 calls a second that would be 120,000 messages a second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

Name = TypeVar("Name")


class Pace(Generic[Name]):
    """`changed(name)` calls `tell(name)` now, or, when that was less than `seconds` ago, once when they are over."""

    def __init__(self, tell: Callable[[Name], None], seconds: float) -> None:
        self._tell = tell
        self._seconds = seconds
        self._resting: dict[Name, bool] = {}  # told lately; whether it has changed since
        self._handles: dict[Name, asyncio.TimerHandle] = {}

    def changed(self, name: Name) -> None:
        """Something about `name` is new."""
        if name in self._resting:
            self._resting[name] = True
            return
        self._resting[name] = False
        self._handles[name] = asyncio.get_running_loop().call_later(self._seconds, self._rested, name)
        self._tell(name)

    def close(self) -> None:
        """Tell nothing more by itself."""
        for handle in self._handles.values():
            handle.cancel()
        self._handles.clear()
        self._resting.clear()

    def _rested(self, name: Name) -> None:
        del self._handles[name]
        if self._resting.pop(name):
            self.changed(name)
