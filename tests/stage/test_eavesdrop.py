"""The ear of a call test and a manager who tells things late, in an odd order, or after the phone knows them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from cti.config import Config
from cti.core.walked import Walked
from cti.phones.calls import CallResult
from cti.stage.call_case import Case
from cti.stage.caller import place_call
from cti.stage.case_agents import crew_of
from cti.stage.eavesdrop import Eavesdropper

WITHIN = 30.0
CALLER = {"Uniqueid": "1.1"}


def event(name: str, **fields: str) -> bytes:
    return "".join(f"{key}: {value}\r\n" for key, value in {"Event": name, **fields}.items()).encode() + b"\r\n"


def case(token: str) -> bytes:
    return event("VarSet", **CALLER, Variable="CTI_CASE", Value=token)


def step(context: str, application: str = "NoOp", priority: str = "1") -> bytes:
    where = {"Context": context, "Extension": "s", "Priority": priority}
    return event("Newexten", **CALLER, **where, Application=application, AppData="")


def plays(prompt: str, uniqueid: str = "1.1") -> bytes:
    extra = f'{{"sound":"cti/{prompt}"}}'
    return event("CEL", UniqueID=uniqueid, EventName="STREAM_BEGIN", Application="Read", Extra=extra)


DOOR = event("VarSet", **CALLER, Variable="__CTI_DID", Value="4000")
GONE = event("Hangup", **CALLER) + event("CEL", UniqueID="1.1", EventName="HANGUP")


class _Manager:
    """Says what it is told to, after the login."""

    def __init__(self) -> None:
        self._line: asyncio.Future[asyncio.StreamWriter] = asyncio.get_running_loop().create_future()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"Asterisk Call Manager/9.0.0\r\nResponse: Success\r\nActionID: calltest\r\n\r\n")
        self._line.set_result(writer)

    async def say(self, *events: bytes) -> None:
        (await self._line).write(b"".join(events))


@asynccontextmanager
async def listening(folder: Path) -> AsyncIterator[tuple[_Manager, Eavesdropper]]:
    manager = _Manager()
    server = await asyncio.start_server(manager.serve, "127.0.0.1", 0)
    config = Config(home=folder, ami_port=server.sockets[0].getsockname()[1])
    async with server, Eavesdropper(config) as ear:
        yield manager, ear
        (await manager._line).close()


async def test_a_prompt_that_is_told_before_its_channels_case_is_the_callers(tmp_path: Path) -> None:
    async with listening(tmp_path) as (manager, ear):
        trail = ear.expect("case1")
        await manager.say(plays("welcome"), plays("not_ours", "1.2"), case("case1"), DOOR, plays("main_menu"))
        assert await ear.until(lambda: len(trail.prompts) == 2, WITHIN)
    assert trail.prompts == ["welcome", "main_menu"]


async def test_a_call_that_was_over_at_once_is_over_though_its_end_was_told_first(tmp_path: Path) -> None:
    async with listening(tmp_path) as (manager, ear):
        trail = ear.expect("case1")
        await manager.say(event("CEL", UniqueID="1.1", EventName="HANGUP"), case("case1"), event("Hangup", **CALLER))
        assert await ear.until(lambda: trail.over, WITHIN)


async def test_what_the_dialplan_did_before_it_hung_up_counts_though_the_phone_heard_of_it_first(
    tmp_path: Path,
) -> None:
    async with listening(tmp_path) as (manager, ear):
        crew = crew_of([(1, Case(did="4000"))], {})

        async def call(*_: Any, **__: Any) -> Any:
            return SimpleNamespace(done=hung_up)

        async def hung_up(_: float) -> CallResult | None:
            await manager.say(case("case1"), DOOR)
            asyncio.get_running_loop().call_later(0.2, later.set)
            return None

        later = asyncio.Event()
        phones, starting = SimpleNamespace(call=call), asyncio.Semaphore()
        ground: Any = SimpleNamespace(ear=ear, phones=phones, server=("127.0.0.1", 5060), starting=starting)
        heard = asyncio.create_task(place_call(ground, crew, 1, Case(did="4000")))
        await later.wait()
        await manager.say(step("cti-hangup"), step("cti-hangup", "Hangup", "2"), GONE)
        assert (await heard).walked == Walked(("did:4000", "hangup"), (), "hangup", "hangup")
