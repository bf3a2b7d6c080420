"""Brings the floor's numbers of today up to the rows, from time to time.

It knows when to look: the rows are another process's, so the engine asks. A database that is ill costs the numbers
their exactness, and nobody a call.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime

from ..db.connection import Database
from ..db.counting import Span
from ..db.today import stays_since
from ..errors import CtiError
from .floor import Floor

log = logging.getLogger(__name__)
LOOK_SECONDS = 5.0
_TRIES = 3


async def recount(floor: Floor, database: Database) -> None:
    """Once. Raises StoreError."""
    today = floor.today
    for _ in range(_TRIES):
        now, calls = datetime.now(UTC), today.unsettled
        span = Span(since=today.midnight(now), until=now)
        sums, rows = await stays_since(database, span, today.counters, today.thresholds, calls)
        if set(today.unsettled) <= set(calls):  # else somebody came meanwhile, whose row may be in the sums
            break
    floor.served(sums, rows, now)


async def recounting(floor: Floor, database: Database, seconds: float = LOOK_SECONDS) -> None:
    """Until cancelled."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await recount(floor, database)
        except CtiError as error:
            log.warning("today's numbers are the engine's own until the database answers: %s", error)
