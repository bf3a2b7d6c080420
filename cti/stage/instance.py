"""Makes, starts and ends one instance by the same commands that a person would type, and talks to its API.

Every wait is for a line of the log or an answer of the API. Ending it leaves no process behind, also when it failed.
"""

from __future__ import annotations

import asyncio
import csv
import os
import re
import signal
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

from ..config import Config, load_config
from ..errors import StageError
from ..pbx.find import find_tool
from ..phones import Behaviour, Call, Customer, Phones, SippProcess
from .curtain import Curtain

READY = re.compile(r"ready: callers are decided")
START_SECONDS = 120.0
STOP_SECONDS = 30.0


class Stage:
    """`async with Stage(home) as stage:` then `prepare`, `serve`, `phones.agents`, `call`.

    `say` gets progress lines. `demo` picks the demo site, else `site` is the text of site.yaml. `options` are further
    lines of cti.toml. Unless somebody else keeps the curtain, our end, however it comes, ends what was started here.
    """

    def __init__(self, home: Path, say: Callable[[str], None] = lambda _: None, *, curtain: bool = True) -> None:
        self.home = home.resolve()
        self._curtain = Curtain(self.home) if curtain else None
        self.say = say
        self.log: list[str] = []
        self._fresh = asyncio.Condition()
        self._server: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._session: aiohttp.ClientSession | None = None
        self._config: Config | None = None
        self._phones: Phones | None = None
        self.agent_phones: SippProcess | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._phones is not None:
            await self._phones.__aexit__(None, None, None)
        await self.stop_engine()
        if self._config is not None:
            with suppress(StageError):
                await self.cti("pbx", "down")
        if self._session is not None:
            await self._session.close()
        if self._curtain is not None and self._config is not None:
            self._curtain.__exit__(None, None, None)

    # --- before the curtain -----------------------------------------------------------------------

    async def prepare(
        self, *, site: str | None = None, agents: Sequence[Mapping[str, str]] = (), options: str = "", port: int = 0
    ) -> None:
        """`cti init`, the site, the agents; their phones' contact is this machine's `port` (0: a free one)."""
        await self.run("init", str(self.home), *(["--demo"] if site is None else []))
        if self._curtain is not None:
            self._curtain.__enter__()
        if site is not None:
            (self.home / "site.yaml").write_text(site, encoding="utf-8")
        if options:
            with (self.home / "cti.toml").open("a", encoding="utf-8") as file:
                file.write(f"\n{options}\n")
        self._config = load_config(self.home)
        if agents:
            await self.hire(agents, port)

    def reopen(self) -> None:
        """An instance that an earlier stage prepared, as it is."""
        self._config = load_config(self.home)

    async def hire(self, agents: Sequence[Mapping[str, str]], port: int) -> None:
        """Import agents (`number,name,phone,skills`) whose phones are at `port` of this machine."""
        table = self.home / "var" / "agents.csv"
        with table.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, ["number", "name", "phone", "skills", "contact"])
            writer.writeheader()
            for agent in agents:
                contact = f"sip:{agent['number']}@127.0.0.1:{port}"
                writer.writerow({**agent, "contact": contact})
        await self.cti("agent", "import", str(table))

    async def serve(self, *arguments: str) -> None:
        """`cti serve` until it says that it is ready. Raises StageError with its last line when it is not."""
        command = [sys.executable, "-m", "cti", "--home", str(self.home), "serve", *arguments]
        self._server = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            process_group=0,
        )
        start = len(self.log)
        self._reader = asyncio.create_task(self._read(self._server))
        await self.logged(READY, START_SECONDS, since=start)

    async def stop_engine(self) -> None:
        """End `cti serve` (supervisor, engine, importer); Asterisk goes on."""
        if self._server is None:
            return
        if self._server.returncode is None:
            self._server.terminate()
            try:
                await asyncio.wait_for(self._server.wait(), STOP_SECONDS)
            except TimeoutError:
                with suppress(ProcessLookupError):
                    os.killpg(self._server.pid, signal.SIGKILL)
                await self._server.wait()
        if self._reader is not None:
            await self._reader
        self._server = self._reader = None

    # --- on stage -------------------------------------------------------------------------------------

    @property
    def config(self) -> Config:
        """The instance's settings (after `prepare`)."""
        if self._config is None:
            raise StageError("prepare the stage first")
        return self._config

    async def people(self, behaviours: Mapping[str, Behaviour], port: int = 0) -> Phones:
        """The agents' phones, at the port that `hire` named, and everybody who will call."""
        sipp = find_tool("sipp")
        if sipp is None:
            raise StageError("there is no SIPp on this machine yet; bring it with: cti pbx fetch")
        self._phones = Phones(sipp, self.home / "var" / "phones")
        await self._phones.__aenter__()
        if behaviours:
            self.agent_phones = await self._phones.agents(behaviours, port=port)
        return self._phones

    @property
    def phones(self) -> Phones:
        """Everybody's simulated phones (after `people`)."""
        if self._phones is None:
            raise StageError("there are no phones on stage yet")
        return self._phones

    async def call(self, customer: Customer) -> Call:
        """A customer calls in over the trunk."""
        return await self.phones.call(customer, server=(self.config.sip_bind, self.config.sip_port))

    async def log_in(self, agents: Iterable[str]) -> None:
        """Agents come to work."""
        for agent in agents:
            await self.post(f"/api/agents/{agent}/login")

    # --- its API and command line ---------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Where the pages and the API are, without a slash at the end."""
        return f"http://{self.config.bind}:{self.config.web_port}"

    async def get(self, path: str) -> Any:
        """GET as the instance's supervisor. Raises StageError for any answer but 200."""
        return await self._ask("GET", path, None)

    async def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """POST as the instance's supervisor. Raises StageError for any answer but 200."""
        return await self._ask("POST", path, body)

    async def _ask(self, method: str, path: str, body: Mapping[str, Any] | None) -> Any:
        assert self._session is not None
        headers = {"Authorization": f"Bearer {self.config.secrets.admin_token}"}
        async with self._session.request(method, self.url + path, json=body, headers=headers) as answer:
            said = await answer.json()
            if answer.status != 200:
                raise StageError(f"{method} {path}: {answer.status} {said.get('error')}")
            return said

    async def cti(self, *arguments: str) -> str:
        """`cti --home HOME …`; its standard output. Raises StageError with its last line."""
        return await self.run("--home", str(self.home), *arguments)

    async def run(self, *arguments: str) -> str:
        """`cti …`; its standard output. Raises StageError with its last line."""
        process = await asyncio.create_subprocess_exec(
            *[sys.executable, "-m", "cti", *arguments],
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            out, err = await process.communicate()
        except asyncio.CancelledError:
            process.kill()
            await process.wait()
            raise
        if process.returncode != 0:
            lines = (err or out).decode(errors="replace").strip().splitlines() or ["no output"]
            raise StageError(f"cti {' '.join(arguments[:4])} ended with {process.returncode}: {lines[-1]}")
        return out.decode(errors="replace")

    # --- its log ----------------------------------------------------------------------------------------

    async def logged(self, pattern: re.Pattern[str], timeout: float = 60.0, *, since: int = 0) -> str:
        """Wait for a log line from number `since` on that matches. Raises StageError when the process ends first."""

        def found() -> str | None:
            return next((line for line in self.log[since:] if pattern.search(line)), None)

        async def wait() -> str:
            async with self._fresh:
                while (line := found()) is None:
                    if self._server is not None and self._server.returncode is not None:
                        raise StageError(f"cti serve ended: {self.log[-1] if self.log else 'no output'}")
                    await self._fresh.wait()
            return line

        try:
            async with asyncio.timeout(timeout):
                return await wait()
        except TimeoutError:
            last = self.log[-1] if self.log else "no output"
            raise StageError(f"no log line {pattern.pattern!r} within {timeout:g} s; the last one: {last}") from None

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            async with self._fresh:
                self.log.append(line.decode(errors="replace").rstrip())
                self._fresh.notify_all()
            self.say(self.log[-1])
        await process.wait()
        async with self._fresh:
            self._fresh.notify_all()
