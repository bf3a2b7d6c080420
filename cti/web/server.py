"""The web server: one port for the pages, the API and the websocket, with the headers that keep a page honest.

It knows how to start, what every response carries and how to stop quickly; it refuses to know what is served beyond
a fixed set of files that it read at start.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from cti.errors import ConfigError

from .api import Api, Handler, errors
from .auth import Gate, Verify
from .backend import FloorBackend
from .live import Live
from .mailbox_api import MailboxApi
from .mailboxes import MailboxAnswers
from .push import Hub
from .schedules import ScheduleApi, Schedules

UI = Path(__file__).parent / "ui"
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
BODY_BYTES = 64 * 1024
STOP_SECONDS = 1.0
HEADERS = {
    # Nothing inline, nothing from elsewhere, and no text may ever become markup (trusted types).
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Server": "cti",
}


class WebServer:
    """`async with WebServer(...) as server:` listens from entry to exit. `port` 0 picks a free one."""

    def __init__(
        self,
        bind: str,
        port: int,
        *,
        hub: Hub,
        backend: FloorBackend,
        verify: Verify,
        mailboxes: MailboxAnswers | None = None,
        hours: Schedules | None = None,
        origins: Collection[str] = (),
        trusted_proxies: Collection[str] = (),
    ) -> None:
        self._hub = hub
        self._bind = bind
        self._port = port
        gate = Gate(verify)
        self.live = Live(hub, gate, origins=origins, trusted_proxies=trusted_proxies)
        self._app = web.Application(middlewares=[errors], client_max_size=BODY_BYTES)
        self._app.on_response_prepare.append(_add_headers)
        self._app.on_shutdown.append(self._say_goodbye)
        api = Api(hub, backend, gate, trusted_proxies)
        self._app.add_routes(api.routes())
        if mailboxes is not None:
            self._app.add_routes(MailboxApi(mailboxes, api.with_subject).routes())
        if hours is not None:
            self._app.add_routes(ScheduleApi(hours, api.with_subject).routes())
        self._app.add_routes([web.get("/api/live", self.live.handle, allow_head=False), *_pages(UI)])
        self._runner = web.AppRunner(self._app, access_log=None, handle_signals=False, shutdown_timeout=STOP_SECONDS)

    @property
    def port(self) -> int:
        """The port really listened on."""
        return int(self._runner.addresses[0][1])

    @property
    def url(self) -> str:
        """Where the page is."""
        host = f"[{self._bind}]" if ":" in self._bind else self._bind
        return f"http://{host}:{self.port}/"

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._bind, self._port).start()
        except OSError as error:
            await self._runner.cleanup()
            raise ConfigError(f"cannot listen on {self._bind}:{self._port}: {error.strerror}") from error
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    async def _say_goodbye(self, _: web.Application) -> None:
        await self._hub.close_all(STOP_SECONDS)


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)
    if request.path.startswith("/api/"):
        response.headers["Cache-Control"] = "no-store"


def _pages(folder: Path) -> list[web.RouteDef]:
    """One route per file of `folder`, read once: there is no path from a URL to the disk."""
    files = sorted(file for file in folder.iterdir() if file.suffix in TYPES)
    return [web.get("/" if file.name == "index.html" else f"/ui/{file.name}", _page(file)) for file in files]


def _page(file: Path) -> Handler:
    body = file.read_bytes()
    tag = hashlib.sha256(body).hexdigest()[:16]

    async def page(request: web.Request) -> web.Response:
        known = request.if_none_match or ()
        response = web.Response(status=304) if any(t.value == tag for t in known) else web.Response(body=body)
        response.content_type, response.charset = TYPES[file.suffix], "utf-8"
        response.etag = tag
        response.headers["Cache-Control"] = "no-cache"
        return response

    return page
