"""The one place that wires everything: builds the edges, hands them to the engine, and starts and stops them in order.

Run by the supervisor as `python -m cti.app engine|importer HOME FD`; FD is the pipe for heartbeats.

Order of an engine's start: rows and journal first, then the agents as they were, then the link to Asterisk and its
snapshot, and only then the FastAGI port: nobody is offered a call while we don't know who is on the phone. Until
that port listens the dialplan's fallback serves (a refused connection costs it a millisecond).
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from .agi.scripts import ScriptHost
from .agi.server import AgiServer, Handler
from .config import Config, load_config
from .core.callback import Callback
from .core.words import AgentId
from .db.customers import CustomerBook
from .db.people import Agent, People
from .db.sounds import Sounds
from .db.store import Store
from .db.voicemail import Mailboxes, WorkFilter
from .engine.callbacks import Dialling
from .engine.caller import Callers
from .engine.customers import Customers
from .engine.familiar import MOST_NUMBERS, Served, Window
from .engine.feature import Features
from .engine.hours import Hours
from .engine.link import ManagerLink
from .engine.loop import Engine
from .engine.promises import open_promises
from .engine.recount import recount, recounting
from .engine.restore import closed_queues, last_presences, restoring_events
from .engine.schedule_code import ScheduleCode
from .engine.work_desk import WorkDesk
from .errors import CtiError, SiteError
from .journal.engine_log import EngineJournal
from .journal.importer import Importer, journal_files
from .mailroom import Mailroom
from .recordings.index import Recording, RecordingIndex, rest_seconds
from .render.inputs import PhoneCard
from .reporting.dispatch import Dispatch
from .reporting.upkeep import keep_rolled_up
from .share import shared_folder
from .site.dialable import is_dialable, line_of
from .site.in_time import thresholds_of
from .site.load import load_site
from .site.model import Site
from .site.rules import reasons_of, rules_of, windows_of
from .web.answers import Answers, verifier
from .web.mailboxes import MailboxAnswers
from .web.push import Hub
from .web.server import WebServer
from .web.work_push import MOST as MOST_WORK
from .web.work_push import push_work

log = logging.getLogger(__name__)
AMI_USER = "cti"
IMPORTER_NICENESS = 15  # rows may be a minute late; a call may not
# Made in a round of the importer, and gone after it. Looking for cycles in each 700 of them took a seventh of its time.
_ROUND_OBJECTS = 50_000


def phones_of(config: Config) -> list[PhoneCard]:
    """The phones of all agents, for the renderer. Opens the database by itself; not for use inside an event loop."""

    async def read() -> list[PhoneCard]:
        async with Store(config.database_url) as store:
            return [_phone_card(agent) for agent in await People(store.database).agents()]

    return asyncio.run(read())


def _phone_card(agent: Agent) -> PhoneCard:
    return PhoneCard(
        endpoint=agent.phone.rpartition("/")[2],
        name=agent.name,
        agent=agent.number,
        secret=agent.phone_secret,
        contact=agent.phone_contact,
        mailbox_pin=agent.voicemail_pin,
    )


# --- the engine process ------------------------------------------------------------------------------


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
        await _define(config, engine, store, hours)
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
    scripts = ScriptHost(scripts_folder(config), config.script_seconds)
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
    async with _tasks() as start:
        start(engine.run(), "engine")
        start(link.client.run(), "ami")
        start(recounting(engine.floor, store.database), "today")
        start(_reloading(config, engine, store, link, hours, reload), "reload")
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
            await stack.enter_async_context(AgiServer(config.bind, config.agi_port, routes))
            gc.collect()
            gc.freeze()  # what was made by now stays: a full collection would hold up calls for 0.1 s, looking at it
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


async def _define(config: Config, engine: Engine, store: Store, hours: Hours) -> None:
    site, known = load_site(config.site_file), engine.familiar.widest
    for warning in site.warnings:
        log.warning("%s", warning)
    hours.define(site.schedules)
    engine.familiar.define({queue: Window(*window) for queue, window in windows_of(site).items()})
    engine.callbacks.configure(_dialling(site))
    cards = [agent.card() for agent in await People(store.database).agents()]
    engine.define(rules_of(site), cards, reasons_of(site))
    service = f"service_level.{site.reports.service_level}"
    engine.floor.today.define(ZoneInfo(site.site.timezone), thresholds_of(site), service)
    await recount(engine.floor, store.database)
    if engine.familiar.widest not in (None, known):
        await _remember(engine, store, engine.familiar.widest)


def _dialling(site: Site) -> Dialling | None:
    if site.outbound is None:
        return None
    return Dialling(
        trunk=site.outbound.trunk,
        caller_id=site.trunks[site.outbound.trunk].caller_id or site.outbound.caller_id,
        allows=lambda number: is_dialable(number, site),
        line_of=lambda number: line_of(number, site.site.country),
    )


async def _remember(engine: Engine, store: Store, widest: Window) -> None:
    """Who served whom, from the conversations; calls are answered without it, should the database be ill."""
    try:
        talks = await store.talks(datetime.now(UTC) - timedelta(days=widest.days), 2 * MOST_NUMBERS)
    except CtiError as error:
        log.error("nobody's last agent is known: %s", error)
        return
    engine.familiar.fill(Served(number, AgentId(agent), at, seconds) for number, agent, at, seconds in talks)
    log.info("the last agent of %d numbers is known", len(engine.familiar))


async def _reloading(
    config: Config, engine: Engine, store: Store, link: ManagerLink, hours: Hours, asked: asyncio.Event
) -> None:
    """SIGHUP: read site.yaml and the agents' rows again; a mistake in them changes nothing."""
    while True:
        await asked.wait()
        asked.clear()
        try:
            await _define(config, engine, store, hours)
            link.compare_members()
            log.info("site and agents read again")
        except SiteError as error:
            log.error("reload refused, %d mistakes in site.yaml; the first: %s", len(error.mistakes), error.mistakes[0])
        except CtiError as error:
            log.error("reload refused: %s", error)


