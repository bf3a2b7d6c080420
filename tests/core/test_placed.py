"""Legs that we dial for a callback: what becomes of each."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cti.core import events as ev
from cti.core.callback import CallbackTalked, CallbackUnreached
from cti.core.placed import PlacedLegs
from cti.core.words import CallbackOrder, Miss

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
AGENT_FIRST, CUSTOMER_FIRST = CallbackOrder.AGENT_FIRST, CallbackOrder.CUSTOMER_FIRST


def dialled(order, leg="agent1-c1"):
    placed = PlacedLegs()
    placed.place(leg if order is AGENT_FIRST else "callback1-c1", "callback1-c1", order, "1001")
    return placed


def test_legs_of_others_say_nothing():
    placed = dialled(AGENT_FIRST)
    assert placed.handle(ev.LegEnded(at=NOON, leg="x")) == []
    assert placed.handle(ev.LegBridged(at=NOON, leg="x", bridge="b")) == []
    assert placed.handle(ev.DialEnded(at=NOON, caller="x", callee="y", result="BUSY")) == []


@pytest.mark.parametrize("order", list(CallbackOrder))
def test_in_a_bridge_the_two_talk_and_the_leg_is_no_longer_watched(order):
    placed = dialled(order)
    leg = "agent1-c1" if order is AGENT_FIRST else "callback1-c1"
    assert placed.handle(ev.LegBridged(at=NOON, leg=leg, bridge="b")) == [CallbackTalked(at=NOON, call="callback1-c1")]
    assert placed.handle(ev.LegEnded(at=NOON, leg=leg)) == []


@pytest.mark.parametrize(
    ("cause", "why"), [(17, Miss.BUSY), (20, Miss.UNREACHABLE), (0, Miss.NO_ANSWER), (16, Miss.NO_ANSWER)]
)
def test_agent_first_an_agents_leg_that_ends_alone_is_a_miss(cause, why):
    placed = dialled(AGENT_FIRST)
    (missed,) = placed.handle(ev.LegEnded(at=NOON, leg="agent1-c1", cause=cause))
    assert missed == ev.OfferMissed(at=NOON, call="callback1-c1", agent="1001", why=why)
    assert placed.handle(ev.LegEnded(at=NOON, leg="agent1-c1", cause=cause)) == []  # OriginateResponse says it again


@pytest.mark.parametrize(
    ("result", "why"),
    [("BUSY", "busy"), ("NOANSWER", "no_answer"), ("CANCEL", "agent_gone"), ("CHANUNAVAIL", "unreachable")],
)
def test_agent_first_the_dial_of_the_customer_tells_why_nobody_was_reached(result, why):
    placed = dialled(AGENT_FIRST)
    told = placed.handle(ev.DialEnded(at=NOON, caller="agent1-c1", callee="y", result=result))
    assert told == [CallbackUnreached(at=NOON, call="callback1-c1", why=why)]
    assert placed.handle(ev.LegEnded(at=NOON, leg="agent1-c1")) == []


def test_agent_first_an_answer_of_the_customer_is_no_end():
    placed = dialled(AGENT_FIRST)
    assert placed.handle(ev.DialEnded(at=NOON, caller="agent1-c1", callee="y", result="ANSWER")) == []
    assert placed.handle(ev.LegBridged(at=NOON, leg="agent1-c1", bridge="b"))


@pytest.mark.parametrize(("cause", "why"), [(17, "busy"), (1, "unreachable"), (19, "no_answer")])
def test_customer_first_a_customers_leg_that_ends_alone_was_not_reached(cause, why):
    told = dialled(CUSTOMER_FIRST).handle(ev.LegEnded(at=NOON, leg="callback1-c1", cause=cause))
    assert told == [CallbackUnreached(at=NOON, call="callback1-c1", why=why)]


def test_customer_first_who_waits_with_us_is_a_caller_like_any_other():
    placed = dialled(CUSTOMER_FIRST)
    assert placed.handle(ev.CallerJoined(at=NOON, call="callback1-c1", queue="sales", entered=NOON)) == []
    assert placed.handle(ev.LegEnded(at=NOON, leg="callback1-c1")) == []


def test_customer_first_a_phone_of_the_native_queue_that_rings_for_them_is_not_their_end():
    placed = dialled(CUSTOMER_FIRST)
    assert placed.handle(ev.DialEnded(at=NOON, caller="callback1-c1", callee="y", result="NOANSWER")) == []
