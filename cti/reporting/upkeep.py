"""Keeps the sums by quarter of an hour: makes those that are due, now and then, for as long as the importer runs.

It knows where the site's thresholds are; a site with mistakes leaves them as they were. What is not made yet is counted
from the rows, so nothing waits for it.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from pathlib import Path

from ..core.metrics.counters import Thresholds
from ..db.rolling import roll_up
from ..db.store import Store
from ..errors import CtiError

log = logging.getLogger(__name__)
ROLL_SECONDS = 60.0


def thresholds_of(home: Path) -> Thresholds:  # noqa: ARG001 -- the site's own will come from there
    """T and S of every queue."""
    return Thresholds()


async def keep_rolled_up(home: Path, store: Store) -> None:
    """For ever; a database that refuses is tried again."""
    while True:
        try:
            await roll_up(store.database, thresholds_of(home), datetime.now(UTC))
        except CtiError as error:
            log.error("rollups wait: %s", error)
        await asyncio.sleep(ROLL_SECONDS)
