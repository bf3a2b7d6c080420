"""What the end-to-end tests share: a small site, agents who do what they are told, and one way to wait.

It knows where an instance keeps its journals and what its API answers. It refuses to know what a test is about, and
to sleep: `until` looks again and again at something that only a file or an answer can tell, and gives up loudly.
"""

from __future__ import annotations

import asyncio
import csv
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import aiohttp

from cti.pbx import Installation, command
from cti.phones import Behaviour, Call, Customer, PhoneEvent, tone, write_wav
from cti.phones.phone_ports import free_port
from cti.ports import give_back
from cti.stage import Stage, Watcher
from cti.supervisor import pid_file

SITE = """
site: {name: "Test house", timezone: Asia/Shanghai, country: CN, languages: [en]}
trunks: {itsp: {host: "127.0.0.2:5080", match: ["127.0.0.2"]}}
fallback: {seconds: 5}
prompts: {choose: {file: choose.wav}, menu_goodbye: {file: choose.wav}, direct_no_answer: {file: choose.wav}}
"""
Found = TypeVar("Found")
# Rings until it is told to answer; one packet of sound, so that thirty of them cost nothing.
OBEDIENT = Behaviour(answer_after=None, media="one_packet")


@asynccontextmanager
async def house(
    home: Path,
    site: str,
    agents: Mapping[str, str],
    behaviours: Mapping[str, Behaviour] | None = None,
    trunk: str = "127.0.0.2:5080",
    options: str = "",
) -> AsyncIterator[Stage]:
    """A prepared instance with `agents` (number -> skills) and their phones, not yet serving. `site` goes on `SITE`;
    calls to the outside go to `trunk`; `options` are lines of cti.toml."""
    port = free_port("127.0.0.1")
    people = [{"number": n, "name": f"Agent {n}", "phone": f"PJSIP/{n}", "skills": s} for n, s in agents.items()]
    try:
        async with Stage(home, say=print) as stage:
            await stage.prepare(
                site=SITE.replace("127.0.0.2:5080", trunk) + site, agents=people, port=port, options=options
            )
            write_wav(home / "choose.wav", tone(600, 0.2))
            await stage.people(dict.fromkeys(agents, OBEDIENT) | dict(behaviours or {}), port=port)
            yield stage
    finally:
        give_back(home)


def screen(stage: Stage, token: str = "") -> Watcher:
    """A supervisor's live feed, or that of the agent whose token it is."""
    return Watcher(stage.url, token or stage.config.secrets.admin_token)


def caller(did: str, number: str, **how: Any) -> Customer:
    """Somebody who stays until the far side hangs up, with a packet of sound only."""
    return Customer(did=did, from_number=number, **{"media": "one_packet", **how})


class Said(NamedTuple):
    """How a command ended, and its words."""

    code: int
    out: str
    err: str


async def cti(stage: Stage, *arguments: str) -> Said:
    """A command as an admin gives it, whatever comes of it."""
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", "cti", "--home", str(stage.home), *arguments],
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return Said(process.returncode or 0, out.decode(), err.decode())


# --- waiting ------------------------------------------------------------------------------------------


async def until(what: str, look: Callable[[], Awaitable[Found]], seconds: float = 60.0) -> Found:
    """What `look` gives as soon as that is true. AssertionError with the last answer when it never is."""
    found: Any = None
    try:
        async with asyncio.timeout(seconds):
            while not (found := await look()):  # noqa: ASYNC110 -- files and answers do not tell of their change
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"{what}: not within {seconds:g} s; the last answer was {found!r}") from None
    return found


async def floor(stage: Stage) -> dict[str, Any]:
    """The engine's floor now; {} while no engine answers."""
    try:
        found: dict[str, Any] = await stage.get("/api/floor")
    except aiohttp.ClientError:
        return {}
    return found


async def on_floor(stage: Stage, count: int, state: str = "waiting") -> dict[str, dict[str, Any]]:
    """The floor's calls by their number, once exactly `count` of them are in `state`."""

    async def look() -> list[dict[str, dict[str, Any]]]:
        now = await floor(stage)
        found = {call["number"]: call for call in now.get("calls", ()) if call["state"] == state}
        return [found] if now and len(found) == count else []

    (found,) = await until(f"{count} calls {state}", look)
    return found


