"""SIPp's trace becomes messages, however it is cut, and nothing in a message passes for another message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.errors import WireError
from cti.phones.trace import TraceReader

DASHES = "-" * 47


def traced(message, direction="received", at="2026-11-22T00:20:48.824585Z"):
    return f"{DASHES} {at}\nUDP message {direction} [{len(message.encode())}] bytes:\n\n{message}\n".encode()


def invite(body=""):
    return (
        "INVITE sip:1001@127.0.0.1:5070 SIP/2.0\r\nFrom: <sip:139@x>;tag=1\r\nTo: <sip:1001@x>\r\n"
        f"Call-ID: c1\r\nCSeq: 7 INVITE\r\nX-Long:  a b \r\n\r\n{body}"
    )


def test_a_message_has_its_time_direction_and_headers():
    (message,) = TraceReader().feed(traced(invite("v=0\r\n"), "sent"))
    assert message.sent
    assert message.at.isoformat() == "2026-11-22T00:20:48.824585+00:00"
    assert (message.method, message.status, message.call_id, message.sequence) == ("INVITE", 0, "c1", ("7", "INVITE"))
    assert message.headers["x-long"] == "a b"
    assert message.body == "v=0\r\n"


def test_a_time_with_an_offset_is_the_same_instant():
    (message,) = TraceReader().feed(traced(invite(), at="2026-11-22T08:20:48.824585+0800"))
    assert message.at.isoformat() == "2026-11-22T00:20:48.824585+00:00"


def test_a_message_cannot_forge_another_one():
    forged = traced("BYE sip:x SIP/2.0\r\nCall-ID: c1\r\n\r\n").decode()
    (message,) = TraceReader().feed(traced(invite(forged)))
    assert message.method == "INVITE"


def test_remarks_between_messages_are_skipped():
    remark = f"{DASHES}\nUnexpected UDP message received:\n\nOPTIONS x\n\n".encode()
    data = remark + traced(invite()) + remark + traced("SIP/2.0 200 OK\r\nCall-ID: c1\r\nCSeq: 7 INVITE\r\n\r\n")
    assert [(m.method, m.status) for m in TraceReader().feed(data)] == [("INVITE", 0), ("", 200)]


@given(st.lists(st.integers(1, 400), max_size=30), st.text(alphabet="ab\r\n-é", max_size=80))
def test_cuts_do_not_matter(cuts, body):
    data = traced(invite(body)) + b"remark\n" + traced(invite("x"), "sent") + traced(invite(body))
    whole = TraceReader().feed(data)
    reader, found, rest = TraceReader(), [], data
    for cut in [*cuts, *[1] * len(data)]:
        found += reader.feed(rest[:cut])
        rest = rest[cut:]
    assert found == whole
    assert len(found) == 3


def test_an_end_inside_a_message_and_an_endless_one_are_errors():
    reader = TraceReader()
    assert reader.feed(traced(invite())[:-30]) == []
    with pytest.raises(WireError, match="inside"):
        reader.close()
    with pytest.raises(WireError, match="announces"):
        TraceReader().feed(f"{DASHES} 2026-11-22T00:20:48.824585Z\nUDP message sent [99999999] bytes:\n\n".encode())
