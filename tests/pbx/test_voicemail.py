"""Messages over real SIP: left, found, told by lamps and mail, played, exported, worked on and deleted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from scene import at_work, gone, house, screen, take, told, until

from cti.pbx import Installation
from cti.phones import Behaviour, Call, Customer, dominant_frequency, tone, write_wav
from cti.phones.phone_ports import free_port
from cti.phones.sound import RATE, read_wav
from cti.stage import Stage
from cti.stage.letterbox import Letterbox

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]

SITE = """
outbound: {trunk: itsp, caller_id: "4008001234"}
numbers: {"40011": {to: "queue:sales"}, "40012": {to: "voicemail:full"}, "40013": {to: "queue:service"}}
queues:
  sales:
    steps: [{after: 0, need: {sales: 50}}]
    max_wait_seconds: 1
    overflow: "voicemail:sales"
    follow_up: {talk_seconds: 1, due_minutes: 30}
  service:
    steps: [{after: 0, need: {service: 50}}]
    overflow: hangup
    follow_up: {after_seconds: 3, talk_seconds: 1}
voicemail:
  sales: {pin: "4711", code: "*181", greeting: choose, email: "sales@example.invalid"}
  full: {pin: "4712", greeting: choose, max_messages: 1}
"""
AGENTS = {"1001": "sales=50", "1002": "service=50"}
CALLER = "13811110001"  # has a phone of its own, on which it can be called back
MELODY = (400.0, 600.0, 800.0)  # Hz, a second each


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def letterbox() -> AsyncIterator[Letterbox]:
    async with Letterbox() as box:
        yield box


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(
    asterisk: Installation, letterbox: Letterbox, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stage]:
    home, port = tmp_path_factory.mktemp("mail") / "home", free_port("127.0.0.2")
    ringing = dict.fromkeys(AGENTS, Behaviour(answer_after=None))
    async with house(home, SITE, AGENTS, ringing, trunk=f"127.0.0.2:{port}") as stage:
        await stage.phones.agents({CALLER: Behaviour(answer_after=0.2)}, address="127.0.0.2", port=port)
        await stage.cti("agent", "voicemail", "1001", "--pin", "2468")
        with (home / "cti.toml").open("a", encoding="utf-8") as file:
            file.write(f'\nsmtp_host = "127.0.0.1"\nsmtp_port = {letterbox.port}\nsmtp_from = "cti@example.invalid"\n')
        melody = tone(MELODY[0], 1.0) + tone(MELODY[1], 1.0) + tone(MELODY[2], 1.0)
        write_wav(home / "melody.wav", melody)
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
    await call.next("answered")
    await call.press("#")  # straight to the tone
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


# --- messages of queues ---------------------------------------------------------------------------------


async def messages(stage: Stage, **fields: object) -> list[dict[str, Any]]:
    """Those with these fields, the newest first."""
    found = (await stage.get("/api/voicemail"))["messages"]
    return [message for message in found if fields.items() <= message.items()]


async def work(stage: Stage, number: str, state: str) -> dict[str, Any]:
    """The only work item of this number, once it is so."""

    async def look() -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await stage.get("/api/work-items?state=all"))["work_items"]
        mine = [item for item in items if item["number"] == number]
        assert len(mine) <= 1, mine
        return [item for item in mine if item["state"] == state]

    (item,) = await until(f"work of {number} {state}", look)
    return item


def heard(wav: Path) -> list[float]:
    """Which of the melody's tones sounds in the middle of each second, from the first one that is heard."""
    samples = read_wav(wav)
    windows = [samples[start : start + RATE // 4] for start in range(RATE // 2, len(samples) - RATE // 4, RATE)]
    return [found for window in windows if (found := dominant_frequency(window, MELODY, share=0.3))]


def follows_the_melody(tones: list[float]) -> bool:
    """Each tone is followed by the next one of the melody, round and round."""
    first = MELODY.index(tones[0])
    return tones == [MELODY[(first + n) % len(MELODY)] for n in range(len(tones))]


async def test_a_message_from_a_queue_is_heard_mailed_and_done_when_the_customer_was_called_back(
    stage: Stage, letterbox: Letterbox, tmp_path: Path
) -> None:
    async with screen(stage) as supervisor:
        customer = Customer(did="40011", from_number=CALLER, sound=stage.home / "melody.wav")
        await speak(await stage.call(customer), inbox(stage, "sales"), seconds=4.5)

        async def found() -> list[dict[str, Any]]:
            return await messages(stage, box="sales")

        (message,) = await until("the message in the rows", found)
        name = message["id"]
        assert [one["id"] for one in json.loads(await stage.cti("voicemail", "list", "--json"))] == [name]
        (row,) = await told(stage, number=CALLER)
        assert (message["conversation"], message["queue"], message["did"]) == (row["call"], "sales", "40011")
        assert (message["number"], row["outcome"]) == (CALLER, "voicemail")
        await stage.cti("voicemail", "play", name, "--out", str(tmp_path / "played.wav"))
        tones = heard(tmp_path / "played.wav")
        assert len(tones) >= 3
        assert follows_the_melody(tones), tones
        await stage.cti("voicemail", "export", name, "--to", str(tmp_path / "out"))
        assert (tmp_path / "out" / f"{name}.wav").read_bytes() == (tmp_path / "played.wav").read_bytes()
        letter = await letterbox.letter(lambda letter: letter["To"] == "sales@example.invalid")
        (sound,) = letter.iter_attachments()
        assert sound.get_content() == (tmp_path / "played.wav").read_bytes()
        assert CALLER in letter["Subject"]
        news = await supervisor.next("work", number=CALLER)
        assert (news.data["kind"], news.data["messages"], news.data["state"]) == ("voicemail", [name], "open")
        await stage.cti("voicemail", "assign", name, "1001")
        assert (await work(stage, CALLER, "assigned"))["owner"] == "1001"
        call = await stage.phones.call(
            Customer(did=CALLER, from_number="1001", talk_seconds=2.5),
            server=(stage.config.sip_bind, stage.config.sip_port),
            local="127.0.0.1",
        )
        await call.done()
        (back,) = await told(stage, direction="outbound")
        item = await work(stage, CALLER, "done")
    assert (item["closed_by"], item["by"], item["owner"]) == (back["call"], "1001", "1001")


async def test_who_gave_up_waiting_is_work_until_the_same_number_is_answered(stage: Stage) -> None:
    number = "13811110002"
    call = await stage.call(Customer(did="40013", from_number=number, media="one_packet", talk_seconds=6.5))
    await call.done()
    item = await work(stage, number, "open")
    assert (item["kind"], item["queue"], item["messages"]) == ("abandoned", "service", [])
    async with at_work(stage, "1002"):
        again = await stage.call(Customer(did="40013", from_number=number, media="one_packet", talk_seconds=4.0))
        leg = await take(stage, "1002", number)
        await again.done()
        await stage.phones.next("bye", phone=leg.phone, call_id=leg.call_id)
        (answered,) = await told(stage, number=number, outcome="answered")
        item = await work(stage, number, "done")
    assert (item["closed_by"], item["by"]) == (answered["call"], "1002")


async def test_without_an_engine_messages_are_taken_and_found_later_and_a_full_box_takes_no_more(stage: Stage) -> None:
    await stage.stop_engine()
    box = inbox(stage, "full")
    call = await stage.call(Customer(did="40012", from_number="138%0Acategory=call=1 queue=evil"))
    await speak(call, box)
    refused = await stage.call(Customer(did="40012", from_number="13811110004"))
    await stage.serve()

    async def found() -> list[dict[str, Any]]:
        return await messages(stage, box="full")

    (message,) = await until("the message in the rows", found)
    assert (message["queue"], message["mail"]) == ("", "")
    assert set(message["number"]) <= set("0123456789+")
    result = await refused.done()
    assert (result.hung_up_by, len(texts(box))) == ("far_side", 1)
