"""Messages over real SIP: left, found, told by lamps and mail, played, exported, worked on and deleted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from scene import gone, house, until

from cti.pbx import Installation
from cti.phones import Behaviour, Call, Customer
from cti.stage import Stage

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]

SITE = """
outbound: {trunk: itsp, caller_id: "4008001234"}
numbers: {"40011": {to: "queue:sales"}, "40012": {to: "voicemail:full"}, "40013": {to: "menu:agents"}}
menus: {agents: {prompt: choose, keys: {"1": "queue:sales"}, otherwise: "voicemail:full"}}
queues:
  sales:
    steps: [{after: 0, need: {sales: 50}}]
    max_wait_seconds: 2
    overflow: "voicemail:sales"
    follow_up: {after_seconds: 1, talk_seconds: 1, due_minutes: 30}
voicemail:
  sales: {pin: "4711", code: "*181", greeting: choose, email: "sales@example.invalid"}
  full: {pin: "4712", greeting: choose, max_messages: 1}
"""
AGENTS = {"1001": "sales=50", "1002": "sales=50"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(asterisk: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    home = tmp_path_factory.mktemp("mail") / "home"
    async with house(home, SITE, AGENTS, dict.fromkeys(AGENTS, Behaviour(answer_after=None))) as stage:
        await stage.cti("agent", "voicemail", "1001", "--pin", "2468")
        await stage.serve()
        yield stage


def inbox(stage: Stage, box: str, context: str = "default") -> Path:
    return stage.config.voicemail / context / box / "INBOX"


async def speak(call: Call, box: Path, seconds: float = 3.0) -> None:
    """Until so much of a message is recorded; then hang up, and wait until the message is there."""
    before = len(texts(box))

    async def recorded() -> bool:
        return bool(recording(box.parent / "tmp", seconds))

    async def there() -> bool:
        return len(texts(box)) > before

    await until("some seconds of a message", recorded)
    await gone([call])
    await until("the message", there)


async def lamp(stage: Stage, agent: str, messages: str) -> None:
    """Until the last that this phone was told of its box is this (new/heard); SIPp's phone shows what NOTIFY says."""

    async def told() -> bool:
        lamps = [event.detail for event in stage.phones.happened if (event.kind, event.agent) == ("lamp", agent)]
        return lamps[-1:] == [messages]

    await until(f"the lamp of {agent} at {messages}", told)


def texts(folder: Path) -> list[Path]:
    return sorted(folder.glob("msg*.txt"))


def recording(folder: Path, seconds: float) -> list[Path]:
    """What is being recorded and is so long already."""
    return [file for file in folder.glob("*.wav") if file.stat().st_size > 16_000 * seconds]


async def from_phone(stage: Stage, number: str, did: str) -> Call:
    """An agent's own phone dials."""
    server = (stage.config.sip_bind, stage.config.sip_port)
    return await stage.phones.call(Customer(did=did, from_number=number), server=server, local="127.0.0.1")


async def test_an_unanswered_call_to_an_agent_is_a_message_and_lights_the_lamp(stage: Stage) -> None:
    call = await from_phone(stage, "1002", "1001")
    ring = await stage.phones.next("invite", agent="1001")
    await stage.phones.hang_up(ring)  # busy
    await speak(call, inbox(stage, "1001", "agents"))
    await lamp(stage, "1001", "1/0")


async def test_an_agent_deletes_it_in_the_own_box_without_a_pin_and_the_lamp_goes_out(stage: Stage) -> None:
    call = await from_phone(stage, "1001", "*18")
    await call.next("answered")
    for key in "17#":  # the first message, delete it, leave
        await asyncio.sleep(0.7)  # as a hand would
        await call.press(key)
    await lamp(stage, "1001", "0/0")
    await call.done()
    assert texts(inbox(stage, "1001", "agents")) == []
