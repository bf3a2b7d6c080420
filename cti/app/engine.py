"""The engine's process: builds the edges, hands them to the engine, and starts and stops them in order.

Order of a start: rows and journal first, then the agents as they were, then the link to Asterisk and its
snapshot, and only then the FastAGI port: nobody is offered a call while we don't know who is on the phone. Until
that port listens the dialplan's fallback serves (a refused connection costs it a millisecond).
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

from ..agi.scripts import ScriptHost, scripts_folder
from ..agi.server import AgiServer, Handler
from ..config import Config
from ..core.callback import Callback
from ..db.customers import CustomerBook
from ..db.people import People
from ..db.store import Store
from ..db.voicemail import Mailboxes, WorkFilter
from ..engine.caller import Callers
from ..engine.customers import Customers
from ..engine.feature import Features
from ..engine.hours import Hours
from ..engine.link import ManagerLink
from ..engine.loop import Engine
from ..engine.promises import open_promises
from ..engine.recount import recounting
from ..engine.restore import closed_queues, last_presences, restoring_events
from ..engine.schedule_code import ScheduleCode
from ..engine.work_desk import WorkDesk
from ..journal.engine_log import EngineJournal
from ..site.load import load_site
from ..web.answers import Answers, verifier
from ..web.mailboxes import MailboxAnswers
from ..web.push import Hub
from ..web.server import WebServer
from ..web.work_push import MOST as MOST_WORK
from ..web.work_push import push_work
from .definitions import define, reloading
from .tasks import tasks

log = logging.getLogger(__name__)
AMI_USER = "cti"
# A call leaves no cycles behind, so a search for them finds nothing, and costs a microsecond for each object made since
# the last one that lives: with Python's own thresholds up to 35 ms at once at 150 calls/s.
_COLLECTIONS = (10_000, 20, 50)


async def run_engine(config: Config, stop: asyncio.Event) -> None:
    """Everything that answers calls, until `stop`."""
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(Store(config.database_url))
        book = CustomerBook(store.database)
        journal = stack.enter_context(contextlib.closing(EngineJournal(config.journal_file)))
        customers = Customers(book.by_numbers)
        stack.push_async_callback(customers.close)
        link = ManagerLink(config.bind, config.ami_port, AMI_USER, config.secrets.ami_password, journal)
        hub: Hub | None = None

        def publish(kind: str, data: Mapping[str, Any]) -> None:
            if hub is not None:
                hub.publish(kind, data)

        engine = Engine(journal=journal, publish=publish, customers=customers, actions=link)
        link.engine = engine
        engine.lobby.hurry = link.hurry
        backend = Answers(config, engine, link, store, lambda: timezone)
        hub = Hub(backend.snapshot)
        timezone = load_site(config.site_file).site.timezone
        hours = Hours(config)
        await define(config, engine, store, hours)
        engine.restore_closed(closed_queues(config.journal_file))
        for event in restoring_events(last_presences(config.journal_file, engine.agents), datetime.now(UTC)):
            engine.handle(event)
        promised = open_promises(config.journal_file, config.log_dir / "queue_log") if engine.keeps_places else []
        for event in engine.callbacks.restore(promised, datetime.now(UTC), under_way=True):
            engine.handle(event)
        await _serve(config, stack, engine, link, hub, backend, store, journal, hours, promised, stop)


async def _serve(
    config: Config,
    stack: AsyncExitStack,
    engine: Engine,
    link: ManagerLink,
    hub: Hub,
    backend: Answers,
    store: Store,
    journal: EngineJournal,
    hours: Hours,
    promised: Sequence[Callback],
    stop: asyncio.Event,
) -> None:
    verify = verifier(config, People(store.database))
    scripts = ScriptHost(scripts_folder(config.home), config.script_seconds)
    features = Features(engine, engine.pause_reason)
    routes: dict[str, Handler] = {
        "acd": engine.lobby.serve,
        "feature": features.serve,
        "schedule": ScheduleCode(hours.named).serve,
        "callback": engine.callbacks.serve,
        "caller": Callers(CustomerBook(store.database).who).serve,
        "script/": scripts.handle,
    }
    reload = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, reload.set)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})  # blocked by the supervisor until here; now it comes
    async with tasks() as start:
        start(engine.run(), "engine")
        start(link.client.run(), "ami")
        start(recounting(engine.floor, store.database), "today")
        start(reloading(config, engine, store, link, hours, reload), "reload")
        boxes = Mailboxes(store.database)
        mailboxes = MailboxAnswers(config.voicemail, boxes, WorkDesk(journal, _now), engine.floor.serves)
        start(push_work(lambda: boxes.work(WorkFilter(limit=MOST_WORK)), boxes.work_item, hub.publish), "work")
        web = WebServer(
            config.bind, config.web_port, hub=hub, backend=backend, verify=verify, mailboxes=mailboxes, hours=hours
        )
        await stack.enter_async_context(web)
        log.info("pages and API on %s", web.url)
        if await _first(link.ready.wait(), stop.wait()):
            for event in engine.callbacks.restore(promised, datetime.now(UTC), under_way=False):
                engine.handle(event)
            engine.callbacks.begin_checkpoints()
            callers = await stack.enter_async_context(AgiServer(config.bind, config.agi_port, routes))
            link.urgent = callers.somebody_comes
            gc.collect()
            gc.freeze()  # what was made by now stays: a full collection would hold up calls for 0.1 s, looking at it
            gc.set_threshold(*_COLLECTIONS)
            log.info("ready: callers are decided on %s:%d", config.bind, config.agi_port)
        await stop.wait()
        await stack.aclose()


def _now() -> datetime:
    return datetime.now(UTC)


async def _first(wanted: Awaitable[Any], other: Awaitable[Any]) -> bool:
    """Wait for either; True when it was `wanted`."""
    tasks = [asyncio.ensure_future(wanted), asyncio.ensure_future(other)]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    return tasks[0] in done
