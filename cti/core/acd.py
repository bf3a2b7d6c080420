"""The ACD: facts in, commands out; who waits is given to who is free.

It knows the calls that wait, ring, talk or are on their way back to the line, and asks the roster for agents. It
knows no clock (an event's `at` is the time), no wire and no database. After every event the rule holds that no
waiting caller and no ready agent could be matched; so only what the event touched has to be looked at again.

Facts never raise: an unknown call or agent, a stale timer, a late word are ignored. What people ask for
(log in or out, pause, unpause, end the wrap-up) raises Refused or IllegalTransition before anything has changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from . import events as ev
from .agent import Agent, Signal
from .announcing import Announcing
from .commands import CancelTimer, Command, WithdrawOffer
from .events import Event
from .expected_wait import Accuracy
from .floor import AgentOnFloor, FloorSnapshot, QueueOnFloor, show_agent, show_call
from .matching import Matching
from .queue import Away, CallState, Connected, Entry, Offered, Waiting
from .roster import Roster
from .supervision import Supervision, limited
from .timer_keys import MaxWait, NextRing, OfferLost, PauseLimit, PhoneRest, PreferWait, WrapUp
from .waiting_room import WaitingRoom
from .words import AgentCard, AgentId, CallId, Miss, Outcome, Presence, QueueName, QueueRules
from .wrapping import Wrapping

JITTER = timedelta(seconds=5)  # events of several sources may be this much out of order; more is a clock set back
# These end at once. Without a rest a lone agent's phone was tried 250 times a second until the caller left.
REST_SECONDS = {Miss.BUSY: 5.0, Miss.UNREACHABLE: 10.0}
_GUILTY = (Miss.NO_ANSWER, Miss.BUSY, Miss.UNREACHABLE)  # misses that count towards max_misses


class Acd:
    """The machine. One `handle` at a time; drain its commands before performing any.

    `explain=False` leaves the reasons of offers and waits out: a simulation makes the same decisions at half the cost.
    """

    def __init__(self, *, explain: bool = True) -> None:
        self._out: list[Command] = []
        self._roster = Roster(self._out)
        self._calls: dict[CallId, CallState] = {}
        self._room = WaitingRoom(self._roster, self._calls, self._out, explain=explain)
        self._announcing = Announcing(self._calls, self._room.lines, self._out)
        self._arrivals = 0
        self._now = datetime.min.replace(tzinfo=UTC)
        self._wrapping = Wrapping(self._roster, self._out)
        self._matching = Matching(self._roster, self._room, self._calls, self._out)
        supervision = Supervision(self._roster, self._room, self._calls, self._out)
        self._handlers: dict[type[Event], Callable[[Any], None]] = {
            ev.QueueDefined: self._queue_defined,
            ev.QueueRemoved: self._queue_removed,
            ev.QueueClosed: supervision.close_queue,
            ev.QueueOpened: supervision.open_queue,
            ev.CallerMoved: supervision.move,
            ev.PriorityChanged: supervision.put_forward,
            ev.CallerWithdrawn: supervision.withdraw,
            ev.AgentDefined: lambda e: self._roster.define_agent(e.card, e.at),
            ev.AgentRemoved: self._agent_removed,
            ev.AgentLoggedIn: lambda e: self._roster.log_in(self._roster.person(e.agent), e.at),
            ev.AgentLoggedOut: lambda e: self._ask(e, self._roster.log_out),
            ev.AgentPaused: lambda e: self._ask(e, lambda agent, at: self._pause(agent, e, at)),
            ev.AgentUnpaused: lambda e: self._roster.unpause(self._roster.person(e.agent), e.at),
            ev.PauseReasonsDefined: self._reasons_defined,
            ev.WrapUpAsked: self._wrapping.ask,
            ev.WrapUpEnded: lambda e: self._ask(e, self._wrapping.end),
            ev.DispositionGiven: self._wrapping.dispose,
            ev.AgentBusied: lambda e: self._fact(e, self._roster.busy),
            ev.AgentFreed: lambda e: self._fact(e, self._roster.free),
            ev.AgentReachable: lambda e: self._fact(e, lambda agent, _: self._roster.reach(agent, e.reachable)),
            ev.CallerJoined: self._caller_joined,
            ev.CallerLeft: self._caller_left,
            ev.KeyPressed: self._key_pressed,
            ev.OfferAnswered: self._offer_answered,
            ev.OfferMissed: self._offer_missed,
            ev.TalkEnded: self._talk_ended,
            ev.TimerFired: self._timer_fired,
        }

    def handle(self, event: Event) -> list[Command]:
        """What follows from `event`. Raises Refused for a request that the present state forbids; facts never do."""
        handler = self._handlers.get(type(event))
        if handler is None:
            return []  # a leg fact: the call tracker's business
        if event.at < self._now:
            event = self._steady(event)
        self._now = event.at
        handler(event)
        self._matching.match(event.at)
        self._room.telling.show_queues()
        self._announcing.follow(event)
        commands, self._out[:] = list(self._out), []
        return commands

    def snapshot(self) -> FloorSnapshot:
        """The floor now, as a frozen value."""
        sizes = ((queue, *self._room.telling.sizes(queue)) for queue in self._roster.queues)
        queues = (
            QueueOnFloor(queue=queue, waiting=waiting, ready=ready, longest=self._room.longest(queue))
            for queue, waiting, ready in sizes
        )
        return FloorSnapshot(
            agents=tuple(show_agent(agent) for agent in self._roster.agents.values()),
            queues=tuple(queues),
            calls=tuple(show_call(state) for state in self._calls.values()),
        )

    def knows(self, agent: AgentId) -> bool:
        """Whether there is such an agent (still)."""
        return agent in self._roster.agents

    def agent(self, agent: AgentId) -> AgentOnFloor:
        """One agent now. Raises Refused for a stranger."""
        return show_agent(self._roster.person(agent))

    def card(self, agent: AgentId) -> AgentCard:
        """What is known of an agent. Raises Refused for a stranger."""
        return self._roster.person(agent).card

    def rules(self, queue: QueueName) -> QueueRules | None:
        """How this queue is served; None for one that the site does not have."""
        served = self._roster.queues.get(queue)
        return served.rules if served is not None else None

    def longest(self, queue: QueueName) -> datetime | None:
        """When the longest waiting caller of this queue entered; None when nobody waits."""
        return self._room.longest(queue)

    def state_of(self, call: CallId) -> CallState | None:
        """Where this call is now; None for one that neither waits, rings, talks nor is on its way back."""
        return self._calls.get(call)

    def accuracy(self, queue: QueueName) -> Accuracy | None:
        """What the expected waits of this queue were worth lately; None without history."""
        return self._announcing.accuracy(queue, self._now)

    def _steady(self, event: Event) -> Event:
        """Time never goes back in here: a late event counts as now, and a clock set back takes the waits with it."""
        back = self._now - event.at
        if back <= JITTER:
            return replace(event, at=self._now)
        self._roster.shift(back)
        self._room.shift(back)
        self._announcing.shift(back)
        return event

    # --- queues and agents ------------------------------------------------------------------------

    def _queue_defined(self, event: ev.QueueDefined) -> None:
        rules, known = event.rules, self._roster.queues.get(event.rules.name)
        if known is not None and known.rules == rules:
            return  # site.yaml is read again at each change of anything
        self._roster.define_queue(rules)
        waiting = self._room.waiting_in(rules.name)
        for state in waiting:  # all of them first: a line that somebody still stands in keeps the old rings
            self._room.leave(state)
        for state in waiting:
            self._room.enter(state.entry, event.at)

    def _queue_removed(self, event: ev.QueueRemoved) -> None:
        if event.queue not in self._roster.queues:
            return
        for state in self._room.waiting_in(event.queue):
            self._room.release(state, event.at, Outcome.OVERFLOW, "the queue was taken out of site.yaml")
        self._roster.remove_queue(event.queue)
        self._room.telling.forget_queue(event.queue)

    def _agent_removed(self, event: ev.AgentRemoved) -> None:
        agent = self._roster.agents.get(event.agent)
        if agent is None:
            return
        state = self._calls.get(agent.call) if agent.call is not None else None
        if isinstance(state, Offered):
            self._withdraw(state, Miss.UNREACHABLE)
            self._room.send_away(state.entry, event.at)
        elif isinstance(state, Connected):
            del self._calls[state.entry.call]
        self._wrapping.cancel(agent)
        self._roster.remove_agent(agent, event.at)

    def _ask(self, event: Any, request: Callable[[Agent, datetime], None]) -> None:
        """Somebody asks for a change that may end a wrap-up: its timer goes once the request has been granted."""
        agent = self._roster.person(event.agent)
        wrapped = agent.call if agent.presence is Presence.WRAP_UP else None
        request(agent, event.at)
        if wrapped is not None and agent.presence is not Presence.WRAP_UP:
            self._out.append(CancelTimer(key=WrapUp(agent.agent, wrapped)))

    def _pause(self, agent: Agent, event: ev.AgentPaused, at: datetime) -> None:
        self._roster.pause(agent, event.reason, at, restored=event.restored)

    def _reasons_defined(self, event: ev.PauseReasonsDefined) -> None:
        self._roster.pauses.define(event.reasons, self._roster.agents.values(), event.at)

    def _fact(self, event: Any, note: Callable[[Agent, datetime], None]) -> None:
        agent = self._roster.agents.get(event.agent)
        if agent is not None:
            note(agent, event.at)

    # --- callers ----------------------------------------------------------------------------------

    def _caller_joined(self, event: ev.CallerJoined) -> None:
        before = self._bring_back(self._calls.pop(event.call, None), event.at)
        if before is None:
            self._arrivals += 1
        entry = Entry(
            call=event.call,
            queue=event.queue,
            entered=min(event.entered, event.at, before.entered if before else event.at),
            arrival=before.arrival if before else self._arrivals,
            caller=event.caller,
            need=event.need,
            priority=before.priority if before and before.by_hand else limited(event.priority),
            prefer=event.prefer,
            missed=before.missed if before else frozenset(),
            held=event.held,
            by_hand=before.by_hand if before else False,
        )
        self._room.enter(entry, event.at, fresh=before is None and not event.again)

    def _bring_back(self, state: CallState | None, at: datetime) -> Entry | None:
        """End whatever we believed of a call that joins; what it keeps of its claim, if it had one."""
        match state:
            case None:
                return None
            case Waiting(entry=entry):
                self._room.leave(state)
                return entry
            case Offered(entry=entry, agent=agent):  # it is back, so the offer is over, and nobody told us
                self._withdraw(state, Miss.LOST)
                self._roster.move(self._roster.agents[agent], Signal.WITHDRAWN, at)
                return replace(entry, missed=entry.missed | {agent})
            case Connected():  # sent back to a queue by the agent: a new wait
                self._end_talk(state, at)
                return None
            case Away(entry=entry):
                return entry

    def _caller_left(self, event: ev.CallerLeft) -> None:
        match state := self._calls.get(event.call):
            case Waiting():
                self._room.leave(state)
            case Offered(agent=agent):
                self._withdraw(state, Miss.CALLER_GONE)
                self._roster.move(self._roster.agents[agent], Signal.WITHDRAWN, event.at)
            case Connected() | None:  # the talk ends with the agent's leg
                return
        del self._calls[event.call]

    def _key_pressed(self, event: ev.KeyPressed) -> None:
        state = self._calls.get(event.call)
        if isinstance(state, Waiting) and event.key and event.key == state.line.rules.exit_key:
            self._room.release(state, event.at, Outcome.EXIT_KEY, f"the caller pressed {event.key}")

    def _offer_answered(self, event: ev.OfferAnswered) -> None:
        state, agent = self._calls.get(event.call), self._roster.agents.get(event.agent)
        if agent is None:
            return
        match state:
            case Offered(agent=offered) if offered == event.agent:
                self._out.append(CancelTimer(key=OfferLost(event.call, offered)))
            case Away(entry=entry) if event.agent in entry.missed and agent.presence is Presence.READY:
                pass  # we had given the offer up, but they do talk
            case _:
                return
        self._calls[event.call] = Connected(entry=state.entry, agent=event.agent)
        agent.misses, agent.answered = 0, agent.answered + 1
        self._wrapping.talk_began(agent, event.call)
        self._roster.move(agent, Signal.ANSWERED, event.at, call=event.call)

    def _offer_missed(self, event: ev.OfferMissed) -> None:
        state = self._calls.get(event.call)
        if not isinstance(state, Offered) or state.agent != event.agent:
            return
        if event.why is Miss.CALLER_GONE:
            self._caller_left(ev.CallerLeft(at=event.at, call=event.call))
        else:
            self._miss(state, event.why, event.at)

    def _miss(self, state: Offered, why: Miss, at: datetime) -> None:
        agent, served = self._roster.agents[state.agent], self._roster.queues.get(state.entry.queue)
        self._withdraw(state, why)
        self._room.send_away(replace(state.entry, missed=state.entry.missed | {state.agent}), at)
        agent.misses += why in _GUILTY
        limit = served.rules.max_misses if served else 0
        if limit and agent.misses >= limit and agent.next is None:
            agent.misses = 0
            agent.postpone(Presence.PAUSED, "missed")
        if why in REST_SECONDS:
            self._roster.rest(agent, REST_SECONDS[why], at)
        self._roster.move(agent, Signal.MISSED, at)

    def _talk_ended(self, event: ev.TalkEnded) -> None:
        state = self._calls.get(event.call)
        if isinstance(state, Connected) and state.agent == event.agent:
            del self._calls[event.call]
            self._end_talk(state, event.at)

    def _end_talk(self, state: Connected, at: datetime) -> None:
        agent, entry = self._roster.agents[state.agent], state.entry
        self._wrapping.talk_ended(agent, entry.call, entry.queue, at)

    def _withdraw(self, state: Offered, why: Miss) -> None:
        self._out.append(CancelTimer(key=OfferLost(state.entry.call, state.agent)))
        self._out.append(WithdrawOffer(call=state.entry.call, agent=state.agent, why=why))

    # --- timers -----------------------------------------------------------------------------------

    def _timer_fired(self, event: ev.TimerFired) -> None:
        match event.key:
            case OfferLost(call=call, agent=name):
                state = self._calls.get(call)
                if isinstance(state, Offered) and state.agent == name:
                    self._miss(state, Miss.LOST, event.at)
            case WrapUp() as key:
                self._wrapping.ran_out(key, event.at)
            case PhoneRest() as key:
                self._roster.rested(key)
            case PauseLimit(agent=name) as key:
                self._roster.pauses.ran_out(key, self._roster.agents.get(name))
            case MaxWait(call=call):
                state = self._calls.get(call)
                if isinstance(state, Waiting) and state.limit == event.key:
                    why = f"waited {state.entry.waited(event.at):.0f} s, as long as this queue allows"
                    self._room.release(state, event.at, Outcome.TIMEOUT, why)
            case PreferWait(call=call):
                state = self._calls.get(call)
                if isinstance(state, Waiting) and state.held == event.key:
                    self._room.hold_over(state)
            case NextRing(call=call):
                state = self._calls.get(call)
                if isinstance(state, Waiting) and state.next_ring == event.key:
                    self._room.ring_opened(state, event.at)
