"""Live tracking of legs: what channels do, told as what agents and callers did.

It knows which legs live, whose phone each is on, and what each is for: an offer of ours, the talk that came of it,
or the phone's own business. It knows nothing of queues, presence or time-outs. Legs that nobody has seen created (and
no FastAGI session has proved) do not exist: events that name them are ignored, since a caller's number can forge
events (FACTS, injection). Events may come late, twice or in the wrong order; nothing here raises.

A talk belongs to the agent's leg: it ends when that leg ends, or when the leg is in no bridge while the caller is
gone or talks elsewhere. An agent who consults somebody during an attended transfer is in another bridge, and so is
still on the call; between two bridges, too, while the caller waits where the talk began (a consultation that is given
up, or becomes a conference). So who hangs up by keys before the colleague answers is free when that phone does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from . import events as ev
from .events import AgentBusied, AgentFreed, AgentReachable, CallerLeft, Event, OfferAnswered, OfferMissed, TalkEnded
from .live import Leg, Role
from .words import AgentId, CallId, Linkedid, Miss, Phone, Uniqueid


class CallTracker:
    """Leg facts in, ACD facts out. Memory is bounded by the legs that live."""

    def __init__(self) -> None:
        self._legs: dict[Uniqueid, Leg] = {}
        self._on_phone: dict[Phone, dict[Uniqueid, Leg]] = {}
        self._agents: dict[Phone, AgentId] = {}
        self._phones: dict[AgentId, list[Phone]] = {}
        self._offers: dict[AgentId, tuple[CallId, Phone]] = {}
        self._placed: dict[Uniqueid, CallId] = {}  # legs of agents that we dialled for a customer who has no channel
        self._talkers: dict[CallId, dict[Uniqueid, None]] = {}  # a call's talking agents' legs
        self._waiting: set[CallId] = set()
        self._unreachable: set[Phone] = set()
        self._told_busy: set[AgentId] = set()
        self._told_unreachable: set[AgentId] = set()
        self._stale: dict[AgentId, None] = {}  # agents to look at again
        self._readers: dict[type[Event], Callable[[Any], Iterable[Event]]] = {
            ev.LegCreated: self._created,
            ev.LegAnswered: self._answered,
            ev.LegRelinked: self._relinked,
            ev.DialBegan: self._dial_began,
            ev.DialEnded: self._dial_ended,
            ev.LegBridged: self._bridged,
            ev.LegUnbridged: self._unbridged,
            ev.LegHeld: self._held,
            ev.LegEnded: self._ended,
            ev.PhoneReachable: self._reachable,
        }

    # --- what the engine tells ----------------------------------------------------------------------

    def set_phones(self, phones: Mapping[Phone, AgentId]) -> None:
        """Whose phone is whose, from now on. What follows of it comes with `refresh` or the next `handle`."""
        self._agents = dict(phones)
        self._phones = {}
        for phone, agent in phones.items():
            self._phones.setdefault(agent, []).append(phone)
        self._told_busy &= self._phones.keys()
        self._told_unreachable &= self._phones.keys()
        self._stale.update(dict.fromkeys(self._phones))

    def introduce(
        self,
        leg: Uniqueid,
        *,
        phone: Phone = Phone(""),  # noqa: B008  (a NewType costs nothing and is immutable)
        channel: str = "",
        number: str = "",
        linked: Linkedid | None = None,
        at: datetime | None = None,
    ) -> None:
        """A FastAGI session proves this leg, and that its caller waits with us. A known leg keeps what is known."""
        if leg not in self._legs:
            self._keep(
                Leg(
                    leg=leg,
                    linked=linked or Linkedid(leg),
                    phone=phone,
                    channel=channel,
                    number=number,
                    since=at,
                    role=Role.OWN,
                    up=True,
                )
            )
        self._waiting.add(CallId(leg))

    def expect(self, call: CallId, agent: AgentId, phone: Phone) -> None:
        """An offer is made: a leg of this phone that this call dials is ours. Replaces the agent's former offer."""
        self._offers[agent] = (call, phone)

    def place(self, call: CallId, leg: Uniqueid) -> None:
        """The agent's leg of the offer that is expected next has this id: nobody of ours dials it, we do."""
        self._placed[leg] = call

    def forget(self, call: CallId, agent: AgentId) -> None:
        """The offer is over: a leg of it that is up is the phone's own business now. Unknown ones are fine."""
        offer = self._offers.get(agent)
        if offer is None or offer[0] != call:
            return
        del self._offers[agent]
        self._placed = {leg: placed for leg, placed in self._placed.items() if placed != call}
        for leg in self._on_phone.get(offer[1], {}).values():
            if leg.role is Role.OFFERED and leg.up:
                self._make_own(leg)
        self._stale[agent] = None

    # --- what is read from it -------------------------------------------------------------------------

    def handle(self, event: Event) -> list[Event]:
        """The ACD facts that follow from a leg fact; [] for any other event."""
        reader = self._readers.get(type(event))
        facts = [] if reader is None else list(reader(event))
        busied, others = self._news(event.at)
        return busied + facts + others  # busy first: a talk that ends must not make the agent ready in between

    def reads(self, event: Event) -> bool:
        """Whether this is a leg fact, which concerns nobody but the tracker."""
        return type(event) in self._readers

    def refresh(self, at: datetime) -> list[Event]:
        """The ACD facts that follow from `set_phones` and `forget`, without waiting for the next leg fact."""
        busied, others = self._news(at)
        return busied + others

    def known_legs(self) -> frozenset[Uniqueid]:
        """Every leg believed to live, to compare with a snapshot of Asterisk's channels."""
        return frozenset(self._legs)

    def channel_of(self, leg: Uniqueid) -> str:
        """The channel's name now, to act on it; "" when unknown."""
        return self._legs[leg].channel if leg in self._legs else ""

    def agent_on(self, phone: Phone) -> AgentId | None:
        """Whose phone this is."""
        return self._agents.get(phone)

    def own_legs(self, agent: AgentId) -> int:
        """How many legs the agent's phones have on business of their own."""
        legs = [leg for phone in self._phones.get(agent, ()) for leg in self._on_phone.get(phone, {}).values()]
        return sum(leg.role is Role.OWN for leg in legs)

    # --- leg facts ------------------------------------------------------------------------------------

    def _created(self, event: ev.LegCreated) -> Iterable[Event]:
        leg = self._legs.get(event.leg)
        if leg is not None:  # a snapshot, or twice: take what is newer, keep what the leg is for
            leg.channel, leg.linked, leg.up = event.channel or leg.channel, event.linked, leg.up or event.up
            self._move_phone(leg, event.phone)
            return []
        expected = any(phone == event.phone for _, phone in self._offers_on(event.phone))
        placed = self._placed.pop(event.leg, None)
        role = Role.OFFERED if placed else Role.UNPROVEN if expected and not event.up else Role.OWN
        self._keep(
            Leg(
                leg=event.leg,
                linked=event.linked,
                phone=event.phone,
                channel=event.channel,
                number=event.number,
                since=event.at,
                role=role,
                call=placed,
                up=event.up,
            )
        )
        return []

    def _answered(self, event: ev.LegAnswered) -> Iterable[Event]:
        leg = self._legs.get(event.leg)
        if leg is not None:
            leg.up = True
            self._prove(leg)
        return []

    def _relinked(self, event: ev.LegRelinked) -> Iterable[Event]:
        if event.leg in self._legs:
            self._legs[event.leg].linked = event.linked
        return []

    def _dial_began(self, event: ev.DialBegan) -> Iterable[Event]:
        leg = self._legs.get(event.callee)
        if leg is None or (event.caller and event.caller not in self._legs) or leg.role is Role.TALK:
            return []
        for call, phone in self._offers_on(leg.phone):
            if Uniqueid(call) == event.caller and phone == leg.phone:
                leg.role, leg.call = Role.OFFERED, call
                self._touch(leg)
                return []
        if leg.role is Role.UNPROVEN:
            self._make_own(leg)
        return []

    def _dial_ended(self, event: ev.DialEnded) -> Iterable[Event]:
        leg = self._legs.get(event.callee)
        if leg is None or leg.role is not Role.OFFERED or not event.caller:
            return []  # an originate: who answered it talks with nobody yet
        if event.result == "ANSWER":
            leg.up = True
            return self._take_up(leg, event.at)
        call, agent = leg.call, self._agents.get(leg.phone)
        if event.result != "CANCEL" or call is None or agent is None or not self._is_pending(leg):
            return []  # a miss: the dialplan comes back and says so
        del self._offers[agent]
        # The offer is over. That they have left is told by the end of their own leg: a screen needs both.
        return [OfferMissed(at=event.at, call=call, agent=agent, why=Miss.CALLER_GONE)]

    def _bridged(self, event: ev.LegBridged) -> Iterable[Event]:
        leg = self._legs.get(event.leg)
        if leg is None:
            return []
        leg.bridge = leg.last_bridge = event.bridge
        leg.up = True
        facts = self._take_up(leg, event.at) if leg.role is Role.OFFERED else []
        self._prove(leg)
        if leg.role is Role.TALK:
            leg.home = leg.home or event.bridge
        call = CallId(leg.leg)
        if call in self._waiting:  # with somebody whom we did not offer: a colleague picked up, a phone forwarded it
            self._waiting.discard(call)
            facts.append(CallerLeft(at=event.at, call=call))
        return [*facts, *self._see_who_left(leg, event.at)]

    def _unbridged(self, event: ev.LegUnbridged) -> Iterable[Event]:
        leg = self._legs.get(event.leg)
        if leg is None or leg.bridge != event.bridge:
            return []  # it has entered another bridge already
        leg.bridge = ""
        return self._see_who_left(leg, event.at)

    def _held(self, event: ev.LegHeld) -> Iterable[Event]:
        if event.leg in self._legs:
            self._legs[event.leg].held = event.held
        return []

    def _ended(self, event: ev.LegEnded) -> Iterable[Event]:
        leg = self._legs.pop(event.leg, None)
        if leg is None:
            return []
        self._leave_phone(leg)
        self._touch(leg)
        facts: list[Event] = self._end_talk(leg, event.at) if leg.role is Role.TALK else []
        call = CallId(leg.leg)
        if call in self._waiting:
            self._waiting.discard(call)
            facts.append(CallerLeft(at=event.at, call=call))
        return [*facts, *self._see_who_left(leg, event.at)]

    def _reachable(self, event: ev.PhoneReachable) -> Iterable[Event]:
        (self._unreachable.discard if event.reachable else self._unreachable.add)(event.phone)
        if event.phone in self._agents:
            self._stale[self._agents[event.phone]] = None
        return []

    # --- what a leg is for ------------------------------------------------------------------------------

    def _offers_on(self, phone: Phone) -> list[tuple[CallId, Phone]]:
        offer = self._offers.get(self._agents.get(phone, AgentId("")))
        return [offer] if offer else []

    def _is_pending(self, leg: Leg) -> bool:
        return any(call == leg.call and phone == leg.phone for call, phone in self._offers_on(leg.phone))

    def _prove(self, leg: Leg) -> None:
        """A leg that goes up without being dialled for an offer that stands is the phone's own business."""
        if leg.role is Role.UNPROVEN or (leg.role is Role.OFFERED and not self._is_pending(leg)):
            self._make_own(leg)

    def _make_own(self, leg: Leg) -> None:
        leg.role, leg.call = Role.OWN, None
        self._touch(leg)

    def _take_up(self, leg: Leg, at: datetime) -> list[Event]:
        """The agent answered the offered leg."""
        if leg.call is None or not self._is_pending(leg):
            self._make_own(leg)
            return []
        agent = self._agents[leg.phone]
        del self._offers[agent]
        self._waiting.discard(leg.call)
        self._talkers.setdefault(leg.call, {})[leg.leg] = None
        leg.role = Role.TALK
        self._touch(leg)
        return [OfferAnswered(at=at, call=leg.call, agent=agent)]

    def _see_who_left(self, moved: Leg, at: datetime) -> list[Event]:
        """One end of a talk moved or ended: does the agent still have to do with the caller?"""
        legs = [moved] if moved.role is Role.TALK else []
        legs += [self._legs[leg] for leg in self._talkers.get(CallId(moved.leg), ()) if leg in self._legs]
        return [fact for leg in legs if self._is_over(leg) for fact in self._end_talk(leg, at)]

    def _is_over(self, leg: Leg) -> bool:
        if leg.bridge or not leg.last_bridge or leg.call is None:
            return False
        caller = self._legs.get(Uniqueid(leg.call))
        return caller is None or caller.bridge not in ("", leg.home)

    def _end_talk(self, leg: Leg, at: datetime) -> list[Event]:
        call, agent = leg.call, self._agents.get(leg.phone)
        self._make_own(leg)
        if call is None:
            return []
        talkers = self._talkers.get(call, {})
        talkers.pop(leg.leg, None)
        if not talkers:
            self._talkers.pop(call, None)
        return [] if agent is None else [TalkEnded(at=at, call=call, agent=agent)]

    # --- agents' phones ---------------------------------------------------------------------------------

    def _keep(self, leg: Leg) -> None:
        self._legs[leg.leg] = leg
        self._on_phone.setdefault(leg.phone, {})[leg.leg] = leg
        self._touch(leg)

    def _move_phone(self, leg: Leg, phone: Phone) -> None:
        if phone in ("", leg.phone):
            return
        self._leave_phone(leg)
        self._touch(leg)
        leg.phone = phone
        self._keep(leg)

    def _leave_phone(self, leg: Leg) -> None:
        legs = self._on_phone.get(leg.phone, {})
        legs.pop(leg.leg, None)
        if not legs:
            self._on_phone.pop(leg.phone, None)

    def _touch(self, leg: Leg) -> None:
        if leg.phone in self._agents:
            self._stale[self._agents[leg.phone]] = None

    def _news(self, at: datetime) -> tuple[list[Event], list[Event]]:
        """What changed for the agents touched: who is busy now, then who is free or can or cannot be rung."""
        busied: list[Event] = []
        others: list[Event] = []
        if not self._stale:
            return busied, others
        for agent in self._stale:
            phones = self._phones.get(agent, [])
            busy = any(leg.role is Role.OWN for phone in phones for leg in self._on_phone.get(phone, {}).values())
            if _flip(self._told_busy, agent, busy):
                (busied if busy else others).append((AgentBusied if busy else AgentFreed)(at=at, agent=agent))
            unreachable = bool(phones) and self._unreachable.issuperset(phones)
            if _flip(self._told_unreachable, agent, unreachable):
                others.append(AgentReachable(at=at, agent=agent, reachable=not unreachable))
        self._stale.clear()
        return busied, others


def _flip(told: set[AgentId], agent: AgentId, now: bool) -> bool:
    """Remember what is told; True when it is news."""
    if (agent in told) is now:
        return False
    (told.add if now else told.discard)(agent)
    return True
