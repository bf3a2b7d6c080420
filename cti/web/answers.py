"""What the running engine and the rows answer to the web: the one implementation of `FloorBackend`.

It knows which question goes to the engine (what is now) and which to the store (what was). It refuses to decide
anything: a change of presence is a request to the core, and its refusal is passed on as it is.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any, assert_never

from ..config import Config
from ..core import events as ev
from ..core.callback import CallbackCancelled
from ..core.explaining import steps
from ..core.twin import twin
from ..core.what_if import Consequences, Supposition, what_if
from ..core.words import AgentId, CallId, QueueName
from ..db.history import Wanted
from ..db.people import People
from ..db.store import Store
from ..engine.callbacks import shown
from ..engine.link import ManagerLink
from ..engine.loop import Engine
from ..errors import NotFound, UsageError
from ..recordings.index import sound_file, wav_header
from .auth import Kind, Subject, Verify
from .backend import CallFilter, CallPage, CallVerb, Entity, QueueVerb, Recording, Verb


class Answers:
    """Answers for one engine, its link and its store."""

    def __init__(self, config: Config, engine: Engine, link: ManagerLink, store: Store, timezone: Callable[[], str]):
        self._config, self._engine, self._link, self._store = config, engine, link, store
        self._timezone = timezone

    def snapshot(self) -> Entity:
        """The floor now, at one instant."""
        return {**self._engine.floor.snapshot(), "timezone": self._timezone()}

    async def agent_command(self, agent: AgentId, verb: Verb, reason: str) -> Entity:
        """Ask the core; the agent's entity afterwards. Raises NotFound, Refused."""
        self._known_agent(agent)
        await self._engine.request(_request(agent, verb, reason))
        return self._engine.floor.agents[agent]

    async def dispose(self, agent: AgentId, call: CallId | None, code: str, note: str) -> Entity:
        """Ask the core; the agent's entity afterwards. Raises NotFound, Refused, UsageError."""
        self._known_agent(agent)
        about = call or self._engine.floor.agents[agent]["call"]
        if about is None:
            raise UsageError(f"agent {agent} has no call now: say which one")
        event = ev.DispositionGiven(at=datetime.now(UTC), call=about, agent=agent, code=code, note=note)
        await self._engine.request(event)
        return self._engine.floor.agents[agent]

    async def queue_command(self, queue: QueueName, verb: QueueVerb) -> Entity:
        """Ask the core; the queue's entity afterwards. Raises NotFound."""
        self._known(queue)
        event = ev.QueueClosed if verb is QueueVerb.CLOSE else ev.QueueOpened
        await self._engine.request(event(at=datetime.now(UTC), queue=queue))
        return self._engine.floor.queues[queue]

    async def call_command(self, call: CallId, verb: CallVerb, value: str | int) -> Entity:
        """Ask the core; the call's entity as it was before. Raises NotFound, Refused."""
        if verb is CallVerb.MOVE:
            self._known(QueueName(str(value)))
        entity = self._engine.floor.calls.get(call, {"call": call})
        await self._engine.request(_call_request(call, verb, value))
        return entity

    def callbacks(self) -> list[Entity]:
        """Every kept place."""
        return [shown(kept) for kept in self._engine.hold.callbacks()]

    async def cancel_callback(self, of: CallId) -> Entity:
        """Ask the core; the entity as it was. Raises NotFound."""
        entity = next((one for one in self.callbacks() if one["id"] == of), None)
        if entity is None:
            raise NotFound(f"there is no callback {of[:60]!r}; see: cti callback list")
        await self._engine.request(CallbackCancelled(at=datetime.now(UTC), of=of))
        return entity

    async def what_if(self, suppositions: Sequence[Supposition]) -> Consequences:
        """Tried on a twin: made here, between two events (some ms for 200 agents), asked in a thread of its own."""
        machine, now = twin(self._engine.acd), datetime.now(UTC)
        return await asyncio.to_thread(what_if, machine, suppositions, now)

    def _known_agent(self, agent: AgentId) -> None:
        if agent not in self._engine.agents:
            raise NotFound(f"no agent {agent}; see: cti agent list")

    def _known(self, queue: QueueName) -> None:
        if queue not in self._engine.queues:
            raise NotFound(f"no queue {queue}; see: cti queue list")

    async def explain(self, call: CallId) -> Sequence[Entity] | None:
        """From the engine's journal as the rows have it."""
        try:
            return [asdict(step) for step in steps(await self._store.story(call))]
        except NotFound:
            return None

    async def calls(self, wanted: CallFilter) -> CallPage:
        """Conversations, newest first. The page after starts before the last one's beginning."""
        until = datetime.fromisoformat(wanted.after) if wanted.after else wanted.until
        rows = await self._store.conversations(
            Wanted(
                since=wanted.since,
                until=until,
                queue=wanted.queue or "",
                agent=wanted.agent or "",
                outcome=wanted.outcome or "",
                number=wanted.number or "",
                limit=wanted.limit,
            )
        )
        following = rows[-1]["started"].isoformat() if len(rows) == wanted.limit else ""
        return CallPage(calls=[_entity(row) for row in rows], next=following)

    async def call(self, call: CallId) -> Entity | None:
        """One conversation with its segments, or None."""
        try:
            return _entity(await self._store.conversation(call))
        except NotFound:
            return None

    async def recording(self, call: CallId, file: str) -> Recording | None:
        """The longest sound of a conversation (the customer's: it outlasts transfers), or the named one; as WAV."""
        sounds = [sound for sound in (await self._store.conversation(call))["recordings"] if sound["bytes"]]
        sounds = [sound for sound in sounds if file in ("", sound["path"])]
        if not sounds:
            return None
        path = sound_file(self._config.recordings, max(sounds, key=itemgetter("bytes"))["path"])
        size = path.stat().st_size
        return Recording(header=wav_header(size), path=path, size=size)

    async def health(self) -> Entity:
        """How the link is, and how many calls live."""
        return {"ami": self._link.client.state, "calls": len(self._engine.floor.calls)}


