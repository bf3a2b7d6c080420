"""A web server on a port of its own, with a floor and a backend that tests can set."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from cti.core.words import AgentId, CallId, QueueName
from cti.errors import CtiError, NotFound
from cti.web.auth import Kind, Subject
from cti.web.backend import CallFilter, CallPage, CallVerb, QueueVerb, Recording, Verb
from cti.web.push import Hub
from cti.web.server import WebServer

BOSS, ANNA, BEN = "boss-token-1", "anna-token-1", "ben-token-12"


class FakeBackend:
    """Answers from what the test put in; notes what it was asked."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {
            "site": "Huaxing",
            "agents": [
                {"agent": "1001", "name": "Anna", "presence": "ready", "reason": "", "since": None, "call": None},
                {"agent": "1002", "name": "Ben", "presence": "ready", "reason": "", "since": None, "call": None},
            ],
            "queues": [{"queue": "sales", "waiting": 0, "ready": 2, "oldest": None}],
            "calls": [{"call": "c1", "queue": "sales", "number": "123", "state": "talking", "agent": "1001"}],
            "pops": [{"call": "c1", "agent": "1001", "number": "123"}],
        }
        self.asked: list[tuple[str, Any]] = []
        self.error: Exception | None = None
        self.recordings: dict[str, Recording] = {}

    def snapshot(self) -> dict[str, Any]:
        return self.state

    async def agent_command(self, agent: AgentId, verb: Verb, reason: str) -> dict[str, Any]:
        self.asked.append((verb, (agent, reason)))
        if self.error:
            raise self.error
        if agent not in ("1001", "1002"):
            raise NotFound(f"no agent {agent}")
        return {"agent": agent, "presence": "paused" if verb is Verb.PAUSE else "ready", "reason": reason}

    async def dispose(self, agent: AgentId, call: str | None, code: str, note: str) -> dict[str, Any]:
        self.asked.append(("disposition", (agent, call, code, note)))
        return {"agent": agent}

    async def queue_command(self, queue: QueueName, verb: QueueVerb) -> dict[str, Any]:
        self.asked.append((verb, queue))
        if self.error:
            raise self.error
        return {"queue": queue, "closed": verb is QueueVerb.CLOSE}

    def callbacks(self) -> list[dict[str, Any]]:
        return [{"id": "c1", "number": "13800138000"}]

    async def cancel_callback(self, of: CallId) -> dict[str, Any]:
        self.asked.append(("cancel", of))
        if self.error:
            raise self.error
        return {"id": of}

    async def call_command(self, call: CallId, verb: CallVerb, value: str | int) -> dict[str, Any]:
        self.asked.append((verb, (call, value)))
        if self.error:
            raise self.error
        return {"call": call}

    async def explain(self, call: CallId) -> list[dict[str, Any]] | None:
        return [{"what": "waits on"}] if call == "c1" else None

    async def calls(self, wanted: CallFilter) -> CallPage:
        self.asked.append(("calls", wanted))
        if self.error:
            raise self.error
        return CallPage(calls=[{"call": "c1", "agents": ["1001"]}], next="n1")

    async def call(self, call: CallId) -> dict[str, Any] | None:
        return {"call": call, "agents": ["1001"]} if call == "c1" or call in self.recordings else None

    async def recording(self, call: CallId, file: str) -> Recording | None:
        return self.recordings.get(call) if file in ("", "c1.raw") else None

    async def health(self) -> dict[str, Any]:
        return {"ami": "connected", "calls": 1}


class Tokens:
    """Whose token is whose; a test may revoke one or take the database away."""

    def __init__(self) -> None:
        self.subjects = {
            BOSS: Subject(kind=Kind.SUPERVISOR, name="Boss"),
            ANNA: Subject(kind=Kind.AGENT, name="Anna", agent=AgentId("1001")),
            BEN: Subject(kind=Kind.AGENT, name="Ben", agent=AgentId("1002")),
        }
        self.error: CtiError | None = None

    async def verify(self, token: str) -> Subject | None:
        if self.error:
            raise self.error
        return self.subjects.get(token)


@pytest.fixture
def backend() -> FakeBackend:
    return FakeBackend()


@pytest.fixture
def tokens() -> Tokens:
    return Tokens()


@pytest.fixture
def hub(backend: FakeBackend) -> Hub:
    return Hub(backend.snapshot, pace_seconds=0, send_seconds=600)


@pytest.fixture
async def server(hub: Hub, backend: FakeBackend, tokens: Tokens) -> AsyncIterator[WebServer]:
    async with WebServer("127.0.0.1", 0, hub=hub, backend=backend, verify=tokens.verify) as server:
        server.live._hello_seconds = 60  # a busy machine may keep us from saying it
        yield server


@pytest.fixture
async def client(server: WebServer) -> AsyncIterator[ClientSession]:
    async with ClientSession(server.url) as client:
        yield client


@pytest.fixture
async def connect(client: ClientSession) -> AsyncIterator[Callable[..., Awaitable[ClientWebSocketResponse]]]:
    """`await connect(token, resume)` opens a socket and says hello; `token=None` says nothing."""
    opened: list[ClientWebSocketResponse] = []

    async def open_socket(token: str | None = BOSS, resume: object = None, **options: Any) -> ClientWebSocketResponse:
        socket = await client.ws_connect("/api/live", **options)
        opened.append(socket)
        if token is not None:
            await socket.send_json({"type": "hello", "token": token, "resume": resume})
        return socket

    yield open_socket
    for socket in opened:
        await socket.close()


@pytest.fixture
def closing() -> Callable[[ClientWebSocketResponse], Awaitable[int]]:
    """`await closing(socket)` reads until the server closes and gives its close code."""

    async def code(socket: ClientWebSocketResponse) -> int:
        while (await socket.receive()).type is WSMsgType.TEXT:
            pass
        return socket.close_code or 0

    return code
