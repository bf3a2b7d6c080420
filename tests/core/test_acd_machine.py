"""The ACD under any sequence of events: what must hold always, holds."""

from __future__ import annotations

from datetime import timedelta

from acd_playbook import NOON, card, check_invariants, queue
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from cti.core import commands as cmd
from cti.core import events as ev
from cti.core.acd import Acd
from cti.core.floor import CallPhase
from cti.core.queue import Waiting
from cti.core.skills import combine, satisfies
from cti.core.words import Miss, Presence
from cti.errors import Refused

AGENTS = st.sampled_from(["1001", "1002", "1003"])
CALLS = st.sampled_from(["c1", "c2", "c3", "c4"])
QUEUES = st.sampled_from(["sales", "service"])
SKILLS = st.fixed_dictionaries({}, optional={"sales": st.integers(1, 100)})
ORDERS = st.sampled_from(["longest_idle", "best_skill", "fewest_calls"])
GOOD = (CallPhase.OFFERED, CallPhase.CONNECTED)


class AnyDay(RuleBasedStateMachine):
    """Agents, callers and timers do what they like; the machine is watched."""

    def __init__(self) -> None:
        super().__init__()
        self.acd, self.now = Acd(), NOON
        self.timers: dict[object, object] = {}
        self.skills: dict[str, dict[str, int]] = {}
        self.rules: dict[str, object] = {}
        for agent in ("1001", "1002", "1003"):
            self.describe(agent, {"sales": 60})
        self.define("sales", "longest_idle", 2, 5.0)

    def tell(self, event: ev.Event) -> None:
        before = {agent.agent: agent for agent in self.acd.snapshot().agents}
        presence = {name: agent.presence for name, agent in before.items()}
        calls = {call.call: call for call in self.acd.snapshot().calls}
        try:
            commands = self.acd.handle(event)
        except Refused:
            assert {agent.agent: agent.presence for agent in self.acd.snapshot().agents} == presence
            assert isinstance(event, PEOPLE)
            return
        after = {agent.agent: agent for agent in self.acd.snapshot().agents}
        for command in commands:
            match command:
                case cmd.StartTimer(key=key):
                    self.timers[key] = None
                case cmd.CancelTimer(key=key):
                    self.timers.pop(key, None)
                case cmd.ShowPresence(agent=agent, presence=shown):
                    assert agent not in presence or presence[agent] is not Presence.OFFLINE or shown is not RINGING
                    presence[agent] = shown
                case cmd.OfferCall(call=call, agent=agent):
                    assert presence[agent] is RINGING, "offered without having been reserved"
                    assert after[agent].reachable
                    assert after[agent].call == call
                case cmd.ReleaseCaller(call=call):
                    assert call not in {c.call for c in self.acd.snapshot().calls}, "released and still known"
                    assert call not in calls or calls[call].state not in GOOD or isinstance(event, ev.CallerJoined)
        assert all(after[name].presence is shown for name, shown in presence.items() if name in after)

    @rule(agent=AGENTS, skills=SKILLS)
    def describe(self, agent, skills):
        self.skills[agent] = skills
        self.tell(ev.AgentDefined(at=self.now, card=card(agent, **skills)))

    @rule(name=QUEUES, order=ORDERS, misses=st.integers(0, 2), wrap_up=st.sampled_from([0.0, 5.0]))
    def define(self, name, order, misses, wrap_up):
        rings = ((0, {"sales": 50}), (20, {"sales": 1}), (45, {}))
        rules = queue(name, *rings, order=order, max_misses=misses, wrap_up_seconds=wrap_up, max_wait_seconds=90.0)
        self.rules[name] = rules
        self.tell(ev.QueueDefined(at=self.now, rules=rules))

    @rule(kind=st.sampled_from([ev.AgentLoggedIn, ev.AgentUnpaused, ev.AgentLoggedOut, ev.WrapUpEnded]), agent=AGENTS)
    def ask(self, kind, agent):
        self.tell(kind(at=self.now, agent=agent))

    @rule(agent=AGENTS)
    def log_in(self, agent):
        self.tell(ev.AgentLoggedIn(at=self.now, agent=agent))

    @rule(agent=AGENTS)
    def pause(self, agent):
        self.tell(ev.AgentPaused(at=self.now, agent=agent, reason="tea"))

    @rule(kind=st.sampled_from([ev.AgentBusied, ev.AgentFreed, ev.AgentRemoved]), agent=AGENTS)
    def phone(self, kind, agent):
        self.tell(kind(at=self.now, agent=agent))

    @rule(agent=AGENTS, reachable=st.booleans())
    def reach(self, agent, reachable):
        self.tell(ev.AgentReachable(at=self.now, agent=agent, reachable=reachable))

    @rule(call=CALLS, name=QUEUES, ago=st.integers(-5, 100), priority=st.integers(-1, 1), picky=st.booleans())
    def join(self, call, name, ago, priority, picky):
        need = (("sales", 30),) if picky else ()
        entered = self.now - timedelta(seconds=ago)
        joined = ev.CallerJoined(at=self.now, call=call, queue=name, entered=entered, need=need, priority=priority)
        self.tell(joined)

    @rule(call=CALLS)
    def leave(self, call):
        self.tell(ev.CallerLeft(at=self.now, call=call))

    @rule(data=st.data(), what=st.sampled_from(["answer", "miss", "end"]))
    def progress(self, data, what):
        held = [(call.call, call.agent) for call in self.acd.snapshot().calls if call.agent]
        call, agent = data.draw(st.sampled_from(held)) if held else ("c1", "1001")
        match what:
            case "answer":
                self.tell(ev.OfferAnswered(at=self.now, call=call, agent=agent))
            case "miss":
                why = data.draw(st.sampled_from(Miss))
                self.tell(ev.OfferMissed(at=self.now, call=call, agent=agent, why=why))
            case "end":
                self.tell(ev.TalkEnded(at=self.now, call=call, agent=agent))

    @rule(name=QUEUES)
    def remove_queue(self, name):
        self.tell(ev.QueueRemoved(at=self.now, queue=name))

    @rule(data=st.data())
    def fire(self, data):
        if self.timers:
            key = data.draw(st.sampled_from(sorted(self.timers, key=repr)))
            del self.timers[key]
            self.tell(ev.TimerFired(at=self.now, key=key))

    @rule(seconds=st.integers(-30, 60))
    def wait(self, seconds):
        self.now += timedelta(seconds=seconds)

    @invariant()
    def holds(self):
        check_invariants(self.acd)

    @invariant()
    def nobody_waits_whom_a_ready_agent_may_take(self):
        """Told by the rules alone, for the rings whose timers have run out (a test may let timers be late)."""
        floor = self.acd.snapshot()
        here = [agent.agent for agent in floor.agents if agent.presence is not Presence.OFFLINE]
        ready = [agent.agent for agent in floor.agents if agent.presence is Presence.READY and agent.reachable]
        for state in (s for s in self.acd._calls.values() if isinstance(s, Waiting)):
            rings = [combine(ring.need, state.entry.need) for ring in self.rules[state.entry.queue].rings]
            opened = state.next_ring.ring - 1 if state.next_ring else len(rings) - 1
            while opened < len(rings) - 1 and not any(satisfies(self.skills[a], rings[opened]) for a in here):
                opened += 1
            able = [a for a in ready if any(satisfies(self.skills[a], need) for need in rings[: opened + 1])]
            assert set(able) <= state.entry.missed


RINGING = Presence.RINGING
PEOPLE = (ev.AgentLoggedIn, ev.AgentLoggedOut, ev.AgentPaused, ev.AgentUnpaused, ev.WrapUpEnded)
TestAnyDay = AnyDay.TestCase
TestAnyDay.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
