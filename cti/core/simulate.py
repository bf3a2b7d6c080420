"""The ACD itself as a discrete-event simulation: what would have become of these callers with that roster?

It knows a heap of what happens next and feeds the same `Acd` that serves real calls; its timers are the Acd's own
StartTimer and CancelTimer. It knows no chance: all that is random about a caller stands in the `Arrival`, drawn by
whoever made it, so that two rosters meet the very same callers (common random numbers). It refuses to know what the
result means; `measures` counts it.

People here do what people do: a caller hangs up when patience ends, whatever the phones do; a caller whom a queue sends
on joins the next queue anew, as the dialplan does; an agent lets the phone ring `answer_seconds` long, or misses it,
and gives a disposition, where one is mandatory, after the queue's wrap-up time;
agents whom the ACD pauses for misses come back after `missed_pause_seconds`; shifts and breaks begin and end.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from typing import Any

from cti.errors import IllegalTransition

from . import commands as do
from . import events as ev
from .acd import Acd
from .scenario import Arrival, Attendance, Run, Scenario, Shift, Visit
from .timer_keys import TimerKey
from .words import AgentId, CallId, Miss, Outcome, Presence, QueueName, WrapUpMode

EPOCH = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday, for arrivals that have no date of their own
MOST_MISSES = 50  # so often nobody answered: even a caller without end to patience has gone
_GOLDEN = 0.6180339887498949  # its multiples fill 0..1 evenly: one caller's luck, from offer to offer


def simulate(
    scenario: Scenario, arrivals: Sequence[Arrival], *, begin: datetime = EPOCH, tick: Callable[[], None] | None = None
) -> Run:
    """Let these callers call. The same arguments give the same result. `tick` is called at every arrival."""
    return _Simulation(scenario, begin).run(arrivals, tick)


_Action = Callable[[], None]


class _Simulation:
    """One run. `_now` is seconds from the beginning; `_at(now)` is the instant that the Acd is told."""

    def __init__(self, scenario: Scenario, begin: datetime) -> None:
        self._scenario, self._begin, self._now = scenario, begin, 0.0
        self._acd = Acd(explain=False)
        self._rules = {rules.name: rules for rules in scenario.queues}
        self._heap: list[tuple[float, int, _Action]] = []
        self._order = 0
        self._timers: dict[TimerKey, int] = {}
        self._callers: dict[CallId, Arrival] = {}
        self._live: dict[CallId, Visit] = {}
        self._visits: list[Visit] = []
        self._attendance = {card.agent: Attendance() for card in scenario.agents}
        self._presence = {card.agent: (Presence.OFFLINE, 0.0) for card in scenario.agents}
        self._performers: dict[type[do.Command], Callable[[Any], None]] = {
            do.OfferCall: self._offered,
            do.ReleaseCaller: self._released,
            do.StartTimer: self._timer_started,
            do.CancelTimer: self._timer_cancelled,
            do.ShowPresence: self._presence_shown,
        }

    def run(self, arrivals: Sequence[Arrival], tick: Callable[[], None] | None) -> Run:
        for rules in self._scenario.queues:
            self._tell(ev.QueueDefined(at=self._at(), rules=rules))
        for card in self._scenario.agents:
            self._tell(ev.AgentDefined(at=self._at(), card=card))
        self._plan_shifts()
        for arrival in arrivals:
            self._later(arrival.at, lambda arrival=arrival: self._arrive(arrival, tick))  # type: ignore[misc]
        last = max((arrival.at for arrival in arrivals), default=0.0)
        while self._heap and (self._live or self._now <= last):
            self._now, _, action = heappop(self._heap)
            action()
        for agent in self._presence:
            self._spent(agent, Presence.OFFLINE)
        for visit in self._live.values():
            visit.wait_seconds = self._now - visit.joined
        return Run(visits=self._visits, agents=self._attendance, seconds=self._now)

    # --- what happens -----------------------------------------------------------------------------

    def _arrive(self, arrival: Arrival, tick: Callable[[], None] | None) -> None:
        if tick is not None:
            tick()
        self._callers[arrival.call] = arrival
        if not math.isinf(arrival.patience_seconds):
            self._later(self._now + arrival.patience_seconds, lambda: self._give_up(arrival.call))
        self._join(arrival, arrival.queue)

    def _join(self, arrival: Arrival, queue: QueueName) -> None:
        visit = self._live[arrival.call] = Visit(call=arrival.call, queue=queue, joined=self._now)
        self._visits.append(visit)
        self._ask(arrival, visit)

    def _ask(self, arrival: Arrival, visit: Visit) -> None:
        priority = self._scenario.priorities.get(visit.queue, 0) if arrival.priority is None else arrival.priority
        self._tell(
            ev.CallerJoined(
                at=self._at(),
                call=arrival.call,
                queue=visit.queue,
                entered=self._at(visit.joined),
                need=arrival.need,
                priority=priority,
                prefer=arrival.prefer,
                again=visit.misses > 0,
            )
        )

    def _give_up(self, call: CallId) -> None:
        visit = self._live.get(call)
        if visit is not None and visit.agent is None:
            self._end(visit, Outcome.ABANDONED)
            self._tell(ev.CallerLeft(at=self._at(), call=call))

    def _answer(self, visit: Visit, agent: AgentId, talk_seconds: float) -> None:
        if self._live.get(visit.call) is not visit or visit.agent is not None:
            return  # hung up while the phone rang
        visit.agent, visit.talk_seconds = agent, talk_seconds
        visit.wait_seconds = self._now - visit.joined
        self._attendance[agent].answered += 1
        self._tell(ev.OfferAnswered(at=self._at(), call=visit.call, agent=agent))
        self._later(self._now + talk_seconds, lambda: self._hang_up(visit, agent))

    def _hang_up(self, visit: Visit, agent: AgentId) -> None:
        visit.outcome = Outcome.ANSWERED
        del self._live[visit.call]
        self._tell(ev.TalkEnded(at=self._at(), call=visit.call, agent=agent))
        rules = self._rules[visit.queue]
        if rules.wrap_up_mode is WrapUpMode.MANDATORY_DISPOSITION:
            self._later(self._now + rules.wrap_up_seconds, lambda: self._dispose(visit.call, agent))

    def _dispose(self, call: CallId, agent: AgentId) -> None:
        self._tell(ev.DispositionGiven(at=self._at(), call=call, agent=agent, code="done"))

    def _miss(self, visit: Visit, agent: AgentId) -> None:
        if self._live.get(visit.call) is not visit:
            return
        visit.misses += 1
        if visit.misses == MOST_MISSES:
            self._give_up(visit.call)
            return
        self._tell(ev.OfferMissed(at=self._at(), call=visit.call, agent=agent, why=Miss.NO_ANSWER))
        if self._live.get(visit.call) is visit:  # the dialplan brings the caller back at once
            self._ask(self._callers[visit.call], visit)

    def _end(self, visit: Visit, outcome: Outcome) -> None:
        visit.outcome, visit.wait_seconds = outcome, self._now - visit.joined
        del self._live[visit.call]

    # --- what the ACD wants -----------------------------------------------------------------------

    def _offered(self, offer: do.OfferCall) -> None:
        visit, arrival = self._live[offer.call], self._callers[offer.call]
        visit.offered = self._now if visit.offered is None else visit.offered
        luck = (arrival.luck + _GOLDEN * visit.misses) % 1.0
        if luck < self._scenario.miss_chance or arrival.answer_seconds > offer.ring_seconds:
            self._later(self._now + offer.ring_seconds, lambda: self._miss(visit, offer.agent))
        else:
            talk = arrival.talk_seconds
            self._later(self._now + arrival.answer_seconds, lambda: self._answer(visit, offer.agent, talk))

    def _released(self, release: do.ReleaseCaller) -> None:
        visit = self._live.get(release.call)
        if visit is None:
            return
        self._end(visit, release.outcome)
        following = self._scenario.onward.get((release.queue, release.outcome))
        if following is not None:
            arrival = self._callers[release.call]
            self._live[release.call] = visit  # so that the run goes on until the caller has joined again
            self._later(self._now, lambda: self._go_on(arrival, visit, following))

    def _go_on(self, arrival: Arrival, visit: Visit, following: QueueName) -> None:
        if self._live.get(arrival.call) is visit:  # else patience ended in the same instant
            self._join(arrival, following)

    def _timer_started(self, timer: do.StartTimer) -> None:
        self._timers[timer.key] = self._order
        self._later(self._now + timer.seconds, lambda key=timer.key, started=self._order: self._fire(key, started))  # type: ignore[misc]

    def _timer_cancelled(self, timer: do.CancelTimer) -> None:
        self._timers.pop(timer.key, None)

    def _fire(self, key: TimerKey, started: int) -> None:
        if self._timers.get(key) == started:
            del self._timers[key]
            self._tell(ev.TimerFired(at=self._at(), key=key))

    def _presence_shown(self, shown: do.ShowPresence) -> None:
        self._spent(shown.agent, shown.presence)
        if shown.presence is Presence.PAUSED and shown.reason == "missed":
            back = self._now + self._scenario.missed_pause_seconds
            self._later(back, lambda: self._request(ev.AgentUnpaused, shown.agent, "missed"))

    def _spent(self, agent: AgentId, now: Presence) -> None:
        before, since = self._presence[agent]
        seconds = self._attendance[agent].seconds
        seconds[before] = seconds.get(before, 0.0) + self._now - since
        self._presence[agent] = now, self._now

    # --- shifts -----------------------------------------------------------------------------------

    def _plan_shifts(self) -> None:
        working = {shift.agent for shift in self._scenario.shifts if not shift.reason}
        always = [Shift(agent=card.agent) for card in self._scenario.agents if card.agent not in working]
        for shift in sorted([*always, *self._scenario.shifts], key=lambda shift: (shift.start, shift.reason)):
            if shift.agent in self._attendance:
                self._plan(shift)

    def _plan(self, shift: Shift) -> None:
        begins, ends = (ev.AgentPaused, ev.AgentUnpaused) if shift.reason else (ev.AgentLoggedIn, ev.AgentLoggedOut)
        self._later(shift.start, lambda: self._request(begins, shift.agent, shift.reason))
        if not math.isinf(shift.end):
            self._later(shift.end, lambda: self._request(ends, shift.agent, shift.reason))

    def _request(self, kind: Callable[..., ev.Event], agent: AgentId, reason: str) -> None:
        """What a person asks for may be impossible by then (back from a break that a log-out ended): then not."""
        fields: dict[str, Any] = {"reason": reason} if kind is ev.AgentPaused else {}
        with suppress(IllegalTransition):
            self._tell(kind(at=self._at(), agent=agent, **fields))

    # --- time -------------------------------------------------------------------------------------

    def _at(self, seconds: float | None = None) -> datetime:
        return self._begin + timedelta(seconds=self._now if seconds is None else seconds)

    def _later(self, at: float, action: _Action) -> None:
        self._order += 1
        heappush(self._heap, (at, self._order, action))

    def _tell(self, event: ev.Event) -> None:
        for command in self._acd.handle(event):
            perform = self._performers.get(type(command))
            if perform is not None:
                perform(command)
