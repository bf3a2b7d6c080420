"""A fake Asterisk at the other end of FastAGI. It takes commands as the real one does: it polls its socket and runs
one buffered line per wake-up, so that pipelined commands stall here too (measured on 22.10.1)."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable

import pytest

from cti.agi.environment import KEYS
from cti.agi.scripts import ScriptHost
from cti.agi.server import AgiServer

SET = "def main(agi):\n    agi.set_variable('X', {!r})\n"
WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')


def environment(path: str = "acd", *args: str, **values: str) -> bytes:
    known = {"agi_network": "yes", "agi_network_script": path, "agi_request": f"agi://127.0.0.1/{path}"}
    known |= {"agi_uniqueid": "1700000000.1", "agi_callerid": "10086"} | values
    lines = [f"{key}: {known.get(key, '')}\n" for key in KEYS if key != "agi_network_script" or path]
    lines += [f"agi_arg_{number}: {arg}\n" for number, arg in enumerate(args, 1)]
    return "".join(lines).encode() + b"\n"


def words_of(line: str) -> list[str]:
    return [re.sub(r"\\(.)", r"\1", quoted) if quoted or not bare else bare for quoted, bare in WORD.findall(line)]


class FakeAsterisk:
    """One channel in AGI(). `variables` holds what was set; `lines` what was asked, `ended` whether we saw the end."""

    def __init__(self) -> None:
        self.variables: dict[str, str] = {}
        self.order: list[str] = []
        self.lines: list[str] = []
        self.answers: dict[str, str | None] = {}  # command -> reply line(s); None: no answer at all
        self.asked = asyncio.Event()
        self.reader: asyncio.StreamReader
        self.writer: asyncio.StreamWriter

    async def connect(self, port: int, data: bytes | None = None) -> FakeAsterisk:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        self.writer.write(environment() if data is None else data)
        return self

    async def serve(self) -> FakeAsterisk:
        """Answer until the server ends the session, then close, as Asterisk does."""
        buffer = b""
        try:
            while data := await self.reader.read(65536):
                buffer = self._one(buffer + data)
            while b"\n" in buffer:
                buffer = self._one(buffer)
        except ConnectionError:
            pass
        self.close()
        return self

    def _one(self, buffer: bytes) -> bytes:
        line, newline, rest = buffer.partition(b"\n")
        if newline:
            self._answer(line.decode())
        return rest if newline else buffer

    def _answer(self, line: str) -> None:
        self.lines.append(line)
        self.asked.set()
        words = words_of(line)
        reply: str | None = "200 result=0\n"
        if words[:2] == ["SET", "VARIABLE"]:
            self.variables[words[2]] = words[3]
            self.order.append(words[2])
            reply = "200 result=1\n"
        elif words[:2] == ["EXEC", "MSet"]:
            for name, _, value in (pair.partition("=") for pair in words[2].split(",")):
                self.variables[name] = value
                self.order.append(name)
        elif words[:2] == ["GET", "VARIABLE"]:
            found = self.variables.get(words[2])
            reply = "200 result=0\n" if found is None else f"200 result=1 ({found})\n"
        for command, prepared in self.answers.items():
            if line.startswith(command):
                reply = prepared
        if reply is not None:
            self.writer.write(reply.encode())

    def hang_up(self) -> None:
        self.writer.write(b"HANGUP\n")

    def close(self) -> None:
        self.writer.close()


@pytest.fixture
async def asterisk():
    """A maker of fake Asterisks, closed at the end: `peer = await asterisk(port, environment_bytes)`."""
    made: list[FakeAsterisk] = []

    async def make(port: int, data: bytes | None = None) -> FakeAsterisk:
        made.append(FakeAsterisk())
        return await made[-1].connect(port, data)

    yield make
    for peer in made:
        peer.close()


@pytest.fixture
def told() -> Callable[..., bytes]:
    """The environment's bytes: `told(path, *args, **values)`."""
    return environment


class House:
    """A folder of scripts behind a server."""

    def __init__(self, folder, asterisk, told, **limits) -> None:
        self.folder, self.asterisk, self.told = folder, asterisk, told
        self.host = ScriptHost(folder, **{"limit_seconds": 60.0, **limits})
        self.server = AgiServer("127.0.0.1", 0, {"script/": self.host.handle})

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    async def start(self, name: str, *args: str, **values: str):
        return await self.asterisk(self.server.port, self.told(f"script/{name}", *args, **values))

    async def call(self, name: str, *args: str, **values: str):
        return await (await self.start(name, *args, **values)).serve()


@pytest.fixture
async def house(tmp_path, asterisk, told):
    @contextlib.asynccontextmanager
    async def open_house(**limits):
        made = House(tmp_path, asterisk, told, **limits)
        async with made.server:
            yield made

    return open_house
