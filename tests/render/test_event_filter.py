"""Which AMI events Asterisk sends us, by the filters of manager.conf: those that the translator makes something of."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cti.ami.translate import WANTED, translate
from cti.ami.wire import END, Decoder, Message

HERE = Path(__file__).resolve().parent.parent
ALWAYS = {"FullyBooted", "Shutdown"}
PERHAPS = {"DeviceStateChange", "OriginateResponse"}  # by what is in them
REACHABLE = ["NOT_INUSE", "UNAVAILABLE", "INVALID"]
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def filters() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """(wanted, unwanted), POSIX classes said as Python says them."""
    text = (HERE / "golden" / "manager.conf").read_text(encoding="utf-8")
    lines = [line.partition("= ")[2] for line in text.splitlines() if line.startswith("eventfilter")]
    wanted, unwanted = (
        line.replace("[^[:cntrl:]]", r"[^\x00-\x1f\x7f]").replace("[[:cntrl:]]", r"[\x00-\x1f\x7f]") for line in lines
    )
    return re.compile(wanted.replace("$", r"\Z")), re.compile(unwanted.removeprefix("!"), re.DOTALL)


FIRST, SECOND = filters()


def is_sent(event: str) -> bool:
    return FIRST.search(event) is not None and SECOND.search(event) is None


def event(name: str, *lines: str) -> str:
    return "\r\n".join((f"Event: {name}", "Privilege: call,all", "Timestamp: 1795309664.051934", *lines)) + "\r\n\r\n"


@pytest.mark.parametrize("trace", ["answered_hold", "abandoned", "transferred", "originated"])
def test_of_recorded_calls_every_event_that_tells_something_new_is_sent_and_no_other(trace: str) -> None:
    sent = []
    for message in Decoder().feed((HERE / "traces" / f"{trace}.ami").read_bytes()):
        new = translate(Message(message.raw, message.name), NOW)
        if message.name == "DeviceStateChange" and message.get("State") not in REACHABLE:
            new = []  # it can be rung: that was told before it was in use
        if message.name in WANTED and new:
            sent.append(message.name)
            assert is_sent((message.raw + END).decode()), message
        elif message.name not in ALWAYS | PERHAPS:
            assert not is_sent((message.raw + END).decode()), message
    assert {"Newchannel", "Hangup"} <= set(sent)


def test_the_states_of_channels_and_phones_that_tell_something_are_sent() -> None:
    up = [is_sent(event("Newstate", "Channel: PJSIP/1", f"ChannelState: {state}", "Exten: s")) for state in "456"]
    assert up == [False, False, True]
    states = [*REACHABLE, "UNKNOWN", "INUSE", "BUSY", "RINGING", "RINGINUSE", "ONHOLD"]
    told = [state for state in states if is_sent(event("DeviceStateChange", "Device: PJSIP/1001", f"State: {state}"))]
    assert told == REACHABLE


def test_an_event_with_a_line_end_of_a_callers_own_is_not_sent() -> None:
    assert is_sent(event("Hangup", "CallerIDNum: 1", "CallerIDName: x", "Cause: 16"))
    assert not is_sent(event("Hangup", "CallerIDNum: 1\r\nUniqueid: 2", "CallerIDName: x", "Cause: 16"))
    assert not is_sent(event("Hangup", "CallerIDNum: 1\r\n\r\nEvent: Hangup", "CallerIDName: x", "Cause: 16"))
    assert not is_sent(event("Newstate", "CallerIDNum: 1\r\nChannelState: 6", "CallerIDName: x"))
