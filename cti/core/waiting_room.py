"""Where callers wait: in and out of line, and the timers that run for a wait.

It knows who waits in which line, who is held for one agent, and which calls must be looked at again. It chooses
nobody (that is `matching`) and knows nothing of how offers end.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from .commands import CancelTimer, Command, ReleaseCaller, StartTimer
from .queue import Away, CallState, Connected, Entry, Lines, Offered, Waiting
from .retrying import Retrying
from .roster import Roster
from .routing import Choice
from .telling import Telling
from .timer_keys import MaxWait, NextRing, PreferWait, TimerKey
from .words import AgentId, CallId, Outcome, QueueName

AWAY_FORGOTTEN = timedelta(hours=1)  # a caller who was on the way back to the line and never came


class WaitingRoom:
    """The lines. Shares `calls` (every call's state) and `out` (the commands) with the ACD."""

    def __init__(
        self, roster: Roster, calls: dict[CallId, CallState], out: list[Command], *, explain: bool = True
    ) -> None:
        self._roster, self._calls, self._out = roster, calls, out
        self.lines = Lines(roster.pools)
        self.telling = Telling(roster, self.lines, out, explain=explain)
        self.undecided: dict[CallId, bool] = {}  # calls to look at; whether to explain that they go on waiting
        self.retrying = Retrying()  # those whom somebody has missed
        self._sent_away: deque[tuple[datetime, CallId]] = deque()

    # --- in and out -------------------------------------------------------------------------------

    def enter(self, entry: Entry, at: datetime, *, fresh: bool = False) -> None:
        """Put a caller in line. Who has no queue or has waited too long leaves at once; so does a `fresh` caller, a
        newcomer, where the queue was closed by hand.
        """
        served = self._roster.queues.get(entry.queue)
        if served is None:
            self._turn_away(entry, Outcome.OVERFLOW, "no such queue")
            return
        limit = 0.0 if entry.held else served.rules.max_wait_seconds
        if 0 < limit <= entry.waited(at):
            self._turn_away(entry, Outcome.TIMEOUT, f"waited {entry.waited(at):.0f} s, at most {limit:g} s")
            return
        if fresh and served.closed:
            self._turn_away(entry, Outcome.CLOSED, "closed by hand")
            return
        state = self._calls[entry.call] = Waiting(entry=entry, line=self.lines.add(entry, served.rules), fresh=fresh)
        if entry.missed:
            self.retrying.add(entry.call)
        if limit:
            state.limit = MaxWait(entry.call, entry.queue)
            self.start_timer(state.limit, limit - entry.waited(at))
        state.may_hold = entry.prefer is not None and entry.waited(at) < served.rules.prefer_wait_seconds
        self._arm_ring(state, at)
        self.undecided[entry.call] = True

    def _turn_away(self, entry: Entry, outcome: Outcome, why: str) -> None:
        self._calls.pop(entry.call, None)
        self.telling.say("release", entry, Choice(ring=0, agent=None), why=why)
        self._out.append(ReleaseCaller(call=entry.call, queue=entry.queue, outcome=outcome))

    def leave(self, state: Waiting) -> None:
        """Out of line: to an agent, away, or gone. The caller of this sets the call's next state."""
        for key in (state.next_ring, state.limit, state.held):
            if key is not None:
                self._out.append(CancelTimer(key=key))
        self.lines.remove(state.line, state.entry)
        self.retrying.discard(state.entry.call)
        self.undecided.pop(state.entry.call, None)

    def release(self, state: Waiting, at: datetime, outcome: Outcome, why: str) -> None:
        """The caller goes where the queue says for this outcome, and is forgotten here."""
        entry = state.entry
        choice = Choice(ring=state.line.open_ring(entry, at), agent=None)
        self.telling.explain("release", state, choice, at, why)
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
        states = (self._calls[entry.call] for line in self.lines.of(queue) for _, entry in line.entries)
        return [state for state in states if isinstance(state, Waiting)]

    def longest(self, queue: QueueName) -> datetime | None:
        """When the longest waiting caller of this queue entered."""
        return self.lines.longest(queue)

    # --- waiting for one agent -----------------------------------------------------------------------

    def hold(self, state: Waiting, at: datetime) -> None:
        """Wait for the preferred agent alone, who is busy, for what is left of the time the queue gives them."""
        entry, rules = state.entry, state.line.rules
        agent = self._roster.agents[AgentId(str(entry.prefer))]
        state.fresh = state.may_hold = False
        state.held = PreferWait(entry.call, agent.agent)
        self.lines.hold(state.line, entry)
        self.start_timer(state.held, rules.prefer_wait_seconds - entry.waited(at))
        why = f"held for preferred agent {agent.agent} ({agent.presence}) until {rules.prefer_wait_seconds:g} s"
        choice = Choice(ring=state.line.open_ring(entry, at), agent=None)
        self.telling.explain("wait", state, choice, at, why)

    def hold_over(self, state: Waiting) -> None:
        """The time for it ran out: anybody may take the caller."""
        self._unhold(state, f"preferred agent {state.entry.prefer} stayed busy")

    def let_go(self, gone: Iterable[AgentId]) -> None:
        """Nobody is held for an agent who will not be back: anybody may take those callers."""
        for agent in gone:
            for entry in self.lines.wishing(agent):
                state = self._calls[entry.call]
                if isinstance(state, Waiting) and state.held is not None:
                    self._out.append(CancelTimer(key=state.held))
                    self._unhold(state, f"preferred agent {agent} is not at work")

    def _unhold(self, state: Waiting, why: str) -> None:
        state.held, state.why = None, why
        self.lines.unhold(state.line, state.entry)
        self.undecided[state.entry.call] = True

    # --- rings ------------------------------------------------------------------------------------

    def ring_opened(self, state: Waiting, at: datetime) -> None:
        """A ring's timer ran out: look at the call again, and wait for the next ring."""
        self._arm_ring(state, at)
        self.undecided[state.entry.call] = state.held is None

    def shift(self, back: timedelta) -> None:
        """The wall clock went back by `back`; the waits did not, so their beginnings move with the clock.

        Nothing else changes: timers run on, the order is the same, who is held stays held, and nobody need be told.
        """
        self._sent_away = deque((since - back, call) for since, call in self._sent_away)
        waiting = [state for state in self._calls.values() if isinstance(state, Waiting)]
        for state in waiting:  # all of them first: in a line half of it moved there is no order
            self.lines.remove(state.line, state.entry)
        for state in waiting:
            state.entry = replace(state.entry, entered=state.entry.entered - back)
            state.line = self.lines.add(state.entry, state.line.rules)
            if state.held is not None:
                self.lines.hold(state.line, state.entry)
        for call, known in self._calls.items():
            match known:
                case Offered(entry=entry) | Connected(entry=entry):
                    self._calls[call] = replace(known, entry=replace(entry, entered=entry.entered - back))
                case Away(entry=entry, since=since):
                    moved = replace(entry, entered=entry.entered - back)
                    self._calls[call] = replace(known, entry=moved, since=since - back)
                case Waiting():
                    pass

    def _arm_ring(self, state: Waiting, at: datetime) -> None:
        line, ring = state.line, state.line.clock_ring(state.entry, at) + 1
        state.next_ring = None
        if ring < len(line.opens):
            state.next_ring = NextRing(state.entry.call, ring)
            self.start_timer(state.next_ring, line.opens[ring] - state.entry.waited(at))

    def start_timer(self, key: TimerKey, seconds: float) -> None:
        """Ask for `key` after so many seconds, at once when they are over."""
        self._out.append(StartTimer(key=key, seconds=round(max(0.0, seconds), 3)))
