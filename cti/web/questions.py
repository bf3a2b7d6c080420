"""Reads what a request asks: query parameters, path parts and bodies, all as hostile text.

It knows which parameters exist and what each may look like; it refuses to know what they select. Everything unknown
is refused with the list of what is known; limits are clamped; nothing is ever a pattern or a column name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, TypeVar

from aiohttp import web

from cti.core.words import AgentId, CallId, Outcome, QueueName
from cti.errors import NotFound, UsageError

from .backend import CallFilter, CallVerb, QueueVerb, Verb
from .payload import decode

QUEUE = re.compile(r"[a-z][a-z0-9_-]{0,39}")
AGENT = re.compile(r"[0-9A-Za-z_-]{1,40}")
NUMBER = re.compile(r"\+?[0-9]{1,31}")
WHOLE = re.compile(r"-?[0-9]{1,18}")
CURSOR = re.compile(r"[0-9A-Za-z._~:+=-]{0,200}")
CALL = re.compile(r"[0-9A-Za-z._-]{1,150}")
CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
NOTE = 1_000
MOST, REASON, PRIORITY = 500, 64, 100
YEARS = range(1970, 2101)
T = TypeVar("T")


def read_filter(request: web.Request) -> CallFilter:
    """The filter of GET /api/calls. Raises UsageError for an unknown, repeated or malformed parameter."""
    query = known_query(request, ("queue", "agent", "outcome", "number", "since", "until", "limit", "after"))

    def ask(name: str, read: Callable[[str, str], T]) -> T | None:
        return read(name, query[name]) if name in query else None

    wanted = CallFilter(
        queue=ask("queue", lambda name, text: QueueName(_match(QUEUE, name, text))),
        agent=ask("agent", lambda name, text: AgentId(_match(AGENT, name, text))),
        outcome=ask("outcome", _outcome),
        number=ask("number", lambda name, text: _match(NUMBER, name, text)),
        since=ask("since", read_instant),
        until=ask("until", read_instant),
        limit=ask("limit", read_limit) or CallFilter().limit,
        after=ask("after", lambda name, text: _match(CURSOR, name, text)) or "",
    )
    if wanted.since and wanted.until and wanted.since >= wanted.until:
        raise UsageError("since must be before until")
    return wanted


def read_whole(query: Mapping[str, str], name: str, default: int) -> int:
    """A whole number of the query. Raises UsageError."""
    return int(_match(WHOLE, name, query[name])) if name in query else default


def known_query(request: web.Request, names: Collection[str]) -> dict[str, str]:
    """The query's parameters. Raises UsageError for one that is not in `names`, or is there twice."""
    found: dict[str, str] = {}
    for name, value in request.query.items():
        if name not in names:
            raise UsageError(f"unknown parameter {name[:40]!r}; known: {', '.join(names) or 'none'}")
        if name in found:
            raise UsageError(f"parameter {name!r} is there twice")
        found[name] = value
    return found


def read_call_id(request: web.Request) -> CallId:
    """The conversation id of the path: opaque, but never a path or a control character. Raises NotFound."""
    text = request.match_info["call"]
    if not 1 <= len(text) <= 150 or not text.isprintable() or set(text) & set("/\\") or set(text) <= {"."}:
        raise NotFound("no such call")
    return CallId(text)


def read_agent(request: web.Request) -> AgentId:
    """The agent number of the path. Raises NotFound for what cannot be one."""
    text = request.match_info["agent"]
    if not AGENT.fullmatch(text):
        raise NotFound("no such agent")
    return AgentId(text)


def read_verb(request: web.Request) -> Verb:
    """What is asked of the agent. Raises NotFound."""
    try:
        return Verb(request.match_info["verb"])
    except ValueError as error:
        raise NotFound(f"no such command; known: {', '.join(Verb)}") from error


def read_queue(request: web.Request) -> QueueName:
    """The queue of the path. Raises NotFound for what cannot be one."""
    text = request.match_info["queue"]
    if not QUEUE.fullmatch(text):
        raise NotFound("no such queue")
    return QueueName(text)


def read_queue_verb(request: web.Request) -> QueueVerb:
    """What is asked of the queue. Raises NotFound."""
    try:
        return QueueVerb(request.match_info["verb"])
    except ValueError as error:
        raise NotFound(f"no such command; known: {', '.join(QueueVerb)}") from error