def scripts_folder(config: Config) -> Path:
    """The instance's own scripts, else the shipped examples."""
    own = config.home / "agi_scripts"
    return own if own.is_dir() else shared_folder("agi_scripts")


# --- the importer process ----------------------------------------------------------------------------


async def run_importer(config: Config, stop: asyncio.Event) -> None:
    """Journals and recordings into rows, until `stop`; with the CPU that calls leave over.

    Niceness counts inside of a session only, where the kernel groups by session (cti/pbx/process.py): all stay in one.
    """
    os.nice(IMPORTER_NICENESS)
    async with Store(config.database_url) as store, _tasks() as start:
        files = journal_files(config.log_dir, config.journal_file)
        importer = Importer(files, store)
        mailroom = Mailroom(config, store)
        await mailroom.read_rules()
        start(importer.run(), "importer")
        start(mailroom.run(importer.caught_up), "mailroom")
        start(Dispatch(config).run(importer.caught_up), "reports")
        start(keep_rolled_up(config.home, store), "rollups")
        start(_indexing(RecordingIndex(config.recordings, Sounds(store.database, Recording))), "recordings")
        gc.freeze()
        gc.set_threshold(_ROUND_OBJECTS)
        await stop.wait()


async def _indexing(index: RecordingIndex) -> None:
    while True:
        try:
            changed = await index.step()
        except CtiError as error:
            log.error("recordings wait: %s", error)
            changed = 0
        await asyncio.sleep(rest_seconds(changed))


# --- what both have ----------------------------------------------------------------------------------

Start = Callable[[Any, str], None]


@contextlib.asynccontextmanager
async def _tasks() -> AsyncIterator[Start]:
    """Tasks that run until the block ends. One that fails ends the whole process: the supervisor starts it anew."""
    failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    running: set[asyncio.Task[Any]] = set()
    owner = asyncio.current_task()

    def ended(task: asyncio.Task[Any]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None and not failed.done():
            failed.set_exception(error)
            if owner is not None:
                owner.cancel(f"{task.get_name()} failed")

    def start(work: Any, name: str) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        running.add(task)
        task.add_done_callback(ended)

    try:
        yield start
    except asyncio.CancelledError:
        if failed.done():
            failed.result()
        raise
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        if failed.done():
            failed.exception()
        else:
            failed.cancel()


async def _beating(config: Config, pipe: int, stop: asyncio.Event) -> None:
    """One byte each `heartbeat_seconds`; a broken pipe means that the supervisor is gone."""
    while not stop.is_set():
        try:
            os.write(pipe, b".")
        except OSError:
            log.error("the supervisor is gone: ending")
            stop.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), config.heartbeat_seconds)


async def _live(name: str, config: Config, pipe: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    beating = asyncio.create_task(_beating(config, pipe, stop))
    try:
        await {"engine": run_engine, "importer": run_importer}[name](config, stop)
    finally:
        stop.set()
        await beating


def main(arguments: list[str]) -> int:
    """`engine|importer HOME FD`; returns the exit code."""
    name, home, pipe = arguments
    logging.basicConfig(level=logging.INFO, format=f"%(asctime)s {name} %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        asyncio.run(_live(name, load_config(Path(home)), int(pipe)))
    except CtiError as error:
        log.error("%s", error)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
