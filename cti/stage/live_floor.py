"""The floor as the live feed and the phones tell it: agents, queues, calls, the last pops, and what was counted.

It knows the feed's messages and what a phone's INVITE means for a pop; it draws nothing and reads no clock.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..phones import PhoneEvent
from .watcher import Seen

POPS_SHOWN = 7
LEADS_KEPT = 1000
LATEST = timedelta(seconds=1)  # a pop that comes so long after an INVITE does not belong to it
_MISSES = ("no_answer", "busy", "unreachable")

Entity = Mapping[str, Any]


@dataclass(slots=True)
class PopSeen:
    """A pop, when it was here, and how many milliseconds before the phone's INVITE (None: that has not come yet)."""

    at: datetime
    data: Entity
    lead_ms: float | None = None


class LiveFloor:
    """`heard` every message of the feed and `rang` every event of the phones; then read the fields."""

    def __init__(self) -> None:
        self.agents: dict[str, Entity] = {}
        self.queues: dict[str, Entity] = {}
        self.calls: dict[str, Entity] = {}
        self.pops: deque[PopSeen] = deque(maxlen=POPS_SHOWN)
        self.leads_ms: deque[float] = deque(maxlen=LEADS_KEPT)
        self.counted: Counter[str] = Counter()  # calls, answered, given_up, missed
        self.waited_seconds: float = 0.0  # of all that were answered
        self.longest_seconds: float = 0.0
        self._popped: dict[str, deque[PopSeen]] = {}  # of each agent: pops whose INVITE has not come
        self._rung: dict[str, deque[datetime]] = {}  # of each agent: INVITEs whose pop has not come

    def heard(self, seen: Seen) -> None:
        """One message of the feed; what it does not know of is left alone."""
        data = seen.data
        match seen.kind:
            case "snapshot":
                self.agents = {agent["agent"]: agent for agent in data["agents"]}
                self.queues = {queue["queue"]: queue for queue in data["queues"]}
                self.calls = {call["call"]: call for call in data["calls"]}
            case "presence":
                self.agents = {**self.agents, data["agent"]: data}
            case "queue":
                self.queues = {**self.queues, data["queue"]: data}
            case "call":
                self._call(data)
            case "call_end":
                self._over(data["call"])
            case "pop":
                self._pop(PopSeen(seen.at, data))
            case "pop_end":
                self._popped.get(data["agent"], deque()).clear()
                self.counted["missed"] += data["why"] in _MISSES

    def rang(self, event: PhoneEvent) -> None:
        """An INVITE at an agent's phone belongs to that agent's oldest pop that has none yet."""
        if event.kind != "invite" or not event.agent:
            return
        waiting = self._popped.get(event.agent)
        if waiting:
            self._measured(waiting.popleft(), event.at)
        else:
            self._rung.setdefault(event.agent, deque(maxlen=4)).append(event.at)

    @property
    def median_lead_ms(self) -> float | None:
        """The middle one of the last thousand pop leads."""
        leads = sorted(self.leads_ms)
        return leads[len(leads) // 2] if leads else None

    def _call(self, data: Entity) -> None:
        before = self.calls.get(data["call"])
        self.counted["calls"] += before is None
        if data["state"] == "connected" and (before is None or before["state"] != "connected"):
            waited = (_instant(data["since"]) - _instant(data["entered"])).total_seconds()
            self.counted["answered"] += 1
            self.waited_seconds += waited
            self.longest_seconds = max(self.longest_seconds, waited)
        self.calls = {**self.calls, data["call"]: data}

    def _over(self, call: str) -> None:
        before = self.calls.get(call)
        self.counted["given_up"] += before is not None and before["state"] != "connected"
        self.calls = {key: value for key, value in self.calls.items() if key != call}

    def _pop(self, pop: PopSeen) -> None:
        same = ("call", "agent", "offered_at")
        for known in self.pops:  # it comes again when the customer's name was found
            if all(known.data[name] == pop.data[name] for name in same):
                known.data = pop.data
                return
        self.pops.append(pop)
        agent = pop.data["agent"]
        rung = self._rung.pop(agent, deque())
        # an older INVITE was never announced: the native queue rang while the engine was away
        invited = next((at for at in rung if pop.at - at < LATEST), None)
        if invited is not None:
            self._measured(pop, invited)
        else:
            self._popped.setdefault(agent, deque(maxlen=4)).append(pop)

    def _measured(self, pop: PopSeen, invited: datetime) -> None:
        pop.lead_ms = (invited - pop.at).total_seconds() * 1000
        self.leads_ms.append(pop.lead_ms)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
