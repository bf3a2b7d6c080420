"""Pops and INVITEs find each other: one offer at a time, in their order."""

from datetime import UTC, datetime, timedelta

from cti.phones import PhoneEvent
from cti.stage.ten_calls import offers_of
from cti.stage.watcher import Seen

AT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)


def pop(ms, call, agent, customer="", offered="a"):
    data = {"call": call, "agent": agent, "customer": customer, "offered_at": offered, "number": "1"}
    return Seen(at=AT + timedelta(milliseconds=ms), kind="pop", seq=1, data=data)


def phone(ms, kind, agent, leg):
    at = AT + timedelta(milliseconds=ms)
    return PhoneEvent(at=at, kind=kind, phone="agents-1", agent=agent, call_id=leg, by_phone=False)


def test_each_pop_gets_its_invite_answer_and_end():
    happened = [phone(5, "invite", "1001", "x"), phone(900, "answered", "1001", "x"), phone(5400, "bye", "1001", "x")]
    (offer,) = offers_of([pop(0, "c1", "1001")], happened)["c1"]
    assert (offer.lead_ms, offer.talk_seconds) == (5.0, 4.5)


def test_the_second_pop_of_an_agent_belongs_to_the_second_invite():
    happened = [phone(5, "invite", "1001", "x"), phone(9, "invite", "1002", "z"), phone(60, "invite", "1001", "y")]
    found = offers_of([pop(0, "c1", "1001"), pop(50, "c2", "1001", offered="b")], happened)
    assert [offers[0].lead_ms for offers in found.values()] == [5.0, 10.0]


def test_a_pop_that_came_again_with_the_name_counts_from_its_first_instant():
    pops = [pop(0, "c1", "1001"), pop(4, "c1", "1001", customer="李明")]
    (offer,) = offers_of(pops, [phone(5, "invite", "1001", "x")])["c1"]
    assert (offer.lead_ms, offer.customer) == (5.0, "李明")


def test_a_call_that_was_offered_twice_has_both_offers_in_order():
    happened = [phone(5, "invite", "1005", "x"), phone(4100, "invite", "1003", "y")]
    found = offers_of([pop(0, "c1", "1005"), pop(4090, "c1", "1003", offered="b")], happened)["c1"]
    assert [offer.agent for offer in found] == ["1005", "1003"]


def test_a_pop_without_an_invite_says_so():
    (offer,) = offers_of([pop(0, "c1", "1001")], [])["c1"]
    assert offer.lead_ms is None
    assert offer.talk_seconds is None
