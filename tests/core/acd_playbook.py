"""Tell the ACD a call: `>>` an event happens, `<<` a command must follow. Runs as it is told, so it can't be forgotten.

Loud commands (offers, withdrawals, releases) must all be expected, in order, before the next event; the others may
be. `Wait` moves the clock and fires the timers that the ACD asked for. After every event the invariants are checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from cti.core import commands as cmd
from cti.core import events as ev
from cti.core.acd import Acd
from cti.core.floor import CallPhase
from cti.core.words import AgentCard, Miss, PauseReason, Presence, QueueRules, Ring
from cti.errors import Refused

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LOUD = (cmd.OfferCall, cmd.WithdrawOffer, cmd.ReleaseCaller, cmd.MoveCaller, cmd.Announce)


@dataclass(frozen=True)
class Wait:
    """Let this many seconds pass."""

    seconds: float


class Playbook:
    loud: tuple[type, ...] = LOUD

    def __init__(self, *queues: QueueRules) -> None:
        self.acd, self.now = Acd(), NOON
        self.machine = self.before(self.acd)
        self.timers: dict[object, datetime] = {}
        self.last: list[cmd.Command] = []
        self.pending: list[cmd.Command] = []
        self.offers = 0
        for rules in queues or (queue(),):
            self.tell(ev.QueueDefined(at=self.now, rules=rules))

    def before(self, acd):
        """What stands before the ACD and is told the call."""
        return acd

    def __rshift__(self, step):
        self.nothing_more()
        self.last, self.pending = [], []
        if isinstance(step, Wait):
            self._wait(step.seconds)
            return self
        for make in step if isinstance(step, list) else [step]:
            self.tell(make(self.now))
        return self

    def __lshift__(self, expected):
        kind, fields = expected
        for i, command in enumerate(self.pending):
            if type(command) is kind and all(getattr(command, k) == v for k, v in fields.items()):
                self.pending = self.pending[i + 1 :]
                return self
            assert not isinstance(command, self.loud), f"expected {kind.__name__}{fields}, got {command}"
        pytest.fail(f"expected {kind.__name__}{fields}, got {self.last}")

    def refuses(self, make, text: str) -> Playbook:
        """The request raises Refused with this text and changes nothing."""
        before = self.acd.snapshot()
        with pytest.raises(Refused, match=text):
            self.machine.handle(make(self.now))
        assert self.acd.snapshot() == before
        return self

    def set_clock_back(self, seconds: float) -> Playbook:
        """The wall clock jumps; timers count seconds and care for no clock."""
        back = timedelta(seconds=seconds)
        self.now -= back
        self.timers = {key: due - back for key, due in self.timers.items()}
        return self

    def nothing_more(self) -> Playbook:
        left = [command for command in self.pending if isinstance(command, self.loud)]
        assert not left, f"nobody expected {left}"
        return self

    def tell(self, event: ev.Event) -> list[cmd.Command]:
        commands = self.machine.handle(event)
        for command in commands:
            if isinstance(command, cmd.StartTimer):
                self.timers[command.key] = self.now + timedelta(seconds=command.seconds)
            elif isinstance(command, cmd.CancelTimer):
                self.timers.pop(command.key, None)
        self.last += commands
        self.pending += commands
        check_invariants(self.acd)
        return commands

    def _wait(self, seconds: float) -> None:
        end = self.now + timedelta(seconds=seconds)
        while self.timers and min(self.timers.values()) <= end:
            key = min(self.timers, key=lambda k: self.timers[k])
            self.now = max(self.now, self.timers.pop(key))
            self.tell(ev.TimerFired(at=self.now, key=key))
        self.now = end

    def agent(self, agent: str):
        return next(a for a in self.acd.snapshot().agents if a.agent == agent)

    def presence(self, agent: str) -> str:
        return str(self.agent(agent).presence)

    def reasons(self) -> dict[str, str]:
        """Why each agent was in or out, as the last explanation has it."""
        explains = [c for c in self.last if isinstance(c, cmd.Explain)]
        return dict(explains[-1].candidates)


def check_invariants(acd: Acd) -> None:
    floor = acd.snapshot()
    held = [call.agent for call in floor.calls if call.state in (CallPhase.OFFERED, CallPhase.CONNECTED)]
    assert len(held) == len(set(held)), "an agent has two calls"
    agents = {agent.agent: agent for agent in floor.agents}
    for call in floor.calls:
        if call.state is CallPhase.OFFERED:
            assert (agents[call.agent].presence, agents[call.agent].call) == (Presence.RINGING, call.call)
        if call.state is CallPhase.CONNECTED:
            assert (agents[call.agent].presence, agents[call.agent].call) == (Presence.TALKING, call.call)
    ringing = {agent.call for agent in floor.agents if agent.presence is Presence.RINGING}
    assert ringing == {call.call for call in floor.calls if call.state is CallPhase.OFFERED}
    for line in floor.queues:
        waiting = [c for c in floor.calls if c.queue == line.queue and c.state is CallPhase.WAITING]
        assert line.waiting == len(waiting)
        assert line.longest == min((c.entered for c in waiting), default=None)


def queue(name="sales", *rings, **rules) -> QueueRules:
    """`queue("sales", (0, {"sales": 50}), (20, {}))`: rings as (after seconds, need)."""
    made = tuple(Ring(after_seconds=after, need=tuple(sorted(need.items()))) for after, need in rings)
    return QueueRules(name=name, rings=made or (Ring(),), **rules)


def card(agent: str, **skills: int) -> AgentCard:
    return AgentCard(agent=agent, name=f"Agent {agent}", phone=f"PJSIP/{agent}", skills=skills)


# --- events, without their instant ----------------------------------------------------------------


def Defined(agent, **skills):
    return lambda at: ev.AgentDefined(at=at, card=card(agent, **skills))


def Ready(agent, **skills):
    return [Defined(agent, **skills), LoggedIn(agent)]


def LoggedIn(agent):
    return lambda at: ev.AgentLoggedIn(at=at, agent=agent)


def LoggedOut(agent):
    return lambda at: ev.AgentLoggedOut(at=at, agent=agent)


def Removed(agent):
    return lambda at: ev.AgentRemoved(at=at, agent=agent)


def Paused(agent, reason="lunch"):
    return lambda at: ev.AgentPaused(at=at, agent=agent, reason=reason)


def Unpaused(agent):
    return lambda at: ev.AgentUnpaused(at=at, agent=agent)


def WrapUpEnded(agent):
    return lambda at: ev.WrapUpEnded(at=at, agent=agent)


def WrapUpAsked(agent):
    return lambda at: ev.WrapUpAsked(at=at, agent=agent)


def Disposed(call, agent, code="sold", note=""):
    return lambda at: ev.DispositionGiven(at=at, call=call, agent=agent, code=code, note=note)


def Reasons(**seconds):
    """`Reasons(lunch=1800, tea=0)`: pause reasons with their maximum."""
    reasons = tuple(PauseReason(name=name, max_seconds=float(most)) for name, most in seconds.items())
    return lambda at: ev.PauseReasonsDefined(at=at, reasons=reasons)


def Busied(agent):
    return lambda at: ev.AgentBusied(at=at, agent=agent)


def Freed(agent):
    return lambda at: ev.AgentFreed(at=at, agent=agent)


def Reachable(agent, reachable):
    return lambda at: ev.AgentReachable(at=at, agent=agent, reachable=reachable)


def Joined(call, queue="sales", *, ago=0.0, **fields):
    need = tuple(sorted(fields.pop("need", {}).items()))
    return lambda at: ev.CallerJoined(
        at=at, call=call, queue=queue, entered=at - timedelta(seconds=ago), need=need, **fields
    )


def Moved(call, queue):
    return lambda at: ev.CallerMoved(at=at, call=call, queue=queue)


def PriorityChanged(call, priority):
    return lambda at: ev.PriorityChanged(at=at, call=call, priority=priority)


def Withdrawn(call):
    return lambda at: ev.CallerWithdrawn(at=at, call=call)


def QueueClosed(name):
    return lambda at: ev.QueueClosed(at=at, queue=name)


def QueueOpened(name):
    return lambda at: ev.QueueOpened(at=at, queue=name)


def Left(call):
    return lambda at: ev.CallerLeft(at=at, call=call)


def Pressed(call, key):
    return lambda at: ev.KeyPressed(at=at, call=call, key=key)


def Answered(call, agent):
    return lambda at: ev.OfferAnswered(at=at, call=call, agent=agent)


def Missed(call, agent, why=Miss.NO_ANSWER):
    return lambda at: ev.OfferMissed(at=at, call=call, agent=agent, why=why)


def Ended(call, agent):
    return lambda at: ev.TalkEnded(at=at, call=call, agent=agent)


def QueueDefined(rules):
    return lambda at: ev.QueueDefined(at=at, rules=rules)


def QueueRemoved(name):
    return lambda at: ev.QueueRemoved(at=at, queue=name)


def Fired(key):
    return lambda at: ev.TimerFired(at=at, key=key)


# --- commands ---------------------------------------------------------------------------------------


def Offer(call, to, **fields):
    return cmd.OfferCall, {"call": call, "agent": to, **fields}


def Withdraw(call, agent, why):
    return cmd.WithdrawOffer, {"call": call, "agent": agent, "why": why}


def Release(call, **fields):
    return cmd.ReleaseCaller, {"call": call, **fields}


def Move(call, queue):
    return cmd.MoveCaller, {"call": call, "queue": queue}


def Say(call, *parts, keys=""):
    return cmd.Announce, {"call": call, "parts": parts, "keys": keys}


def Show(agent, presence, **fields):
    return cmd.ShowPresence, {"agent": agent, "presence": presence, **fields}


def Line(queue, waiting, ready):
    return cmd.ShowQueue, {"queue": queue, "waiting": waiting, "ready": ready}


def Timer(key, seconds):
    return cmd.StartTimer, {"key": key, "seconds": seconds}


def NoTimer(key):
    return cmd.CancelTimer, {"key": key}


def Member(queue, agent, penalty):
    return cmd.MirrorMember, {"queue": queue, "agent": agent, "penalty": penalty}


def NoMember(queue, agent):
    return cmd.UnmirrorMember, {"queue": queue, "agent": agent}


def MirrorPause(agent, paused, reason=""):
    return cmd.MirrorPause, {"agent": agent, "paused": paused, "reason": reason}


def Why(call, decision, **fields):
    return cmd.Explain, {"call": call, "decision": decision, **fields}
