"""The ACD under any sequence of events: what must hold always (`acd_watch`), holds.

In CI at least 50,000 steps, counted; at a desk a few thousand, so that the quick tests stay quick.
"""

from __future__ import annotations

import os
from collections import Counter
from datetime import timedelta
from typing import ClassVar

import pytest
from acd_playbook import NOON, card, queue
from acd_watch import Watch
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from cti.core import events as ev
from cti.core.queue import Connected, Offered, Waiting
from cti.core.words import AgentCard, Miss, PauseReason, WrapUpMode

STEPS = 50_000 if os.environ.get("CI") == "true" else 3_000
STEPS_OF_ONE_DAY = 60

NAMES = ("1001", "1002", "1003")
AGENTS = st.sampled_from(NAMES)
CALLS = st.sampled_from(["c1", "c2", "c3", "c4", "c5"])
QUEUES = st.sampled_from(["sales", "service"])
SKILLS = st.fixed_dictionaries({}, optional={"sales": st.integers(1, 100)})
ORDERS = st.sampled_from(["longest_idle", "best_skill", "fewest_calls"])
RULES = st.fixed_dictionaries(
    {
        "order": ORDERS,
        "max_misses": st.integers(0, 2),
        "wrap_up_mode": st.sampled_from(WrapUpMode),
        "wrap_up_seconds": st.sampled_from([0.0, 5.0]),
        "max_wait_seconds": st.sampled_from([0.0, 90.0]),
        "max_length": st.sampled_from([0, 0, 2]),
        "max_ratio": st.sampled_from([0.0, 0.0, 1.5]),
        "prefer_wait_seconds": st.sampled_from([0.0, 30.0]),
    }
)
ABOUT_PRESENCE = st.sampled_from(
    [ev.AgentLoggedIn, ev.AgentUnpaused, ev.AgentLoggedOut, ev.WrapUpEnded, ev.WrapUpAsked]
)


