"""A real headless Chromium, driven through chromedriver's plain HTTP, and a web server with a floor to look at."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from cti.core.words import AgentId, CallId
from cti.web.auth import Kind, Subject
from cti.web.backend import CallFilter, CallPage, Recording, Verb
from cti.web.push import Hub
from cti.web.server import WebServer

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--lang=en-US",
    "--window-size=1280,900",
]
STARTING_SECONDS = 240  # 200 MB that may have to come from a busy disk
# Resolves as soon as the condition holds, at the latest a change of the page or a tick of its clocks after.
UNTIL = """
const done = arguments[arguments.length - 1];
const holds = () => { try { CONDITION } catch { return null; } };
const look = () => { const value = holds(); if (value) { observer.disconnect(); done(value); } };
const observer = new MutationObserver(look);
observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
look();
"""


class Page:
    """One tab. Every call is one WebDriver command."""

    def __init__(self, http: ClientSession, session: str) -> None:
        self._http, self._session = http, session

    async def command(self, method: str, path: str, body: object = None) -> Any:
        async with self._http.request(method, f"{self._session}/{path}", json=body) as answer:
            return (await answer.json())["value"]

    async def go(self, url: str) -> None:
        await self.command("POST", "url", {"url": url})

    async def do(self, script: str) -> Any:
        """Run `script` in the page; what it returns."""
        return await self.command("POST", "execute/sync", {"script": script, "args": []})

    async def until(self, condition: str) -> Any:
        """Wait until the JavaScript function body `condition` returns something true; fails after 60 s."""
        value = await self.command(
            "POST", "execute/async", {"script": UNTIL.replace("CONDITION", condition), "args": []}
        )
        if isinstance(value, dict) and "error" in value:
            shown = await self.do("return document.body.innerText")
            pytest.fail(f"never came true: {condition}\n{value['message']}\n{shown}")
        return value

    async def text(self, selector: str) -> str:
        """The text of the first element, waiting for it to be there."""
        return str(await self.until(f"return document.querySelector({json.dumps(selector)})?.textContent"))

    async def shows(self, selector: str, text: str) -> bool:
        """Wait until the first element's text is `text`: the page draws with the next frame, not at once."""
        said = f"document.querySelector({json.dumps(selector)})?.textContent"
        return bool(await self.until(f"return {said} === {json.dumps(text)}"))


class Backend:
    """A floor with two agents and one queue."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.answer: Callable[[str, str], object] = lambda agent, reason: None
        self.state: dict[str, Any] = {
            "site": "Huaxing",
            "agents": [
                {"agent": "1001", "name": "Anna", "presence": "ready", "reason": "", "since": "2026-10-01T08:00:00Z"},
                {"agent": "1002", "name": "Ben", "presence": "ready", "reason": "", "since": "2026-10-01T08:00:00Z"},
            ],
            "queues": [{"queue": "sales", "waiting": 0, "ready": 2, "oldest": None}],
            "calls": [],
            "pops": [],
        }

    def snapshot(self) -> dict[str, Any]:
        return self.state

    async def agent_command(self, agent: AgentId, verb: Verb, reason: str) -> dict[str, Any]:
        self.asked.append((agent, verb, reason))
        self.answer(agent, reason)
        return {"agent": agent}

    async def calls(self, wanted: CallFilter) -> CallPage:
        return CallPage(calls=[])

    async def call(self, call: CallId) -> dict[str, Any] | None:
        return None

    async def recording(self, call: CallId, file: str) -> Recording | None:
        return None

    async def health(self) -> dict[str, Any]:
        return {"ami": "connected", "calls": 0}


async def verify(token: str) -> Subject | None:
    return {
        "boss-token-1": Subject(kind=Kind.SUPERVISOR, name="Boss"),
        "anna-token-1": Subject(kind=Kind.AGENT, name="Anna", agent=AgentId("1001")),
    }.get(token)


@pytest.fixture(scope="session")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a WebDriver session; skips at a desk without Chromium, fails in CI."""
    driver = shutil.which("chromedriver")
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if driver is None or browser is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no chromium with chromedriver on PATH; CI must have both")
        pytest.skip("no chromium with chromedriver on PATH")
    profile = tmp_path_factory.mktemp("chromium")
    with subprocess.Popen([driver, "--port=0"], stdout=subprocess.PIPE, text=True) as process:
        try:
            url = _new_session(f"http://127.0.0.1:{_port(process)}/session", browser, profile)
            yield url
            urllib.request.urlopen(urllib.request.Request(url, method="DELETE"), timeout=60).close()
        finally:
            process.terminate()


def _port(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if "started successfully on port" in line:
            return line.rstrip(".\n").rpartition(" ")[2]
    pytest.fail("chromedriver did not start")


def _new_session(url: str, browser: str, profile: Path) -> str:
    options = {"binary": browser, "args": [*FLAGS, f"--user-data-dir={profile}"]}
    wanted = {
        "goog:chromeOptions": options,
        "timeouts": {"script": 60_000},
        "unhandledPromptBehavior": "ignore",
        "goog:loggingPrefs": {"browser": "ALL"},
    }
    body = json.dumps({"capabilities": {"alwaysMatch": wanted}}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=STARTING_SECONDS) as answer:
        return f"{url}/{json.load(answer)['value']['sessionId']}"


@pytest.fixture
def backend() -> Backend:
    return Backend()


@pytest.fixture
def hub(backend: Backend) -> Hub:
    return Hub(backend.snapshot)


@pytest.fixture
async def server(hub: Hub, backend: Backend) -> AsyncIterator[WebServer]:
    async with WebServer("127.0.0.1", 0, hub=hub, backend=backend, verify=verify) as server:
        yield server


@pytest.fixture
async def page(session: str) -> AsyncIterator[Page]:
    """A tab that complained of nothing on its console, from beginning to end."""
    async with ClientSession() as http:
        page = Page(http, session)
        await page.command("POST", "se/log", {"type": "browser"})
        yield page
        entries = await page.command("POST", "se/log", {"type": "browser"})
        await page.go("about:blank")
        loud = [entry["message"] for entry in entries if entry["level"] in ("SEVERE", "WARNING")]
        # A refused call and a dropped line are told on the console by the browser itself.
        assert [text for text in loud if "WebSocket" not in text and "400 (Bad Request)" not in text] == []
