"""Announcements over the real wire: a lobby behind our FastAGI server, and a peer that plays prompts as Asterisk does.

The peer obeys what res_agi.c, file.c and channel.c do (measured in tests/agi/test_real_asterisk.py): a command that
comes while a prompt plays ends it without a reply; one that comes while a digit is awaited ends that with result 1.
"""

from __future__ import annotations

import asyncio
import shlex

import pytest

from cti.agi.environment import KEYS
from cti.agi.server import AgiServer
from cti.core.events import CallerJoined, CallerLeft, KeyPressed
from cti.core.words import Verdict
from cti.engine.lobby import Lobby

BOUND = 60  # seconds; only a failing test waits so long


class Asterisk:
    """One caller's channel in AGI(). `heard` gets what is played; `ends` and `hang_up` are the world's doing."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[str] = asyncio.Queue()
        self.variables: list[str] = []
        self.running = ""
        self.missing: set[str] = set()

    async def connect(self, port: int) -> Asterisk:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        known = {"agi_network": "yes", "agi_network_script": "acd", "agi_uniqueid": "1.1"}
        told = [f"{key}: {known.get(key, '')}\n" for key in KEYS]
        arguments = ["agi_arg_1: queue=sales\n", "agi_arg_2: call=c1\n"]
        self.writer.write("".join([*told, *arguments, "\n"]).encode())
        return self

    async def serve(self) -> None:
        """Until the session ends."""
        try:
            while line := await self.reader.readline():
                self._command(shlex.split(line.decode()))
        except ConnectionError:
            pass
        self.writer.close()

    def _command(self, words: list[str]) -> None:
        before, self.running = self.running, ""
        if before == "WAIT":
            self._answer("200 result=1")
        match words:
            case ["STREAM", "FILE", name, _] if name in self.missing:
                self._answer("200 result=-1 endpos=0")
            case ["STREAM", "FILE", name, keys]:
                self.running = "STREAM"
                self.heard.put_nowait(f"{name} {keys}".strip())
            case ["WAIT", "FOR", "DIGIT", _]:
                self.running = "WAIT"
                self.heard.put_nowait("listens")
            case ["SET", "MUSIC", "ON"]:
                self.heard.put_nowait("music")
                self._answer("200 result=0")
            case ["SET", "VARIABLE", name, value]:
                self.variables.append(f"{name}={value}")
                self._answer("200 result=1")
            case ["EXEC", "MSet", pairs]:
                self.variables += pairs.split(",")
                self._answer("200 result=0")
            case _:
                self._answer("200 result=0")

    def _answer(self, text: str) -> None:
        self.writer.write(f"{text}\n".encode())

    async def next(self) -> str:
        async with asyncio.timeout(BOUND):
            return await self.heard.get()

    def ends(self, key: str = "") -> None:
        """What runs ends by itself or by a key."""
        ended, self.running = self.running, ""
        result = f"200 result={ord(key) if key else 0}"
        self._answer(f"{result} endpos=8000" if ended == "STREAM" else result)

    def hang_up(self) -> None:
        if self.running:
            self._answer("200 result=-1 endpos=100" if self.running == "STREAM" else "200 result=-1")
        self._answer("HANGUP")


class Room:
    """A lobby behind the server, and the events that it posts."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[object] = asyncio.Queue()
        self.lobby = Lobby(self.events.put_nowait, lambda _: True)

    async def next(self, kind: type) -> object:
        async with asyncio.timeout(BOUND):
            event = await self.events.get()
        assert isinstance(event, kind), event
        return event


@pytest.fixture
async def scene():
    room, peer = Room(), Asterisk()
    async with AgiServer("127.0.0.1", 0, {"acd": room.lobby.serve}) as server:
        await peer.connect(server.port)
        room.serving = asyncio.create_task(peer.serve())
        await room.next(CallerJoined)
        yield room, peer
    await room.serving


async def decided(room: Room, verdict: Verdict = Verdict.DIAL) -> None:
    assert room.lobby.decide("c1", verdict, (("CTI_DIAL", "PJSIP/1001"),))
    async with asyncio.timeout(BOUND):
        await room.serving
    assert room.events.empty(), "nobody has left"


