"""Messages become the events that a test waits for, once each."""

from datetime import UTC, datetime

from cti.phones.timeline import Timeline
from cti.phones.trace import Traced

AT = datetime(2026, 11, 22, tzinfo=UTC)


def message(start, sequence, *, sent=False, body="", **headers):
    known = {"call-id": "c1", "cseq": sequence, **{name.replace("_", "-"): text for name, text in headers.items()}}
    return Traced(at=AT, sent=sent, start=start, headers=known, body=body)


def events(*messages):
    timeline = Timeline("agents-1")
    return [event for item in messages if (event := timeline.read(item))]


RANG = message("INVITE sip:1001@127.0.0.1:5070 SIP/2.0", "9 INVITE", **{"from": '"Li \\"x\\"" <sip:139%0A1@h>;tag=1'})


def test_an_agents_call_from_ring_to_bye():
    found = events(
        RANG,
        message("SIP/2.0 180 Ringing", "9 INVITE", sent=True),
        message("SIP/2.0 200 OK", "9 INVITE", sent=True),
        message("ACK sip:x SIP/2.0", "9 ACK"),
        message("INVITE sip:x SIP/2.0", "10 INVITE", body="v=0\r\na=sendonly\r\n"),
        message("SIP/2.0 200 OK", "10 INVITE", sent=True),
        message("BYE sip:x SIP/2.0", "11 BYE"),
        message("SIP/2.0 200 OK", "11 BYE", sent=True),
    )
    assert [(e.kind, e.by_phone, e.code, e.detail) for e in found] == [
        ("invite", False, 0, ""),
        ("ringing", True, 180, "180"),
        ("answered", True, 200, ""),
        ("changed", False, 0, "sendonly"),
        ("bye", False, 0, ""),
    ]
    assert {e.agent for e in found} == {"1001"}
    assert (found[0].number, found[0].name) == ("139\n1", 'Li "x"')


def test_retransmissions_give_no_second_event():
    ok = message("SIP/2.0 200 OK", "9 INVITE", sent=True)
    bye = message("BYE sip:x SIP/2.0", "11 BYE")
    assert [e.kind for e in events(RANG, RANG, ok, ok, bye, bye)] == ["invite", "answered", "bye"]


def test_two_equal_digits_are_two_events_but_one_repeated_info_is_one():
    first = message("INFO sip:x SIP/2.0", "2 INFO", sent=True, body="Signal=5\r\nDuration=160\r\n")
    second = message("INFO sip:x SIP/2.0", "3 INFO", sent=True, body="Signal=5\r\nDuration=160\r\n")
    assert [e.detail for e in events(RANG, first, first, second)][1:] == ["5", "5"]


def test_a_refusal_keeps_its_code_and_a_cancel_is_told():
    cancel = message("CANCEL sip:x SIP/2.0", "9 CANCEL")
    gone = message("SIP/2.0 487 Request Terminated", "9 INVITE", sent=True)
    assert [(e.kind, e.code) for e in events(RANG, cancel, gone)] == [("invite", 0), ("cancel", 0), ("refused", 487)]


def test_messages_of_calls_that_were_never_invited_mean_nothing():
    assert events(message("OPTIONS sip:x SIP/2.0", "1 OPTIONS"), message("BYE sip:x SIP/2.0", "2 BYE")) == []


def test_a_lamp_is_told_once_for_each_notify_and_whose_it_is():
    body = "Messages-Waiting: yes\r\nVoice-Message: 1/0 (0/0)\r\n"
    lit = message("NOTIFY sip:1001@127.0.0.1:5070 SIP/2.0", "7 NOTIFY", body=body)
    other = message("NOTIFY sip:1001@127.0.0.1:5070 SIP/2.0", "8 NOTIFY", body="Messages-Waiting: no\r\n")
    found = events(lit, lit, other)
    assert [(event.kind, event.agent, event.detail) for event in found] == [("lamp", "1001", "1/0")]
