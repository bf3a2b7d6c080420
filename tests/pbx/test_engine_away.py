"""No engine answers, in all the ways in which it can be away: how soon the caller is in the native queue."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
import pytest_asyncio
from scene import caller, cel, gone, hang_up, house, queue_log, take, until

from cti.pbx import Installation
from cti.stage import Stage

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]

SITE = """
numbers: {"40011": {to: "queue:sales"}, "40012": {to: "queue:service"}}
queues:
  sales: {steps: [{after: 0, need: {sales: 1}}], overflow: hangup}
  service: {steps: [{after: 0, need: {service: 1}}], overflow: hangup}
"""
Absence = Callable[[Stage], AbstractAsyncContextManager[None]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(asterisk: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Asterisk runs as an engine left it: 1001 logged in."""
    async with house(tmp_path_factory.mktemp("away") / "home", SITE, {"1001": "sales=1"}) as stage:
        await stage.serve()
        await stage.log_in(["1001"])

        async def mirrored() -> bool:
            return any(line.agent == "1001" for line in queue_log(stage, "ADDMEMBER"))

        await until("the agent in the fallback queue", mirrored)
        await stage.stop_engine()
        yield stage


@asynccontextmanager
async def refused(stage: Stage) -> AsyncIterator[None]:
    """Nobody listens."""
    yield


@asynccontextmanager
async def closing(stage: Stage) -> AsyncIterator[None]:
    """Every connection is accepted and closed."""

    async def close(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(close, stage.config.bind, stage.config.agi_port):
        yield


@asynccontextmanager
async def resetting(stage: Stage) -> AsyncIterator[None]:
    """Every connection is accepted and reset."""

    async def reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with await asyncio.start_server(reset, stage.config.bind, stage.config.agi_port):
        yield


@asynccontextmanager
async def blackholed(stage: Stage) -> AsyncIterator[None]:
    """SYNs are dropped: Linux does that while a listener's queue is full (tcp_conn_request), no root needed."""
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        deaf.bind((stage.config.bind, stage.config.agi_port))
        deaf.listen(0)
        filling = [socket.socket() for _ in range(2)]
        try:
            for one in filling:
                one.setblocking(False)
                one.connect_ex(deaf.getsockname())
            yield
        finally:
            for one in filling:
                one.close()


def seconds_to_fallback(stage: Stage, number: str) -> float:
    """From the last thing before the engine is asked (the answer) to app_queue's start, by CEL."""
    before, after = cel(stage, "ANSWER", number=number), cel(stage, "APP_START", app="Queue", number=number)
    return after[0].at - before[0].at


WAYS: list[tuple[Absence, float]] = [(refused, 0.2), (closing, 0.2), (resetting, 0.2), (blackholed, 2.2)]
CALLERS = 3  # at most: of one who was late, the next says whether that was the dialplan or a busy machine


@pytest.mark.parametrize(("absence", "most"), WAYS, ids=[way.__name__ for way, _ in WAYS])
async def test_the_caller_is_in_the_native_queue_in_time(stage: Stage, absence: Absence, most: float) -> None:
    took = []
    async with absence(stage):
        while not took or (min(took) >= most and len(took) < CALLERS):
            number = f"1384000{10 * WAYS.index((absence, most)) + len(took):04}"
            took.append(await seconds_of_one_caller(stage, number))
    print(f"{absence.__name__}: {', '.join(f'{seconds * 1000:.0f}' for seconds in took)} ms")
    assert min(took) < most
    assert absence is not blackholed or min(took) > 1, "or it was not blackholed"


async def seconds_of_one_caller(stage: Stage, number: str) -> float:
    """Until this caller, who leaves then, is in the native queue."""

    async def there() -> bool:
        return bool(cel(stage, "APP_START", app="Queue", number=number))

    call = await stage.call(caller("40012", number))
    await until("the caller in the native queue", there)
    await gone([call])
    return seconds_to_fallback(stage, number)


async def test_the_native_queue_serves_with_the_agents_that_the_engine_left(stage: Stage) -> None:
    call = await stage.call(caller("40011", "13840001001"))
    leg = await take(stage, "1001", "13840001001")
    await hang_up(stage, leg)
    assert (await call.done()).hung_up_by == "far_side"
    assert [line.event for line in queue_log(stage) if line.agent == "1001" and line.call != "MANAGER"] == [
        "CONNECT",
        "COMPLETEAGENT",
    ]


async def test_a_caller_in_the_native_queue_is_back_with_the_engine_when_there_is_one(stage: Stage) -> None:
    call = await stage.call(caller("40012", "13840001002"))

    async def there() -> bool:
        return bool(cel(stage, "APP_START", app="Queue", number="13840001002"))

    await until("the caller in the native queue", there)
    await stage.serve()

    async def back() -> bool:
        calls = (await stage.get("/api/floor"))["calls"]
        return [call["number"] for call in calls] == ["13840001002"]

    await until("the caller back on the floor", back)
    await gone([call])