GIVEN = ["CTI_DIAL=PJSIP/1001", "CTI_VERDICT=dial"]


async def test_prompts_are_played_one_after_the_other_and_music_comes_back(scene):
    room, peer = scene
    room.lobby.say("c1", ("position_2", "wait_5"))
    assert await peer.next() == "cti/position_2"
    peer.ends()
    assert await peer.next() == "cti/wait_5"
    peer.ends()
    assert await peer.next() == "music"
    room.lobby.say("c1", ("comfort",))
    assert await peer.next() == "cti/comfort"
    peer.ends()
    assert await peer.next() == "music"
    await decided(room)
    assert peer.variables == GIVEN


async def test_a_verdict_in_the_middle_of_a_prompt_goes_out_at_once_and_whole(scene):
    room, peer = scene
    room.lobby.say("c1", ("position_2", "wait_5"))
    assert await peer.next() == "cti/position_2"
    await decided(room)
    assert peer.variables == GIVEN
    assert peer.heard.empty(), "the rest is not said"


async def test_a_verdict_in_the_instant_in_which_the_prompt_ends_by_itself_is_whole_too(scene):
    room, peer = scene
    room.lobby.say("c1", ("position_2",))
    assert await peer.next() == "cti/position_2"
    peer.ends()  # its reply crosses the verdict on the wire
    await decided(room)
    assert peer.variables == GIVEN


async def test_a_verdict_while_a_key_is_awaited_goes_out_at_once_and_whole(scene):
    room, peer = scene
    room.lobby.say("c1", (), "*")
    assert await peer.next() == "listens"
    await decided(room)
    assert peer.variables == GIVEN


async def test_a_key_pressed_during_a_prompt_is_told_and_ends_what_is_said(scene):
    room, peer = scene
    room.lobby.say("c1", ("callback", "wait_5"), "1*")
    assert await peer.next() == "cti/callback 1*"
    peer.ends("1")
    pressed = await room.next(KeyPressed)
    assert (pressed.call, pressed.key) == ("c1", "1")
    assert await peer.next() == "music"
    assert await peer.next() == "listens"
    await decided(room)


async def test_a_key_pressed_during_music_is_told_and_others_are_not(scene):
    room, peer = scene
    room.lobby.say("c1", (), "*")
    assert await peer.next() == "listens"
    peer.ends("7")
    assert await peer.next() == "listens"
    peer.ends("*")
    assert (await room.next(KeyPressed)).key == "*"
    await decided(room, Verdict.OVERFLOW)
    assert peer.variables == ["CTI_DIAL=PJSIP/1001", "CTI_VERDICT=overflow"]


async def test_keys_are_listened_for_until_an_announcement_takes_them_back(scene):
    room, peer = scene
    room.lobby.say("c1", (), "*")
    assert await peer.next() == "listens"
    room.lobby.say("c1", ("comfort",), "")
    peer.ends()
    assert await peer.next() == "cti/comfort"
    peer.ends()
    assert await peer.next() == "music"
    await decided(room)
    assert peer.heard.empty()


async def test_a_caller_who_hangs_up_in_the_middle_of_a_prompt_has_left(scene):
    room, peer = scene
    room.lobby.say("c1", ("position_2", "wait_5"), "*")
    assert await peer.next() == "cti/position_2 *"
    peer.hang_up()
    assert (await room.next(CallerLeft)).call == "c1"
    assert len(room.lobby) == 0


async def test_a_prompt_that_is_missing_is_passed_over(scene, caplog):
    room, peer = scene
    peer.missing.add("cti/wait_5")
    room.lobby.say("c1", ("wait_5", "comfort"))
    assert await peer.next() == "cti/comfort"
    peer.ends()
    assert await peer.next() == "music"
    assert "cannot play" in caplog.text
    await decided(room)


async def test_nothing_is_said_to_somebody_who_does_not_wait(scene):
    room, peer = scene
    room.lobby.say("nobody", ("comfort",))
    await decided(room)
    room.lobby.say("c1", ("comfort",))
    assert peer.heard.empty()
