"""Who calls: the customer behind a number, looked up beside the call and never in its way.

It knows a bounded memory of recent answers. A database that is slow or gone costs a name on the screen, not a call.
One question at a time, with all the numbers that came meanwhile: a query costs as much CPU as ten decisions.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from ..core.words import CallId
from ..errors import CtiError

log = logging.getLogger(__name__)
LOOK_UP_SECONDS = 2.0
REST_SECONDS = 0.5  # between two questions; the first one after a rest is asked at once
REMEMBERED = 10_000
AT_ONCE = 500  # look-ups that wait; more callers than that get no name for the moment

Find = Callable[[Sequence[str]], Awaitable[Mapping[str, Mapping[str, Any]]]]
Told = Callable[[CallId, str], None]


class Customers:
    """`find(numbers)` gives `number -> {id, name, …}` of those that are known."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._names: OrderedDict[CallId, str] = OrderedDict()
        self._asked: dict[CallId, tuple[str, Told]] = {}
        self._task: asyncio.Task[None] | None = None

    def look_up(self, call: CallId, number: str, tell: Told) -> None:
        """Start a look-up; `tell(call, name)` comes later when there is a name."""
        if not number or call in self._names or len(self._asked) >= AT_ONCE:
            return
        self._asked[call] = (number, tell)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._look_up(), name="customers")

    def name_of(self, call: CallId) -> str:
        """The name found so far, "" when none."""
        return self._names.get(call, "")

    async def close(self) -> None:
        """Give up what is under way."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _look_up(self) -> None:
        while self._asked:
            asked, self._asked = self._asked, {}
            try:
                async with asyncio.timeout(LOOK_UP_SECONDS):
                    found = await self._find(sorted({number for number, _ in asked.values()}))
            except (CtiError, TimeoutError) as error:
                log.warning("no names for %d calls: %s", len(asked), error or "the database took too long")
                found = {}
            for call, (number, tell) in asked.items():
                if number in found:
                    self._remember(call, str(found[number]["name"]), tell)
            await asyncio.sleep(REST_SECONDS)

    def _remember(self, call: CallId, name: str, tell: Told) -> None:
        self._names[call] = name
        while len(self._names) > REMEMBERED:
            self._names.popitem(last=False)
        tell(call, name)
