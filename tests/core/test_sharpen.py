"""Whole seconds of queue_log give way to the instants that CEL and the engine saw."""

from datetime import UTC, datetime, timedelta

from cti.core.legs import Leg, Legs, Stay
from cti.core.passing import passing
from cti.core.sharpen import sharpen
from cti.core.stretches import Kind, Stretch

START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def sharp(written: list[Stretch], legs: Legs, entered: list[datetime]) -> list[Stretch]:
    return sharpen(written, legs, "c", entered, passing(legs, "c"))


def seen() -> Legs:
    caller = Leg("c", started=at(0.3), ended=at(40.7))
    agent = Leg("a", started=at(15.6), answered=at(20.4), ended=at(40.71), channel="PJSIP/1001-0000002a")
    stays = [Stay("c", "b", at(20.5), at(40.6)), Stay("a", "b", at(20.5), at(40.6))]
    return Legs(legs={"c": caller, "a": agent}, stays=stays)


def test_each_boundary_moves_to_what_was_seen_of_it():
    written = [
        Stretch(kind=Kind.WAIT, started=at(10), ended=at(20), queue="sales"),
        Stretch(kind=Kind.RING, started=at(15), ended=at(20), agent="1001", queue="sales"),
        Stretch(kind=Kind.TALK, started=at(20), ended=at(40), agent="1001", queue="sales"),
    ]
    wait, ring, talk = sharp(written, seen(), [at(10.25)])
    assert (wait.started, wait.ended) == (at(10.25), at(20.5))
    assert (ring.started, ring.ended) == (at(15.6), at(20.4))
    assert (talk.started, talk.ended) == (at(20.5), at(40.6))


def test_an_abandoned_wait_ends_with_the_callers_leg():
    (wait,) = sharp([Stretch(kind=Kind.WAIT, started=at(10), ended=at(40), queue="sales")], seen(), [])
    assert (wait.started, wait.ended) == (at(10), at(40.7))


def test_nothing_moves_further_than_rounding_explains():
    written = [
        Stretch(kind=Kind.WAIT, started=at(10), ended=at(30), queue="sales"),
        Stretch(kind=Kind.TALK, started=at(24), ended=at(36), agent="1001"),
        Stretch(kind=Kind.TALK, started=at(20), ended=at(40), agent="1002"),
    ]
    assert sharp(written, seen(), [at(2)]) == written


def test_two_rings_of_one_agent_in_one_second_keep_what_was_written():
    legs = seen()
    legs.legs["a2"] = Leg("a2", started=at(15.2), ended=at(15.5), channel="PJSIP/1001-0000002b")
    ring = Stretch(kind=Kind.RING, started=at(15), ended=at(17), agent="1001")
    assert sharp([ring], legs, []) == [ring]


def test_a_call_that_enters_is_answered_and_ends_in_one_second_keeps_its_instants_apart():
    caller = Leg("c", started=at(10.1), ended=at(10.95))
    agent = Leg("a", started=at(10.3), answered=at(10.5), ended=at(10.91), channel="PJSIP/1001-0000002a")
    stays = [Stay("c", "b", at(10.5), at(10.9)), Stay("a", "b", at(10.5), at(10.9))]
    written = [
        Stretch(kind=Kind.WAIT, started=at(10), ended=at(10), queue="sales"),
        Stretch(kind=Kind.TALK, started=at(10), ended=at(10), agent="1001", queue="sales"),
    ]
    legs = Legs(legs={"c": caller, "a": agent}, stays=stays)
    for entries, entered in (([at(10.2)], at(10.2)), ([], at(10))):  # the fallback's have no engine to see them enter
        wait, talk = sharp(written, legs, entries)
        assert (wait.started, wait.ended) == (entered, at(10.5))
        assert (talk.started, talk.ended) == (at(10.5), at(10.9))


def test_a_talk_that_was_over_before_both_were_bridged_is_as_long_as_the_agents_answer():
    agent = Leg("a", started=at(10.3), answered=at(10.5), ended=at(10.6), channel="PJSIP/1001-0000002a")
    legs = Legs(legs={"c": Leg("c", started=at(1), ended=at(10.7)), "a": agent}, stays=[Stay("a", "b", at(10.5))])
    (talk,) = sharp([Stretch(kind=Kind.TALK, started=at(10), ended=at(10), agent="1001")], legs, [])
    assert (talk.started, talk.ended) == (at(10.5), at(10.6))


def test_a_survey_begins_when_the_last_talk_was_over_after_a_transfer_in_the_same_second_too():
    caller, first = Leg("c", started=at(0.3), ended=at(9.0)), Leg("a", started=at(0.4), channel="PJSIP/1001-0000002a")
    second = Leg("b", started=at(1.0), channel="PJSIP/1002-0000002b")
    stays = [Stay("c", "x", at(1.2), at(1.3)), Stay("a", "x", at(1.2), at(1.3))]
    stays += [Stay("c", "y", at(2.1), at(2.6)), Stay("b", "y", at(2.1), at(2.6))]
    written = [Stretch(kind=Kind.SURVEY, started=at(2), ended=at(9), queue="sales", detail="care")]
    (survey,) = sharp(written, Legs(legs={"c": caller, "a": first, "b": second}, stays=stays), [])
    assert (survey.started, survey.ended) == (at(2.6), at(9.0))
