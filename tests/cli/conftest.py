"""A house for the command line: an instance folder whose engine runs in a thread, with a link that reaches no Asterisk.

Everything else is real: the core, the engine's inbox, the API, the websocket, the rows.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest
from click.testing import CliRunner, Result

from cti.cli import main
from cti.config import load_config
from cti.core.events import AgentLoggedIn, OfferAnswered
from cti.core.words import AgentCard, AgentId, CallId, Phone, Skill
from cti.db.people import People
from cti.db.store import Store
from cti.db.voicemail import Mailboxes
from cti.engine.loop import Engine
from cti.engine.work_desk import WorkDesk
from cti.journal.engine_log import EngineJournal
from cti.site.load import load_site
from cti.site.rules import rules_of
from cti.web.answers import Answers, verifier
from cti.web.mailboxes import MailboxAnswers
from cti.web.push import Hub
from cti.web.server import WebServer

SITE = """
site: {name: "华星汽车", timezone: Asia/Shanghai, languages: [zh, en]}
queues:
  sales: {steps: [{after: 0, need: {sales: 70}}, {after: 60, need: {sales: 1}}], overflow: "queue:service"}
  service: {steps: [{after: 0, need: {service: 50}}], wrap_up_seconds: 30, overflow: hangup}
"""
AGENTS = {
    "1001": ("王芳", {"sales": 90}),
    "1002": ("李强", {"sales": 20, "service": 80}),
    "1003": ("Kim", {"service": 60}),
}
T = TypeVar("T")


class Session:
    """A caller's FastAGI session; `verdict` is what the dialplan would read."""

    def __init__(self, **arguments: object) -> None:
        self.args = tuple(f"{key}={value}" for key, value in arguments.items())
        self.verdict: dict[str, str] = {}

    async def finish(self, pairs: Any) -> None:
        self.verdict = dict(pairs)


async def _turns() -> None:
    """What is ready to run in the engine's loop has run."""
    for _ in range(5):
        await asyncio.sleep(0)


class Nobody:
    def look_up(self, *_: object) -> None: ...

    def name_of(self, _: object) -> str:
        return ""

    def post(self, *_: object) -> None: ...


class House:
    """`cti(...)` runs a command; the rest makes things happen on the floor."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._callers: list[asyncio.Task[None]] = []

    def cti(self, *words: str, **environment: str) -> Result:
        result = CliRunner().invoke(main, ["--home", str(self.home), *words], env=environment)
        self.do(_turns())  # a caller's session takes its verdict
        return result

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """In the engine's thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def log_in(self, *agents: str) -> None:
        for agent in agents:
            self.do(self.engine.request(AgentLoggedIn(at=datetime.now(UTC), agent=AgentId(agent))))

    def wait(self, call: str, queue: str, number: str, *, waited: float = 0.0, **more: object) -> Session:
        """A caller who has waited so long already."""
        entered = (datetime.now(UTC) - timedelta(seconds=waited)).timestamp()
        session = Session(call=call, queue=queue, number=number, entered=f"{entered:.3f}", **more)

        async def begin() -> None:
            self._callers.append(asyncio.create_task(self.engine.lobby.serve(session)))  # type: ignore[arg-type]
            await _turns()  # its first steps, and a verdict that came at once

        self.do(begin())
        return session

    def answer(self, call: str, agent: str) -> None:
        self.do(self.engine.request(OfferAnswered(at=datetime.now(UTC), call=CallId(call), agent=AgentId(agent))))

    def start(self) -> None:
        self._thread.start()
        self.do(self._open())

    def stop(self) -> None:
        self.do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(60)
        self._loop.close()

    async def _open(self) -> None:
        config = load_config(self.home)
        self.journal, nobody = EngineJournal(config.journal_file), Nobody()
        self.store = await Store(config.database_url).open()
        hub: Hub | None = None
        self.engine = Engine(
            journal=self.journal,
            publish=lambda kind, data: hub.publish(kind, data) if hub else None,
            customers=nobody,  # type: ignore[arg-type]
            actions=nobody,
        )
        link: Any = SimpleNamespace(client=SimpleNamespace(state="connected"))
        backend = Answers(config, self.engine, link, self.store, lambda: "Asia/Shanghai")
        hub = Hub(backend.snapshot)
        cards = [
            AgentCard(
                agent=AgentId(number),
                name=name,
                phone=Phone(f"PJSIP/{number}"),
                skills={Skill(skill): level for skill, level in skills.items()},
            )
            for number, (name, skills) in AGENTS.items()
        ]
        self.engine.define(rules_of(load_site(config.site_file)), cards)
        self._running = asyncio.create_task(self.engine.run())
        verify = verifier(config, People(self.store.database))
        desk = WorkDesk(self.journal, lambda: datetime.now(UTC))
        boxes = MailboxAnswers(config.voicemail, Mailboxes(self.store.database), desk, self.engine.floor.serves)
        self._web = WebServer(config.bind, 0, hub=hub, backend=backend, verify=verify, mailboxes=boxes)
        await self._web.__aenter__()
        settings = self.home / "cti.toml"
        settings.write_text(settings.read_text().replace(f" {config.web_port}\n", f" {self._web.port}\n"))

    async def _close(self) -> None:
        await self._web.__aexit__(None, None, None)
        for task in (*self._callers, self._running):
            task.cancel()
        await asyncio.gather(*self._callers, self._running, return_exceptions=True)
        await self.store.close()
        self.journal.close()


@pytest.fixture
def database_line() -> str:
    """Of cti.toml; a module whose rows matter has `on_both` here."""
    return ""


@pytest.fixture
def floor_home(tmp_path: Path, database_line: str) -> Path:
    """An instance folder that nothing serves; without a reserved block of ports, as it needs only one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        (tmp_path / "cti.toml").write_text(f"web_port = {probe.getsockname()[1]}\n{database_line}")
    secrets = tmp_path / "secrets.toml"
    secrets.write_text('admin_token = "a-token-of-the-tests"\n')
    secrets.chmod(0o600)
    (tmp_path / "site.yaml").write_text(SITE, encoding="utf-8")
    return tmp_path


@pytest.fixture
def house(floor_home: Path) -> Iterator[House]:
    made = House(floor_home)
    made.start()
    yield made
    made.stop()
