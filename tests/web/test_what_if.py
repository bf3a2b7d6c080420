"""What would be decided now, if: asked of a running engine over a real socket and by `cti acd what-if`."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from click.testing import CliRunner, Result

from cti.cli import main
from cti.core import events as ev
from cti.core.acd import Acd
from cti.core.twin import twin
from cti.core.words import AgentCard, QueueRules, Ring
from cti.engine.loop import Engine
from cti.journal.engine_log import EngineJournal
from cti.web.answers import Answers
from cti.web.push import Hub
from cti.web.server import WebServer

BOSS, ANNA = "boss-token-1", "anna-token-1"
SITE = """
site: {name: Test, timezone: UTC}
queues:
  sales: {steps: [{after: 0, need: {sales: 1}}], overflow: hangup}
  parts: {overflow: hangup}
"""


class Nobody:
    """No customer is known, and nothing is sent to Asterisk."""

    def look_up(self, *_: object) -> None: ...

    def name_of(self, _: object) -> str:
        return ""

    def post(self, *_: object) -> None: ...


@dataclass
class House:
    """A running engine with a floor: 1001 talks, 1002 (low) and 1003 are there or not; c2 and c3 wait."""

    engine: Engine
    server: WebServer
    home: Path
    journal: Path
    client: ClientSession

    async def ask(self, *suppose: object, token: str = BOSS) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}"}
        async with self.client.post("/api/what-if", json={"suppose": list(suppose)}, headers=headers) as answer:
            return answer.status, await answer.json()

    async def cti(self, *words: str) -> Result:
        """The command in a thread: it asks this process's own server."""
        command = ["--home", str(self.home), "acd", "what-if", *words]
        return await asyncio.to_thread(CliRunner().invoke, main, command)


@pytest.fixture
async def house(tmp_path: Path, tokens: Any) -> AsyncIterator[House]:
    journal = EngineJournal(tmp_path / "engine.jsonl")
    nobody: Any = Nobody()
    engine = Engine(journal=journal, publish=lambda *_: None, customers=nobody, actions=nobody)
    task = asyncio.create_task(engine.run())
    sales = QueueRules(name="sales", rings=(Ring(need=(("sales", 50),)), Ring(after_seconds=600, need=(("sales", 1),))))
    skills = {"1001": {"sales": 90}, "1002": {"sales": 9}, "1003": {}}
    cards = [AgentCard(agent=agent, name="", phone=f"PJSIP/{agent}", skills=own) for agent, own in skills.items()]
    engine.define([sales, QueueRules(name="parts")], cards)
    now = datetime.now(UTC)
    acd = engine.acd
    engine.handle(ev.AgentLoggedIn(at=now, agent="1001"))
    for event in (
        ev.CallerJoined(at=now, call="c1", queue="sales", entered=now),
        ev.OfferAnswered(at=now, call="c1", agent="1001"),
        ev.CallerJoined(at=now, call="c2", queue="sales", entered=now - timedelta(seconds=30)),
        ev.CallerJoined(at=now, call="c3", queue="sales", entered=now - timedelta(seconds=20)),
    ):
        acd.handle(event)
    nothing: Any = None
    answers = Answers(nothing, engine, nothing, nothing, lambda: "UTC")
    async with WebServer("127.0.0.1", 0, hub=Hub(answers.snapshot), backend=answers, verify=tokens.verify) as server:
        port = int(server.url.rstrip("/").rpartition(":")[2])
        (tmp_path / "cti.toml").write_text(f"web_port = {port}\n")
        secrets = tmp_path / "secrets.toml"
        secrets.write_text(f'admin_token = "{BOSS}"\n')
        secrets.chmod(0o600)
        (tmp_path / "site.yaml").write_text(SITE)
        async with ClientSession(server.url) as client:
            yield House(engine, server, tmp_path, tmp_path / "engine.jsonl", client)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_what_follows_is_told_and_nothing_real_changes(house: House) -> None:
    before, written = house.engine.acd.snapshot(), house.journal.read_bytes()
    status, told = await house.ask({"login": "1002"}, {"skill": "1002.sales=60"}, {"caller": {"queue": "parts"}})
    assert status == 200
    offers = [(one["call"], one["agent"]) for one in told["decisions"] if one["decision"] == "offer"]
    assert offers == [("c2", "1002")]
    assert told["decisions"][0]["candidates"][0]["agent"] == "1002"
    assert [(one["call"], one["before"], one["after"]) for one in told["waiting"]] == [
        ("c2", 1, None),
        ("c3", 2, 1),
        ("what-if-3", None, 2),
    ]
    assert told["agents"] == [{"agent": "1002", "now": "offline", "then": "ringing"}]
    assert house.engine.acd.snapshot() == before
    assert house.journal.read_bytes() == written


async def test_only_supervisors_may_ask(house: House) -> None:
    assert (await house.ask({"pause": "1001"}, token=ANNA))[0] == 403
    assert (await house.ask({"pause": "1001"}, token="nobody"))[0] == 401


