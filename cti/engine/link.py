"""The engine's view of the manager link: what to do when it comes up, when it goes, and with each event.

It knows how a snapshot becomes facts, that the fallback queues are compared after each reconnect and each reload, and
how to tell an Asterisk that was restarted (its calls were cut, and no journal of its own says so) from a link that
merely blinked.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from typing import Any

from ..ami.client import AmiClient
from ..ami.members import queue_members
from ..ami.resync import diff_snapshot
from ..ami.translate import WANTED, translate
from ..ami.wire import Message
from ..core.events import LegEnded
from ..errors import AmiError, StoreError
from ..journal.engine_log import EngineJournal, Kind
from .loop import Engine
from .outbox import Outbox

log = logging.getLogger(__name__)
# Between two reads of a burst of events. While nobody waits, no event can give an agent a call, so the longer rest
# costs nobody anything but a screen, whose deltas come each 50 ms too (50 ms instead of 20 save a tenth of the engine's
# CPU at 50 calls/s); else whoever comes free is needed, so who has to wait ends the rest.
IDLE_REST_SECONDS, HURRIED_REST_SECONDS = 0.050, 0.002
COMPARISONS = 5  # tries to compare the fallback queues while members come and go


class ManagerLink:
    """Feeds an engine from one manager account. `ready` is set once the first snapshot has been read."""

    def __init__(self, host: str, port: int, user: str, password: str, journal: EngineJournal) -> None:
        self.client = AmiClient(
            host,
            port,
            user,
            password,
            WANTED,
            on_message=self._message,
            on_up=self._up,
            on_down=self._down,
            rest=self._rest,
            urgent=lambda: self.urgent(),
        )
        self._members = Outbox(self.client.post)
        self.ready = asyncio.Event()
        self.engine: Engine | None = None  # set before `client.run()`
        self.urgent: Callable[[], bool] = lambda: False  # whether a caller's session begins: it comes before events
        self._journal = journal
        self._lost_at: datetime | None = None
        self._startup = ""
        self._tasks: set[asyncio.Task[None]] = set()

    def post(self, action: str, headers: Mapping[str, Any]) -> bool:
        """Send one action; while the link is down nothing is sent: the next snapshot mends the difference.

        What concerns the fallback queues may come by thousands and goes out in order, paced by the answers.
        """
        if self.ready.is_set():
            send = self._members.put if action.startswith("Queue") else self.client.post
            send(action, headers)
        return self.ready.is_set()

    def hurry(self) -> None:
        """Somebody has begun to wait: what Asterisk has told of agents meanwhile is needed now."""
        self.client.hurry()

    def _rest(self) -> float:
        hurried = self.engine is not None and self.engine.lobby.anybody_waits
        return HURRIED_REST_SECONDS if hurried else IDLE_REST_SECONDS

    def _message(self, message: Message) -> None:
        if self.engine is None:
            return
        for fact in translate(message, datetime.now(UTC)):
            self.engine.post(fact)

    def _up(self, rows: list[Message]) -> None:
        if self.engine is None:
            return
        now = datetime.now(UTC)
        facts = diff_snapshot(self.engine.tracker.known_legs(), rows, now)
        vanished = [fact for fact in facts if isinstance(fact, LegEnded)]
        for fact in facts:
            self.engine.handle(fact)
        self.ready.set()
        mended = self.engine.mirror.reconcile(queue_members(rows), self.engine.queues)
        log.info("manager link is up: %d facts, %d fallback members mended", len(facts), mended)
        self._start(self._see_restart(vanished, self._lost_at or now))

    def compare_members(self) -> None:
        """Site and agents were read again: see that the fallback queues have what they should."""
        if self.ready.is_set():
            self._start(self._compare_members())

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _compare_members(self) -> None:
        assert self.engine is not None
        mirror = self.engine.mirror
        try:
            for _ in range(COMPARISONS):
                await self._members.idle()
                told = mirror.changes
                rows = (await self.client.send("QueueStatus")).rows
                if mirror.changes == told:  # else the answer may be older than the last change
                    if mended := mirror.reconcile(queue_members(rows), self.engine.queues):
                        log.info("%d fallback members mended", mended)
                    return
        except AmiError as error:
            log.warning("cannot compare the fallback queues: %s", error)  # the next reconnect will

    def _down(self) -> None:
        self._lost_at = datetime.now(UTC)
        self.ready.clear()
        unsent = self._members.clear()
        log.warning("manager link is down (%d changes of fallback members unsent): %s", unsent, self.client.why)

    async def _see_restart(self, vanished: list[LegEnded], lost_at: datetime) -> None:
        """CoreStatus tells when Asterisk started. Another start than before means that its calls were cut."""
        try:
            answer = await self.client.send("CoreStatus")
        except AmiError as error:
            log.warning("cannot tell whether Asterisk was restarted: %s", error)
            return
        startup = f"{answer.get('CoreStartupDate')} {answer.get('CoreStartupTime')}"
        before, self._startup = self._startup, startup
        if not before or before == startup:
            return
        log.error("Asterisk was restarted: %d calls' legs were cut", len(vanished))
        try:
            for leg in vanished:
                self._journal.append(Kind.LEG_ENDED, lost_at, call=leg.leg, leg=leg.leg, cause=0)
                self._journal.append(Kind.INTERRUPTED, lost_at, call=leg.leg)
        except StoreError as error:
            log.error("%s", error)
