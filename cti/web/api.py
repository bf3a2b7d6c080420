"""The REST API under /api: who may ask what, and which status an error gets.

It knows routes and rights; it refuses to know how anything is found or done (backend), what a parameter may look
like (questions) and how a file is streamed (ranges). An agent sees and changes their own things; a supervisor
everybody's. What an agent may not see is answered like what does not exist.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from typing import Any

from aiohttp import web

from cti.core.words import CallId
from cti.errors import CtiError, NotConnected, NotFound, PbxError, Refused, StoreError, UsageError

from .auth import Denial, Gate, Kind, Subject, address_of, bearer
from .backend import Entity, FloorBackend
from .payload import encode
from .push import Hub
from .questions import (
    known_query,
    read_agent,
    read_body,
    read_call_id,
    read_call_value,
    read_call_verb,
    read_disposition,
    read_filter,
    read_queue,
    read_queue_verb,
    read_reason,
    read_verb,
)
from .ranges import stream
from .supposing import read_suppositions, told

log = logging.getLogger(__name__)

STATUS: tuple[tuple[type[CtiError], int], ...] = (  # the first that fits
    (Refused, 409),
    (NotFound, 404),
    (UsageError, 400),
    (NotConnected, 503),
    (StoreError, 503),
    (PbxError, 503),
)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Answer = Callable[[web.Request, Subject], Awaitable[web.StreamResponse]]


class Api:
    """The routes of one engine."""

    def __init__(self, hub: Hub, backend: FloorBackend, gate: Gate, trusted_proxies: Collection[str] = ()) -> None:
        self._hub = hub
        self._backend = backend
        self._gate = gate
        self._proxies = trusted_proxies

    def routes(self) -> list[web.RouteDef]:
        """Every route; all but health need a bearer token."""
        let = self.with_subject
        return [
            web.get("/api/health", self._health, allow_head=False),
            web.get("/api/floor", let(self._floor), allow_head=False),
            web.get("/api/agents", let(self._part("agents")), allow_head=False),
            web.get("/api/queues", let(self._part("queues")), allow_head=False),
            web.get("/api/calls", let(self._calls), allow_head=False),
            web.get("/api/calls/{call}", let(self._call), allow_head=False),
            web.get("/api/calls/{call}/recording", let(self._recording), allow_head=False),
            web.get(
                "/api/calls/{call}/explain",
                let(supervised("see how agents were compared", self._explain)),
                allow_head=False,
            ),
            web.post("/api/what-if", let(supervised("ask what would be decided", self._what_if))),
            web.post("/api/agents/{agent}/disposition", let(self._disposition)),
            web.post("/api/agents/{agent}/{verb}", let(self._command)),
            web.post("/api/queues/{queue}/{verb}", let(supervised("open and close queues", self._queue_command))),
            web.post("/api/calls/{call}/{verb}", let(supervised("change the line", self._call_command))),
            web.get("/api/callbacks", let(supervised("list callbacks", self._callbacks)), allow_head=False),
            web.post("/api/callbacks/{call}/cancel", let(supervised("cancel callbacks", self._cancel_callback))),
        ]

    def with_subject(self, answer: Answer) -> Handler:
        """A handler that is told who asks; strangers get 401 and never reach it."""

        async def handler(request: web.Request) -> web.StreamResponse:
            token = bearer(request)
            who = Denial.ABSENT if token is None else await self._gate.admit(token, address_of(request, self._proxies))
            if isinstance(who, Denial):
                return _denied(who)
            return await answer(request, who)

        return handler

    async def _health(self, request: web.Request) -> web.Response:
        known_query(request, ())
        return reply({"up": True, **await self._backend.health()})

    async def _floor(self, request: web.Request, who: Subject) -> web.Response:
        known_query(request, ())
        return reply(self._hub.floor(who))

    def _part(self, name: str) -> Answer:
        async def answer(request: web.Request, who: Subject) -> web.Response:
            known_query(request, ())
            return reply({name: self._hub.floor(who).get(name, [])})

        return answer

    async def _calls(self, request: web.Request, who: Subject) -> web.Response:
        wanted = read_filter(request)
        if who.kind is Kind.AGENT:
            if wanted.agent not in (None, who.agent):
                return problem(403, "an agent may list only their own calls")
            wanted = replace(wanted, agent=who.agent)
        page = await self._backend.calls(wanted)
        return reply({"calls": list(page.calls), "next": page.next})

    async def _call(self, request: web.Request, who: Subject) -> web.Response:
        known_query(request, ())
        return reply(await self._visible_call(read_call_id(request), who))

    async def _recording(self, request: web.Request, who: Subject) -> web.StreamResponse:
        file = known_query(request, ("file",)).get("file", "")
        call = read_call_id(request)
        await self._visible_call(call, who)
        recording = await self._backend.recording(call, file)
        if recording is None:
            raise NotFound("this call has no recording")
        return await stream(request, recording, "".join(c if c.isalnum() and c.isascii() else "-" for c in call))

    async def _visible_call(self, call: CallId, who: Subject) -> Entity:
        found = await self._backend.call(call)
        if found is None or (who.kind is Kind.AGENT and who.agent not in found.get("agents", ())):
            raise NotFound("no such call")
        return found

    async def _explain(self, request: web.Request, _: Subject) -> web.Response:
        """GET /api/calls/{call}/explain: `{"steps": [...]}`, every decision with its candidates; supervisors only."""
        known_query(request, ())
        steps = await self._backend.explain(read_call_id(request))
        if steps is None:
            raise NotFound("no such call")
        return reply({"steps": list(steps)})

    async def _command(self, request: web.Request, who: Subject) -> web.Response:
        """POST /api/agents/{agent}/{verb}: login, logout, pause `{"reason": …}`, unpause, wrap-up
        (one please, after this call), wrap-up-end.

        An agent for themselves, a supervisor for everybody. The agent afterwards; 409 when not now.
        """
        known_query(request, ())
        agent, verb = read_agent(request), read_verb(request)
        if not who.may_act_for(agent):
            return problem(403, "an agent may change only their own presence")
        reason = await read_reason(request, verb)
        log.info("%s %r asks for %s of agent %s", who.kind, who.name, verb, agent)
        return reply(await self._backend.agent_command(agent, verb, reason))

    async def _what_if(self, request: web.Request, _: Subject) -> web.Response:
        """POST /api/what-if `{"suppose": [...]}`: what would follow, see `supposing`; supervisors only."""
        known_query(request, ())
        suppositions = read_suppositions(await read_body(request, ("suppose",)))
        return reply(told(await self._backend.what_if(suppositions)))

    async def _disposition(self, request: web.Request, who: Subject) -> web.Response:
        """POST /api/agents/{agent}/disposition `{"code": …, "note": …, "call": …}`: how the call ended; without `call`
        the one they talk on or wrap up. It may be the one before, too, until the next is answered."""
        known_query(request, ())
        agent = read_agent(request)
        call, code, note = await read_disposition(request)
        if not who.may_act_for(agent):
            return problem(403, "an agent may speak only for themselves")
        log.info("%s %r gives %s to a call of agent %s", who.kind, who.name, code, agent)
        return reply(await self._backend.dispose(agent, call, code, note))

    async def _queue_command(self, request: web.Request, who: Subject) -> web.Response:
        """POST /api/queues/{queue}/{verb}: open or close by hand, without a body; supervisors only. The queue."""
        known_query(request, ())
        queue, verb = read_queue(request), read_queue_verb(request)
        await read_body(request, ())
        log.info("%s %r asks to %s queue %s", who.kind, who.name, verb, queue)
        return reply(await self._backend.queue_command(queue, verb))

    async def _call_command(self, request: web.Request, who: Subject) -> web.Response:
        """POST /api/calls/{call}/{verb} on a waiting caller; supervisors only. The call as it was; 409 when not now.

        move `{"queue": name}` keeps the time of entry; priority `{"priority": n}`: each point is worth a minute of
        waiting; withdraw sends the caller where the queue's overflow leads.
        """
        known_query(request, ())
        call, verb = read_call_id(request), read_call_verb(request)
        value = await read_call_value(request, verb)
        log.info("%s %r asks for %s %s of call %s", who.kind, who.name, verb, value, ascii(call))
        return reply(await self._backend.call_command(call, verb, value))

    async def _callbacks(self, request: web.Request, _: Subject) -> web.Response:
        """GET /api/callbacks: places kept for callers who hung up, in the order asked for; supervisors only."""
        known_query(request, ())
        return reply({"callbacks": list(self._backend.callbacks())})

    async def _cancel_callback(self, request: web.Request, who: Subject) -> web.Response:
        """POST /api/callbacks/{call}/cancel, named by the call that asked for it; supervisors only. As it was."""
        known_query(request, ())
        call = read_call_id(request)
        await read_body(request, ())
        log.info("%s %r cancels callback %s", who.kind, who.name, ascii(call))
        return reply(await self._backend.cancel_callback(call))


def supervised(what: str, answer: Answer) -> Answer:
    """An answer for supervisors only; agents are told that they may not do `what`."""

    async def checked(request: web.Request, who: Subject) -> web.StreamResponse:
        if who.kind is not Kind.SUPERVISOR:
            return problem(403, f"only a supervisor may {what}")
        return await answer(request, who)

    return checked


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every error as one line of JSON. What we did not expect is logged whole and told as nothing."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return problem(error.status, _http_text(error), error.headers.get("Allow"))
    except CtiError as error:
        status = next((code for kind, code in STATUS if isinstance(error, kind)), 500)
        if status >= 500:
            log.warning("%s %r: %r", request.method, request.path, error)
        return problem(status, str(error))
    except (asyncio.CancelledError, ConnectionError):
        raise
    except Exception:
        log.exception("%s %r failed", request.method, request.path)
        return problem(500, "internal error; it is in the engine's log")


def _http_text(error: web.HTTPException) -> str:
    own = isinstance(error, web.HTTPForbidden | web.HTTPServiceUnavailable)
    return error.text if own and error.text else error.reason.lower()


def _denied(why: Denial) -> web.Response:
    response = problem(429 if why is Denial.THROTTLED else 401, why.value)
    if why is Denial.THROTTLED:
        response.headers["Retry-After"] = "60"
    else:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def reply(value: Any) -> web.Response:
    """200 with `value` as JSON."""
    return web.Response(body=encode(value), content_type="application/json", charset="utf-8")


def problem(status: int, text: str, allow: str | None = None) -> web.Response:
    """`{"error": one line}` with `status`."""
    body = encode({"error": " ".join(text.split())})
    response = web.Response(status=status, body=body, content_type="application/json", charset="utf-8")
    if allow:
        response.headers["Allow"] = allow
    return response