async def test_what_could_not_happen_now_is_a_conflict(house: House) -> None:
    refused = {"error": "agent 1003: an agent who is offline cannot be unpaused"}
    assert await house.ask({"unpause": "1003"}) == (409, refused)
    assert (await house.ask({"login": "77"}))[0] == 409


@pytest.mark.parametrize(
    "suppose",
    [
        "pause", {"pause": 1}, {"pause": "1001", "login": "1002"}, {"explode": "1001"}, {"pause": "../1"}, {},
        {"skill": "1001.sales"}, {"skill": 5}, {"caller": "sales"}, {"caller": {}}, {"caller": {"queue": "Sa les"}},
        {"caller": {"queue": "sales", "priority": True}}, {"caller": {"queue": "sales", "priority": 10**30}},
        {"caller": {"queue": "sales", "need": "x"}}, {"caller": {"queue": "sales", "number": "1"}},
        {"rings": {"queue": "sales"}}, {"rings": {"queue": "sales", "steps": [{"after": 5}]}},
        {"rings": {"queue": "sales", "steps": [{"after": 0}, {"after": 0}]}},
        {"rings": {"queue": "sales", "steps": [{"after": 0, "need": 3}]}},
        {"rings": {"queue": "sales", "steps": [{}] * 21}},
    ],
)  # fmt: skip
async def test_nonsense_is_refused_in_one_line(house: House, suppose: object) -> None:
    status, told = await house.ask(suppose)
    assert (status, list(told)) == (400, ["error"])
    assert "\n" not in told["error"]


async def test_nothing_and_too_much_are_refused(house: House) -> None:
    assert (await house.ask())[0] == 400
    assert (await house.ask(*[{"pause": "1001"}] * 51))[0] == 400


async def test_the_command_prints_decisions_and_places(house: House) -> None:
    told = await house.cti("--free", "1001", "--caller", "queue=sales,need=sales=50,fr=3,priority=1")
    assert told.exit_code == 0, told.output
    assert "c2" in told.stdout
    assert "1001 chosen: ring 0" in told.stdout
    assert "what-if-2" in told.stdout
    assert "agent 1001: talking -> ringing" in told.stdout
    assert told.stdout.endswith("supposed only: nothing has changed\n")


async def test_the_command_gives_json(house: House) -> None:
    told = json.loads((await house.cti("--free", "1001", "--json")).stdout)
    assert [one["agent"] for one in told["decisions"]] == ["1001"]


async def test_other_rings_come_from_a_site_file(house: House) -> None:
    now = json.loads((await house.cti("--login", "1002", "--json")).stdout)
    rings = ("--queue-rings", str(house.home / "site.yaml"))
    wide = json.loads((await house.cti(*rings, "--login", "1002", "--json")).stdout)
    assert [one["agent"] for one in now["decisions"]] == []
    assert [one["agent"] for one in wide["decisions"] if one["decision"] == "offer"] == ["1002"]


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        ((), 2, "suppose something"),
        (("--pause", "77"), 4, "there is no agent '77'"),
        (("--login", "1001"), 4, "an agent who is talking cannot be logged in"),
        (("--skill", "1001.sales"), 2, "write AGENT.SKILL=LEVEL"),
        (("--caller", "sales"), 2, "write --caller queue=NAME"),
        (("--caller", "queue=sales,priority=x"), 2, "must be a whole number"),
        (("--caller", "queue=sale"), 4, "there is no queue 'sale'"),
    ],
)
async def test_mistakes_are_one_line_with_their_exit_code(house: House, words: Any, code: int, text: str) -> None:
    told = await house.cti(*words)
    assert (told.exit_code, told.stderr.count("\n")) == (code, 1)
    assert text in told.stderr


async def test_without_an_engine_the_command_says_so(house: House) -> None:
    (house.home / "cti.toml").write_text("web_port = 9\n")
    told = await house.cti("--login", "1002")
    assert told.exit_code == 1
    assert "start it with: cti serve" in told.stderr


def test_a_floor_of_200_agents_is_copied_in_some_milliseconds() -> None:
    now, acd = datetime.now(UTC), Acd()
    for number in range(20):
        rings = (Ring(need=((f"s{number}", 70),)), Ring(after_seconds=20, need=((f"s{number}", 1),)))
        acd.handle(ev.QueueDefined(at=now, rules=QueueRules(name=f"q{number}", rings=rings)))
    for number in range(200):
        skills = {f"s{(number + more) % 20}": 20 + number % 80 for more in range(5)}
        acd.handle(ev.AgentDefined(at=now, card=AgentCard(agent=str(1000 + number), name="", phone="", skills=skills)))
        acd.handle(ev.AgentLoggedIn(at=now, agent=str(1000 + number)))
    for number in range(300):
        acd.handle(ev.CallerJoined(at=now, call=f"c{number}", queue=f"q{number % 20}", entered=now))
    took = []
    for _ in range(10):
        begin = time.thread_time()
        twin(acd)
        took.append(time.thread_time() - begin)
    assert min(took) < 0.03
