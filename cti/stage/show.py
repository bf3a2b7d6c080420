"""The demo from curtain up to curtain down: opens the stage, lets ten calls or endless ones happen, and closes it.

It knows the order of things. How calls look is `scenes`, whether they went right `checks`, how the floor is drawn
`live_view`.
"""

from __future__ import annotations

import asyncio
import random
import re
import signal
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from rich.console import Console
from rich.live import Live

from ..core.words import AgentId, Skill
from ..db.customers import Customer, CustomerBook
from ..db.people import People
from ..db.store import Store
from ..errors import CtiError
from ..site.load import load_site
from ..site.rules import rules_of
from .checks import Evidence, faults
from .demo_site import ABSENT, CUSTOMERS, demo_agents, demo_site, is_fresh, shipped_site
from .instance import Stage
from .live_floor import LiveFloor, PopSeen
from .live_view import counters, draw, line
from .scenes import ten_calls
from .screens import KINDS, Screens
from .ten_calls import gather, place
from .traffic import Callers, behaviours
from .watcher import Seen, Watcher

Say = Callable[[str], None]
PHONES_PORT = 10  # above the instance's SIP port; the block that it was given has room
FRAMES_PER_SECOND = 4
RECONNECT_SECONDS = 0.5
_TELL = re.compile(r"booting|fully booted|sounds|ready:|WARNING|ERROR|error")
_STAMP = re.compile(r"^\S+ \S+ (serve|engine|importer) (INFO|WARNING|ERROR) \S+ ")


async def prepare(stage: Stage, say: Say) -> None:
    """The site, agents and customers of an instance folder (`cti init --demo`) where it has none yet."""
    if is_fresh(stage.home):
        (stage.home / "site.yaml").write_text(demo_site(shipped_site()), encoding="utf-8")
    stage.reopen()
    async with Store(stage.config.database_url) as store:
        new = not await People(store.database).agents()
        if new:
            await CustomerBook(store.database).save(
                [Customer(id=k.customer, name=k.name, number=k.number, note=k.note) for k in CUSTOMERS]
            )
    if new:
        await stage.hire(demo_agents(), stage.config.sip_port + PHONES_PORT)
        say(f"{len(demo_agents())} agents and {len(CUSTOMERS)} customers are in its database")


@asynccontextmanager
async def opened(home: Path, say: Say, *, lively: bool) -> AsyncIterator[Stage]:
    """A running demo with its agents at work; at exit they go home and everything is stopped."""
    began, stopping = time.monotonic(), False

    def repeat(text: str) -> None:
        """What of the server's log is progress, without its time stamps; links that go down at the end are no news."""
        if _TELL.search(text) and not stopping:
            say(_STAMP.sub("", text))

    async with Stage(home, repeat, curtain=False) as stage:
        await prepare(stage, say)
        agents = [agent["number"] for agent in demo_agents()]
        say(f"{len(agents)} simulated telephones for the agents")
        await stage.people(behaviours(agents, lively=lively), stage.config.sip_port + PHONES_PORT)
        say("starting the engine and a private Asterisk")
        await stage.serve()
        await to_work(stage, [ABSENT, *(agent for agent in agents if agent != ABSENT)])
        say(f"everything runs, {time.monotonic() - began:.1f} s after the start")
        try:
            yield stage
        finally:
            say("stopping: phones, engine, Asterisk")
            stopping = True
            with suppress(CtiError, OSError, TimeoutError):
                await asyncio.wait_for(go_home(stage), 3.0)


async def to_work(stage: Stage, agents: list[str]) -> None:
    """Everybody logs in anew, in this order: the first one has then been idle longest."""
    await go_home(stage)
    await stage.log_in(agents)


async def go_home(stage: Stage) -> None:
    """Everybody who is at work logs out; who talks is logged out after that."""
    for agent in (await stage.get("/api/agents"))["agents"]:
        if agent["presence"] != "offline":
            await stage.post(f"/api/agents/{agent['agent']}/logout")


# --- once ---------------------------------------------------------------------------------------------


