"""Brings waiting callers and ready agents together, the highest score first.

It knows which calls must be looked at and which agents came free; `routing` says whom to choose. It knows nothing of
how offers end or of what people ask for: that is the ACD's.

Invariant after `match`: no waiting caller and no ready agent could be brought together. So only touched calls
(joined, a ring opened, a ring emptied, everybody else tried) and agents who came free are ever looked at.

**The preferred agent** (who served this caller before). Ready, they come before everybody, whatever ring they are of.
Busy (ringing, talking, wrap-up), they are waited for until the caller has waited `prefer_wait_seconds` in all; the
caller keeps the place, and those behind are served meanwhile. Paused, logged out, unreachable, about to be one of
these after the call, or having missed this call, they are not waited for, and who becomes so ends the waiting at once:
everybody may take the caller then. An agent who comes free takes the caller with the highest score, be it the one who
waits for them or not: being preferred is no way past others.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from .agent import Agent, Signal
from .commands import Command, OfferCall
from .queue import CallState, Entry, Line, Offered, Place, Waiting
from .refusal import Refusal, refusal
from .roster import Roster
from .routing import Choice, choose, untried, wished
from .timer_keys import OfferLost
from .waiting_room import WaitingRoom
from .words import CallId

LOST_AFTER = 10.0  # seconds past the ringing after which an offer that we heard nothing of is given up


class Matching:
    """Shares the roster, the room, `calls` (every call's state) and `out` (the commands) with the ACD."""

    def __init__(self, roster: Roster, room: WaitingRoom, calls: dict[CallId, CallState], out: list[Command]) -> None:
        self._roster, self._room, self._calls, self._out = roster, room, calls, out

    def match(self, at: datetime) -> None:
        """Give waiting callers to ready agents, the highest score first, until no pair is left."""
        self._room.let_go(self._roster.gone)
        self._room.retrying.gone(self._roster.gone)
        heap = self._calls_to_look_at()
        free = self._free(at)
        for _ in range(len(heap) + len(free)):  # each turn uses up a call to look at or an agent who came free
            nearest = self._nearest(free, at)
            if heap and (nearest is None or heap[0][0] <= nearest.place):
                _, call, tell = heapq.heappop(heap)
            elif nearest is not None:
                call, tell = nearest.call, False
            else:
                return
            state = self._calls.get(call)
            if isinstance(state, Waiting):
                self._decide(state, at, tell)

    def _calls_to_look_at(self) -> list[tuple[Place, CallId, bool]]:
        undecided = self._room.undecided
        for call in self._room.retrying.unwitnessed:  # those left may all have been tried
            undecided.setdefault(call, False)
        turned = set(self._roster.turned)
        for line in self._room.lines if turned else ():  # a wider ring may count at once, or this one again
            if not turned.isdisjoint(line.pools):
                for call in _first_of(line):
                    undecided.setdefault(call, False)
        heap = [(self._calls[call].entry.place, call, tell) for call, tell in undecided.items()]
        undecided.clear()
        heapq.heapify(heap)
        return heap

    def _free(self, at: datetime) -> list[tuple[Place, int, Agent]]:
        """A heap of those who came free, by the place of the caller whom each would take."""
        woken = enumerate(self._roster.take_woken())
        free = [(entry.place, number, agent) for number, agent in woken if (entry := self._first_for(agent, at))]
        heapq.heapify(free)
        return free

    def _nearest(self, free: list[tuple[Place, int, Agent]], at: datetime) -> Entry | None:
        """The first caller whom one of `free` would take now; while matching goes on callers only become fewer."""
        while free:
            place, number, agent = free[0]
            entry = self._first_for(agent, at)
            if entry is None:
                heapq.heappop(free)
            elif entry.place == place:
                return entry
            else:
                heapq.heapreplace(free, (entry.place, number, agent))
        return None

    def _first_for(self, agent: Agent, at: datetime) -> Entry | None:
        """The caller with the highest score whom this agent may be offered now, over all queues served."""
        if not agent.is_ready:
            return None
        lines = self._room.lines
        wishing = (entry for entry in lines.wishing(agent.agent) if wished(entry, lines.line_of(entry)))
        first, now = next(wishing, None), at.timestamp()
        for place, line in lines.heads:
            if first is not None and first.place <= place:
                break  # whoever is behind has a lower score
            ring = agent.serves.get(line.key[0])  # with the callers' own need it is this one or a wider one
            if ring is None or not line.reaches(ring, place, now):
                continue
            entry = line.first_for(agent.agent, at)
            if entry is not None and (first is None or entry.place < first.place):
                first = entry
        return first

    def _decide(self, state: Waiting, at: datetime, tell: bool) -> None:
        if state.held is not None and not wished(state.entry, state.line):
            return
        choice = self._choose(state, at)
        hold = state.may_hold and self._waits_for(state.entry, choice)
        if choice.agent is not None and not hold:
            self._room.telling.explain("offer", state, choice, at, state.why)
            self._offer(state, choice.agent, at)
        elif state.fresh and (refused := self._refused(state)):
            self._room.release(state, at, *refused)
        elif hold:
            self._room.hold(state, at)
        else:
            state.fresh = state.may_hold = False
            if tell:
                self._room.telling.explain("wait", state, choice, at, state.why)

    def _choose(self, state: Waiting, at: datetime) -> Choice:
        choice = choose(state.entry, state.line, self._roster.agents, at)
        if choice.agent is not None or not state.entry.missed:
            return choice
        witness = untried(state.entry, state.line, at)
        if witness is not None:
            self._room.retrying.vouch(state.entry.call, witness)
            return choice
        state.entry = self._room.lines.renew(state.line, replace(state.entry, missed=frozenset()))
        self._room.retrying.discard(state.entry.call)
        return choose(state.entry, state.line, self._roster.agents, at)

    def _waits_for(self, entry: Entry, choice: Choice) -> bool:
        """Whether the preferred agent is busy and will be back."""
        agent = self._roster.agents.get(entry.prefer) if entry.prefer is not None else None
        if agent is None or agent is choice.agent or agent.agent in entry.missed:
            return False
        line = self._room.lines.line_of(entry)
        return agent.comes_back and not agent.is_ready and line.ring_of(agent.agent) is not None

    def _refused(self, state: Waiting) -> Refusal | None:
        queue = state.entry.queue
        return refusal(state.line.rules, self._room.lines.waiting(queue), len(self._roster.queues[queue].serving))

    def _offer(self, state: Waiting, agent: Agent, at: datetime) -> None:
        entry, rules = state.entry, state.line.rules
        self._room.leave(state)
        self._calls[entry.call] = Offered(entry=entry, agent=agent.agent)
        self._roster.move(agent, Signal.OFFERED, at, call=entry.call)
        offer = OfferCall(
            call=entry.call,
            agent=agent.agent,
            phone=agent.card.phone,
            queue=entry.queue,
            ring_seconds=rules.ring_seconds,
            waited_seconds=entry.waited(at),
            caller=entry.caller,
        )
        self._out.append(offer)
        self._room.start_timer(OfferLost(entry.call, agent.agent), rules.ring_seconds + LOST_AFTER)


def _first_of(line: Line) -> Iterator[CallId]:
    """Those of a line who could be taken: as many as agents are ready, and whoever has been missed.

    A caller without a miss takes an agent or shows that none is left for those behind, whose rings are no wider.
    """
    ready = sum(len(pool.ready) for pool in line.pools)
    for _, entry in line.open:
        if entry.missed or ready > 0:
            yield entry.call
        ready -= not entry.missed