async def presences(stage: Stage, wanted: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The floor's agents by number, once all of `wanted` (number -> presence) are so."""

    async def look() -> dict[str, dict[str, Any]] | None:
        agents = {agent["agent"]: agent for agent in (await floor(stage)).get("agents", [])}
        return agents if all(agents.get(n, {}).get("presence") == p for n, p in wanted.items()) else None

    return await until(f"presences {dict(wanted)}", look) or {}


async def told(stage: Stage, count: int = 1, **fields: object) -> list[dict[str, Any]]:
    """The conversations with these fields, oldest first, once `count` of them have ended and are told to the end."""

    async def look() -> list[dict[str, Any]] | None:
        rows = (await stage.get("/api/calls?limit=500"))["calls"]
        found = [row for row in reversed(rows) if fields.items() <= row.items() and row["ended"] and row["outcome"]]
        return found if len(found) >= count else None

    rows = await until(f"{count} ended conversations {fields}", look) or []
    assert len(rows) == count, rows
    return rows


async def whole(stage: Stage, call: str) -> dict[str, Any]:
    """One conversation with its segments, once its recording is whole."""

    async def look() -> dict[str, Any] | None:
        row: dict[str, Any] = await stage.get(f"/api/calls/{call}")
        return row if [sound["state"] for sound in row["recordings"]] == ["whole"] else None

    return await until(f"a whole recording of {call}", look) or {}


# --- agents and callers ---------------------------------------------------------------------------------


@asynccontextmanager
async def at_work(stage: Stage, *agents: str) -> AsyncIterator[None]:
    """These agents are logged in, in this order, and gone again afterwards (of a test that failed: soon)."""
    await stage.log_in(agents)
    try:
        yield
    finally:
        for agent in agents:
            await stage.post(f"/api/agents/{agent}/logout")
    await presences(stage, dict.fromkeys(agents, "offline"))


async def take(stage: Stage, agent: str, number: str | None = None, timeout: float = 60.0) -> PhoneEvent:
    """This agent's phone rings and is answered; the leg, to hang up by."""
    ring = await stage.phones.next("invite", agent=agent, number=number, timeout=timeout)
    await stage.phones.answer(ring)
    return await stage.phones.next("answered", agent=agent, phone=ring.phone, call_id=ring.call_id)


async def hang_up(stage: Stage, leg: PhoneEvent) -> PhoneEvent:
    """The agent hangs up."""
    await stage.phones.hang_up(leg)
    return await stage.phones.next("bye", phone=leg.phone, call_id=leg.call_id)


def rung(stage: Stage, agent: str, number: str) -> int:
    """How often this agent's phone has been rung for this caller."""
    events = stage.phones.happened
    return sum((event.kind, event.agent, event.number) == ("invite", agent, number) for event in events)


async def gone(calls: Collection[Call]) -> None:
    """These callers hang up, and are gone."""
    for call in calls:
        await call.hang_up()
    for call in calls:
        await call.done()


# --- journals ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Logged:
    """One line of queue_log."""

    at: int
    call: str
    queue: str
    agent: str
    event: str
    data: tuple[str, ...]


def queue_log(stage: Stage, *events: str) -> list[Logged]:
    """Its lines with these events (none: all), in order."""
    lines = [line.split("|") for line in (stage.config.log_dir / "queue_log").read_text("utf-8").splitlines()]
    found = [Logged(int(at), call, queue, agent, event, tuple(data)) for at, call, queue, agent, event, *data in lines]
    return [line for line in found if not events or line.event in events]


def engine_log(stage: Stage, kind: str) -> list[dict[str, Any]]:
    """The engine's own journal: its lines of this kind, in order."""
    lines = stage.config.journal_file.read_text("utf-8").splitlines()
    return [line for line in map(json.loads, lines) if line["kind"] == kind]


@dataclass(frozen=True)
class Happened:
    """One line of CEL; `at` in seconds since 1970, to the microsecond."""

    kind: str
    at: float
    leg: str
    number: str
    app: str


def cel(stage: Stage, kind: str, *, app: str = "", number: str = "") -> list[Happened]:
    """Its lines of this kind, in order."""
    journal = stage.config.log_dir / "cel-custom" / "Master.csv"
    if not journal.exists():
        return []  # made with its first line
    with journal.open(encoding="utf-8", newline="") as file:
        rows = [Happened(row[0], float(row[1]), row[2], row[4], row[9]) for row in csv.reader(file)]
    return [row for row in rows if row.kind == kind and app in ("", row.app) and number in ("", row.number)]


async def in_fallback(stage: Stage, numbers: Collection[str]) -> None:
    """Every one of these callers has been in the native queue at least once."""

    async def look() -> bool:
        return {row.number for row in cel(stage, "APP_START", app="Queue")} >= set(numbers)

    await until(f"{len(numbers)} callers in the fallback", look)


async def ask_asterisk(stage: Stage, asterisk: Installation, line: str) -> str:
    """What Asterisk's console says."""
    return await asyncio.to_thread(command, stage.config, asterisk, line)


# --- processes ----------------------------------------------------------------------------------------------


def pid_of(stage: Stage, name: str) -> int:
    """The engine's or the supervisor's pid, as the instance wrote it down."""
    return int(pid_file(stage.config, name).read_text())


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """SIGSTOP for as long as the block lasts. The process may be gone at its end."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
