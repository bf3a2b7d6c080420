"""The floor as the screens see it: whole entities, kept up to date by what the engine performs.

It knows the shapes of `web.backend` (agent, queue, call, pop) and builds snapshot and deltas from one place, so that
the two can never differ. It knows no socket and decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from ..core.commands import OfferCall, ShowPresence, ShowQueue
from ..core.events import CallerJoined
from ..core.floor import AgentOnFloor
from ..core.metrics.facts import Visit
from ..core.words import AgentId, CallId, Outcome, Presence, QueueName
from .today import Today

Publish = Callable[[str, Mapping[str, Any]], None]
Entity = dict[str, Any]


class Floor:
    """`publish(kind, entity)` is called for every change; `snapshot()` is the whole, at one instant."""

    def __init__(self, publish: Publish) -> None:
        self._publish = publish
        self.agents: dict[AgentId, Entity] = {}
        self.queues: dict[QueueName, Entity] = {}
        self.calls: dict[CallId, Entity] = {}
        self.pops: dict[AgentId, Entity] = {}
        self.today = Today(UTC)
        self.counted: Callable[[QueueName], None] = lambda _: None  # a queue's counts of today have changed
        self._closed: set[QueueName] = set()

    def serves(self, agent: str) -> Collection[str] | None:
        """The queues whose callers this agent may get; None for a stranger."""
        shown = self.agents.get(AgentId(agent))
        return None if shown is None else shown["serves"]

    def snapshot(self) -> dict[str, Any]:
        """Agents, queues, calls and pops now."""
        return {
            "agents": list(self.agents.values()),
            "queues": [self._queue(queue) for queue in self.queues],
            "calls": list(self.calls.values()),
            "pops": list(self.pops.values()),
        }

    def know_agent(self, agent: AgentId, name: str, at: datetime) -> None:
        """A row says who this is; a new one is offline."""
        entity = self.agents.get(agent)
        if entity is None:
            entity = {"agent": agent, "presence": Presence.OFFLINE, "reason": "", "since": at, "call": None, **_BESIDE}
        self.agents[agent] = {**entity, "name": name}
        self._publish("presence", self.agents[agent])

    def presence(self, shown: ShowPresence, at: datetime, now: AgentOnFloor | None) -> None:
        """An agent's presence changed; talking with a call of ours also changes that call. `now` None: just removed."""
        before = self.agents.get(shown.agent, {"name": shown.agent})
        entity = {
            "agent": shown.agent,
            "name": before["name"],
            "presence": shown.presence,
            "reason": shown.reason,
            "since": before.get("since", at) if shown.over_time else at,
            "call": shown.call,
            **(_beside(now) if now else _BESIDE),
        }
        self.agents[shown.agent] = entity
        self._publish("presence", entity)
        if shown.presence is Presence.TALKING and shown.call is not None:
            self._connected(shown.call, shown.agent, at)

    def beside(self, now: AgentOnFloor) -> None:
        """What is shown beside the presence may have changed without it: what comes next, the phone, the queues."""
        entity, beside = self.agents.get(now.agent), _beside(now)
        if entity is not None and not beside.items() <= entity.items():
            self.agents[now.agent] = {**entity, **beside}
            self._publish("presence", self.agents[now.agent])

    def queue(self, shown: ShowQueue, oldest: datetime | None) -> None:
        """A waiting line changed; `oldest` is when its longest waiting caller entered. `tell_queue` publishes it."""
        entity = {"queue": shown.queue, "waiting": shown.waiting, "ready": shown.ready, "oldest": oldest}
        self.queues[shown.queue] = {**entity, "closed": shown.queue in self._closed}

    def closed(self, queue: QueueName, closed: bool) -> None:
        """Somebody closed or opened a queue by hand. `tell_queue` publishes it."""
        (self._closed.add if closed else self._closed.discard)(queue)
        if queue in self.queues:
            self.queues[queue] = {**self.queues[queue], "closed": closed}

    def tell_queue(self, queue: QueueName) -> None:
        """Publish a queue as it is now; one that is gone is not told."""
        if queue in self.queues:
            self._publish("queue", self._queue(queue))

    def _queue(self, queue: QueueName) -> Entity:
        return {**self.queues[queue], "today": self.today.of(queue, datetime.now(UTC))}

    def joined(self, event: CallerJoined) -> None:
        """A caller waits."""
        self.today.joined(event.call, event.queue, event.entered, event.at)
        entity = {
            "call": event.call,
            "queue": event.queue,
            "number": event.caller.number,
            "name": event.caller.name,
            "language": event.caller.language,
            "path": event.caller.path,
            "state": "waiting",
            "agent": None,
            "entered": event.entered,
            "since": event.at,
            "priority": event.priority,
            "ring": 0,
            "next_ring_at": None,
        }
        self.calls[event.call] = entity
        self._publish("call", entity)

    def offered(self, offer: OfferCall, customer: str, at: datetime) -> None:
        """Pop first: this is what must reach the screen before the phone rings."""
        pop = {
            "call": offer.call,
            "agent": offer.agent,
            "queue": offer.queue,
            "number": offer.caller.number,
            "name": offer.caller.name,
            "customer": customer or offer.caller.customer,
            "language": offer.caller.language,
            "path": offer.caller.path,
            "digits": dict(offer.caller.digits),
            "waited_seconds": round(offer.waited_seconds, 1),
            "offered_at": at,
        }
        self.pops[offer.agent] = pop
        self._publish("pop", pop)
        self._move(offer.call, "offered", offer.agent, at)

    def next_ring(self, call: CallId, at: datetime) -> None:
        """A wider ring opens then. It is told with the ring that is open now."""
        if call in self.calls:
            self.calls[call] = {**self.calls[call], "next_ring_at": at}

    def ring(self, call: CallId, ring: int, at: datetime) -> None:
        """A caller waits on, and so wide is the ring that is open now."""
        entity = self.calls.get(call)
        if entity is None:
            return
        opens = entity["next_ring_at"]
        due = opens if opens is not None and opens > at else None
        self.calls[call] = {**entity, "ring": ring, "next_ring_at": due}
        self._publish("call", self.calls[call])

    def priority(self, call: CallId, priority: int) -> None:
        """A supervisor put a caller forward or back."""
        if call in self.calls:
            self.calls[call] = {**self.calls[call], "priority": priority}
            self._publish("call", self.calls[call])

    def customer(self, call: CallId, name: str) -> None:
        """We learned who calls: screens that already show the call get the name."""
        for agent, pop in self.pops.items():
            if pop["call"] == call and pop["customer"] != name:
                self.pops[agent] = {**pop, "customer": name}
                self._publish("pop", self.pops[agent])

    def pop_ended(self, call: CallId, agent: AgentId, why: str) -> None:
        """The pop goes: the offer was withdrawn, or the talk is over."""
        pop = self.pops.get(agent)
        if pop is not None and pop["call"] == call:
            del self.pops[agent]
            self._publish("pop_end", {"call": call, "agent": agent, "why": why})

    def waits_again(self, call: CallId, at: datetime) -> None:
        """After a miss the caller is on the way back to the line."""
        self._move(call, "waiting", None, at)

    def ended(self, call: CallId, at: datetime, outcome: Outcome = Outcome.ABANDONED) -> None:
        """The call left the floor; `outcome` of one that has not been answered."""
        entity = self.calls.pop(call, None)
        if entity is not None:
            if entity["state"] != "connected":
                self.today.left(call, at, outcome)
                self.counted(entity["queue"])
            self._publish("call_end", {"call": call})

    def served(self, sums: Mapping[str, Mapping[str, int]], rows: Iterable[Visit], at: datetime) -> None:
        """The rows of today, see `Today.settle`; queues whose numbers are others now are told."""
        before = {queue: self.today.of(queue, at) for queue in self.queues}
        self.today.settle(sums, rows, at)
        for queue, numbers in before.items():
            if self.today.of(queue, at) != numbers:
                self.counted(queue)

    def _connected(self, call: CallId, agent: AgentId, at: datetime) -> None:
        entity = self.calls.get(call)
        if entity is not None and entity["state"] != "connected":
            self.today.left(call, at, Outcome.ANSWERED)
            self.counted(entity["queue"])
        self._move(call, "connected", agent, at)

    def _move(self, call: CallId, state: str, agent: AgentId | None, at: datetime) -> None:
        entity = self.calls.get(call)
        if entity is not None:
            self.calls[call] = {**entity, "state": state, "agent": agent, "since": at}
            self._publish("call", self.calls[call])


_BESIDE: Entity = {"next": None, "reachable": True, "serves": (), "over_time": False}


def _beside(now: AgentOnFloor) -> Entity:
    return {"next": now.next, "reachable": now.reachable, "serves": now.serves, "over_time": now.over_time}
