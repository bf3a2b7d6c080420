"""What an agent dials on the phone is asked of the core, and the answer is one prompt."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cti.core.events import LegCreated, LegEnded, OfferAnswered, TalkEnded
from cti.core.words import AgentCard, AgentId, CallId, Linkedid, Phone, Presence, QueueName, QueueRules, Uniqueid
from cti.engine.feature import SAID, Features
from cti.engine.loop import Engine
from cti.errors import AgiRefused
from cti.journal.engine_log import EngineJournal
from cti.render.agent_sounds import SAID as SOUNDS

ANNA, PHONE = AgentId("1001"), Phone("PJSIP/desk7")


class Nobody:
    """No customer is known, and nothing is sent to Asterisk."""

    def look_up(self, *_: object) -> None: ...

    def name_of(self, _: object) -> str:
        return ""

    def post(self, *_: object) -> None: ...


class FakeSession:
    def __init__(self, *arguments: str) -> None:
        self.args = arguments
        self.said: str | None = None

    async def finish(self, pairs):
        ((name, self.said),) = pairs
        assert name == "CTI_SAID"


class Waiting:
    """A caller's session."""

    def __init__(self, *arguments: str) -> None:
        self.args = arguments
        self.verdict = ""

    async def finish(self, pairs):
        self.verdict = dict(pairs)["CTI_VERDICT"]


class Desk:
    """An engine with one agent, and a way to dial a code on their phone."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.features = Features(engine, {"": "break", "2": "lunch"}.get)
        self.calls = 0

    async def dial(self, code: str, digit: str = "", phone: str = PHONE) -> str | None:
        """As Asterisk does: the phone's leg comes first and goes last."""
        self.calls += 1
        leg = Uniqueid(f"f{self.calls}")
        self.engine.post(LegCreated(at=datetime.now(UTC), leg=leg, linked=Linkedid(leg), phone=Phone(phone), up=True))
        session = FakeSession(f"code={code}", f"digit={digit}", f"phone={phone}")
        await self.features.serve(session)
        self.engine.post(LegEnded(at=datetime.now(UTC), leg=leg))
        return session.said

    @property
    def presence(self) -> tuple[Presence, str]:
        now = self.engine.agent(ANNA)
        return now.presence, now.reason


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    nobody = Nobody()
    journal = EngineJournal(tmp_path / "engine.jsonl")
    engine = Engine(journal=journal, publish=lambda *_: None, customers=nobody, actions=nobody)
    engine.define([QueueRules(name=QueueName("sales"))], [AgentCard(agent=ANNA, name="Anna", phone=PHONE)])
    running = asyncio.create_task(engine.run())
    await asyncio.sleep(0)
    yield Desk(engine)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    journal.close()


async def test_an_agent_comes_pauses_with_a_reason_returns_and_leaves(desk: Desk) -> None:
    assert (await desk.dial("login"), desk.presence) == ("agent_logged_in", ("ready", ""))
    assert (await desk.dial("pause"), desk.presence) == ("agent_paused", ("paused", "break"))
    assert (await desk.dial("pause", "2"), desk.presence) == ("agent_paused", ("paused", "lunch"))
    assert (await desk.dial("unpause"), desk.presence) == ("agent_unpaused", ("ready", ""))
    assert (await desk.dial("logout"), desk.presence) == ("agent_logged_out", ("offline", ""))


async def test_what_is_so_already_is_confirmed_and_what_cannot_be_is_refused(desk: Desk) -> None:
    assert await desk.dial("logout") == "agent_logged_out"
    assert await desk.dial("pause") == await desk.dial("unpause") == await desk.dial("wrap_up_end") == "agent_refused"
    await desk.dial("login")
    assert await desk.dial("login") == "agent_logged_in"
    assert await desk.dial("unpause") == "agent_unpaused"
    assert await desk.dial("pause", "9") == "agent_refused", "no reason has this digit"
    assert desk.presence == ("ready", "")


async def test_during_a_call_a_pause_is_promised_for_afterwards(desk: Desk) -> None:
    await desk.dial("login")
    waiting = Waiting("queue=sales", "call=c1")
    await desk.engine.lobby.serve(waiting)
    assert waiting.verdict == "dial"
    desk.engine.post(OfferAnswered(at=datetime.now(UTC), call=CallId("c1"), agent=ANNA))
    assert await desk.dial("pause") == "agent_after_call"
    assert desk.presence == ("talking", "")
    desk.engine.post(TalkEnded(at=datetime.now(UTC), call=CallId("c1"), agent=ANNA))
    assert desk.presence == ("paused", "break")


async def test_a_pause_during_a_direct_call_is_promised_for_afterwards_too(desk: Desk) -> None:
    await desk.dial("login")
    direct, at = Uniqueid("d1"), datetime.now(UTC)
    desk.engine.post(LegCreated(at=at, leg=direct, linked=Linkedid(direct), phone=PHONE, up=True))
    assert await desk.dial("pause") == "agent_after_call"
    assert desk.presence == ("talking", "")
    desk.engine.post(LegEnded(at=datetime.now(UTC), leg=direct))
    assert desk.presence == ("paused", "break")


async def test_a_strangers_phone_changes_nobody(desk: Desk) -> None:
    assert await desk.dial("login", phone="PJSIP/1001") == "agent_refused", "the number is not the phone"
    assert desk.presence == ("offline", "")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("code=login",),
        ("phone=PJSIP/desk7",),
        ("code=explode", "phone=PJSIP/desk7"),
        ("code=login", "phone=PJSIP/desk7", "agent=1002"),
        ("code=login", "code=logout", "phone=PJSIP/desk7"),
    ],
)
async def test_what_our_dialplan_never_sends_is_refused(desk: Desk, arguments: tuple[str, ...]) -> None:
    with pytest.raises(AgiRefused):
        await desk.features.serve(FakeSession(*arguments))


def test_every_answer_has_a_sound() -> None:
    said = {*SAID.values(), "agent_after_call", "agent_refused", "agent_unavailable"}
    assert said == {
        name for name in SOUNDS if not name.startswith(("agent_record", "schedule_"))
    }  # those are the dialplan's own
