"""What the commands that read journals do after it: the sums by quarter of an hour, with a line each second."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import click

from ..db.rolling import roll_up, roll_up_anew
from ..db.store import Store
from ..reporting.upkeep import thresholds_of
from .rows import with_store


def roll_up_now(home: Path, *, anew: bool = False) -> int:
    """Make the sums that are due, or all of them; how many quarters. Raises StoreError."""
    thresholds, make = thresholds_of(home), roll_up_anew if anew else roll_up

    async def go(store: Store) -> int:
        return await make(store.database, thresholds, datetime.now(UTC), _Progress())

    return with_store(home, go)


class _Progress:
    """Says once a second how far it is."""

    def __init__(self) -> None:
        self._said = time.monotonic()

    def __call__(self, done: int, due: int) -> None:
        if time.monotonic() - self._said > 1:
            self._said = time.monotonic()
            click.echo(f"{done:,} of {due:,} quarters of an hour", err=True)