def read_call_verb(request: web.Request) -> CallVerb:
    """What is asked of the call. Raises NotFound."""
    try:
        return CallVerb(request.match_info["verb"])
    except ValueError as error:
        raise NotFound(f"no such command; known: {', '.join(CallVerb)}") from error


async def read_call_value(request: web.Request, verb: CallVerb) -> str | int:
    """The body's `queue` of a move, its `priority`, or "". Raises UsageError."""
    if verb is CallVerb.WITHDRAW:
        await read_body(request, ())
        return ""
    field = "queue" if verb is CallVerb.MOVE else "priority"
    value = (await read_body(request, (field,))).get(field)
    if verb is CallVerb.MOVE:
        if not isinstance(value, str) or not QUEUE.fullmatch(value):
            raise UsageError("a move needs the name of a queue")
        return value
    if not isinstance(value, int) or isinstance(value, bool) or not -PRIORITY <= value <= PRIORITY:
        raise UsageError(f"a priority is a whole number from -{PRIORITY} to {PRIORITY}")
    return value


async def read_reason(request: web.Request, verb: Verb) -> str:
    """The body's `reason`: needed for a pause, refused otherwise. Raises UsageError."""
    body = await read_body(request, ("reason",) if verb is Verb.PAUSE else ())
    return _reason(body.get("reason")) if verb is Verb.PAUSE else ""


async def read_disposition(request: web.Request) -> tuple[CallId | None, str, str]:
    """The body's `call` (None: the agent's present one), `code` and `note`. Raises UsageError."""
    body = await read_body(request, ("call", "code", "note"))
    call, code, note = body.get("call"), body.get("code"), body.get("note", "")
    if call is not None and (not isinstance(call, str) or not CALL.fullmatch(call)):
        raise UsageError("call is not the id of a call")
    if not isinstance(code, str) or not CODE.fullmatch(code):
        raise UsageError("code: a-z or 0-9 first, then a-z 0-9 _ -, at most 40")
    if (
        not isinstance(note, str)
        or len(note) > NOTE
        or any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in note)
    ):
        raise UsageError(f"a note is one line of at most {NOTE} characters")
    return (CallId(call) if call else None), code, note


async def read_body(request: web.Request, fields: Collection[str]) -> dict[str, Any]:
    """The body as a JSON object that has no other fields; {} without a body. Raises UsageError."""
    raw = await request.read()
    if raw and request.content_type != "application/json":
        raise UsageError("the body must be application/json")
    body: Any = decode(raw) if raw else {}
    if not isinstance(body, dict):
        raise UsageError("the body must be a JSON object")
    if unknown := set(body) - set(fields):
        raise UsageError(f"unknown field {min(unknown)[:40]!r}")
    return body


def _reason(value: object) -> str:
    if not isinstance(value, str) or not 1 <= len(value.strip()) <= REASON:
        raise UsageError(f"a pause needs a reason of 1 to {REASON} letters")
    # Cc: CR, LF, NUL, ESC; Cf: bidi overrides and zero width. The reason goes to queue_log, AMI and a log.
    if any(unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp") for letter in value):
        raise UsageError("the reason has a letter that cannot be shown")
    return value.strip()


def _match(pattern: re.Pattern[str], name: str, text: str) -> str:
    if not pattern.fullmatch(text):
        raise UsageError(f"{name}: {text[:40]!r} cannot be one")
    return text


def _outcome(name: str, text: str) -> Outcome:
    try:
        return Outcome(text)
    except ValueError as error:
        raise UsageError(f"{name}: one of {', '.join(Outcome)}") from error


def read_limit(name: str, text: str) -> int:
    """How many at most, from 1 to MOST. Raises UsageError."""
    return max(1, min(MOST, int(_match(WHOLE, name, text))))


def read_instant(name: str, text: str) -> datetime:
    """An aware instant. Raises UsageError."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{name}: {text[:40]!r} is not an ISO 8601 instant, e.g. 2026-10-01T08:00:00Z") from error
    if at.tzinfo is None:
        raise UsageError(f"{name} needs a time zone, e.g. 2026-10-01T08:00:00Z")
    if at.year not in YEARS:
        raise UsageError(f"{name}: the year must be from {YEARS[0]} to {YEARS[-1]}")
    return at
