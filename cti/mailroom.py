"""Wires what is done with messages beside the calls: the watch over the mailboxes, the post, and the rules of the work
that follows. It is `app`'s for the importer's process, in a file of its own.

It knows where the site, the agents and the spool are, and reads the first two again now and then; a site that is wrong
leaves everything as it was. Messages are looked for only after the journals were caught up with: what is known already
is neither told nor mailed again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from .config import Config
from .core.voicemail import AGENTS
from .db.people import People
from .db.store import Store
from .db.voicemail import Mailboxes
from .db.work import WorkRules
from .errors import CtiError
from .journal.engine_log import EngineJournal
from .site.follow_up import follow_up_rules, line_name, spellings
from .site.load import load_site
from .site.model import Site
from .voicemail.letter import Letterhead
from .voicemail.post import MailServer, Post
from .voicemail.watch import Watch

log = logging.getLogger(__name__)
LOOK_SECONDS = 1.0  # how often the mailboxes are looked at
RETRY_SECONDS = 10.0  # after a disk, a database or a lock that refused
RULES_SECONDS = 60.0  # how often site and agents are read again


def work_rules(site: Site) -> WorkRules:
    """What a store needs to fold work items."""
    country = site.site.country
    return WorkRules(
        of_queue=follow_up_rules(site),
        spellings=lambda number: spellings(number, country),
        line_name=lambda number: line_name(number, country),
    )


class Mailroom:
    """`read_rules` before the first line is imported, then `run`."""

    def __init__(self, config: Config, store: Store) -> None:
        self._config, self._store = config, store
        self._site: Site | None = None
        self._addresses: dict[tuple[str, str], str] = {}

    async def read_rules(self) -> None:
        """The site and the agents as they are now. A mistake changes nothing; it is told where the site is checked."""
        try:
            site = await asyncio.to_thread(load_site, self._config.site_file)
            agents = await People(self._store.database).agents()
        except CtiError as error:
            log.warning("site or agents cannot be read, messages go on as before: %s", str(error).splitlines()[0])
            return
        self._site = site
        self._addresses = {("default", name): box.email for name, box in site.voicemail.items()}
        self._addresses |= {(AGENTS, agent.number): agent.voicemail_email for agent in agents}
        self._store.work = work_rules(site)

    async def run(self, caught_up: asyncio.Event) -> None:
        """Until cancelled."""
        await caught_up.wait()
        boxes = Mailboxes(self._store.database)
        with contextlib.closing(EngineJournal(self._config.voicemail_journal)) as journal:
            known = dict(await boxes.known())
            lines = _InTurn(journal)
            watch = Watch(self._config.voicemail, lines, known, self._mail_to)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._watching(watch))
                tasks.create_task(self._reading())
                if self._config.smtp_host:
                    send = MailServer.of(self._config).send
                    post = Post(self._config.voicemail, lines, boxes.unmailed, send, self._head)
                    tasks.create_task(_posting(post))

    def _mail_to(self, context: str, box: str) -> str:
        return self._addresses.get((context, box), "") if self._config.smtp_host else ""

    def _head(self) -> Letterhead:
        info = self._site.site if self._site else None
        return Letterhead(
            sender=self._config.smtp_from,
            site=info.name if info else "",
            language=info.languages[0] if info else "en",
            zone=ZoneInfo(info.timezone if info else "UTC"),
        )

    async def _reading(self) -> None:
        while True:
            await asyncio.sleep(RULES_SECONDS)
            await self.read_rules()

    async def _watching(self, watch: Watch) -> None:
        while True:
            try:
                await asyncio.to_thread(watch.step, datetime.now(UTC))
            except CtiError as error:
                log.error("mailboxes wait: %s", error)
                await asyncio.sleep(RETRY_SECONDS)
            await asyncio.sleep(LOOK_SECONDS)


class _InTurn:
    """The journal for two writers: the watch is in a thread of its own."""

    def __init__(self, journal: EngineJournal) -> None:
        self._journal, self._turn = journal, threading.Lock()

    def append(self, kind: str, at: datetime, **values: Any) -> None:
        with self._turn:
            self._journal.append(kind, at, **values)


async def _posting(post: Post) -> None:
    while True:
        try:
            await post.step(datetime.now(UTC))
        except CtiError as error:
            log.error("mail waits: %s", error)
            await asyncio.sleep(RETRY_SECONDS)
        await asyncio.sleep(LOOK_SECONDS)
