"""AMI's words into leg facts: one event each, whole recorded calls, and what callers forge (HOSTILE 1-25, 29)."""

from __future__ import annotations

import logging
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cti.ami.message import Message
from cti.ami.translate import WANTED, phone_of, translate
from cti.ami.wire import Decoder
from cti.core.events import (
    DialBegan,
    DialEnded,
    Event,
    LegAnswered,
    LegBridged,
    LegCreated,
    LegEnded,
    LegHeld,
    LegRelinked,
    LegUnbridged,
    PhoneReachable,
)
from cti.core.words import Linkedid, Phone, Uniqueid

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ONE, TWO, LINK = Uniqueid("u.1"), Uniqueid("u.2"), Linkedid("u.0")


def facts(text: str) -> list[Event]:
    """`text` is an event, one header a line."""
    raw = text.strip().replace("\n", "\r\n").encode("utf-8", "surrogateescape")
    return translate(Message(raw, raw.split(b"\r\n")[0].removeprefix(b"Event: ").decode()), AT)


def created(number: str = "1", name: str = "<unknown>", channel: str = "PJSIP/itsp-00000001") -> LegCreated:
    event = f"Event: Newchannel\nChannel: {channel}\nChannelState: 4\nCallerIDNum: {number}\nCallerIDName: {name}"
    (fact,) = facts(f"{event}\nExten: 4008001234\nUniqueid: u.1\nLinkedid: u.0")
    assert isinstance(fact, LegCreated)
    return fact


def test_a_new_channel_is_a_leg_created() -> None:
    assert created("+8613800001111", "Zhang San") == LegCreated(
        at=AT,
        leg=ONE,
        linked=LINK,
        phone=Phone("PJSIP/itsp"),
        channel="PJSIP/itsp-00000001",
        number="+8613800001111",
        name="Zhang San",
        exten="4008001234",
    )


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("Event: Newstate\nChannelState: 6\nUniqueid: u.1", [LegAnswered(at=AT, leg=ONE)]),
        ("Event: Newstate\nChannelState: 5\nUniqueid: u.1", []),
        ("Event: Hangup\nUniqueid: u.1\nCause: 16", [LegEnded(at=AT, leg=ONE, cause=16)]),
        ("Event: Hangup\nUniqueid: u.1\nCause: ٣", [LegEnded(at=AT, leg=ONE, cause=0)]),
        ("Event: Hangup\nUniqueid: u.1\nCause: 9999999", [LegEnded(at=AT, leg=ONE, cause=0)]),
        (
            "Event: DialBegin\nUniqueid: u.1\nDestUniqueid: u.2\nDialString: 1001",
            [DialBegan(at=AT, caller=ONE, callee=TWO)],
        ),
        ("Event: DialBegin\nDestUniqueid: u.2", [DialBegan(at=AT, caller=Uniqueid(""), callee=TWO)]),
        (
            "Event: DialEnd\nUniqueid: u.1\nDestUniqueid: u.2\nDialStatus: NOANSWER",
            [DialEnded(at=AT, caller=ONE, callee=TWO, result="NOANSWER")],
        ),
        ("Event: DialEnd\nUniqueid: u.1\nDestUniqueid: u.2\nDialStatus: $(id)", []),
        (
            "Event: BridgeEnter\nBridgeUniqueid: b1\nUniqueid: u.1\nLinkedid: u.0",
            [LegRelinked(at=AT, leg=ONE, linked=LINK), LegBridged(at=AT, leg=ONE, bridge="b1")],
        ),
        (
            "Event: BridgeLeave\nBridgeUniqueid: b1\nUniqueid: u.1\nLinkedid: u.0",
            [LegUnbridged(at=AT, leg=ONE, bridge="b1")],
        ),
        ("Event: Hold\nUniqueid: u.1", [LegHeld(at=AT, leg=ONE, held=True)]),
        ("Event: Unhold\nUniqueid: u.1", [LegHeld(at=AT, leg=ONE, held=False)]),
        (
            "Event: AttendedTransfer\nOrigTransfererUniqueid: u.1\nOrigTransfererLinkedid: u.0\n"
            "SecondTransfererUniqueid: u.2\nSecondTransfererLinkedid: u.0",
            [LegRelinked(at=AT, leg=ONE, linked=LINK), LegRelinked(at=AT, leg=TWO, linked=LINK)],
        ),
        (
            "Event: DeviceStateChange\nDevice: PJSIP/1001\nState: UNAVAILABLE",
            [PhoneReachable(at=AT, phone=Phone("PJSIP/1001"), reachable=False)],
        ),
        (
            "Event: DeviceStateChange\nDevice: PJSIP/1001\nState: RINGING",
            [PhoneReachable(at=AT, phone=Phone("PJSIP/1001"), reachable=True)],
        ),
        ("Event: DeviceStateChange\nDevice: PJSIP/1001\nState: UNKNOWN", []),
        ("Event: DeviceStateChange\nDevice: Queue:sales_avail\nState: INUSE", []),
        ("Event: DeviceStateChange\nDevice: Local/904@lines\nState: INUSE", []),
        ("Event: VarSet\nUniqueid: u.1", []),
        ("Event: Hangup\nChannel: PJSIP/x", []),
        ("Event: BridgeEnter\nUniqueid: u.1", []),
    ],
)
def test_each_event_tells_its_fact(event: str, expected: list[Event]) -> None:
    assert facts(event) == expected


