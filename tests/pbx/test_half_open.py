"""The line to Asterisk's manager dies without a word, behind a proxy that stops forwarding: it is noticed in time, and
what was wished meanwhile is never sent later."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from scene import ask_asterisk, house, until

from cti.ami.client import AmiClient
from cti.core import events as ev
from cti.core.words import AgentCard, AgentId, Phone, QueueName, QueueRules
from cti.engine.customers import Customers
from cti.engine.link import ManagerLink
from cti.engine.loop import Engine
from cti.errors import AmiError, NotConnected
from cti.journal.engine_log import EngineJournal
from cti.pbx import Installation
from cti.stage import Stage

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]

SITE = """
numbers: {"40011": {to: "queue:sales"}}
queues: {sales: {steps: [{after: 0, need: {sales: 1}}], overflow: hangup}}
"""
RULES = QueueRules(name=QueueName("sales"))
CARD = AgentCard(agent=AgentId("1001"), name="Agent 1001", phone=Phone("PJSIP/1001"))
NOTICED_SECONDS = 10.0  # what we promise


@dataclass
class Proxy:
    """Between a client and Asterisk's manager. `frozen` swallows what comes from either side and closes nothing."""

    target: tuple[str, int]
    port: int = 0
    frozen: bool = False
    heard: list[bytearray] = field(default_factory=list)  # what each client has sent, swallowed or not
    passed: list[bytearray] = field(default_factory=list)  # what of it has reached Asterisk
    lines: set[asyncio.Task[None]] = field(default_factory=set)

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = asyncio.create_task(self._serve(reader, writer))
        self.lines.add(line)
        line.add_done_callback(self.lines.discard)

    async def close(self) -> None:
        """Python 3.11's server closes its socket and leaves the lines to themselves."""
        for line in tuple(self.lines):
            line.cancel()
        await asyncio.gather(*self.lines, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(*self.target)
        heard, passed = bytearray(), bytearray()
        self.heard.append(heard)
        self.passed.append(passed)
        try:
            await asyncio.gather(self._pump(reader, back, heard, passed), self._pump(there, writer, None, None))
        finally:
            for side in (back, writer):
                side.close()
                with suppress(ConnectionError):
                    await side.wait_closed()

    async def _pump(
        self,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        heard: bytearray | None,
        passed: bytearray | None,
    ) -> None:
        with suppress(ConnectionError):
            while data := await source.read(65_536):
                if heard is not None:
                    heard += data
                if not self.frozen:
                    sink.write(data)
                    if passed is not None:
                        passed += data
        if not self.frozen:
            sink.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(asterisk: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """A running Asterisk without an engine."""
    async with house(tmp_path_factory.mktemp("half_open") / "home", SITE, {"1001": "sales=1"}) as stage:
        await stage.cti("dialplan", "apply")
        await stage.cti("pbx", "up")
        yield stage


@asynccontextmanager
async def proxied(stage: Stage) -> AsyncIterator[Proxy]:
    proxy = Proxy((stage.config.bind, stage.config.ami_port))
    async with await asyncio.start_server(proxy.accept, "127.0.0.1", 0) as server:
        proxy.port = server.sockets[0].getsockname()[1]
        try:
            yield proxy
        finally:
            await proxy.close()


async def test_a_manager_that_fell_silent_is_noticed_and_old_actions_are_never_sent(
    stage: Stage, asterisk: Installation
) -> None:
    down, up = asyncio.Event(), asyncio.Event()
    async with proxied(stage) as proxy:
        secret = stage.config.secrets.ami_password
        line = AmiClient("127.0.0.1", proxy.port, "cti", secret, (), on_down=down.set, on_up=lambda _: up.set())
        member = {"Queue": "sales", "MemberName": "stale"}
        async with line:
            await asyncio.wait_for(up.wait(), 60)
            up.clear()
            proxy.frozen = True
            start = asyncio.get_running_loop().time()
            line.post("QueueAdd", {**member, "Interface": "PJSIP/posted"})
            with pytest.raises(AmiError):
                await line.send("QueueAdd", {**member, "Interface": "PJSIP/awaited"})
            await asyncio.wait_for(down.wait(), NOTICED_SECONDS)
            print(f"a silent manager was noticed after {asyncio.get_running_loop().time() - start:.1f} s")
            with pytest.raises(NotConnected):
                await line.send("QueueAdd", {**member, "Interface": "PJSIP/late"})
            line.post("QueueAdd", {**member, "Interface": "PJSIP/late"})
            proxy.frozen = False
            await asyncio.wait_for(up.wait(), 60)
            shown = await ask_asterisk(stage, asterisk, "queue show sales")
            assert "No Members" in shown, shown
        assert b"PJSIP/awaited" in proxy.heard[0]
        assert b"PJSIP/late" not in b"".join(proxy.heard)
        assert b"QueueAdd" not in b"".join(proxy.passed)


async def test_what_the_engine_wished_of_a_dead_line_is_compared_and_mended_once_it_lives_again(
    stage: Stage, asterisk: Installation, tmp_path: Path
) -> None:
    async def nobody(_: Sequence[str]) -> dict[str, dict[str, str]]:
        return {}

    async with proxied(stage) as proxy, asyncio.TaskGroup() as tasks:
        with closing(EngineJournal(tmp_path / "engine.jsonl")) as journal:
            link = ManagerLink("127.0.0.1", proxy.port, "cti", stage.config.secrets.ami_password, journal)
            engine = Engine(journal=journal, publish=lambda *_: None, customers=Customers(nobody), actions=link)
            link.engine = engine
            engine.define([RULES], [CARD])
            running = [tasks.create_task(engine.run()), tasks.create_task(link.client.run())]
            await asyncio.wait_for(link.ready.wait(), 60)
            await engine.request(ev.AgentLoggedIn(at=now(), agent=CARD.agent))
            await shown(stage, asterisk, "1001 (PJSIP/1001)")

            proxy.frozen = True
            await engine.request(ev.AgentLoggedOut(at=now(), agent=CARD.agent))  # goes into the void

            async def noticed() -> bool:
                return not link.ready.is_set()

            await until("the dead line noticed", noticed, NOTICED_SECONDS)
            await engine.request(ev.AgentLoggedIn(at=now(), agent=CARD.agent))
            await engine.request(ev.AgentPaused(at=now(), agent=CARD.agent, reason="lunch"))
            proxy.frozen = False
            await asyncio.wait_for(link.ready.wait(), 60)
            await shown(stage, asterisk, "paused:lunch")
            for task in running:
                task.cancel()
    assert b"QueueRemove" in proxy.heard[0]
    assert b"QueueRemove" not in b"".join([*proxy.passed, *proxy.heard[1:]])
    assert proxy.heard[-1].count(b"QueuePause") == 1


async def shown(stage: Stage, asterisk: Installation, text: str) -> None:
    """Asterisk's own words about the fallback queue hold `text`."""

    async def look() -> bool:
        return text in await ask_asterisk(stage, asterisk, "queue show sales")

    await until(f"{text!r} in the fallback queue", look)


def now() -> datetime:
    return datetime.now(UTC)
