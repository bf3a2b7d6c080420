"""What an engine is told of the site and the rows before its first call, and again when SIGHUP asks for it.

It knows where queues, agents, hours and last agents come from and who takes them; a mistake in any changes nothing.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from ..config import Config
from ..core.words import AgentId
from ..db.people import People
from ..db.store import Store
from ..engine.callbacks import Dialling
from ..engine.familiar import MOST_NUMBERS, Served, Window
from ..engine.hours import Hours
from ..engine.link import ManagerLink
from ..engine.loop import Engine
from ..engine.recount import recount
from ..errors import CtiError, SiteError
from ..site.dialable import is_dialable, line_of
from ..site.in_time import thresholds_of
from ..site.load import load_site
from ..site.model import Site
from ..site.rules import reasons_of, rules_of, windows_of

log = logging.getLogger(__name__)


async def define(config: Config, engine: Engine, store: Store, hours: Hours) -> None:
    """Site and agents as they are now. Raises SiteError or StoreError, with the engine as it was."""
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


async def reloading(
    config: Config, engine: Engine, store: Store, link: ManagerLink, hours: Hours, asked: asyncio.Event
) -> None:
    """SIGHUP: read site.yaml and the agents' rows again; a mistake in them changes nothing."""
    while True:
        await asked.wait()
        asked.clear()
        try:
            await define(config, engine, store, hours)
            link.compare_members()
            log.info("site and agents read again")
        except SiteError as error:
            log.error("reload refused, %d mistakes in site.yaml; the first: %s", len(error.mistakes), error.mistakes[0])
        except CtiError as error:
            log.error("reload refused: %s", error)


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