class AnyDay(RuleBasedStateMachine):
    """Agents, callers, supervisors and timers do what they like; the machine is watched."""

    steps = 0
    seen: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.now, self.watch = NOON, Watch()
        for agent in NAMES:
            self.describe(agent, {"sales": 60}, None)
        for name in ("sales", "service"):
            self.define(name, {"max_misses": 2, "wrap_up_seconds": 5.0, "prefer_wait_seconds": 30.0})
        for agent in NAMES:
            self.log_in(agent)

    def tell(self, kind: type, **values: object) -> None:
        self.watch.tell(kind(at=self.now, **values))

    # --- agents -----------------------------------------------------------------------------------

    @rule(agent=AGENTS, skills=SKILLS, wrap_up=st.sampled_from([None, 0.0, 3.0]))
    def describe(self, agent, skills, wrap_up):
        self.watch.skills[agent] = skills
        made = card(agent, **skills)
        known = AgentCard(agent=agent, name="", phone=made.phone, skills=made.skills, wrap_up_seconds=wrap_up)
        self.tell(ev.AgentDefined, card=known)

    @rule(kind=ABOUT_PRESENCE, agent=AGENTS)
    def ask(self, kind, agent):
        self.tell(kind, agent=agent)

    @rule(agent=AGENTS)
    def log_in(self, agent):
        self.tell(ev.AgentLoggedIn, agent=agent)

    @rule(agent=AGENTS, reason=st.sampled_from(["tea", "lunch"]), restored=st.booleans())
    def pause(self, agent, reason, restored):
        if restored and self.watch.agents.get(agent) is None:
            return
        self.tell(ev.AgentPaused, agent=agent, reason=reason, restored=restored)

    @rule(names=st.sets(st.sampled_from(["tea", "lunch"])), most=st.sampled_from([0.0, 60.0]))
    def reasons(self, names, most):
        reasons = tuple(PauseReason(name=name, max_seconds=most) for name in sorted(names))
        self.tell(ev.PauseReasonsDefined, reasons=reasons)

    @rule(kind=st.sampled_from([ev.AgentBusied, ev.AgentFreed, ev.AgentFreed, ev.AgentRemoved]), agent=AGENTS)
    def phone(self, kind, agent):
        self.tell(kind, agent=agent)

    @rule(agent=AGENTS, reachable=st.booleans())
    def reach(self, agent, reachable):
        self.tell(ev.AgentReachable, agent=agent, reachable=reachable)

    @rule(call=CALLS, agent=AGENTS)
    def dispose(self, call, agent):
        one = self.watch.agents.get(agent)
        self.tell(ev.DispositionGiven, call=(one.call if one and one.call else call), agent=agent, code="sold")

    # --- callers ----------------------------------------------------------------------------------

    @rule(
        call=CALLS, name=QUEUES, ago=st.integers(-5, 100), priority=st.integers(-1, 1), picky=st.booleans(),
        prefer=st.none() | AGENTS, again=st.booleans(),
    )  # fmt: skip
    def join(self, call, name, ago, priority, picky, prefer, again):
        need, entered = (("sales", 30),) if picky else (), self.now - timedelta(seconds=ago)
        self.tell(
            ev.CallerJoined, call=call, queue=name, entered=entered, need=need, priority=priority, prefer=prefer,
            again=again,
        )  # fmt: skip

    @rule(call=CALLS, name=QUEUES, prefer=st.none() | AGENTS)
    def call_in(self, call, name, prefer):
        if call not in self.watch.calls:
            self.tell(ev.CallerJoined, call=call, queue=name, entered=self.now, prefer=prefer)

    @rule(agent=AGENTS)
    def come_back(self, agent):
        """Whatever keeps this agent away is over: a day in which everybody stays away tells little."""
        one = self.watch.agents.get(agent)
        if one is None:
            self.describe(agent, {"sales": 60}, None)
            self.log_in(agent)
        elif one.presence == "paused":
            self.tell(ev.AgentUnpaused, agent=agent)
        elif one.presence == "offline":
            self.log_in(agent)
        elif one.presence == "wrap_up" and one.call:
            self.tell(ev.DispositionGiven, call=one.call, agent=agent, code="sold")
        self.tell(ev.AgentReachable, agent=agent, reachable=True)

    @rule(call=CALLS)
    def leave(self, call):
        self.tell(ev.CallerLeft, call=call)

    @rule(data=st.data(), what=st.sampled_from([ev.OfferAnswered, ev.OfferAnswered, ev.OfferMissed, ev.TalkEnded]))
    def progress(self, data, what):
        held = [(c, s.agent) for c, s in self.watch.calls.items() if isinstance(s, Offered | Connected)]
        call, agent = data.draw(st.sampled_from(held)) if held else ("c1", "1001")
        why = {"why": data.draw(st.sampled_from(Miss))} if what is ev.OfferMissed else {}
        self.tell(what, call=call, agent=agent, **why)

    # --- supervisors and the site -----------------------------------------------------------------

    @rule(name=QUEUES, rules=RULES)
    def define(self, name, rules):
        made = queue(name, (0, {"sales": 50}), (20, {"sales": 1}), (45, {}), **rules)
        self.watch.rules[name] = made
        self.tell(ev.QueueDefined, rules=made)

    @rule(kind=st.sampled_from([ev.QueueRemoved, ev.QueueClosed, ev.QueueOpened]), name=QUEUES)
    def gate(self, kind, name):
        self.tell(kind, queue=name)
        if kind is not ev.QueueOpened and name == "sales":  # there is always one to call
            self.define(name, {"wrap_up_seconds": 5.0, "prefer_wait_seconds": 30.0})
            self.tell(ev.QueueOpened, queue=name)

    @rule(call=CALLS, name=QUEUES)
    def move(self, call, name):
        call = next((c for c, state in self.watch.calls.items() if isinstance(state, Waiting)), call)
        self.tell(ev.CallerMoved, call=call, queue=name)

    @rule(call=CALLS, priority=st.integers(-2, 2))
    def put_forward(self, call, priority):
        self.tell(ev.PriorityChanged, call=call, priority=priority)

    @rule(call=CALLS)
    def withdraw(self, call):
        self.tell(ev.CallerWithdrawn, call=call)

    # --- time -------------------------------------------------------------------------------------

    @rule(data=st.data())
    def fire(self, data):
        if self.watch.timers:
            key = data.draw(st.sampled_from(list(self.watch.timers)))
            del self.watch.timers[key]
            self.tell(ev.TimerFired, key=key)

    @rule(seconds=st.integers(-30, 60))
    def wait(self, seconds):
        self.now += timedelta(seconds=seconds)

    @invariant()
    def holds(self):
        AnyDay.steps += 1
        self.watch.check()

    def teardown(self) -> None:
        AnyDay.steps -= 1  # the check before the first step
        AnyDay.seen.update(self.watch.counts)


@pytest.mark.timeout(300)
def test_whatever_happens_the_rules_hold():
    while AnyDay.steps < STEPS:
        run_state_machine_as_test(
            AnyDay,
            settings=settings(
                max_examples=-(-(STEPS - AnyDay.steps) // STEPS_OF_ONE_DAY),
                stateful_step_count=STEPS_OF_ONE_DAY,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    assert AnyDay.steps >= STEPS
    usual = {"OfferCall", "WithdrawOffer", "ReleaseCaller", "ShowPresence"}
    rare = {"MoveCaller"} if STEPS >= 50_000 else set()  # chance alone may leave it out of a short run
    assert usual | rare <= {command for command, times in AnyDay.seen.items() if times}
