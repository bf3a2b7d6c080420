"""Keeps scheduled reports going beside the journals: reads the site now and then, and lets the courier step.

It knows the instance's folders and mail settings. One process sends at a time: whoever holds the lock of the ledger.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from ..config import Config
from ..errors import CtiError, StoreError
from ..site.load import load_site
from ..site.model import Site
from ..voicemail.post import MailServer
from .courier import Courier
from .ledger import Ledger
from .scheduled import making

log = logging.getLogger(__name__)
LOOK_SECONDS = 5.0
RULES_SECONDS = 60.0  # how often the site is read again
RETRY_SECONDS = 10.0  # after a disk that refused, or while another process sends


def ledger_file(config: Config) -> Path:
    """Beside the engine's journal."""
    return config.journal_file.with_name("reports.jsonl")


def courier_of(config: Config) -> Courier:
    """A courier with the instance's mail server."""
    return Courier(
        ledger=Ledger(ledger_file(config)),
        make=making(config.database_url),
        send=MailServer.of(config).send if config.smtp_host else None,
        sender=config.smtp_from,
        home=config.home,
    )


class Dispatch:
    """`run` until cancelled, after the journals were caught up with."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._site: Site | None = None
        self._read: float = -RULES_SECONDS

    async def run(self, caught_up: asyncio.Event) -> None:
        await caught_up.wait()
        while True:
            try:
                with alone(ledger_file(self._config)):
                    await self._sending()
            except CtiError as error:
                log.error("scheduled reports wait: %s", error)
            await asyncio.sleep(RETRY_SECONDS)

    async def _sending(self) -> None:
        courier = courier_of(self._config)
        try:
            while True:
                await self._read_site()
                if self._site is not None:
                    await courier.step(self._site, datetime.now(UTC))
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            courier.ledger.close()

    async def _read_site(self) -> None:
        """A mistake changes nothing; it is told where the site is checked."""
        now = asyncio.get_running_loop().time()
        if now - self._read < RULES_SECONDS:
            return
        self._read = now
        try:
            self._site = await asyncio.to_thread(load_site, self._config.site_file)
        except CtiError as error:
            log.warning("the site cannot be read, reports go on as before: %s", str(error).splitlines()[0])


@contextmanager
def alone(ledger: Path) -> Iterator[None]:
    """While no other process sends. Raises StoreError at once when one does."""
    try:
        ledger.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(ledger.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    except OSError as error:
        raise StoreError(f"cannot open {ledger.with_suffix('.lock')}: {error.strerror}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise StoreError("another process of this instance sends them") from error
    finally:
        os.close(handle)
