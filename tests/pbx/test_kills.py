"""A busy day on which something is killed again and again: the rows afterwards are what the journals and phones say.

Engine, importer, PostgreSQL and Asterisk die by SIGKILL at instants that a seed picks (counted in what the phones do,
not in seconds). CTI_KILLS says how often, ten calls for each: 100 is the whole promise (1,000 calls), less by default,
which a test run has time for.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import signal
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from cluster import Cluster
from scene import floor, house, pid_of, queue_log, until

from cti.db.store import Store
from cti.journal.importer import Importer, journal_files
from cti.mailroom import work_rules
from cti.pbx import Installation, find_pid
from cti.phones import Behaviour, Load, LoadRun, LoggedTime
from cti.site.load import load_site
from cti.stage import Stage
from cti.stage.instance import READY

pytestmark = [pytest.mark.pbx, pytest.mark.postgres, pytest.mark.asyncio(loop_scope="module")]
KILLS = int(os.environ.get("CTI_KILLS", "8"))
pytestmark += [pytest.mark.timeout(120 + 10 * KILLS)]
SEED = 20261122
SITE = """
numbers: {"40011": {to: "queue:sales"}}
queues: {sales: {steps: [{after: 0, need: {sales: 1}}], ring_seconds: 10, wrap_up_seconds: 0, overflow: hangup}}
"""
AGENTS = {str(number): "sales=50" for number in range(1001, 1009)}
QUICK = Behaviour(answer_after=0.1, media="one_packet")
AWAY = re.compile("manager link is down")
BACK = re.compile("Asterisk was restarted")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(
    asterisk: Installation, postgres_to_kill: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stage]:
    home = tmp_path_factory.mktemp("kills") / "home"
    database = postgres_to_kill.new_database()
    async with house(home, SITE, AGENTS, dict.fromkeys(AGENTS, QUICK), options=f'database = "{database}"') as stage:
        await stage.serve()
        yield stage


@pytest.fixture(scope="module")
def postgres_to_kill() -> Iterator[Cluster]:
    with Cluster() as cluster:
        yield cluster


@dataclass
class Killer:
    """Kills one thing after another and waits until it lives again."""

    stage: Stage
    cluster: Cluster
    chance: random.Random
    killed: Counter[str] = field(default_factory=Counter)

    async def strike(self, what: str) -> None:
        ways: dict[str, Callable[[], Awaitable[None]]] = {
            "engine": self.engine,
            "importer": self.importer,
            "database": self.database,
            "asterisk": self.asterisk,
        }
        await ways[what]()
        self.killed[what] += 1

    async def engine(self) -> None:
        since = len(self.stage.log)
        os.kill(pid_of(self.stage, "engine"), signal.SIGKILL)
        await self.stage.logged(READY, 60, since=since)

    async def importer(self) -> None:
        old = pid_of(self.stage, "importer")
        os.kill(old, signal.SIGKILL)

        async def another() -> bool:
            return pid_of(self.stage, "importer") != old

        await until("another importer", another)

    async def database(self) -> None:
        await asyncio.to_thread(self.cluster.kill)
        await asyncio.to_thread(self.cluster.start)

    async def asterisk(self) -> None:
        since = len(self.stage.log)
        os.kill(find_pid(self.stage.config), signal.SIGKILL)
        await self.stage.logged(AWAY, since=since)
        await self.stage.cti("pbx", "up")
        await self.stage.logged(BACK, since=since)


async def test_rows_are_what_the_journals_say_whatever_was_killed_and_when(
    stage: Stage, postgres_to_kill: Cluster, tmp_path: Path
) -> None:
    chance = random.Random(SEED)
    killer = Killer(stage, postgres_to_kill, chance)
    numbers = [f"139{n:08}" for n in range(10 * KILLS)]
    await stage.log_in(AGENTS)
    stays, leaves = numbers[: 8 * KILLS], numbers[8 * KILLS :]
    server = (stage.config.sip_bind, stage.config.sip_port)
    loads = [
        await stage.phones.load(_load(stays, rate=2, seconds=1.5), server=server),
        await stage.phones.load(_load(leaves, rate=0.5, seconds=0.03), server=server),
    ]
    victims = ["engine", "importer", "database", "asterisk"] * (KILLS // 4 + 1)
    for victim in victims[:KILLS]:
        for _ in range(chance.randint(1, 6)):
            await stage.phones.next(chance.choice(("invite", "answered", "bye")))
        await killer.strike(victim)
        await presences_back(stage)
    times = await all_called(loads, len(numbers))
    await until("an empty floor", lambda: empty(stage))
    for load in loads:
        await load.process.kill()
    print(f"killed {dict(killer.killed)} under {len(numbers)} calls")
    await stage.stop_engine()
    await compared(stage, postgres_to_kill, tmp_path, times)


async def all_called(loads: Sequence[LoadRun], count: int) -> list[LoggedTime]:
    """What the callers' side logged, once everybody has called. Whoever heard 100 Trying of an Asterisk that then died
    waits for ever, so nobody waits for them.
    """

    async def look() -> list[LoggedTime] | None:
        times = [time for load in loads for time in load.times()]
        return times if sum(time.kind == "invite" for time in times) >= count else None

    return await until(f"{count} calls begun", look, 60 + count) or []


def _load(numbers: Sequence[str], rate: float, seconds: float) -> Load:
    """Callers who hang up so long after the dialplan has answered, whoever serves them by then."""
    return Load(did="40011", rate=rate, calls=len(numbers), numbers=numbers, talk_seconds=seconds)


async def presences_back(stage: Stage) -> None:
    """Nobody is left out: whoever a dying process sent to a pause goes back to work."""

    async def look() -> bool:
        now = await floor(stage)
        for agent in now.get("agents", ()):
            if agent["presence"] in ("offline", "paused"):
                verb = "login" if agent["presence"] == "offline" else "unpause"
                await stage.post(f"/api/agents/{agent['agent']}/{verb}")
        return bool(now)

    await until("the agents at work", look)


async def empty(stage: Stage) -> bool:
    """No call is on the floor of a living engine."""
    now = await floor(stage)
    return bool(now) and not now["calls"]


# --- afterwards -------------------------------------------------------------------------------------------


async def compared(stage: Stage, cluster: Cluster, folder: Path, times: Sequence[LoggedTime]) -> None:
    """The database that was there, and two that are made from the journals alone: the same to the byte."""
    config = stage.config
    lived = await export(stage, config.database_url)
    assert await export(stage, cluster.new_database()) == lived, "PostgreSQL, rebuilt"
    assert await export(stage, f"sqlite:///{folder / 'rebuilt.sqlite'}") == lived, "SQLite, rebuilt"
    rows = [json.loads(line) for line in lived if '"table": "conversations"' in line]
    borne_out_by_queue_log(stage, rows)
    borne_out_by_phones(stage, rows, times)


async def export(stage: Stage, url: str) -> list[str]:
    """Everything that a database holds once it has read all journals."""
    async with Store(url) as store:
        store.work = work_rules(load_site(stage.config.site_file))
        await Importer(journal_files(stage.config.log_dir, stage.config.journal_file), store).drain()
        return [line async for line in store.export()]


def borne_out_by_queue_log(stage: Stage, rows: Sequence[Mapping[str, Any]]) -> None:
    """Each call that reached a number is one conversation, which ended and says how."""
    inbound = [row for row in rows if row["direction"] == "inbound"]
    began = Counter(line.call for line in queue_log(stage, "DID"))
    assert set(began.values()) == {1}
    assert began.keys() <= {row["id"] for row in inbound}
    assert len({row["id"] for row in rows}) == len(rows)
    assert [row for row in rows if not row["ended"] or not row["outcome"]] == []
    ends = Counter(line.call for line in queue_log(stage, "COMPLETEAGENT", "COMPLETECALLER", "ABANDON"))
    assert set(ends.values()) == {1}
    by_call = {row["id"]: row for row in rows}
    told = {"ABANDON": False, "COMPLETEAGENT": True, "COMPLETECALLER": True}
    for line in queue_log(stage, *told):
        assert (by_call[line.call]["outcome"] == "answered") == told[line.event], (line, by_call[line.call])


def borne_out_by_phones(stage: Stage, rows: Sequence[Mapping[str, Any]], times: Sequence[LoggedTime]) -> None:
    """Whoever was taken by Asterisk is a row; whoever talked has talked for as long as the agent's phone says."""
    taken = {time.number for time in times if time.kind == "answered"}
    numbers = Counter(row["number"] for row in rows)
    assert taken <= numbers.keys()
    cut = {row["number"] for row in rows if row["interrupted"]}  # Asterisk died under them
    assert {number for number, count in numbers.items() if count > 1} <= cut
    rung = {event.call_id: event.number for event in stage.phones.happened if event.kind == "invite" and event.agent}
    begun = {event.call_id: event for event in stage.phones.happened if event.kind == "answered" and event.agent}
    over = {event.call_id: event for event in stage.phones.happened if event.kind == "bye"}
    talks = {rung[leg]: (over[leg].at - begun[leg].at) for leg in begun if leg in over}
    by_number = {row["number"]: row for row in rows}
    apart = {}
    for number in talks.keys() - cut:
        row = by_number[number]
        assert row["outcome"] == "answered", row
        apart[number] = abs(row["talk_seconds"] - talks[number].total_seconds())
    # One process is the phone of all agents: while it is not run, it reads of the BYEs of all who talk then too late.
    late = {number for number, seconds in apart.items() if seconds > 1}
    assert len(late) <= len(apart) / 10, {number: (by_number[number], talks[number]) for number in late}
    assert max(apart.values()) < 5
    assert len(talks.keys() - cut) > len(numbers) / 4, "many have talked, however long it took to start Asterisk again"
