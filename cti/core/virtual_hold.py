"""Virtual hold: callers who hang up and keep their place; the ACD serves them like any caller.

It stands before the ACD: events in, the ACD's commands out, with those of a kept place turned into what a caller
without a channel needs (dial instead of "give the verdict"). The ACD knows nothing of it but a caller whose wait has no
limit, so a callback has exactly the place, the rings, the preferred agent and the explanation that its caller had.

An agent is reserved (rings) from the decision until customer and agent talk: phones in flight never exceed the agents
who were free for them, an agent whose customer is not reached is ready again without wrap-up, and a callback that fails
has not cost anybody else's place. It knows no phone, no clock and no number but by `number_key`, which says when two
numbers are the same line.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from cti.errors import Refused

from . import callback as cb
from . import events as ev
from .acd import Acd
from .callback import Callback, End, Phase
from .callback_offers import CallbackOffers
from .commands import Announce, CancelTimer, Command, MoveCaller, OfferCall, ReleaseCaller, StartTimer, WithdrawOffer
from .kept_places import KeptPlaces
from .matching import LOST_AFTER
from .queue import Connected
from .timer_keys import CallbackDue, CallbackLost, CallbackOffer, OfferLost
from .words import CallbackOrder, CallbackRules, CallId, Miss, Outcome, QueueName, QueueRules

LOOK_AGAIN = 60.0  # seconds: how often a callback outside the calling window looks whether it may go on
_UNDER_WAY = (Phase.DIALLING, Phase.CALLING, Phase.ON_LINE)


class VirtualHold:
    """The machine around the machine. `handle` as the ACD's."""

    def __init__(self, acd: Acd, number_key: Callable[[str], str] = str) -> None:
        self._acd = acd
        self._places = KeptPlaces(number_key)
        self._queues: dict[QueueName, QueueRules] = {}
        self._out: list[Command | cb.HoldCommand] = []
        self.offers = CallbackOffers(acd, self._queues)
        self._handlers: dict[type[ev.Event], Callable[[Any], None]] = {
            ev.QueueDefined: self._queue_defined,
            ev.CallerJoined: self._caller_joined,
            ev.CallerLeft: self._caller_left,
            ev.OfferAnswered: self._offer_answered,
            ev.OfferMissed: self._offer_missed,
            ev.TimerFired: self._timer_fired,
            ev.KeyPressed: self._key_pressed,
            cb.CallbackRequested: self._requested,
            cb.CallbackRestored: self._restored,
            cb.CallbackUnreached: self._unreached,
            cb.CallbackTalked: self._talked,
            cb.CallbackCancelled: self._cancelled,
        }

    def handle(self, event: ev.Event) -> list[Command | cb.HoldCommand]:
        """What follows from `event`. Raises Refused for a request that the present state forbids; facts never do."""
        self._out = []
        self._handlers.get(type(event), self._pass)(event)
        return self._out

    def callbacks(self) -> tuple[Callback, ...]:
        """Every kept place, in the order in which they were asked for."""
        return tuple(self._places)

    # --- the ACD behind -----------------------------------------------------------------------------

    def _pass(self, event: ev.Event) -> None:
        for command in self._acd.handle(event):
            self._read(command, event.at)

    def _read(self, command: Command, at: datetime) -> None:
        match command:
            case OfferCall(call=call) | ReleaseCaller(call=call) | MoveCaller(call=call):
                kept = self._places.of_call(call)
                self._out += self.offers.stop(call)
            case WithdrawOffer(call=call):
                kept = self._places.of_call(call)
            case Announce():
                kept, command = None, self.offers.with_key(command)
            case StartTimer(key=OfferLost(call=call)):
                kept = self._places.of_call(call)
            case _:
                kept = None
        match command:
            case OfferCall() if kept and kept.phase is Phase.WAITING:
                self._place(kept, command, at)
                return
            case StartTimer() if kept and kept.phase is Phase.DIALLING:
                command = replace(command, seconds=command.seconds + self._rules(kept).ring_seconds)
        self._out.append(command)
        match command:
            case WithdrawOffer(why=why) if kept and kept.phase is Phase.DIALLING:
                self._lost_agent(kept, why, at)
            case ReleaseCaller() if kept:
                self._end(self._places.change(kept, phase=Phase.RESTING), End.WITHDRAWN, at)  # no longer in line

    def _rules(self, kept: Callback) -> CallbackRules:
        served = self._queues.get(kept.queue)
        return (served.callback if served else None) or CallbackRules()

    def _queue_defined(self, event: ev.QueueDefined) -> None:
        self._queues[event.rules.name] = event.rules
        self._pass(event)

    # --- callers on the line --------------------------------------------------------------------------

    def _caller_joined(self, event: ev.CallerJoined) -> None:
        if kept := self._places.of_call(event.call):
            self._came_on_line(kept, event)
            return
        kept = self._places.of_number(event.caller.number)
        if kept and kept.queue == event.queue and kept.phase not in _UNDER_WAY:
            event = replace(event, entered=min(event.entered, kept.entered))
            self._end(kept, End.CAME_BACK, event.at, by=event.call)
        self._pass(event)
        if self._places.of_number(event.caller.number) is None:
            self._out += self.offers.later(event)

    def _caller_left(self, event: ev.CallerLeft) -> None:
        self._out += self.offers.stop(event.call)
        kept = self._places.of_call(event.call)
        if kept is not None and kept.phase in _UNDER_WAY:
            self._fail(kept, "hung_up", event.at)
        else:
            self._pass(event)

    def _key_pressed(self, event: ev.KeyPressed) -> None:
        """The caller goes to confirm the number: out of line, so that nobody is offered to somebody who talks to us."""
        if not self.offers.is_accepted(event):
            self._pass(event)
            return
        self._caller_left(ev.CallerLeft(at=event.at, call=event.call))
        self._out.append(cb.AskForCallback(call=event.call))

    # --- asked for, kept, over --------------------------------------------------------------------------

    def _requested(self, event: cb.CallbackRequested) -> None:
        served = self._queues.get(event.queue)
        if served is None or served.callback is None:
            raise Refused(f"queue {event.queue} offers no callbacks")
        kept = self._places.of_number(event.number)
        if kept is not None and (kept.queue != event.queue or kept.phase in _UNDER_WAY):
            raise Refused("a callback to this number is promised already")
        self._caller_left(ev.CallerLeft(at=event.at, call=event.call))
        released = ReleaseCaller(call=event.call, queue=event.queue, outcome=Outcome.CALLBACK_REQUESTED)
        if kept is not None or self._places.get(event.call):  # the place that they have is the better one
            self._out.append(released)
            return
        kept = self._places.keep(_callback(event))
        self._out += [cb.KeepCallback(callback=kept), released]
        self._line_up(kept, event.at)

    def _restored(self, event: cb.CallbackRestored) -> None:
        if self._places.get(event.callback.of):
            return
        kept = self._places.keep(event.callback)
        if event.under_way:
            kept = self._places.change(kept, phase=Phase.CALLING)
            self._await_news(kept)
        elif kept.due is not None and kept.due > event.at:
            self._rest(kept, kept.due, event.at)
        else:
            self._line_up(kept, event.at)

    def _cancelled(self, event: cb.CallbackCancelled) -> None:
        kept = self._places.get(event.of)
        if kept is None:
            raise Refused(f"there is no callback {event.of[:60]!r}; see: cti callback list")
        self._stop(kept, End.CANCELLED, event.at)

    def _stop(self, kept: Callback, why: End, at: datetime, by: CallId | None = None) -> None:
        """Over now; or, when phones already ring for it, not tried again."""
        if kept.phase in _UNDER_WAY:
            self._places.change(kept, doomed=why)
        else:
            self._end(kept, why, at, by)

    def _end(self, kept: Callback, why: End, at: datetime, by: CallId | None = None) -> None:
        self._places.drop(kept)
        if kept.phase is Phase.RESTING:
            self._out.append(CancelTimer(key=CallbackDue(kept.of)))
        elif kept.phase is Phase.CALLING:
            self._out.append(CancelTimer(key=CallbackLost(kept.call)))
        if not isinstance(self._acd.state_of(kept.call), Connected):
            self._pass(ev.CallerLeft(at=at, call=kept.call))
        self._out.append(cb.EndCallback(callback=kept, why=why, by=by))

    # --- in line and out of it ----------------------------------------------------------------------------

    def _line_up(self, kept: Callback, at: datetime) -> None:
        """In line with the old time of entry, and so in the old place."""
        window = self._rules(kept).window
        if window is not None and not window.is_open(at):
            if kept.due is None:  # told once, not every minute of the night
                due = at + timedelta(seconds=LOOK_AGAIN)
                self._out.append(cb.RestCallback(callback=kept, call=kept.call, due=due, why="window"))
            self._rest(kept, at + timedelta(seconds=LOOK_AGAIN), at)
            return
        kept = self._places.change(kept, phase=Phase.WAITING, agent=None, due=None)
        self._out.append(cb.LineUpCallback(callback=kept))
        self._pass(_joined(kept, at))

    def _rest(self, kept: Callback, due: datetime, at: datetime) -> Callback:
        self._out.append(StartTimer(key=CallbackDue(kept.of), seconds=round((due - at).total_seconds(), 3)))
        return self._places.change(kept, phase=Phase.RESTING, agent=None, due=due)

    def _fail(self, kept: Callback, why: str, at: datetime) -> None:
        """This attempt is over. The agent is free again, the next attempt has the same place."""
        state = self._acd.state_of(kept.call)
        if state is not None:  # a supervisor may have moved it
            kept = self._places.change(kept, queue=state.entry.queue, priority=state.entry.priority)
        if kept.doomed is not None or kept.attempt > self._rules(kept).retries:
            self._end(kept, kept.doomed or End.GIVEN_UP, at)
            return
        if kept.phase is Phase.CALLING:
            self._out.append(CancelTimer(key=CallbackLost(kept.call)))
        kept = self._places.change(kept, phase=Phase.RESTING)
        failed = kept.call
        self._pass(ev.CallerLeft(at=at, call=failed))
        due = at + timedelta(seconds=self._rules(kept).gap_seconds)
        kept = self._rest(self._places.change(kept, attempt=kept.attempt + 1), due, at)
        self._out.append(cb.RestCallback(callback=kept, call=failed, due=due, why=why))

    # --- its turn -----------------------------------------------------------------------------------------

    def _place(self, kept: Callback, offer: OfferCall, at: datetime) -> None:
        rules = self._rules(kept)
        if rules.window is not None and not rules.window.is_open(at):
            kept = self._places.change(kept, phase=Phase.RESTING)
            self._pass(ev.CallerLeft(at=at, call=kept.call))
            self._line_up(kept, at)
            return
        kept = self._places.change(kept, phase=Phase.DIALLING, agent=offer.agent, placed=kept.placed + 1)
        self._out.append(
            cb.PlaceCallback(callback=kept, offer=offer, order=rules.order, ring_seconds=rules.ring_seconds)
        )

    def _lost_agent(self, kept: Callback, why: Miss, at: datetime) -> None:
        """The ACD has taken the agent back while phones rang."""
        rules = self._rules(kept)
        if rules.order is CallbackOrder.CUSTOMER_FIRST:  # whose phone rings: who answers waits for the next agent
            self._places.change(kept, phase=Phase.CALLING, agent=None)
            self._await_news(kept)
        elif why is Miss.LOST:
            self._fail(kept, "lost", at)
        else:
            kept = self._places.change(kept, phase=Phase.WAITING, agent=None)
            self._pass(_joined(kept, at))

    def _await_news(self, kept: Callback) -> None:
        seconds = self._rules(kept).ring_seconds + LOST_AFTER
        self._out.append(StartTimer(key=CallbackLost(kept.call), seconds=seconds))

    def _came_on_line(self, kept: Callback, event: ev.CallerJoined) -> None:
        """The customer answered: the reserved agent is rung; without one they wait like anybody, in the old place."""
        state, was = self._acd.state_of(kept.call), kept.phase
        kept = self._places.change(kept, phase=Phase.ON_LINE, due=None)
        if was is Phase.DIALLING and kept.agent is not None and state is not None:
            served = self._queues.get(state.entry.queue)
            ring = served.ring_seconds if served else QueueRules(name=kept.queue).ring_seconds
            self._out.append(StartTimer(key=OfferLost(kept.call, kept.agent), seconds=ring + LOST_AFTER))
            self._out.append(cb.ConnectCallback(call=kept.call, agent=kept.agent, ring_seconds=ring))
            return
        if was is Phase.CALLING:
            self._out.append(CancelTimer(key=CallbackLost(kept.call)))
        elif was is Phase.RESTING:
            self._out.append(CancelTimer(key=CallbackDue(kept.of)))
        self._pass(_joined(kept, event.at))

    def _offer_answered(self, event: ev.OfferAnswered) -> None:
        if kept := self._places.of_call(event.call):
            self._pass(event)
            if isinstance(self._acd.state_of(event.call), Connected):
                self._end(kept, End.SERVED, event.at)
            return
        state = self._acd.state_of(event.call)
        self._pass(event)
        kept = self._places.of_number(state.entry.caller.number) if state is not None else None
        if kept is not None:
            self._stop(kept, End.SERVED_OTHERWISE, event.at, by=event.call)

    def _offer_missed(self, event: ev.OfferMissed) -> None:
        kept = self._places.of_call(event.call)
        if kept is not None and kept.phase is Phase.ON_LINE and event.why is Miss.CALLER_GONE:
            self._fail(kept, "hung_up", event.at)
        else:
            self._pass(event)

    def _unreached(self, event: cb.CallbackUnreached) -> None:
        kept = self._places.of_call(event.call)
        if kept is not None and kept.phase in (Phase.DIALLING, Phase.CALLING):
            self._fail(kept, event.why, event.at)

    def _talked(self, event: cb.CallbackTalked) -> None:
        """Told of every attempt that came to a talk; news only when we did not see the offer, after a restart."""
        kept = self._places.of_call(event.call)
        if kept is not None and kept.phase not in (Phase.DIALLING, Phase.ON_LINE):
            self._end(kept, End.SERVED, event.at)

    # --- timers ---------------------------------------------------------------------------------------------

    def _timer_fired(self, event: ev.TimerFired) -> None:
        match event.key:
            case CallbackOffer(call=call):
                self._out += self.offers.now(call)
            case CallbackDue(of=of):
                kept = self._places.get(of)
                if kept is not None and kept.phase is Phase.RESTING:
                    self._line_up(kept, event.at)
            case CallbackLost(call=call):
                kept = self._places.of_call(call)
                if kept is not None and kept.phase is Phase.CALLING:
                    self._fail(kept, "lost", event.at)
            case _:
                self._pass(event)


def _callback(event: cb.CallbackRequested) -> Callback:
    return Callback(
        of=event.call,
        number=event.number,
        queue=event.queue,
        entered=event.entered,
        requested=event.at,
        caller=replace(event.caller, number=event.number),
        need=event.need,
        priority=event.priority,
        prefer=event.prefer,
    )


def _joined(kept: Callback, at: datetime) -> ev.CallerJoined:
    return ev.CallerJoined(
        at=at,
        call=kept.call,
        queue=kept.queue,
        entered=min(kept.entered, at),
        caller=kept.caller,
        need=kept.need,
        priority=kept.priority,
        prefer=kept.prefer,
        again=True,
        held=True,
    )
