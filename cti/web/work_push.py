"""Tells supervisors' screens of work as it comes, changes and is done.

It looks at the rows each few seconds and publishes what differs from the last look: the rows are another process's, and
a work item is minutes old at best when somebody cares. Only open items are looked at, and each once after it closed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from ..core.work_item import WorkItem
from ..errors import CtiError
from .mailboxes import work_entity

log = logging.getLogger(__name__)
LOOK_SECONDS = 2.0
MOST = 1_000  # open items that are watched, the first due


async def push_work(
    open_items: Callable[[], Awaitable[Sequence[WorkItem]]],
    item: Callable[[str], Awaitable[WorkItem]],
    publish: Callable[[str, Mapping[str, Any]], object],
    seconds: float = LOOK_SECONDS,
) -> None:
    """Until cancelled. `work` deltas carry the whole item."""
    known: dict[str, WorkItem] | None = None
    while True:
        try:
            known = await _look(known, open_items, item, publish)
        except CtiError as error:
            log.warning("work items cannot be watched: %s", error)
        await asyncio.sleep(seconds)


async def _look(
    known: dict[str, WorkItem] | None,
    open_items: Callable[[], Awaitable[Sequence[WorkItem]]],
    item: Callable[[str], Awaitable[WorkItem]],
    publish: Callable[[str, Mapping[str, Any]], object],
) -> dict[str, WorkItem]:
    now = {one.id: one for one in await open_items()}
    if known is None:
        return now  # what was there before is no news; a screen asks for it
    for name, one in now.items():
        if known.get(name) != one:
            publish("work", work_entity(one))
    for name in known.keys() - now.keys():
        try:
            publish("work", work_entity(await item(name)))
        except CtiError as error:  # its call was folded into another one
            log.info("work item %s is gone: %s", name, error)
    return now