async def ten(home: Path, say: Say) -> list[tuple[Evidence, list[str]]]:
    """Ten calls, what is known of each, and what was wrong with it."""
    scenes, seen = ten_calls(), list[Seen]()
    async with opened(home, say, lively=False) as stage:
        async with await _screens(stage, seen.append), Callers(stage) as callers:
            say(f"{len(scenes)} customers call")
            results = await place(callers, scenes, say)
        evidence = await gather(stage, scenes, results, [one for one in seen if one.kind == "pop"])
        rules = {rule.name: rule for rule in rules_of(load_site(stage.config.site_file))}
        skills = await _skills(stage)
    return [(one, faults(one, rules, skills)) for one in evidence]


async def _screens(stage: Stage, tell: Callable[[Seen], None]) -> Screens:
    """Each agent's own screen, with a token that is good for a day."""
    async with Store(stage.config.database_url) as store:
        people, now = People(store.database), datetime.now(UTC)
        tokens = [
            await people.create_token("agent", agent.number, now=now, lifetime=timedelta(days=1))
            for agent in await people.agents()
        ]
    return Screens(stage.config.bind, stage.config.web_port, tokens, tell)


async def _skills(stage: Stage) -> dict[AgentId, dict[Skill, int]]:
    async with Store(stage.config.database_url) as store:
        return {agent.card().agent: agent.card().skills for agent in await People(store.database).agents()}


# --- live ---------------------------------------------------------------------------------------------


async def live(home: Path, say: Say, console: Console) -> None:
    """Customers call until this is cancelled; the floor is drawn, or told line by line when it is no terminal."""
    floor, state = LiveFloor(), {"link": "live"}
    async with opened(home, say, lively=True) as stage:
        url = f"{stage.url}/#token={stage.config.secrets.admin_token}"
        say(f"the floor is at {url}")
        screens = await _screens(stage, floor.heard)
        async with screens, Callers(stage, floor.rang) as callers, asyncio.TaskGroup() as group:

            def heard(seen: Seen) -> None:
                if seen.kind not in KINDS:  # those are told by the agents' own screens
                    floor.heard(seen)
                callers.noticed(seen)

            group.create_task(_watch(stage, heard, state))
            group.create_task(callers.wander(random.Random()))  # noqa: S311 -- no secret
            if console.is_terminal:
                group.create_task(_draw(floor, state, url, console))
            else:
                group.create_task(_tell(floor, say))


async def _watch(stage: Stage, heard: Callable[[Seen], None], state: dict[str, str]) -> None:
    """The supervisor's screen; it comes back by itself when the engine was away."""
    while True:
        with suppress(CtiError, OSError, aiohttp.ClientError):
            async with Watcher(stage.url, stage.config.secrets.admin_token, heard, keep=False) as screen:
                state["link"] = "live"
                await screen.closed()
        state["link"] = "the engine is away; Asterisk's own queues serve"
        await asyncio.sleep(RECONNECT_SECONDS)


async def _draw(floor: LiveFloor, state: dict[str, str], url: str, console: Console) -> None:
    """Drawn by rich's own thread, so that drawing never delays the instant at which a pop is noted."""

    def frame() -> Any:
        return draw(floor, datetime.now(UTC), url, state["link"])

    with Live(get_renderable=frame, console=console, screen=True, refresh_per_second=FRAMES_PER_SECOND):
        await asyncio.Event().wait()


async def _tell(floor: LiveFloor, say: Say) -> None:
    last: PopSeen | None = None
    counted = 0.0
    while True:
        await asyncio.sleep(1.0)
        pops = list(floor.pops)
        new = pops[pops.index(last) + 1 :] if last is not None and last in pops else pops
        for pop in new:
            say(line(pop))
        last = pops[-1] if pops else None
        if time.monotonic() - counted > 10.0:
            counted = time.monotonic()
            say(counters(floor))


# --- both ---------------------------------------------------------------------------------------------


async def until_told(work: Coroutine[Any, Any, Any]) -> Any:
    """Do `work`; SIGINT, SIGTERM and SIGHUP cancel it once, and it may take its time to clean up.

    Raises CancelledError then. More signals change nothing: they would only leave processes behind.
    """
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    told = False

    def stop() -> None:
        nonlocal told
        if not told:
            told = True
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop)
    return await task
