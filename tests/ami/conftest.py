"""A scripted Asterisk that lies on demand, on a real socket of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cti.ami.client import AmiClient, Timing
from cti.ami.wire import Message

# Soon tried, long waited for: whoever must not answer in time gets a short wait of their own.
QUICK = Timing(
    connect=60, boot=60, list=60, ping=0.05, pong=60, first_retry=0.01, last_retry=0.02, refused_retry=0.02
)  # fmt: skip
BANNER = b"Asterisk Call Manager/11.0.0\r\n"
Action = dict[str, str]


@dataclass
class LyingAsterisk:
    """Serves AMI. `answers` maps an action's name to a function that returns the bytes to answer with."""

    banner: bytes = BANNER
    password: str = "right"
    port: int = 0
    logins: int = 0
    got: list[Action] = field(default_factory=list)
    raw: bytes = b""
    answers: dict[str, Callable[[Action], bytes]] = field(default_factory=dict)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        writer.write(self.banner)
        try:
            while True:
                data = await reader.readuntil(b"\r\n\r\n")
                self.raw += data
                lines = data.decode().split("\r\n")[:-2]
                action = dict(line.split(": ", 1) for line in lines)
                async with self.news:
                    self.got.append(action)
                    self.news.notify_all()
                writer.write(self.answer(action))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def answer(self, action: Action) -> bytes:
        name, number = action["Action"], action["ActionID"]
        if name in self.answers:
            return self.answers[name](action)
        if name == "Login":
            self.logins += 1
            if action["Secret"] != self.password:
                return say(Response="Error", ActionID=number, Message="Authentication failed")
            return say(Response="Success", ActionID=number, Message="Authentication accepted") + say(
                Event="FullyBooted", Privilege="system,all"
            )
        if name in ("CoreShowChannels", "QueueStatus", "DeviceStateList"):
            return listing(action)
        return say(Response="Success", ActionID=number)

    async def heard(self, name: str, times: int = 1) -> Action:
        """Wait until an action of that name has come so many times; the last of them."""
        async with asyncio.timeout(60), self.news:
            await self.news.wait_for(lambda: len([a for a in self.got if a["Action"] == name]) >= times)
        return [a for a in self.got if a["Action"] == name][-1]

    def tell(self, data: bytes) -> None:
        """Say it on the newest connection."""
        self.writers[-1].write(data)


def say(**headers: str) -> bytes:
    return "".join(f"{k}: {v}\r\n" for k, v in headers.items()).encode() + b"\r\n"


def listing(action: Action, *rows: dict[str, str]) -> bytes:
    number, name = action["ActionID"], action["Action"]
    start = say(Response="Success", ActionID=number, EventList="start", Message="will follow")
    middle = b"".join(say(Event=row.pop("Event"), ActionID=number, **row) for row in map(dict, rows))
    return start + middle + say(Event=f"{name}Complete", ActionID=number, EventList="Complete", ListItems="0")


@pytest.fixture
async def asterisk() -> AsyncIterator[LyingAsterisk]:
    liar = LyingAsterisk()
    server = await asyncio.start_server(liar.serve, "127.0.0.1", 0)
    liar.port = server.sockets[0].getsockname()[1]
    yield liar
    server.close()
    for writer in liar.writers:
        writer.close()
    await server.wait_closed()


@dataclass
class Line:
    """A client with what its callbacks got, and a way to wait for it."""

    client: AmiClient
    seen: list[str] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    wrong: Callable[[Message], None] = lambda _: None

    def now(self, state: str) -> None:
        self.states.append(state)
        self.changed.set()

    async def until_down_because(self, why: str, state: str = "down") -> None:
        """Wait until the line has that state and says why."""
        async with asyncio.timeout(60):
            while not (self.client.state == state and why in self.client.why):
                self.changed.clear()
                await self.changed.wait()

    def note(self, text: str) -> None:
        self.seen.append(text)
        self.changed.set()

    async def until(self, *wanted: str) -> list[str]:
        """Wait until all of these have been noted; everything noted so far."""
        async with asyncio.timeout(60):
            while not set(wanted) <= set(self.seen):
                self.changed.clear()
                await self.changed.wait()
        return self.seen


Connect = Callable[..., Awaitable[Line]]


@pytest.fixture
async def connect(asterisk: LyingAsterisk) -> AsyncIterator[Connect]:
    """Start a client against the liar; `await connect()` returns when it is up."""
    lines: list[Line] = []

    async def start(*, wait: bool = True, password: str = "right", timing: Timing = QUICK) -> Line:
        def message(event: Message) -> None:
            line.note(f"{event.name} {event.get('Uniqueid')}".strip())
            line.wrong(event)

        line = Line(
            AmiClient(
                "127.0.0.1",
                asterisk.port,
                "cti",
                password,
                ["Newchannel", "Hangup", "OriginateResponse"],
                on_message=message,
                on_up=lambda rows: line.note("up " + ",".join(r.get("Uniqueid") for r in rows)),
                on_down=lambda: line.note("down"),
                on_state=lambda state: line.now(state),
                timing=timing,
            )
        )
        await line.client.__aenter__()
        lines.append(line)
        if wait:
            async with asyncio.timeout(60):
                await line.client.wait_up()
        return line

    yield start
    for line in lines:
        await line.client.__aexit__()


@pytest.fixture
def traces() -> Path:
    return Path(__file__).parents[1] / "traces"
