"""The waiting line: who waits, where, and in which order, over all queues.

It knows places in lines and the states of a call; it knows nothing of agents' presence or of choosing. A *line* is
the callers of one queue with the same own need and the same priority: within it the longest waiting is first and
has the widest ring open, so looking at its head is nearly always enough. A caller *held* for one agent keeps the place
in line, but everybody else passes them over.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .pool import Pool, Pools
from .ranking import Ranking
from .skills import combine
from .timer_keys import MaxWait, NextRing, PreferWait
from .words import AgentId, Caller, CallId, Need, QueueName, QueueRules, Skill

SECONDS_PER_PRIORITY = 60.0
_TICK = 0.001  # seconds: a timer may be a rounding error early

Place = tuple[float, int]  # the caller with the lowest place is first: entry minus the priority's worth, then arrival
LineKey = tuple[QueueName, Need, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A caller's claim on a queue; kept over misses and fallbacks. `missed` are agents not to be tried again yet."""

    call: CallId
    queue: QueueName
    entered: datetime
    arrival: int
    caller: Caller
    need: Need = ()
    priority: int = 0
    prefer: AgentId | None = None
    missed: frozenset[AgentId] = frozenset()
    held: bool = False  # kept for a callback: no limit to the wait
    by_hand: bool = False  # a supervisor chose the priority

    @property
    def place(self) -> Place:
        """score = seconds waited + 60 × priority; as time passes for all alike, the order never changes."""
        return self.entered.timestamp() - SECONDS_PER_PRIORITY * self.priority, self.arrival

    def waited(self, at: datetime) -> float:
        """Seconds since the caller first entered; never negative."""
        return max(0.0, (at - self.entered).total_seconds())


class Line:
    """The callers of one queue with one own need and one priority, the longest waiting first."""

    def __init__(self, key: LineKey, rules: QueueRules, pools: Pools) -> None:
        self.key = key
        self.rules = rules
        self.opens = [ring.after_seconds for ring in rules.rings]
        needs = [combine(ring.need, key[1]) for ring in rules.rings]
        self.pools: list[Pool] = [pools.take(need) for need in needs]
        self.wanted: tuple[Skill, ...] = tuple(sorted({skill for need in needs for skill, _ in need}))
        order = (rules.order, self.wanted if rules.order == "best_skill" else ())
        self.ranked: list[Ranking] = [pool.take_ranking(order, pools.agents) for pool in self.pools]
        self.entries: list[tuple[Place, Entry]] = []  # everybody
        self.open: list[tuple[Place, Entry]] = []  # those who are not held for one agent
        self.head: Place | None = None  # of the first of those

    def clock_ring(self, entry: Entry, at: datetime) -> int:
        """The ring that the clock alone has opened for this caller."""
        return max(0, bisect_right(self.opens, entry.waited(at) + _TICK) - 1)

    def open_ring(self, entry: Entry, at: datetime) -> int:
        """The widest ring open now: a ring that nobody logged in satisfies is skipped at once."""
        ring = self.clock_ring(entry, at)
        while ring < len(self.pools) - 1 and not self.pools[ring].here:
            ring += 1
        return ring

    def reaches(self, ring: int, head: Place, now: float) -> bool:
        """Whether `ring` may be open for the first caller: by the clock, or because one before it is empty. Cheap."""
        waited = now - head[0] - SECONDS_PER_PRIORITY * self.key[2]
        return waited + _TICK >= self.opens[ring] or not all(pool.here for pool in self.pools[:ring])

    def ring_of(self, agent: AgentId) -> int | None:
        """The innermost ring that this logged-in agent satisfies."""
        for ring, pool in enumerate(self.pools):
            if agent in pool.here:
                return ring
        return None

    def first_for(self, agent: AgentId, at: datetime) -> Entry | None:
        """The first caller here that this agent may be offered now."""
        ring = self.ring_of(agent)
        if ring is None:
            return None
        for _, entry in self.open:
            if self.open_ring(entry, at) < ring:
                return None  # those behind have waited less, so their rings are no wider
            if agent not in entry.missed:
                return entry
        return None

    def close(self, pools: Pools) -> None:
        """Nobody is left: give back what was taken."""
        for pool, ranking in zip(self.pools, self.ranked, strict=True):
            pool.drop_ranking(ranking)
            pools.drop(pool)


