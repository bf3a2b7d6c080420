"""What is counted of every shape of call: the talk of the first agent, and what each further agent did."""

from __future__ import annotations

import pytest
from shape_trace import SLACK, seen_of, told_of

from cti.core.metrics.counters import count
from cti.core.metrics.facts import Channel, Visit
from cti.core.metrics.thresholds import Thresholds
from cti.core.metrics.visits import offers_of, visits_of

PASSED_ON = (
    "blind_refer",
    "blind_keys",
    "attended_refer",
    "attended_unheld",
    "attended_keys",
    "blonde_refer",
    "blonde_keys",
    "conference_keys",
    "fallback_blind",
    "fallback_attended",
    "fallback_keys",
)
ALONE = ("plain", "held", "conference_phone", "parked_and_returned", "pickup", "forwarded", "overflowed")


def measured(shape: str, agent: str, kind: str) -> float:
    """Seconds that the phones saw this agent talk (or hold)."""
    return sum((s.ended - s.started).total_seconds() for s in seen_of(shape) if (s.kind, s.agent) == (kind, agent))


def is_as_measured(visit: Visit, shape: str) -> None:
    for ms, kind in ((visit.talk_ms, "talk"), (visit.hold_ms, "hold")):
        assert ms / 1000 == pytest.approx(measured(shape, visit.agent, kind), abs=SLACK)


@pytest.mark.parametrize("shape", PASSED_ON)
def test_each_agent_has_their_own_talk_and_the_first_has_passed_the_caller_on(shape: str) -> None:
    first, second = visits_of(told_of(shape))
    assert (first.channel, first.outcome, first.queue, first.transferred) == (Channel.LIVE, "answered", shape, True)
    assert (second.channel, second.outcome, second.queue) == (Channel.TRANSFER, "answered", shape)
    assert (second.agent, second.transferred) == (first.agent[:-1] + "2", False)
    for visit in (first, second):
        is_as_measured(visit, shape)


@pytest.mark.parametrize("shape", ALONE)
def test_who_alone_talked_with_the_caller_has_passed_nobody_on(shape: str) -> None:
    answered = [visit for visit in visits_of(told_of(shape)) if visit.outcome == "answered"]
    assert [(visit.channel, visit.queue, visit.transferred) for visit in answered] == [(Channel.LIVE, shape, False)]
    is_as_measured(answered[0], shape)


def test_a_parked_caller_whom_another_took_up_is_handled_by_both_and_is_no_transfer() -> None:
    first, second = visits_of(told_of("parked"))
    assert (first.transferred, second.channel) == (False, Channel.TRANSFER)
    for visit in (first, second):
        is_as_measured(visit, "parked")


def test_a_blind_transfer_waits_from_the_transfer_to_the_answer() -> None:
    second = visits_of(told_of("blind_refer"))[1]
    (ring,) = [s for s in seen_of("blind_refer") if (s.kind, s.agent) == ("ring", second.agent)]
    rang = (ring.ended - ring.started).total_seconds()
    assert (second.wait_ms / 1000, second.ring_ms / 1000) == (
        pytest.approx(rang, abs=SLACK),
        pytest.approx(rang, abs=SLACK),
    )


def test_who_overflows_has_a_visit_in_each_queue() -> None:
    visits = visits_of(told_of("overflowed"))
    assert [(visit.queue, visit.outcome) for visit in visits] == [("nobody", "timeout"), ("overflowed", "answered")]
    assert visits[0].wait_ms == pytest.approx(2000, abs=1000)


def test_calls_that_were_in_no_queue_are_no_visits() -> None:
    for shape in ("outbound_blind", "forwarded_on", "left_a_message"):
        assert visits_of(told_of(shape)) == []


def test_only_the_queues_own_rings_are_offers_to_agents() -> None:
    for shape in PASSED_ON:
        assert [offer.agent[-1] for offer in offers_of(told_of(shape))] == ["1"]


def test_a_ring_that_was_taken_elsewhere_is_withdrawn_and_not_missed() -> None:
    for shape, outcomes in (("pickup", ["picked_up"]), ("forwarded", ["forwarded", "answered"])):
        facts = offers_of(told_of(shape))
        assert [offer.outcome for offer in facts] == outcomes
        counted = count(facts, Thresholds())
        assert (counted["offers"], counted["offers_withdrawn"], counted["offers_missed"]) == (len(outcomes), 1, 0)


def test_a_transfer_is_counted_once_and_in_no_number_of_who_entered() -> None:
    facts = [visit for shape in PASSED_ON for visit in visits_of(told_of(shape))]
    counted = count(facts, Thresholds())
    both = len(PASSED_ON)
    names = ("entered", "answered", "transferred", "taken_over", "taken_over_transferred")
    assert [counted[name] for name in names] == [both, both, both, both, 0]
    talks = sum(visit.talk_ms for visit in facts)
    assert counted["talk_ms"] + counted["taken_over_talk_ms"] == talks
