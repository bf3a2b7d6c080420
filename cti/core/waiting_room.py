"""Where callers wait, and where waiting calls and ready agents are matched.

It knows who waits in which line, the timers that run for a wait, and which calls must be looked at again; it asks
`routing` whom to choose. It knows nothing of how offers end or of what people ask for: that is the ACD's.

Invariant after `match`: no waiting caller and no ready agent could be brought together. So only touched calls
(joined, a ring opened, a ring emptied, everybody else tried) and agents who came free are ever looked at.
"""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import replace
from datetime import datetime, timedelta

from .agent import Agent, Signal
from .commands import CancelTimer, Command, Explain, OfferCall, ReleaseCaller, ShowQueue, StartTimer
from .queue import Away, CallState, Connected, Entry, Lines, Offered, Place, Waiting
from .refusal import Refusal, refusal
from .roster import Roster
from .routing import Choice, Reasons, all_tried, choose, explain
from .timer_keys import MaxWait, NextRing, OfferLost, TimerKey
from .words import CallId, Outcome, QueueName

AWAY_FORGOTTEN = timedelta(hours=1)  # a caller who was on the way back to the line and never came
LOST_AFTER = 10.0  # seconds past the ringing after which an offer that we heard nothing of is given up


class WaitingRoom:
    """The lines. Shares `calls` (every call's state) and `out` (the commands) with the ACD."""

    def __init__(
        self, roster: Roster, calls: dict[CallId, CallState], out: list[Command], *, explain: bool = True
    ) -> None:
        self._roster, self._calls, self._out, self._explains = roster, calls, out, explain
        self._lines = Lines(roster.pools)
        self._undecided: dict[CallId, bool] = {}  # calls to look at; whether to explain that they go on waiting
        self._retrying: set[CallId] = set()  # those whom somebody has missed
        self._sent_away: deque[tuple[datetime, CallId]] = deque()
        self._shown: dict[QueueName, tuple[int, int]] = {}

    # --- in and out -------------------------------------------------------------------------------

    def enter(self, entry: Entry, at: datetime, *, fresh: bool = False) -> None:
        """Put a caller in line. Who has no queue or has waited too long leaves at once; so does a `fresh` caller, a
        newcomer, where the queue was closed by hand.
        """
        served = self._roster.queues.get(entry.queue)
        if served is None:
            self._turn_away(entry, Outcome.OVERFLOW, "no such queue")
            return
        limit = served.rules.max_wait_seconds
        if 0 < limit <= entry.waited(at):
            self._turn_away(entry, Outcome.TIMEOUT, f"waited {entry.waited(at):.0f} s, at most {limit:g} s")
            return
        if fresh and served.closed:
            self._turn_away(entry, Outcome.CLOSED, "closed by hand")
            return
        state = self._calls[entry.call] = Waiting(entry=entry, line=self._lines.add(entry, served.rules), fresh=fresh)
        if entry.missed:
            self._retrying.add(entry.call)
        if limit:
            state.limit = MaxWait(entry.call, entry.queue)
            self._start(state.limit, limit - entry.waited(at))
        self._arm_ring(state, at)
        self._undecided[entry.call] = True

    def _turn_away(self, entry: Entry, outcome: Outcome, why: str) -> None:
        self._calls.pop(entry.call, None)
        self._say("release", entry, Choice(ring=0, agent=None), why=why)
        self._out.append(ReleaseCaller(call=entry.call, queue=entry.queue, outcome=outcome))

    def leave(self, state: Waiting) -> None:
        """Out of line: to an agent, away, or gone. The caller of this sets the call's next state."""
        for key in (state.next_ring, state.limit):
            if key is not None:
                self._out.append(CancelTimer(key=key))
        self._lines.remove(state.line, state.entry)
        self._retrying.discard(state.entry.call)
        self._undecided.pop(state.entry.call, None)

    def release(self, state: Waiting, at: datetime, outcome: Outcome, why: str) -> None:
        """The caller goes where the queue says for this outcome, and is forgotten here."""
        entry = state.entry
        choice = Choice(ring=state.line.open_ring(entry, at), agent=None)
        self._explain("release", state, choice, at, why)
        self.leave(state)
        del self._calls[entry.call]
        self._out.append(ReleaseCaller(call=entry.call, queue=entry.queue, outcome=outcome))

    def send_away(self, entry: Entry, at: datetime) -> None:
        """The dialplan will bring the caller back; who never comes is forgotten in the end."""
        self._calls[entry.call] = Away(entry=entry, since=at)
        self._sent_away.append((at, entry.call))
        while at - self._sent_away[0][0] > AWAY_FORGOTTEN:
            since, call = self._sent_away.popleft()
            state = self._calls.get(call)
            if isinstance(state, Away) and state.since == since:
                del self._calls[call]

    def waiting_in(self, queue: QueueName) -> list[Waiting]:
        """Everybody in this queue's lines, as a list of its own."""
        states = (self._calls[entry.call] for line in self._lines.of(queue) for _, entry in line.entries)
        return [state for state in states if isinstance(state, Waiting)]

    def longest(self, queue: QueueName) -> datetime | None:
        """When the longest waiting caller of this queue entered."""
        return self._lines.longest(queue)

    # --- rings ------------------------------------------------------------------------------------

    def ring_opened(self, state: Waiting, at: datetime) -> None:
        """A ring's timer ran out: look at the call again, and wait for the next ring."""
        self._arm_ring(state, at)
        self._undecided[state.entry.call] = True

    def shift(self, back: timedelta, at: datetime) -> None:
        """The wall clock went back by `back`; the waits did not, so their beginnings move with the clock."""
        self._sent_away = deque((since - back, call) for since, call in self._sent_away)
        for state in list(self._calls.values()):
            entry = replace(state.entry, entered=state.entry.entered - back)
            match state:
                case Waiting():
                    self.leave(state)
                    self.enter(entry, at)
                case Offered() | Connected():
                    self._calls[entry.call] = replace(state, entry=entry)
                case Away(since=since):
                    self._calls[entry.call] = replace(state, entry=entry, since=since - back)

    def _arm_ring(self, state: Waiting, at: datetime) -> None:
        line, ring = state.line, state.line.clock_ring(state.entry, at) + 1
        state.next_ring = None
        if ring < len(line.opens):
            state.next_ring = NextRing(state.entry.call, ring)
            self._start(state.next_ring, line.opens[ring] - state.entry.waited(at))

    def _start(self, key: TimerKey, seconds: float) -> None:
        self._out.append(StartTimer(key=key, seconds=round(max(0.0, seconds), 3)))

    # --- matching ---------------------------------------------------------------------------------

    def match(self, at: datetime) -> None:
        """Give waiting callers to ready agents, the highest score first, until no pair is left."""
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
        if self._roster.thinned:  # those left may all have been tried
            for call in self._retrying:
                self._undecided.setdefault(call, False)
        emptied = set(self._roster.emptied)
        for line in self._lines if emptied else ():  # a wider ring may count at once
            if not emptied.isdisjoint(line.pools) and any(pool.ready for pool in line.pools):
                for _, entry in line.entries:
                    self._undecided.setdefault(entry.call, False)
        heap = [(self._calls[call].entry.place, call, tell) for call, tell in self._undecided.items()]
        self._undecided.clear()
        heapq.heapify(heap)
        return heap

    def _first_for(self, agent: Agent, at: datetime) -> Entry | None:
        """The caller with the highest score whom this agent may be offered now, over all queues served."""
        if not agent.is_ready:
            return None
        lines = (line for queue in agent.serves for line in self._lines.of(queue))
        entries = (line.first_for(agent.agent, at) for line in lines)
        return min((entry for entry in entries if entry is not None), key=lambda entry: entry.place, default=None)

    def _decide(self, state: Waiting, at: datetime, tell: bool) -> None:
        choice = choose(state.entry, state.line, self._roster.agents, at)
        if choice.agent is None and all_tried(state.entry, state.line, at):
            state.entry = self._lines.renew(state.line, replace(state.entry, missed=frozenset()))
            self._retrying.discard(state.entry.call)
            choice = choose(state.entry, state.line, self._roster.agents, at)
        if choice.agent is not None:
            self._explain("offer", state, choice, at)
            self._offer(state, choice.agent, at)
        elif state.fresh and (refused := self._refused(state)):
            self.release(state, at, *refused)
        else:
            state.fresh = False
            if tell:
                self._explain("wait", state, choice, at)

    def _refused(self, state: Waiting) -> Refusal | None:
        served = self._roster.queues[state.entry.queue]
        return refusal(served.rules, self._lines.waiting(state.entry.queue), len(served.serving))

    def _offer(self, state: Waiting, agent: Agent, at: datetime) -> None:
        entry, rules = state.entry, state.line.rules
        self.leave(state)
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
        self._start(OfferLost(entry.call, agent.agent), rules.ring_seconds + LOST_AFTER)

    # --- what is told -----------------------------------------------------------------------------

    def sizes(self, queue: QueueName) -> tuple[int, int]:
        """How many wait, how many agents are ready."""
        return self._lines.waiting(queue), len(self._roster.queues[queue].ready)

    def show_queues(self) -> None:
        """Tell of each queue whose line, or whose number of ready agents, is not what was told last."""
        for queue in self._roster.queues:
            waiting, ready = sizes = self.sizes(queue)
            if self._shown.get(queue) != sizes:
                self._shown[queue] = sizes
                self._out.append(ShowQueue(queue=queue, waiting=waiting, ready=ready))

    def forget_queue(self, queue: QueueName) -> None:
        """The queue is gone; should it come back, it is shown anew."""
        self._shown.pop(queue, None)

    def _explain(self, decision: str, state: Waiting, choice: Choice, at: datetime, why: str = "") -> None:
        if not self._explains:
            return
        reasons = explain(state.entry, state.line, self._roster.agents, choice, at)
        self._say(decision, state.entry, choice, reasons, why)

    def _say(self, decision: str, entry: Entry, choice: Choice, reasons: Reasons = (), why: str = "") -> None:
        chosen = choice.agent.agent if choice.agent else None
        self._out.append(
            Explain(call=entry.call, decision=decision, ring=choice.ring, chosen=chosen, candidates=reasons, why=why)
        )
