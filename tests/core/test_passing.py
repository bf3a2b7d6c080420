"""What no recorded trace holds: consultations that a phone mixes, that are given up, and lines that were lost."""

from __future__ import annotations

from test_conversation import AGENT_LEG, ANSWERED, CALL, at, engine, lines

from cti.core.conversation import fold
from cti.core.stretches import Kind

SECOND, COLLEAGUE = "1795300030.5", "1795300031.6"
CONSULT = f"""
    cel 40|{SECOND}|{SECOND}|CHAN_START|context=from-agent|exten=1002|channel=PJSIP/1001-0000002b
    cel 41|{COLLEAGUE}|{SECOND}|CHAN_START|context=from-agent|channel=PJSIP/1002-0000002c
    cel 45|{COLLEAGUE}|{SECOND}|ANSWER
    cel 45|{SECOND}|{SECOND}|BRIDGE_ENTER|bridge=b2
    cel 45|{COLLEAGUE}|{SECOND}|BRIDGE_ENTER|bridge=b2
    cel 60|{COLLEAGUE}|{CALL}|BRIDGE_EXIT|bridge=b2
    cel 60|{COLLEAGUE}|{CALL}|HANGUP
    cel 60|{SECOND}|{CALL}|HANGUP
"""


def told(*more, text=ANSWERED + CONSULT):
    found = fold(lines(text, *more))
    assert found is not None
    return found


def spans(found, kind, agent):
    """(began, ended) in seconds of the pasted text."""
    mine = [s for s in found.segments if s.kind is kind and s.agent == agent]
    return [tuple(round((instant - at(0)).total_seconds(), 1) for instant in (s.started, s.ended)) for s in mine]


def test_a_consultation_that_is_given_up_is_hold_and_then_talk_again():
    found = told(engine(39, "held", leg=AGENT_LEG, held=True), engine(61, "held", leg=AGENT_LEG, held=False))
    assert spans(found, Kind.TALK, "1001") == [(20.2, 39.0), (61.0, 80.0)]
    assert spans(found, Kind.HOLD, "1001") == [(39.0, 61.0)]
    assert spans(found, Kind.CONSULT, "1001") == [(45.0, 60.0)]
    assert not [s for s in found.segments if s.kind is Kind.TRANSFER]


def test_a_phone_that_takes_the_customer_off_hold_while_it_consults_has_three_in_talk():
    found = told(engine(39, "held", leg=AGENT_LEG, held=True), engine(50, "held", leg=AGENT_LEG, held=False))
    assert spans(found, Kind.CONSULT, "1001") == [(45.0, 50.0)]
    assert spans(found, Kind.TALK, "1001") == [(20.2, 39.0), (50.0, 80.0)]
    assert spans(found, Kind.TALK, "1002") == [(50.0, 60.0)]
    assert found.talk_seconds == 48.8, "each second once, however many talk"


def test_without_a_word_of_a_hold_the_customer_waits_while_the_agent_speaks_to_others():
    found = told()
    assert spans(found, Kind.HOLD, "1001") == [(45.0, 60.0)]
    assert (found.talk_seconds, found.hold_seconds) == (44.8, 15)


def test_a_hold_by_the_customers_own_phone_is_talk():
    found = told(engine(30, "held", leg=CALL, held=True), engine(35, "held", leg=CALL, held=False), text=ANSWERED)
    assert (found.talk_seconds, found.hold_seconds) == (59.8, 0)


def test_a_transfer_that_cel_lost_is_told_by_queue_log():
    found = told(text=ANSWERED.replace("COMPLETECALLER|10|60", "ATTENDEDTRANSFER|BRIDGE"))
    passed = [(s.agent, s.detail, s.target) for s in found.segments if s.kind is Kind.TRANSFER]
    assert passed == [("1001", "attended", "")]


def test_an_agent_whom_queue_log_calls_otherwise_than_the_phone_is_one_agent():
    text = ANSWERED.replace("sales|1001", "sales|Li Na")
    found = told(text=text)
    assert {s.agent for s in found.segments if s.kind in (Kind.TALK, Kind.RING)} == {"Li Na"}
    assert (found.agent, found.talk_seconds) == ("Li Na", 59.8)
    assert len([s for s in found.segments if s.kind is Kind.RING]) == 1
