"""Keeps the sums by quarter of an hour: makes those that are due, now and then, for as long as the importer runs.

It knows where the site's thresholds are; a site with mistakes leaves them as they were. What is not made yet is counted
from the rows, so nothing waits for it.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from pathlib import Path

from ..config import load_config
from ..core.metrics.thresholds import Thresholds
from ..db.rolling import roll_up
from ..db.store import Store
from ..errors import CtiError, SiteError
from ..site import in_time
from ..site.load import load_site

log = logging.getLogger(__name__)
ROLL_SECONDS = 60.0


def thresholds_of(home: Path, before: Thresholds | None = None) -> Thresholds:
    """T and S as the site has them; of a site with mistakes those of before, or the usual ones. Raises CtiError."""
    try:
        return in_time.thresholds_of(load_site(load_config(home).site_file))
    except SiteError:
        return before or Thresholds()


async def keep_rolled_up(home: Path, store: Store) -> None:
    """For ever; a database that refuses is tried again."""
    thresholds: Thresholds | None = None
    while True:
        try:
            thresholds = await asyncio.to_thread(thresholds_of, home, thresholds)
            await roll_up(store.database, thresholds, datetime.now(UTC))
        except CtiError as error:
            log.error("rollups wait: %s", error)
        await asyncio.sleep(ROLL_SECONDS)
