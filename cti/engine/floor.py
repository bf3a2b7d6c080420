"""The floor as the screens see it: whole entities, kept up to date by what the engine performs.

It knows the shapes of `web.backend` (agent, queue, call, pop) and builds snapshot and deltas from one place, so that
the two can never differ. It knows no socket and decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from ..core.commands import OfferCall, ShowPresence, ShowQueue
from ..core.events import CallerJoined
from ..core.words import AgentId, CallId, Presence, QueueName

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

    def snapshot(self) -> dict[str, Any]:
        """Agents, queues, calls and pops now."""
        return {
            "agents": list(self.agents.values()),
            "queues": list(self.queues.values()),
            "calls": list(self.calls.values()),
            "pops": list(self.pops.values()),
        }

    def know_agent(self, agent: AgentId, name: str, at: datetime) -> None:
        """A row says who this is; a new one is offline."""
        entity = self.agents.get(agent)
        if entity is None:
            entity = {"agent": agent, "presence": Presence.OFFLINE, "reason": "", "since": at, "call": None}
        self.agents[agent] = {**entity, "name": name}
        self._publish("presence", self.agents[agent])

    def presence(self, shown: ShowPresence, at: datetime) -> None:
        """An agent's presence changed; talking with a call of ours also changes that call."""
        before = self.agents.get(shown.agent, {"name": shown.agent})
        entity = {
            "agent": shown.agent,
            "name": before["name"],
            "presence": shown.presence,
            "reason": shown.reason,
            "since": at,
            "call": shown.call,
        }
        self.agents[shown.agent] = entity
        self._publish("presence", entity)
        if shown.presence is Presence.TALKING and shown.call is not None:
            self._move(shown.call, "connected", shown.agent, at)

    def queue(self, shown: ShowQueue, oldest: datetime | None) -> None:
        """A waiting line changed; `oldest` is when its longest waiting caller entered. `tell_queue` publishes it."""
        entity = {"queue": shown.queue, "waiting": shown.waiting, "ready": shown.ready, "oldest": oldest}
        self.queues[shown.queue] = entity

    def tell_queue(self, queue: QueueName) -> None:
        """Publish a queue as it is now; one that is gone is not told."""
        if queue in self.queues:
            self._publish("queue", self.queues[queue])

    def joined(self, event: CallerJoined) -> None:
        """A caller waits."""
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

    def ended(self, call: CallId) -> None:
        """The call left the floor."""
        if self.calls.pop(call, None) is not None:
            self._publish("call_end", {"call": call})

    def _move(self, call: CallId, state: str, agent: AgentId | None, at: datetime) -> None:
        entity = self.calls.get(call)
        if entity is not None:
            self.calls[call] = {**entity, "state": state, "agent": agent, "since": at}
            self._publish("call", self.calls[call])