def _request(agent: AgentId, verb: Verb, reason: str) -> ev.Event:
    now = datetime.now(UTC)
    match verb:
        case Verb.LOGIN:
            return ev.AgentLoggedIn(at=now, agent=agent)
        case Verb.LOGOUT:
            return ev.AgentLoggedOut(at=now, agent=agent)
        case Verb.PAUSE:
            return ev.AgentPaused(at=now, agent=agent, reason=reason)
        case Verb.UNPAUSE:
            return ev.AgentUnpaused(at=now, agent=agent)
        case Verb.WRAP_UP:
            return ev.WrapUpAsked(at=now, agent=agent)
        case Verb.WRAP_UP_END:
            return ev.WrapUpEnded(at=now, agent=agent)
        case _ as never:
            assert_never(never)


def _call_request(call: CallId, verb: CallVerb, value: str | int) -> ev.Event:
    now = datetime.now(UTC)
    match verb:
        case CallVerb.MOVE:
            return ev.CallerMoved(at=now, call=call, queue=QueueName(str(value)))
        case CallVerb.PRIORITY:
            return ev.PriorityChanged(at=now, call=call, priority=int(value))
        case CallVerb.WITHDRAW:
            return ev.CallerWithdrawn(at=now, call=call)
        case _ as never:
            assert_never(never)


def _entity(row: dict[str, Any]) -> Entity:
    segments = row.get("segments", ())
    agents = sorted({s["agent"] for s in segments if s["agent"]} | ({row["agent"]} if row["agent"] else set()))
    return {"call": row["id"], "agents": agents, **row}


def verifier(config: Config, people: People) -> Verify:
    """Tokens: the instance's own supervisor token, then the rows."""
    admin = config.secrets.admin_token.encode()

    async def verify(token: str) -> Subject | None:
        if admin and hmac.compare_digest(token.encode(errors="replace"), admin):
            return Subject(kind=Kind.SUPERVISOR, name="admin")
        found = await people.verify_token(token, now=datetime.now(UTC))
        if found is None:
            return None
        role, subject = found
        if role == "agent":
            return Subject(kind=Kind.AGENT, name=subject, agent=AgentId(subject))
        return Subject(kind=Kind.SUPERVISOR, name=subject)

    return verify
