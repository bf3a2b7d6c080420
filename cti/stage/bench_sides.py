"""The two rivals of the call benchmark, each on an Asterisk of its own: our ACD, and bare `Queue()`.

It knows how each is started with the same numbers, agents, phones, recording and journals, and how much CPU its
processes have used. It knows nothing of what is measured with them.
"""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from os import sysconf
from pathlib import Path

from ..db.people import People
from ..db.store import Store
from ..errors import CtiError
from ..journal.importer import journal_files
from ..pbx.process import find_pid, worked_seconds
from ..phones import Behaviour, SippProcess
from .crowd import Crowd
from .instance import Stage

DID = "4001"
SITE = f"""
site: {{name: bench, timezone: UTC, country: CN, languages: [en]}}
trunks: {{itsp: {{host: "127.0.0.2:5080", match: ["127.0.0.2"]}}}}
recording: {{queues: RECORDED, direct: false}}
numbers: {{"{DID}": {{to: "queue:bench"}}}}
queues:
  bench:
    steps: [{{after: 0, need: {{bench: 1}}}}]
    ring_seconds: 15
    wrap_up_seconds: 0
    overflow: hangup
"""
_BARE = Path(__file__).parent / "bare"
_RTP = {"rtp_first": 50_000, "rtp_last": 54_999}  # 300 talks and their waiting callers need 800 pairs
_TICK_MS = 1000 / sysconf("SC_CLK_TCK")
_LOGINS_AT_ONCE = 20


class Side:
    """One rival while it runs. `name` is cti or queue."""

    def __init__(self, name: str, stage: Stage, agents: list[str], port: int) -> None:
        self.name, self.stage, self.agents, self._port = name, stage, agents, port

    def cpu_ms(self) -> dict[str, float]:
        """User and system time that each process has used so far, by its role."""
        found = {role: worked_seconds(pid) for role, pid in self._pids().items()}
        return {role: 1000 * used for role, used in found.items() if used is not None}

    async def phones(self, talk_seconds: float | None, spread: float = 0.0) -> SippProcess:
        """New phones for all agents: they answer at once and hang up after `talk_seconds` (None: never), ± `spread`."""
        if self.stage.agent_phones is not None:
            await self.stage.agent_phones.kill()
        behaviours = {}
        for index, agent in enumerate(self.agents):
            talk = talk_seconds and talk_seconds + spread * (2 * index / len(self.agents) - 1)
            behaviours[agent] = Behaviour(answer_after=0, talk_seconds=talk, media="none")
        self.stage.agent_phones = await self.stage.phones.agents(behaviours, port=self._port, light=True)
        return self.stage.agent_phones

    async def settled(self, most_seconds: float) -> bool:
        """Wait until the importer has read all (and then uses next to no CPU); False when it has not in time."""
        loop = asyncio.get_running_loop()
        deadline, before = loop.time() + most_seconds, -1.0
        while loop.time() < deadline:
            used = self.cpu_ms().get("importer", 0.0)
            if used - before <= 2 * _TICK_MS and (self.name == "queue" or await self._all_read()):
                return True
            before = used
            await asyncio.sleep(1.0)
        return False

    async def _all_read(self) -> bool:
        """Whether the journals are stored to their ends: under load the importer rests for seconds between rounds."""
        config = self.stage.config
        async with Store(config.database_url) as store:
            read: int = sum(row["read_bytes"] for row in await store.journals())
        paths = journal_files(config.log_dir, config.journal_file).paths().values()
        return read >= sum(path.stat().st_size for path in paths if path.exists())

    def _pids(self) -> dict[str, int]:
        run = self.stage.home / "var" / "run"
        pids = {"asterisk": find_pid(self.stage.config)}
        for role in ("engine", "importer") if self.name == "cti" else ():
            pids[role] = int((run / f"{role}.pid").read_text(encoding="ascii"))
        return pids


@asynccontextmanager
async def side(
    name: str, folder: Path, count: int, port: int, screens: int, say: Callable[[str], None], *, recording: bool = True
) -> AsyncIterator[Side]:
    """A rival with `count` agents at work, their phones at `port`; ours with `screens` agents' screens open."""
    agents = [str(2001 + index) for index in range(count)]
    async with AsyncExitStack() as stack:
        stage = await stack.enter_async_context(Stage(folder / name))
        say(f"{name}: a fresh instance with {count} agents")
        rows = [{"number": a, "name": f"Agent {a}", "phone": f"PJSIP/{a}", "skills": "bench=50"} for a in agents]
        await stage.prepare(site=SITE.replace("RECORDED", str(recording).lower()), agents=rows, port=port)
        _widen(stage.home / "cti.toml")
        await stage.people({})
        here = Side(name, stage, agents, port)
        if name == "queue":
            await _bare(stage)
        else:
            await stage.serve()
            await _log_in(stage, agents)
            tokens = await _tokens(stage, agents[:screens])
            await stack.enter_async_context(Crowd(stage.config.bind, stage.config.web_port, tokens))
        await here.phones(None)
        await here.settled(30)
        yield here


def _widen(settings: Path) -> None:
    text = settings.read_text(encoding="utf-8")
    for option, port in _RTP.items():
        text = re.sub(rf"(?m)^{option} = \d+", f"{option} = {port}", text)
    settings.write_text(text, encoding="utf-8")


async def _bare(stage: Stage) -> None:
    """The same site with two templates of the bench's own, and no engine."""
    for name, room in (("extensions.conf.j2", "dialplan"), ("queues.conf.j2", "asterisk_conf")):
        (stage.home / room).mkdir(exist_ok=True)
        shutil.copy(_BARE / name, stage.home / room / name)
    await stage.cti("dialplan", "apply")
    await stage.cti("pbx", "up")


async def _log_in(stage: Stage, agents: list[str]) -> None:
    for start in range(0, len(agents), _LOGINS_AT_ONCE):
        await asyncio.gather(*(stage.log_in([agent]) for agent in agents[start : start + _LOGINS_AT_ONCE]))
    here = [agent for agent in (await stage.get("/api/floor"))["agents"] if agent["presence"] == "ready"]
    if len(here) != len(agents):
        raise CtiError(f"{len(here)} of {len(agents)} agents are ready")


async def _tokens(stage: Stage, agents: list[str]) -> list[str]:
    """One for each agent's screen, and the supervisor's."""
    async with Store(stage.config.database_url) as store:
        people, now = People(store.database), datetime.now(UTC)
        made = [await people.create_token("agent", agent, now=now) for agent in agents]
    return [stage.config.secrets.admin_token, *made]
