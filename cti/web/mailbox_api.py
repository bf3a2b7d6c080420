"""/api/voicemail and /api/work-items: routes and what a request may look like.

It knows parameters as hostile text; who may see and do what, `mailboxes` knows.

    GET  /api/voicemail?box=&queue=&number=&state=&since=&limit=     {"messages": [...]}, newest first
    GET  /api/voicemail/{id}      GET /api/voicemail/{id}/sound      one message; its sound as WAV
    POST /api/voicemail/{id}/{new|heard|delete}                      the message afterwards
    GET  /api/work-items?queue=&owner=&number=&kind=&state=&limit=   {"work_items": [...]}, the first due first
    GET  /api/work-items/{id}                                        by its id or that of a message in it
    POST /api/work-items/{id}/{assign|release|done|reopen} {"owner": "1001", "note": "…"}   the item afterwards
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Callable
from typing import Any

from aiohttp import web

from ..core.voicemail import MessageState
from ..core.work_item import WorkKind, WorkSignal, WorkState
from ..db.voicemail import MessageFilter, WorkFilter
from ..errors import NotFound, UsageError
from .api import Answer, Handler, reply
from .auth import Subject
from .mailboxes import HEARD, NEW, MailboxAnswers
from .questions import NUMBER, QUEUE, known_query, read_body, read_instant, read_limit
from .ranges import whole_or_range

log = logging.getLogger(__name__)
_BOX = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9._+-]{1,150}", re.ASCII)
_AGENT = re.compile(r"[0-9]{2,10}", re.ASCII)
_VERBS = {"assign": WorkSignal.ASSIGN, "release": WorkSignal.RELEASE, "done": WorkSignal.DONE}
_VERBS |= {"reopen": WorkSignal.REOPEN}
NOTE = 500  # characters


class MailboxApi:
    """The routes; `let` asks who somebody is."""

    def __init__(self, answers: MailboxAnswers, let: Callable[[Answer], Handler]) -> None:
        self._answers, self._let = answers, let

    def routes(self) -> list[web.RouteDef]:
        let = self._let
        return [
            web.get("/api/voicemail", let(self._messages), allow_head=False),
            web.get("/api/voicemail/{id}", let(self._message), allow_head=False),
            web.get("/api/voicemail/{id}/sound", let(self._sound), allow_head=False),
            web.post("/api/voicemail/{id}/{verb}", let(self._change)),
            web.get("/api/work-items", let(self._work), allow_head=False),
            web.get("/api/work-items/{id}", let(self._work_item), allow_head=False),
            web.post("/api/work-items/{id}/{verb}", let(self._act)),
        ]

    async def _messages(self, request: web.Request, who: Subject) -> web.Response:
        query = known_query(request, ("box", "queue", "number", "state", "since", "limit"))
        wanted = MessageFilter(
            box=_matching(_BOX, query, "box"),
            queue=_matching(QUEUE, query, "queue"),
            number=_matching(NUMBER, query, "number"),
            state=_one_of(query, "state", list(MessageState)),
            since=read_instant("since", query["since"]) if "since" in query else None,
            limit=read_limit("limit", query["limit"]) if "limit" in query else 100,
        )
        return reply({"messages": await self._answers.messages(wanted, who)})

    async def _message(self, request: web.Request, who: Subject) -> web.Response:
        known_query(request, ())
        return reply(await self._answers.message(_id(request), who))

    async def _sound(self, request: web.Request, who: Subject) -> web.Response:
        known_query(request, ())
        name = _id(request)
        return whole_or_range(request, await self._answers.sound(name, who), name)

    async def _change(self, request: web.Request, who: Subject) -> web.Response:
        known_query(request, ())
        name, verb = _id(request), request.match_info["verb"]
        await read_body(request, ())
        log.info("%s %r asks for %r of message %s", who.kind, who.name, verb, name)
        match verb:
            case "new" | "heard":
                return reply(await self._answers.put(name, HEARD if verb == "heard" else NEW, who))
            case "delete":
                return reply(await self._answers.delete(name, who))
            case _:
                raise NotFound("no such command; known: new, heard, delete")

    async def _work(self, request: web.Request, who: Subject) -> web.Response:
        query = known_query(request, ("queue", "owner", "number", "kind", "state", "limit"))
        wanted = WorkFilter(
            queue=_matching(QUEUE, query, "queue"),
            owner=_matching(_AGENT, query, "owner"),
            number=_matching(NUMBER, query, "number"),
            kind=_one_of(query, "kind", list(WorkKind)),
            state=_one_of(query, "state", [*WorkState, "all"]),
            limit=read_limit("limit", query["limit"]) if "limit" in query else 100,
        )
        return reply({"work_items": await self._answers.work(wanted, who)})

    async def _work_item(self, request: web.Request, who: Subject) -> web.Response:
        known_query(request, ())
        return reply(await self._answers.work_item(_id(request), who))

    async def _act(self, request: web.Request, who: Subject) -> web.Response:
        known_query(request, ())
        name, verb = _id(request), request.match_info["verb"]
        if verb not in _VERBS:
            raise NotFound(f"no such command; known: {', '.join(_VERBS)}")
        body = await read_body(request, ("owner", "note") if verb == "assign" else ("note",))
        owner, note = _text(body, "owner"), _text(body, "note")
        if owner and not _AGENT.fullmatch(owner):
            raise UsageError("owner must be an agent's number")
        log.info("%s %r asks to %s work item %s %s", who.kind, who.name, verb, name, owner)
        return reply(await self._answers.act(name, _VERBS[verb], who, owner, note))


def _id(request: web.Request) -> str:
    """Raises NotFound for what cannot be one."""
    name = request.match_info["id"]
    if not _ID.fullmatch(name):
        raise NotFound("there is nothing of that name")
    return name


def _matching(pattern: re.Pattern[str], query: dict[str, str], name: str) -> str:
    text = query.get(name, "")
    if name in query and not pattern.fullmatch(text):
        raise UsageError(f"{name}: {text[:40]!r} cannot be one")
    return text


def _one_of(query: dict[str, str], name: str, known: list[Any]) -> str:
    text = query.get(name, "")
    if text and text not in known:
        raise UsageError(f"{name}: one of {', '.join(known)}")
    return text


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name, "")
    if not isinstance(value, str) or len(value) > NOTE:
        raise UsageError(f"{name} must be a text of at most {NOTE} characters")
    if any(unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp") for letter in value):
        raise UsageError(f"{name} has a letter that cannot be shown")
    return value.strip()
