"""One inbox: event -> core -> commands -> edges, one event at a time.

It knows which edge performs which command and in which order: what an agent must see goes out before the verdict that
makes the phone ring. Nothing in here awaits a database, a websocket or Asterisk; an edge that could wait gets a
queue of its own. Requests by people go through the same inbox and get their answer (or refusal) from it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from ..core import commands as do
from ..core import events as ev
from ..core.acd import Acd
from ..core.call import CallTracker
from ..core.floor import AgentOnFloor
from ..core.timer_keys import NextRing
from ..core.virtual_hold import VirtualHold
from ..core.words import (
    AgentCard,
    AgentId,
    CallId,
    Miss,
    Outcome,
    PauseReason,
    Phone,
    Presence,
    QueueName,
    QueueRules,
    Uniqueid,
    Verdict,
)
from ..journal.engine_log import EngineJournal, Kind
from .callback_desk import CallbackDesk
from .callbacks import Callbacks
from .customers import Customers
from .familiar import Familiar, Served
from .floor import Floor
from .inbox import Inbox
from .lobby import Lobby
from .mirror import Mirror
from .pace import Pace
from .pen import Pen
from .timers import Timers

log = logging.getLogger(__name__)
QUEUE_SECONDS = 0.5  # a queue's numbers go to every screen: at most so often


class Actions(Protocol):
    """What the engine needs of the manager link: send now and go on; nothing is kept for later (False: not sent)."""

    def post(self, action: str, headers: Mapping[str, Any]) -> bool: ...


class Engine:
    """`post` puts a fact in the inbox; `request` asks for something and waits for the answer."""

    def __init__(
        self,
        *,
        journal: EngineJournal,
        publish: Callable[[str, Mapping[str, Any]], None],
        customers: Customers,
        actions: Actions,
    ) -> None:
        self.acd = Acd()
        self._pen = Pen(journal)
        self._write, send = self._pen.write, self._pen.before(actions.post)
        self.callbacks = Callbacks(CallbackDesk(self), send, self._write)
        self.hold = VirtualHold(self.acd, self.callbacks.line_of)
        self.tracker = CallTracker()
        self.floor = Floor(publish)
        self.familiar = Familiar()
        self.lobby = Lobby(self.post, lambda queue: queue in self._queues, self.familiar.prefers)
        self.mirror = Mirror(send, self.phone_of)
        self._timers = Timers(self.post)
        self._queue_pace = Pace(self.floor.tell_queue, QUEUE_SECONDS)
        self.floor.counted = self._queue_pace.changed
        self._customers = customers
        self._queues: set[QueueName] = set()
        self._closed: set[QueueName] = set()
        self.keeps_places = False  # some queue offers callbacks
        self._cards: dict[AgentId, AgentCard] = {}
        self._reasons: dict[str, PauseReason] = {}
        self._inbox = Inbox(self._handle_one)
        self._performers: dict[type, Callable[[Any, datetime], None]] = {
            **self.callbacks.performers,
            do.OfferCall: self._offer,
            do.WithdrawOffer: self._withdraw,
            do.ReleaseCaller: self._release,
            do.MoveCaller: self._move,
            do.Announce: self._announce,
            do.StartTimer: self._start_timer,
            do.CancelTimer: lambda c, _: self._timers.cancel(c.key),
            do.ShowPresence: self._show_presence,
            do.ShowQueue: lambda c, _: self._show_queue(c),
            do.MirrorMember: lambda c, _: self.mirror.member(c),
            do.UnmirrorMember: lambda c, _: self.mirror.unmember(c),
            do.MirrorPause: lambda c, _: self.mirror.pause(c),
            do.Explain: self._explain,
        }

    # --- asked from outside -----------------------------------------------------------------------

    def post(self, event: ev.Event) -> None:
        """A fact, to be handled in turn."""
        self._inbox.post(event)

    async def request(self, event: ev.Event) -> None:
        """Something a person asks for. Raises Refused when the present state forbids it; nothing changed then."""
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._inbox.post(event, answer)
        await answer

    async def run(self) -> None:
        """Handle events until cancelled."""
        self._inbox.open()
        try:
            await asyncio.get_running_loop().create_future()  # for ever
        finally:
            self._inbox.close()
            self._timers.close()
            self._queue_pace.close()
            self.callbacks.close()

    def define(
        self, queues: Iterable[QueueRules], cards: Iterable[AgentCard], reasons: Iterable[PauseReason] = ()
    ) -> None:
        """The site and the rows as they are now; what is no longer there is removed. Also used for a reload."""
        with self._inbox.alone():
            self._reasons = {reason.name: reason for reason in reasons}
            self._to_core(ev.PauseReasonsDefined(at=datetime.now(UTC), reasons=tuple(self._reasons.values())))
            self._define(list(queues), {card.agent: card for card in cards}, datetime.now(UTC))

    def _define(self, rules: list[QueueRules], known: dict[AgentId, AgentCard], now: datetime) -> None:
        for queue in self._queues - {rule.name for rule in rules}:
            self._closed.discard(queue)
            self.floor.closed(queue, False)
            self._to_core(ev.QueueRemoved(at=now, queue=queue))
            self.floor.queues.pop(queue, None)
        for agent in self._cards.keys() - known.keys():
            self._to_core(ev.AgentRemoved(at=now, agent=agent))
            self.floor.agents.pop(agent, None)
        self._queues, self._cards = {rule.name for rule in rules}, known
        self.keeps_places = any(rule.callback for rule in rules)
        for rule in rules:
            self._to_core(ev.QueueDefined(at=now, rules=rule))
        for card in known.values():
            self.floor.know_agent(card.agent, card.name, now)
            self._to_core(ev.AgentDefined(at=now, card=card))
        self.tracker.set_phones({card.phone: agent for agent, card in known.items()})
        for fact in self.tracker.refresh(now):
            self._to_core(fact)
        for agent in known:
            self._show_beside(agent)

    def restore_closed(self, closed: Collection[QueueName]) -> None:
        """At a start: these queues had been closed by hand. The journal says it again, also when there are none."""
        now = datetime.now(UTC)
        for queue in sorted(self._queues.intersection(closed)):
            self.handle(ev.QueueClosed(at=now, queue=queue))
        if not self._closed:
            self._stand(now)

    def pause_reason(self, digit: str) -> str | None:
        """The reason that a digit on the phone stands for, in the order of site.yaml; without a digit the first one."""
        names = list(self._reasons) or ["break"]
        place = int(digit or "1")
        return names[place - 1] if 1 <= place <= len(names) else None

    def phone_of(self, agent: AgentId) -> Phone | None:
        """What rings for this agent."""
        card = self._cards.get(agent)
        return card.phone if card else None

    def agent_on(self, phone: Phone) -> AgentId | None:
        """Whose phone this is."""
        return self.tracker.agent_on(phone)

    def agent(self, agent: AgentId) -> AgentOnFloor:
        """One agent as the core has it now. Raises Refused for a stranger."""
        return self.acd.agent(agent)

    def own_legs(self, agent: AgentId) -> int:
        """How many calls of its own, not offered by us, this agent's phone has."""
        return self.tracker.own_legs(agent)

    @property
    def agents(self) -> set[AgentId]:
        """Everybody who has a row."""
        return set(self._cards)

    @property
    def queues(self) -> frozenset[QueueName]:
        """The queues of the site."""
        return frozenset(self._queues)

    # --- events -----------------------------------------------------------------------------------

    def _handle_one(self, event: ev.Event, answer: asyncio.Future[None] | None) -> None:
        """One event, whole; a fault in it is logged and costs that event, never the engine."""
        try:
            self._handle(event)
        except Exception as error:
            if answer is None:
                log.exception("the engine failed on %s", type(event).__name__)
            elif not answer.done():
                answer.set_exception(error)
            return
        if answer is not None and not answer.done():
            answer.set_result(None)

    def handle(self, event: ev.Event) -> None:
        """One event from outside the inbox (a start, a resync), before whatever it makes others post."""
        with self._inbox.alone():
            self._handle(event)

    def _handle(self, event: ev.Event) -> None:
        """Leg facts go through the tracker, everything else straight to the core."""
        with self._pen:
            if isinstance(event, ev.LegHeld):  # CEL has no hold: only AMI tells of it
                self._write(Kind.HELD, event.at, call=event.leg, leg=event.leg, held=event.held)
            for fact in self.tracker.handle(event):
                self._to_core(fact)
            for fact in self.callbacks.placed.handle(event):
                self._to_core(fact)
            if not self.tracker.reads(event):
                self._to_core(event)

    def _to_core(self, event: ev.Event) -> None:
        match event:
            case ev.CallerJoined():
                self._joined(event)
            case ev.OfferAnswered(call=call, agent=agent):
                self._write(Kind.ANSWERED, event.at, call=call, agent=agent)
            case ev.TalkEnded(call=call, agent=agent):
                self._served(call, agent, event.at)
                self._write(Kind.TALK_ENDED, event.at, call=call, agent=agent)
            case ev.CallerLeft(call=call):
                self._write(Kind.LEFT, event.at, call=call)
        for command in self.hold.handle(event):
            self._performers[type(command)](command, event.at)
        match event:
            case ev.TalkEnded(call=call, agent=agent):
                self.floor.pop_ended(call, agent, "talk_ended")
                self.floor.ended(call, event.at)
            case ev.CallerLeft(call=call) if self.floor.calls.get(call, {}).get("state") != "connected":
                self.floor.ended(call, event.at)
            case ev.QueueClosed(queue=queue) | ev.QueueOpened(queue=queue):
                self._gate(queue, isinstance(event, ev.QueueClosed), event.at)
            case ev.PriorityChanged(call=call, priority=priority):
                self._write(Kind.PRIORITY, event.at, call=call, priority=priority)
                self.floor.priority(call, priority)
            case ev.DispositionGiven(call=call, agent=agent, code=code, note=note):
                self._write(Kind.DISPOSITION, event.at, call=call, agent=agent, code=code, note=note)
            case ev.AgentLoggedIn() | ev.AgentLoggedOut() | ev.AgentPaused() | ev.AgentUnpaused() | ev.AgentReachable():
                self._show_beside(event.agent)

    def _gate(self, queue: QueueName, closed: bool, at: datetime) -> None:
        """Closed or opened by hand: kept over a restart by the journal, which every file of it repeats."""
        (self._closed.add if closed else self._closed.discard)(queue)
        self.floor.closed(queue, closed)
        self._queue_pace.changed(queue)
        self._stand(at)

    def _stand(self, at: datetime) -> None:
        self._pen.stand(Kind.QUEUES, at, closed=sorted(self._closed))

    def _show_beside(self, agent: AgentId) -> None:
        if self.acd.knows(agent):
            self.floor.beside(self.acd.agent(agent))

    def _joined(self, event: ev.CallerJoined) -> None:
        self.tracker.introduce(Uniqueid(event.call), number=event.caller.number, at=event.at)
        caller = event.caller
        self._write(
            Kind.JOINED,
            event.at,
            call=event.call,
            queue=event.queue,
            entered=event.entered,
            caller=caller,
            need=event.need,
            priority=event.priority,
        )
        self.show_waiting(event)

    def show_waiting(self, event: ev.CallerJoined) -> None:
        """On every screen, with the customer's name as soon as it is known."""
        self.floor.joined(event)
        self._customers.look_up(event.call, event.caller.number, self.floor.customer)

    def _served(self, call: CallId, agent: AgentId, at: datetime) -> None:
        talk = self.floor.calls.get(call)
        if talk is not None and talk["state"] == "connected" and talk["agent"] == agent:
            self.familiar.note(Served(talk["number"], agent, at, (at - talk["since"]).total_seconds()))

    # --- commands ---------------------------------------------------------------------------------

    def _offer(self, offer: do.OfferCall, at: datetime) -> None:
        """The pop leaves before the verdict: the phone must not ring before the screen shows who calls."""
        self.tracker.expect(offer.call, offer.agent, offer.phone)
        pushed = self.pop(offer, at)
        ring = str(max(1, round(offer.ring_seconds)))
        variables = (("CTI_AGENT", str(offer.agent)), ("CTI_DIAL", str(offer.phone)), ("CTI_RING", ring))
        if not self.lobby.decide(offer.call, Verdict.DIAL, variables):
            self.post(ev.OfferMissed(at=pushed, call=offer.call, agent=offer.agent, why=Miss.CALLER_GONE))
            return
        self.write_offer(offer, at, pushed)

    def pop(self, offer: do.OfferCall, at: datetime) -> datetime:
        """The call on the agent's screen; when it left."""
        self.floor.offered(offer, self._customers.name_of(offer.call), at)
        return datetime.now(UTC)

    def write_offer(self, offer: do.OfferCall, at: datetime, pushed: datetime) -> None:
        """An offer, and when its pop left."""
        self._write(
            Kind.OFFER,
            at,
            call=offer.call,
            agent=offer.agent,
            queue=offer.queue,
            phone=offer.phone,
            ring_seconds=offer.ring_seconds,
            waited_seconds=round(offer.waited_seconds, 3),
        )
        self._write(Kind.POP, at, call=offer.call, agent=offer.agent, pushed=pushed)

    def _withdraw(self, command: do.WithdrawOffer, at: datetime) -> None:
        self.tracker.forget(command.call, command.agent)
        self.floor.pop_ended(command.call, command.agent, command.why.value)
        self.floor.waits_again(command.call, at)
        self._write(Kind.MISSED, at, call=command.call, agent=command.agent, why=command.why)

    def _release(self, command: do.ReleaseCaller, at: datetime) -> None:
        self.lobby.decide(command.call, Verdict.OVERFLOW, (("CTI_OUTCOME", command.outcome.value),))
        self.floor.ended(command.call, at, command.outcome)
        self._write(Kind.RELEASED, at, call=command.call, queue=command.queue, outcome=command.outcome)

    def _move(self, command: do.MoveCaller, at: datetime) -> None:
        self.lobby.decide(command.call, Verdict.MOVE, (("CTI_MOVE", str(command.queue)),))
        self.floor.today.left(command.call, at, Outcome.OVERFLOW)
        self._write(Kind.MOVED, at, call=command.call, queue=command.queue)

    def _start_timer(self, command: do.StartTimer, at: datetime) -> None:
        self._timers.start(command.key, command.seconds)
        if isinstance(command.key, NextRing):
            self.floor.next_ring(command.key.call, at + timedelta(seconds=command.seconds))

    def _show_queue(self, shown: do.ShowQueue) -> None:
        self.floor.queue(shown, self.acd.longest(shown.queue))
        self._queue_pace.changed(shown.queue)

    def _show_presence(self, shown: do.ShowPresence, at: datetime) -> None:
        self.floor.presence(shown, at, self.acd.agent(shown.agent) if self.acd.knows(shown.agent) else None)
        call = shown.call or shown.wrapped  # the end of a wrap-up is told of its call, as the beginning is
        values: dict[str, Any] = {"call": call} if call is not None else {}
        reason = shown.reason if shown.presence is Presence.PAUSED else ""
        if known := self._reasons.get(reason):  # as it counts today: the site may change
            values |= {"billable": known.billable, "payable": known.payable, "over_time": shown.over_time}
        self._write(Kind.PRESENCE, at, agent=shown.agent, presence=shown.presence, reason=reason, **values)

    def _announce(self, told: do.Announce, at: datetime) -> None:
        if told.said is not None:
            self._write(Kind.TOLD, at, call=told.call, **asdict(told.said))
        self.lobby.say(told.call, told.parts, told.keys)

    def _explain(self, told: do.Explain, at: datetime) -> None:
        self._write(
            Kind.EXPLAIN,
            at,
            call=told.call,
            decision=told.decision,
            ring=told.ring,
            chosen=told.chosen,
            candidates=told.candidates,
            **({"why": told.why} if told.why else {}),
        )
        if told.decision == "wait":
            self.floor.ring(told.call, told.ring, at)