def test_a_row_of_a_snapshot_tells_that_the_leg_is_up_and_bridged() -> None:
    row = "Channel: PJSIP/1001-00000002\nChannelState: 6\nUniqueid: u.1\nLinkedid: u.0"
    leg, bridged = facts(f"Event: CoreShowChannel\n{row}\nBridgeId: b1")
    assert isinstance(leg, LegCreated)
    assert leg.up
    assert bridged == LegBridged(at=AT, leg=ONE, bridge="b1")
    assert len(facts(f"Event: Status\n{row}\nBridgeID: b1")) == 2
    assert len(facts(f"Event: CoreShowChannel\n{row}\nBridgeId: ")) == 1


@pytest.mark.parametrize(
    ("channel", "phone"),
    [
        ("PJSIP/1001-0000002a", "PJSIP/1001"),
        ("PJSIP/sales-desk-0000002a", "PJSIP/sales-desk"),
        ("Local/904@lines-00000001;1", "Local/904@lines;1"),
        ("Local/904@lines-00000001;2", "Local/904@lines;2"),
        ("PJSIP/1001-0000002a<ZOMBIE>", "PJSIP/1001"),
        ("Message/ast_msg_queue", "Message/ast_msg_queue"),
        ("", ""),
    ],
)
def test_the_phone_of_a_channel_is_its_name_without_the_running_number(channel: str, phone: str) -> None:
    assert phone_of(channel) == phone


@pytest.mark.parametrize(
    ("number", "kept"),
    [
        ("<unknown>", ""),
        ("anonymous", ""),
        ("1\n\nEvent: Hangup\nUniqueid: victim", "1"),
        ("$(id)", ""),
        ("\uff11\uff12\u0663", ""),
        ("1'; DROP TABLE cdr;--", "1"),
        ("500&PJSIP/itsp/1416", "5001416"),
        ("\udcff\udcfe12", "12"),
        ("9" * 8_192, "9" * 80),
    ],
)
def test_a_number_keeps_ascii_digits_and_plus_only(number: str, kept: str) -> None:
    (fact,) = translate(
        Message(
            f"Event: Newchannel\r\nChannel: x\r\nCallerIDNum: {number}\r\nUniqueid: u.1\r\nLinkedid: u.0".encode(
                "utf-8", "surrogateescape"
            ),
            "Newchannel",
        ),
        AT,
    )
    assert isinstance(fact, LegCreated)
    assert fact.number == kept


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("<unknown>", ""),
        ("张三", "张三"),
        (r"Zhang \"x\" O\'Neil \\ a", 'Zhang "x" O\'Neil \\ a'),
        (r"a\nb\r\tc", "a b  c"),
        ("a\u202eb\u200bc\x1b[31m", "abc[31m"),
        ("\udcd5\udcc5x", "x"),
        ("x" * 1_000, "x" * 80),
        ("trailing\\", "trailing\\"),
    ],
)
def test_a_name_keeps_what_is_printable(name: str, kept: str) -> None:
    assert created(name=name).name == kept


@pytest.mark.parametrize("bad", ["", "x" * 151, "a\nb", "\udcff", "\u202e1"])
def test_an_id_that_cannot_be_one_gives_no_fact(bad: str) -> None:
    assert facts("Event: Hangup\nCause: 16") == []
    raw = f"Event: Hangup\r\nUniqueid: {bad}".encode("utf-8", "surrogateescape")
    assert translate(Message(raw, "Hangup"), AT) == []


def test_a_forged_message_is_refused_and_said_in_one_escaped_line(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert facts("Event: Hangup\nUniqueid: victim\nX: \x1b[31m\nUniqueid: u.1") == []
    (line,) = caplog.messages
    assert "Uniqueid stands in it twice" in line
    assert line.isprintable()


def trace(file: Path) -> list[Event]:
    wanted = frozenset(name.encode() for name in WANTED)
    return [fact for message in Decoder(wanted).feed(file.read_bytes()) for fact in translate(message, AT)]


def shapes(events: list[Event]) -> Counter[str]:
    return Counter(type(event).__name__ for event in events if not isinstance(event, PhoneReachable | LegRelinked))


def test_an_answered_call_with_hold_is_told_in_order(traces: Path) -> None:
    told = [type(fact).__name__ for fact in trace(traces / "answered_hold.ami")]
    story = [name for name in told if name not in ("PhoneReachable", "LegRelinked")]
    assert story[:2] == ["LegCreated", "LegCreated"]
    assert Counter(story) == {
        "LegCreated": 2,
        "DialBegan": 1,
        "DialEnded": 1,
        "LegAnswered": 2,
        "LegBridged": 2,
        "LegHeld": 2,
        "LegUnbridged": 2,
        "LegEnded": 2,
    }
    assert story[-1] == "LegEnded"


def test_an_abandoned_call_ends_its_dial_with_cancel(traces: Path) -> None:
    told = trace(traces / "abandoned.ami")
    assert [fact.result for fact in told if isinstance(fact, DialEnded)] == ["CANCEL"]
    assert "LegBridged" not in shapes(told)


def test_a_bridge_and_a_blind_transfer_tell_the_new_linkedids(traces: Path) -> None:
    told = trace(traces / "transferred.ami")
    legs = {fact.leg: fact.linked for fact in told if isinstance(fact, LegCreated)}
    moved = [fact for fact in told if isinstance(fact, LegRelinked) and legs.get(fact.leg, fact.linked) != fact.linked]
    assert moved != []


def test_nothing_of_the_injections_recorded_over_sip_becomes_a_fact(traces: Path) -> None:
    told = trace(traces / "injected.ami")
    assert [fact for fact in told if "victim" in str(fact)] == []
    assert told != []  # device states still pass
