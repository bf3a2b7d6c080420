"""Who calls: the customer behind a number, looked up beside the call and never in its way.

It knows a bounded memory of recent answers. A database that is slow or gone costs a name on the screen, not a call.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ..core.words import CallId
from ..errors import CtiError

log = logging.getLogger(__name__)
LOOK_UP_SECONDS = 2.0
REMEMBERED = 10_000
AT_ONCE = 50  # look-ups under way; more callers than that get no name for the moment

Find = Callable[[str], Awaitable[Mapping[str, Any] | None]]
Told = Callable[[CallId, str], None]


class Customers:
    """`find(number)` gives `{id, name, …}` or None."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._names: OrderedDict[CallId, str] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()

    def look_up(self, call: CallId, number: str, tell: Told) -> None:
        """Start a look-up; `tell(call, name)` comes later when there is a name."""
        if not number or call in self._names or len(self._tasks) >= AT_ONCE:
            return
        task = asyncio.get_running_loop().create_task(self._look_up(call, number, tell))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def name_of(self, call: CallId) -> str:
        """The name found so far, "" when none."""
        return self._names.get(call, "")

    async def close(self) -> None:
        """Give up what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _look_up(self, call: CallId, number: str, tell: Told) -> None:
        try:
            async with asyncio.timeout(LOOK_UP_SECONDS):
                found = await self._find(number)
        except (CtiError, TimeoutError) as error:
            log.warning("no customer look-up for this call: %s", error or "the database took too long")
            return
        if found is None:
            return
        self._names[call] = str(found["name"])
        while len(self._names) > REMEMBERED:
            self._names.popitem(last=False)
        tell(call, self._names[call])
