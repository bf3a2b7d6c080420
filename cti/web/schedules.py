"""Schedules under /api/schedules: what they say, and opening and closing by hand; supervisors only.

    GET  /api/schedules                                   every schedule as it is now
    GET  /api/schedules/{name}?at=INSTANT                 one, now or then
    GET  /api/schedules/{name}/changes?from=INSTANT&days= what changes when (14 days)
    POST /api/schedules/{name}/override                   {"state": "open" | "closed" | "none",
                                                           "until": INSTANT | "period", "reason": NAME}

It knows what a request may look like; it refuses to know what a schedule says (engine.hours). Without `until` an
override counts until it is undone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from aiohttp import web

from cti.core.forcing import Wish
from cti.core.schedule_override import Kind
from cti.errors import NotFound, UsageError

from .api import Answer, Handler, reply, supervised
from .auth import Subject
from .questions import QUEUE, known_query, read_body, read_instant, read_whole

log = logging.getLogger(__name__)


class Schedules(Protocol):
    """engine.hours.Hours: its methods block."""

    def all(self, at: datetime) -> Sequence[Mapping[str, Any]]: ...
    def one(self, name: str, at: datetime) -> Mapping[str, Any]: ...
    def changes(self, name: str, start: datetime, days: int) -> Sequence[Mapping[str, Any]]: ...
    def change(self, name: str, wish: Wish, at: datetime, by: str) -> Mapping[str, Any]: ...


class ScheduleApi:
    """The routes; `let` turns an answer to a known subject into a handler."""

    def __init__(self, hours: Schedules, let: Callable[[Answer], Handler]) -> None:
        self._hours, self._let = hours, let

    def routes(self) -> list[web.RouteDef]:
        """Every route."""
        return [
            web.get("/api/schedules", self._for(self._all), allow_head=False),
            web.get("/api/schedules/{schedule}", self._for(self._one), allow_head=False),
            web.get("/api/schedules/{schedule}/changes", self._for(self._changes), allow_head=False),
            web.post("/api/schedules/{schedule}/override", self._for(self._override)),
        ]

    def _for(self, answer: Answer) -> Handler:
        return self._let(supervised("see and change schedules", answer))

    async def _all(self, request: web.Request, _: Subject) -> web.Response:
        known_query(request, ())
        return reply({"schedules": list(await asyncio.to_thread(self._hours.all, _now()))})

    async def _one(self, request: web.Request, _: Subject) -> web.Response:
        query = known_query(request, ("at",))
        at = read_instant("at", query["at"]) if "at" in query else _now()
        return reply(await asyncio.to_thread(self._hours.one, _named(request), at))

    async def _changes(self, request: web.Request, _: Subject) -> web.Response:
        query = known_query(request, ("from", "days"))
        start = read_instant("from", query["from"]) if "from" in query else _now()
        days = read_whole(query, "days", 14)
        return reply({"changes": list(await asyncio.to_thread(self._hours.changes, _named(request), start, days))})

    async def _override(self, request: web.Request, who: Subject) -> web.Response:
        known_query(request, ())
        name, wish = _named(request), _wish(await read_body(request, ("state", "until", "reason")))
        log.info("%s %r asks for schedule %s %s %s", who.kind, who.name, name, wish.state, wish.kind)
        return reply(await asyncio.to_thread(self._hours.change, name, wish, _now(), f"api-{who.name}"))


def _named(request: web.Request) -> str:
    name: str = request.match_info["schedule"]
    if not QUEUE.fullmatch(name):
        raise NotFound("no such schedule")
    return name


def _wish(body: Mapping[str, Any]) -> Wish:
    state, until, reason = (body.get(field, "") for field in ("state", "until", "reason"))
    if not all(isinstance(value, str) and len(value) <= 40 for value in (state, until or "", reason)):
        raise UsageError("state, until and reason are short texts")
    if not until:
        return Wish(state=state, reason=reason)
    if until == "period":
        return Wish(state=state, kind=Kind.PERIOD, reason=reason)
    return Wish(state=state, kind=Kind.UNTIL, until=read_instant("until", until), reason=reason)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
