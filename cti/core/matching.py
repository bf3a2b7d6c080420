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
from dataclasses import replace
from datetime import datetime

from .agent import Agent, Signal
from .commands import Command, OfferCall
from .queue import CallState, Entry, Offered, Place, Waiting
from .refusal import Refusal, refusal
from .roster import Roster
from .routing import Choice, all_tried, choose, wished
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
        heap = self._calls_to_look_at()
        woken = self._roster.take_woken()
        for _ in range(len(heap) + len(woken)):  # each turn uses up a call to look at or an agent who came free
            nearest = min((e for a in woken if (e := self._first_for(a, at))), key=lambda e: e.place, default=None)
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
        if self._roster.thinned:  # those left may all have been tried
            for call in self._room.retrying:
                undecided.setdefault(call, False)
        emptied = set(self._roster.emptied)
        for line in self._room.lines if emptied else ():  # a wider ring may count at once
            if not emptied.isdisjoint(line.pools) and any(pool.ready for pool in line.pools):
                for _, entry in line.open:
                    undecided.setdefault(entry.call, False)
        heap = [(self._calls[call].entry.place, call, tell) for call, tell in undecided.items()]
        undecided.clear()
        heapq.heapify(heap)
        return heap

    def _first_for(self, agent: Agent, at: datetime) -> Entry | None:
        """The caller with the highest score whom this agent may be offered now, over all queues served."""
        if not agent.is_ready:
            return None
        lines = self._room.lines
        found = [line.first_for(agent.agent, at) for queue in agent.serves for line in lines.of(queue)]
        wishing = (entry for entry in lines.wishing(agent.agent) if wished(entry, lines.line_of(entry)))
        found.append(next(wishing, None))
        return min((entry for entry in found if entry is not None), key=lambda entry: entry.place, default=None)

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
        if choice.agent is None and all_tried(state.entry, state.line, at):
            state.entry = self._room.lines.renew(state.line, replace(state.entry, missed=frozenset()))
            self._room.retrying.discard(state.entry.call)
            choice = choose(state.entry, state.line, self._roster.agents, at)
        return choice

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
