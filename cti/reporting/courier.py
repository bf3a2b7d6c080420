"""Sends scheduled reports: each due time once to each address and folder, over restarts and changes of the clock.

It knows due times and the ledger; what a report says is `scheduled`'s. Told as sent is what the mail server or the disk
took; a failure is tried again with growing pauses, told each time, and given up after GIVE_UP or a final refusal. What
was due while nobody ran is made up for, as far back as CATCH_UP; an address or a time that is new begins with the next
due time.
"""

from __future__ import annotations

import asyncio
import logging
import smtplib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

from ..core.metrics.due import due_times, period_of
from ..core.metrics.periods import Period
from ..errors import CtiError
from ..site.model import Site
from ..site.report_values import ScheduledReport
from ..voicemail.post import refusal
from .ledger import Ledger
from .report_letter import letter
from .scheduled import Made, put_into

log = logging.getLogger(__name__)
SETTLE = timedelta(seconds=60)  # so long after the due time the last journal lines may come in
CATCH_UP = timedelta(days=7)
GIVE_UP = timedelta(days=3)
FOLDER = "folder:"  # before a folder where an address would stand
Make = Callable[[ScheduledReport, Site, Period, datetime], Made]
Send = Callable[[EmailMessage], None]


@dataclass(slots=True, kw_only=True)
class Courier:
    """`step(site, now)` sends what is due. `send` None: there is no mail server, and no mail is due."""

    ledger: Ledger
    make: Make
    send: Send | None
    sender: str
    home: Path

    async def step(self, site: Site, now: datetime) -> int:
        """How many were delivered. Raises StoreError when the ledger cannot be written."""
        zone, sent = ZoneInfo(site.site.timezone), 0
        self._plan(site, now)
        for wanted in site.reports.scheduled.values():
            for due, targets in self._open(wanted, zone, now):
                made = await self._made(wanted, site, due, targets, now)
                if made is not None:
                    sent += await self._deliver(made, site, due, targets, now)
        return sent

    def _plan(self, site: Site, now: datetime) -> None:
        wanted = {
            (one.name, to): str(one.when)
            for one in site.reports.scheduled.values()
            for to in targets_of(one)
            if self.send is not None or to.startswith(FOLDER)
        }
        for name, to in self.ledger.planned.keys() - wanted.keys():
            self.ledger.drop(name, to, now)
        for (name, to), when in wanted.items():
            if self.ledger.planned.get((name, to), ("", now))[0] != when:
                self.ledger.plan(name, to, when, now)

    def _open(self, wanted: ScheduledReport, zone: ZoneInfo, now: datetime) -> Iterator[tuple[datetime, list[str]]]:
        for due in due_times(wanted.when, now - CATCH_UP, now - SETTLE, zone):
            found = []
            for to in targets_of(wanted):
                planned = self.ledger.planned.get((wanted.name, to))
                if planned and planned[1] < due and self.ledger.is_open(wanted.name, to, due, now):
                    found.append(to)
            if found:
                yield due, found

    async def _made(
        self, wanted: ScheduledReport, site: Site, due: datetime, targets: list[str], now: datetime
    ) -> Made | None:
        period = period_of(wanted.when, due, ZoneInfo(site.site.timezone))
        try:
            return await asyncio.to_thread(self.make, wanted, site, period, now)
        except CtiError as error:
            why = str(error)
        except Exception as error:
            log.exception("the scheduled report %s cannot be made", wanted.name)
            why = f"{type(error).__name__}: {error}"
        for to in targets:
            self._failed(wanted.name, to, due, why, now, again=True)
        return None

    async def _deliver(self, made: Made, site: Site, due: datetime, targets: list[str], now: datetime) -> int:
        sent = 0
        for to in targets:
            self.ledger.tell(made.wanted.name, to, due, "trying", now)
            why, again = await asyncio.to_thread(self.hand_over, made, site, due, to)
            if why:
                self._failed(made.wanted.name, to, due, why, now, again=again)
            else:
                self.ledger.tell(made.wanted.name, to, due, "sent", now)
                log.info("the report %s of %s went to %s", made.wanted.name, due.isoformat(), to)
                sent += 1
        return sent

    def hand_over(self, made: Made, site: Site, due: datetime, to: str) -> tuple[str, bool]:
        """Into the folder or to the mail server: ("" or what went wrong, whether to try again)."""
        zone = ZoneInfo(site.site.timezone)
        try:
            if to.startswith(FOLDER):
                put_into(self.home / to.removeprefix(FOLDER), made)
            elif self.send is None:
                return "cti.toml names no mail server (smtp_host)", True
            else:
                self.send(letter(made, due, to, sender=self.sender, site=site.site.name, zone=zone))
        except (smtplib.SMTPException, OSError, ValueError) as error:
            if to.startswith(FOLDER) and isinstance(error, OSError):
                return f"cannot write into {to.removeprefix(FOLDER)}: {error.strerror}", True
            return refusal(error, to)
        return "", False

    def _failed(self, name: str, to: str, due: datetime, why: str, now: datetime, *, again: bool) -> None:
        if again and now - due < GIVE_UP:
            fate = self.ledger.tell(name, to, due, "failed", now, error=why)
            log.warning(
                "the report %s to %s waits until %s: %s", name, to, fate.next.isoformat(timespec="seconds"), why
            )
        else:
            self.ledger.tell(name, to, due, "gave_up", now, error=why)
            log.error("the report %s of %s to %s was given up: %s", name, due.isoformat(), to, why)


def targets_of(wanted: ScheduledReport) -> list[str]:
    """Addresses, then the folder."""
    return [*wanted.to, *([FOLDER + wanted.folder] if wanted.folder else [])]
