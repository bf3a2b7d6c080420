"""Legs that we dial ourselves for a callback: what becomes of each, as facts for virtual hold and the ACD.

It knows which leg was dialled for which attempt and in which order; it reads the same leg facts as the tracker, after
it. A leg that never came to be (Asterisk refused the dial) ends like any other: only its end is told then.
"""

from __future__ import annotations

from dataclasses import dataclass

from . import events as ev
from .callback import CallbackTalked, CallbackUnreached
from .words import AgentId, CallbackOrder, CallId, Miss, Uniqueid

# Q.850, as Asterisk gives it for a leg that nobody answered (causes.h)
_BUSY = frozenset({17})
_UNREACHABLE = frozenset({1, 2, 3, 20, 22, 27, 28, 34, 38, 41, 42, 44})
# app_dial.c: how the dial of the customer ended that the agent's leg began; CANCEL: the agent did not wait
_RESULTS = {"BUSY": "busy", "CANCEL": "agent_gone", "CONGESTION": "unreachable", "CHANUNAVAIL": "unreachable"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    call: CallId
    order: CallbackOrder
    agent: AgentId


class PlacedLegs:
    """Facts in, facts out; memory is bounded by the callbacks whose phones ring."""

    def __init__(self) -> None:
        self._legs: dict[Uniqueid, _Placed] = {}

    def place(self, leg: Uniqueid, call: CallId, order: CallbackOrder, agent: AgentId) -> None:
        """We dial this leg: the agent's, or the customer's (whose id is the call's)."""
        self._legs[leg] = _Placed(call=call, order=order, agent=agent)

    def handle(self, event: ev.Event) -> list[ev.Event]:
        """What follows from a leg fact; [] when none of these legs is in it."""
        if not self._legs:
            return []
        match event:
            case ev.LegBridged(leg=leg) if placed := self._legs.pop(leg, None):
                return [CallbackTalked(at=event.at, call=placed.call)]
            case ev.DialEnded(caller=leg, result=result) if (placed := self._legs.get(leg)) and result != "ANSWER":
                if placed.order is CallbackOrder.AGENT_FIRST:
                    del self._legs[leg]
                    return [CallbackUnreached(at=event.at, call=placed.call, why=_RESULTS.get(result, "no_answer"))]
            case ev.LegEnded(leg=leg) if placed := self._legs.pop(leg, None):
                return [_ended(event, placed)]
            case ev.CallerJoined(call=call):
                self._legs.pop(Uniqueid(call), None)  # from now on a caller like any other
        return []


def _ended(event: ev.LegEnded, placed: _Placed) -> ev.Event:
    why = _why(event.cause)
    if placed.order is CallbackOrder.AGENT_FIRST:
        return ev.OfferMissed(at=event.at, call=placed.call, agent=placed.agent, why=why)
    return CallbackUnreached(at=event.at, call=placed.call, why=why.value)


def _why(cause: int) -> Miss:
    if cause in _BUSY:
        return Miss.BUSY
    return Miss.UNREACHABLE if cause in _UNREACHABLE else Miss.NO_ANSWER