class Lines:
    """Every line there is, found by queue; an empty line is taken down."""

    def __init__(self, pools: Pools) -> None:
        self._pools = pools
        self._queues: dict[QueueName, dict[LineKey, Line]] = {}
        self.heads: list[tuple[Place, Line]] = []  # every line that somebody may take from, by its first caller
        self._counts: dict[QueueName, int] = {}
        self._wishes: dict[AgentId, list[tuple[Place, Entry]]] = {}  # who would like this agent best
        self.changed: dict[QueueName, None] = {}  # whose number waiting changed; whoever tells of it empties this

    def add(self, entry: Entry, rules: QueueRules) -> Line:
        """Put a caller in place. O(log n) to find it."""
        key = (entry.queue, entry.need, entry.priority)
        lines = self._queues.setdefault(entry.queue, {})
        line = lines.get(key)
        if line is None:
            line = lines[key] = Line(key, rules, self._pools)
        insort(line.entries, (entry.place, entry), key=_place)
        insort(line.open, (entry.place, entry), key=_place)
        self._see_head(line)
        if entry.prefer is not None:
            insort(self._wishes.setdefault(entry.prefer, []), (entry.place, entry), key=_place)
        self._count(entry.queue, 1)
        return line

    def remove(self, line: Line, entry: Entry) -> None:
        """Take a caller out of a line that holds it. O(log n) to find it."""
        del line.entries[_index(line.entries, entry)]
        index = _index(line.open, entry)
        if index < len(line.open) and line.open[index][0] == entry.place:
            del line.open[index]
            self._see_head(line)
        if entry.prefer is not None:
            wishes = self._wishes[entry.prefer]
            del wishes[_index(wishes, entry)]
            if not wishes:
                del self._wishes[entry.prefer]
        self._count(entry.queue, -1)
        if not line.entries:
            line.close(self._pools)
            del self._queues[entry.queue][line.key]

    def renew(self, line: Line, entry: Entry) -> Entry:
        """Put a changed claim where the old one stood; its place must be the same, and it is not held."""
        line.entries[_index(line.entries, entry)] = (entry.place, entry)
        line.open[_index(line.open, entry)] = (entry.place, entry)
        if entry.prefer is not None:
            wishes = self._wishes[entry.prefer]
            wishes[_index(wishes, entry)] = (entry.place, entry)
        return entry

    def hold(self, line: Line, entry: Entry) -> None:
        """Everybody but one agent passes this caller over from now on."""
        del line.open[_index(line.open, entry)]
        self._see_head(line)

    def unhold(self, line: Line, entry: Entry) -> None:
        """Anybody may take this caller again."""
        insort(line.open, (entry.place, entry), key=_place)
        self._see_head(line)

    def _see_head(self, line: Line) -> None:
        head = line.open[0][0] if line.open else None
        if head == line.head:
            return
        if line.head is not None:
            del self.heads[bisect_left(self.heads, line.head, key=_place)]
        if head is not None:
            insort(self.heads, (head, line), key=_place)
        line.head = head

    def wishing(self, agent: AgentId) -> list[Entry]:
        """Those who would like this agent best, over all queues, the first one first."""
        return [entry for _, entry in self._wishes.get(agent, ())]

    def line_of(self, entry: Entry) -> Line:
        """Where this caller waits."""
        return self._queues[entry.queue][entry.queue, entry.need, entry.priority]

    def _count(self, queue: QueueName, change: int) -> None:
        self._counts[queue] = self._counts.get(queue, 0) + change
        self.changed[queue] = None

    def of(self, queue: QueueName) -> Iterator[Line]:
        """The lines of one queue."""
        return iter(self._queues.get(queue, {}).values())

    def waiting(self, queue: QueueName) -> int:
        """How many wait in this queue."""
        return self._counts.get(queue, 0)

    def longest(self, queue: QueueName) -> datetime | None:
        """When the longest waiting caller of this queue entered; None when nobody waits."""
        return min((line.entries[0][1].entered for line in self.of(queue)), default=None)

    def __iter__(self) -> Iterator[Line]:
        return (line for lines in self._queues.values() for line in lines.values())


@dataclass(slots=True, kw_only=True)
class Waiting:
    """In line, hearing music; the timers that run for it, and how it is to be looked at next.

    `fresh`: a newcomer, who may still be refused. `may_hold`: the preferred agent may still be waited for; `held`: is
    being waited for. `why`: what happened since, for the explanation.
    """

    entry: Entry
    line: Line
    fresh: bool = False
    may_hold: bool = False
    held: PreferWait | None = None
    why: str = ""
    next_ring: NextRing | None = None
    limit: MaxWait | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """One agent's phone rings for it."""

    entry: Entry
    agent: AgentId


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """It talks with this agent."""

    entry: Entry
    agent: AgentId


@dataclass(frozen=True, slots=True, kw_only=True)
class Away:
    """An offer ended without talk and the dialplan has not brought the caller back yet."""

    entry: Entry
    since: datetime


CallState = Waiting | Offered | Connected | Away


def _index(entries: list[tuple[Place, Entry]], entry: Entry) -> int:
    return bisect_left(entries, entry.place, key=_place)


def _place(item: tuple[Place, Any]) -> Place:
    return item[0]
