"""Watches an ACD that is told anything: keeps its own books of calls, offers and timers, and compares after each event.

It knows what must always hold, from the rules alone; it knows nothing of how the ACD comes to its decisions.
"""

from __future__ import annotations

from cti.core import commands as cmd
from cti.core import events as ev
from cti.core.acd import Acd
from cti.core.queue import Away, Connected, Offered, Waiting
from cti.core.skills import combine, satisfies
from cti.core.words import Outcome, Presence, WrapUpMode
from cti.errors import Refused

PEOPLE = (
    ev.AgentLoggedIn, ev.AgentLoggedOut, ev.AgentPaused, ev.AgentUnpaused, ev.WrapUpEnded, ev.WrapUpAsked,
    ev.DispositionGiven, ev.CallerMoved, ev.PriorityChanged, ev.CallerWithdrawn, ev.QueueClosed, ev.QueueOpened,
)  # fmt: skip


class Watch:
    """`tell` hands an event over and checks what follows; `check` looks at the whole."""

    def __init__(self) -> None:
        self.acd = Acd()
        self.timers: dict[object, None] = {}
        self.rules: dict[str, object] = {}
        self.skills: dict[str, dict[str, int]] = {}
        self.alive: set[str] = set()
        self.offers: dict[str, str] = {}
        self.counts: dict[str, int] = {}

    @property
    def calls(self):
        return self.acd._calls

    @property
    def agents(self):
        return self.acd._roster.agents

    def tell(self, event: ev.Event) -> None:
        before, calls = self._look(), dict(self.calls)
        try:
            commands = self.acd.handle(event)
        except Refused:
            assert isinstance(event, PEOPLE), "a fact was refused"
            assert self._look() == before, "refused, and yet something changed"
            return
        self._facts(event, calls)
        for command in commands:
            self.counts[type(command).__name__] = self.counts.get(type(command).__name__, 0) + 1
            self._book(command)
        for offer in (command for command in commands if isinstance(command, cmd.OfferCall)):
            self._nobody_was_passed_over(offer)

    def _look(self) -> tuple[dict, dict]:
        """Who does what: presences and calls, without the instants, which a clock set back moves for all alike."""
        agents = {agent.agent: (agent.presence, agent.reason, agent.next) for agent in self.agents.values()}
        calls = {
            call: (type(state), state.entry.queue, state.entry.priority, getattr(state, "agent", None))
            for call, state in self.calls.items()
        }
        return agents, calls

    # --- the books --------------------------------------------------------------------------------

    def _facts(self, event: ev.Event, calls: dict) -> None:
        match event:
            case ev.CallerJoined(call=call):
                self.alive.add(call)
            case ev.CallerLeft(call=call) if not isinstance(calls.get(call), Connected):
                self.alive.discard(call)
            case ev.OfferMissed(call=call) if calls.get(call) != self.calls.get(call) and call not in self.calls:
                self.alive.discard(call)  # because the caller is gone
            case ev.TalkEnded(call=call, agent=agent):
                self._over(calls.get(call), agent)
            case ev.AgentRemoved(agent=agent):
                for state in calls.values():
                    self._over(state, agent)
            case ev.OfferAnswered(call=call, agent=agent) if self.offers.get(call) == agent:
                del self.offers[call]

    def _over(self, state: object, agent: str) -> None:
        if isinstance(state, Connected) and state.agent == agent:
            self.alive.discard(state.entry.call)

    def _book(self, command: cmd.Command) -> None:
        match command:
            case cmd.StartTimer(key=key, seconds=seconds):
                assert seconds >= 0
                self.timers[key] = None
            case cmd.CancelTimer(key=key):
                self.timers.pop(key, None)
            case cmd.OfferCall(call=call, agent=agent):
                assert call in self.alive, "offered, and not there"
                assert call not in self.offers, "two offers for one call"
                assert agent not in self.offers.values(), "two offers for one agent"
                self.offers[call] = agent
            case cmd.WithdrawOffer(call=call, agent=agent):
                assert self.offers.pop(call, None) == agent, "withdrawn, and never offered"
            case cmd.ReleaseCaller(call=call, outcome=outcome):
                assert call in self.alive, "released twice, or never there"
                assert outcome in (Outcome.TIMEOUT, Outcome.FULL, Outcome.OVERFLOW, Outcome.CLOSED)
                self.alive.discard(call)
                assert call not in self.calls, "released and still known"
            case cmd.MoveCaller(call=call):
                assert isinstance(self.calls[call], Away)

    # --- what must hold ---------------------------------------------------------------------------

    def check(self) -> None:
        """Everything that holds between two events."""
        assert set(self.calls) == self.alive, "a call ended twice, or never"
        assert {c: s.agent for c, s in self.calls.items() if isinstance(s, Offered)} == self.offers
        self._agents_have_one_call()
        self._lines_hold_those_who_wait()
        for state in self.calls.values():
            if isinstance(state, Waiting):
                self._waits_for_a_reason(state)

    def _agents_have_one_call(self) -> None:
        held = {s.agent: (s, Presence.RINGING if isinstance(s, Offered) else Presence.TALKING)
                for s in self.calls.values() if isinstance(s, Offered | Connected)}  # fmt: skip
        assert len(held) == sum(isinstance(s, Offered | Connected) for s in self.calls.values()), "one agent, two calls"
        for agent in self.agents.values():
            state, presence = held.get(agent.agent, (None, None))
            assert state is None or (agent.presence, agent.call) == (presence, state.entry.call)
            assert agent.presence is not Presence.RINGING or state is not None, "rings for nothing"
            assert (agent.next is None) or agent.presence in (Presence.RINGING, Presence.TALKING, Presence.WRAP_UP)
            if agent.presence is Presence.WRAP_UP and agent.wrap_up is not WrapUpMode.MANDATORY_DISPOSITION:
                timed = any(getattr(key, "call", None) == agent.call for key in self.timers)
                assert timed or agent.wrap_up is WrapUpMode.OPTIONAL, "a wrap-up that nothing ends"
            assert agent.pause_limit is None or (agent.presence is Presence.PAUSED and agent.pause_limit in self.timers)

    def _lines_hold_those_who_wait(self) -> None:
        lines = self.acd._room.lines
        placed = [entry.call for line in lines for _, entry in line.entries]
        waiting = {c: s for c, s in self.calls.items() if isinstance(s, Waiting)}
        assert sorted(placed) == sorted(waiting), "waiting, and in no line or in two"
        opened = {entry.call for line in lines for _, entry in line.open}
        assert opened == {c for c, s in waiting.items() if s.held is None}
        for queue in self.rules:
            assert lines.waiting(queue) == sum(s.entry.queue == queue for s in waiting.values())

    def _waits_for_a_reason(self, state: Waiting) -> None:
        """No ready agent may take this caller, and each timer that the wait hangs on runs."""
        for key in (state.held, state.limit, state.next_ring):
            assert key is None or key in self.timers, f"{key} will never come"
        for agent in self.agents.values():
            assert not self.may_take(agent, state), f"{agent.agent} is free and {state.entry.call} waits"

    def may_take(self, agent, state: Waiting) -> bool:
        """By the rules alone, for the rings whose timers have run out (a test may let timers be late)."""
        entry, prefers = state.entry, state.entry.prefer == agent.agent
        if not agent.is_ready or agent.agent in entry.missed or (state.held and not prefers):
            return False
        rings = [combine(ring.need, entry.need) for ring in self.rules[entry.queue].rings]
        opened = len(rings) - 1 if prefers or not state.next_ring else state.next_ring.ring - 1
        here = [name for name, one in self.agents.items() if one.is_here]
        while opened < len(rings) - 1 and not any(satisfies(self.skills[name], rings[opened]) for name in here):
            opened += 1
        return any(satisfies(self.skills[agent.agent], need) for need in rings[: opened + 1])

    def _nobody_was_passed_over(self, offer: cmd.OfferCall) -> None:
        """Whoever still waits and could have had this agent has a lower score than the caller who got them."""
        state = self.calls.get(offer.call)
        agent = self.agents[offer.agent]
        if not isinstance(state, Offered) or state.agent != offer.agent:
            return
        agent.presence = Presence.READY  # as it was when it was decided
        for other in self.calls.values():
            if isinstance(other, Waiting) and self.may_take(agent, other):
                assert other.entry.place > state.entry.place, f"{other.entry.call} was before {offer.call}"
        agent.presence = Presence.RINGING
