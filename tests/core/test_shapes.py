"""Every shape of call, as a real Asterisk wrote it down and as the phones measured it (tests/traces/shapes)."""

from __future__ import annotations

import random

import pytest
from shape_trace import differences, lines_of, seen_of, shapes, told_of

from cti.core.conversation import fold
from cti.core.stretches import Kind

TRANSFERS = {
    "blind_refer": "blind",
    "blind_keys": "blind",
    "attended_refer": "attended",
    "attended_unheld": "attended",
    "attended_keys": "attended",
    "blonde_refer": "blonde",
    "blonde_keys": "blonde",
    "conference_keys": "conference",
    "fallback_blind": "blind",
    "fallback_attended": "attended",
    "fallback_keys": "attended",
    "outbound_blind": "blind",
    "outbound_attended": "attended",
    "outbound_blonde": "blonde",
    "away_outbound": "attended",
    "blind_returned": "blind",
    "fallback_returned": "blind",
}
RETURNED = ("blind_returned", "fallback_returned")
OUTCOMES = {"left_a_message": ("voicemail", ""), "forwarded_on": ("answered", "")}
OUTCOMES |= {name: ("answered", "") for name in shapes() if "outbound" in name}


@pytest.mark.parametrize("shape", shapes())
def test_the_conversation_is_what_the_phones_measured(shape: str) -> None:
    told = told_of(shape)
    assert differences(told.segments, seen_of(shape)) == []
    assert (told.outcome, told.queue) == OUTCOMES.get(shape, ("answered", shape))
    assert not told.interrupted
    assert told.ended is not None


@pytest.mark.parametrize("shape", shapes())
def test_the_order_in_which_lines_come_changes_nothing(shape: str) -> None:
    lines, whole = lines_of(shape), told_of(shape)
    shuffled = random.Random(shape)
    for _ in range(5):
        shuffled.shuffle(lines)
        assert fold(lines) == whole


@pytest.mark.parametrize("shape", shapes())
def test_who_passed_whom_on_to_whom_and_how(shape: str) -> None:
    passed = [segment for segment in told_of(shape).segments if segment.kind is Kind.TRANSFER]
    assert [segment.detail for segment in passed] == ([TRANSFERS[shape]] if shape in TRANSFERS else [])
    for transfer in passed if shape not in RETURNED else ():
        (after,) = [s for s in told_of(shape).segments if s.kind is Kind.TALK and s.agent == transfer.target]
        assert (transfer.agent[:-1] + "1", transfer.target[:-1] + "2") == (transfer.agent, transfer.target)
        assert after.started >= transfer.started or transfer.detail == "conference"


@pytest.mark.parametrize("shape", RETURNED)
def test_whom_nobody_takes_is_back_with_the_agent_who_had_passed_them_on(shape: str) -> None:
    segments = told_of(shape).segments
    (passed,) = [segment for segment in segments if segment.kind is Kind.TRANSFER]
    assert passed.outcome == "returned"
    later = [(s.kind, s.agent, s.outcome) for s in segments if s.started > passed.started]
    assert later == [
        (Kind.RING, passed.target, "no_answer"),
        (Kind.RING, passed.agent, "answered"),
        (Kind.TALK, passed.agent, later[-1][2]),
    ]


@pytest.mark.parametrize("shape", sorted((TRANSFERS.keys() & set(shapes())) - set(RETURNED)))
def test_talk_ends_at_the_transfer(shape: str) -> None:
    segments = told_of(shape).segments
    (passed,) = [segment for segment in segments if segment.kind is Kind.TRANSFER]
    mine = [s for s in segments if s.agent == passed.agent and s.kind in (Kind.TALK, Kind.HOLD, Kind.CONSULT)]
    assert max(segment.ended for segment in mine) <= passed.started or mine[-1].kind is Kind.CONSULT
    assert mine[-1].outcome == "transferred" or mine[-1].kind is Kind.CONSULT


@pytest.mark.parametrize("shape", [name for name in shapes() if name != "forwarded"])
def test_no_second_of_a_consultation_is_talk_with_the_customer(shape: str) -> None:
    segments = told_of(shape).segments
    talks = [s for s in segments if s.kind is Kind.TALK]
    for consult in (s for s in segments if s.kind is Kind.CONSULT):
        common = [
            (min(s.ended, consult.ended) - max(s.started, consult.started)).total_seconds()
            for s in talks
            if s.agent == consult.agent
        ]
        assert max(common) <= 0.01


@pytest.mark.parametrize("shape", shapes())
def test_without_the_engine_only_what_phones_told_of_holds_is_missing(shape: str) -> None:
    """CEL knows no hold: a phone's own is then talk, as far as nobody was consulted meanwhile."""
    told = told_of(shape, "queue_log", "cel.csv")
    seen = [one for one in seen_of(shape) if one.kind in ("consult", "transfer", "parked")]
    assert [d for d in differences(told.segments, seen) if d.startswith("not told")] == []
    both = told.talk_seconds + told.hold_seconds
    assert both == pytest.approx(told_of(shape).talk_seconds + told_of(shape).hold_seconds, abs=0.6)


def test_a_ring_that_a_colleague_picked_up_is_nobodys_talk() -> None:
    rings = [(s.agent, s.outcome) for s in told_of("pickup").segments if s.kind is Kind.RING]
    assert rings == [("1211", "picked_up")]
    assert told_of("pickup").agent == "1212"


def test_a_phone_that_forwards_leaves_the_talk_to_whoever_answers() -> None:
    rings = [(s.agent, s.outcome) for s in told_of("forwarded").segments if s.kind is Kind.RING]
    assert rings == [("1241", "forwarded"), ("1242", "answered")]
    assert told_of("forwarded").agent == "1242"


def test_what_became_of_a_parked_caller_is_told() -> None:
    places = {name: [s for s in told_of(name).segments if s.kind is Kind.PARKED] for name in shapes()}
    for shape in ("parked", "outbound_parked", "fallback_parked"):
        ((agent, outcome, target),) = [(s.agent, s.outcome, s.target) for s in places.pop(shape)]
        assert (outcome, target) == ("taken_up", agent[:-1] + "2")
    assert [(s.agent, s.outcome, s.target) for s in places.pop("parked_and_returned")] == [("1231", "returned", "")]
    assert not any(places.values())


def test_somebody_outside_is_no_agent() -> None:
    """The dialplan's external, and the customer whom an agent called: known by the number that was dialled."""
    told = told_of("forwarded_on")
    talks = [(s.kind.value, s.agent, s.target) for s in told.segments if s.kind in (Kind.RING, Kind.TALK)]
    assert talks == [("ring", "", "13900001250"), ("talk", "", "13900001250")]
    assert (told.direction, told.agent) == ("inbound", "")
    called = told_of("outbound_blind")
    talks = [(s.agent, s.target) for s in called.segments if s.kind is Kind.TALK]
    assert (called.direction, called.agent, talks) == ("outbound", "1261", [("1261", ""), ("1262", "")])


def test_with_the_engine_dead_the_native_queue_has_served() -> None:
    for shape in shapes():
        told = told_of(shape)
        assert told.source == ("fallback" if shape.startswith("fallback") else "engine" if told.queue else "direct")
