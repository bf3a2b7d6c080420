"""Lines of queue_log, as our dialplan and app_queue write them, and as a caller would like to forge them."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.journal.queue_log import parse
from cti.journal.refusal import LineError, escaped

CALL = "1795306833.3"


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("sales|NONE|DID|4008001234", {"queue": "sales", "agent": "", "did": "4008001234"}),
        ("sales|NONE|ENTERQUEUE||13800138000|1", {"queue": "sales", "agent": "", "number": "13800138000"}),
        ("sales|NONE|ENTERQUEUE||+1+1|1", {"queue": "sales", "agent": "", "number": "+1+1"}),
        (f"sales|NONE|ENTERQUEUE||{'9' * 79}|1", {"queue": "sales", "agent": "", "number": "9" * 79}),
        (
            "sales|1001|CONNECT|7|1795306835.4|3",
            {"queue": "sales", "agent": "1001", "wait_seconds": 7, "peer": "1795306835.4", "ring_seconds": 3},
        ),
        (
            "sales|1001|COMPLETECALLER|0|5|1",
            {"queue": "sales", "agent": "1001", "wait_seconds": 0, "talk_seconds": 5},
        ),
        ("sales|NONE|ABANDON|1|2|30", {"queue": "sales", "agent": "", "wait_seconds": 30}),
        ("sales|1001|RINGNOANSWER|15000", {"queue": "sales", "agent": "1001", "ring_ms": 15000}),
        ("sales|NONE|EXITWITHTIMEOUT|1|1|20", {"queue": "sales", "agent": "", "wait_seconds": 20}),
        ("sales|NONE|EXITWITHKEY|5|1|1|12", {"queue": "sales", "agent": "", "key": "5", "wait_seconds": 12}),
        ("sales|1001|BLINDTRANSFER|1002|cti-dial|1|2|1", {"queue": "sales", "agent": "1001", "target": "1002"}),
        ("sales|1001|ATTENDEDTRANSFER|BRIDGE|a-b|1|2|1", {"queue": "sales", "agent": "1001", "target": "BRIDGE"}),
    ],
)
def test_a_line_is_read_into_its_values(text, data):
    line = parse(f"1795306835|{CALL}|{text}".encode(), "f", 17)
    assert (line.call, line.at, line.offset) == (CALL, datetime.fromtimestamp(1795306835, UTC), 17)
    assert line.data == data


@pytest.mark.parametrize("text", ["NONE|NONE|NONE|QUEUESTART|", "MANAGER|sales|1001|ADDMEMBER|", "X|q|1|PAUSE|lunch"])
def test_lines_about_members_are_read_over(text):
    assert parse(f"1795306835|{text}".encode(), "f", 0) is None


def test_a_systems_name_in_front_of_the_id_is_fine():
    assert parse(b"1795306835|node-a-1795306833.3|sales|NONE|DID|1", "f", 0).call == "node-a-1795306833.3"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"1700000000",
        b"1700000000|x|q|a|COMPLETECALLER|1|9999|1",  # HOSTILE 8
        b"0|1795306833.3|sales|1001|COMPLETECALLER|1|1|1",
        b"99999999999|1795306833.3|sales|1001|COMPLETECALLER|1|1|1",
        b"-1|1795306833.3|sales|1001|COMPLETECALLER|1|1|1",
        b"1795306835|1795306833.3|sales|NONE|CONNECT|1|1795306835.4|1",
        b"1795306835|1795306833.3|NONE|1001|CONNECT|1|1795306835.4|1",
        b"1795306835|1795306833.3|sales|1001|CONNECT|-1|1795306835.4|1",
        b"1795306835|1795306833.3|sales|1001|CONNECT|1|evil|1",
        b"1795306835|1795306833.3|sales|1001|COMPLETECALLER|1|99999999|1",
        b"1795306835|1795306833.3|sales|1001|NOSUCHEVENT|1",
        b"1795306835|1795306833.3|sales|1001;id|CONNECT|1||1",
        b"1795306835|1795306833.3|sales|NONE|ENTERQUEUE||1\x00|1",
        b"1795306835|1795306833.3|sales|NONE|ENTERQUEUE||1\x1b[2J|1",
        "1795306835|1795306833.3|sales|NONE|ENTERQUEUE||１２３|1".encode(),
        b"1795306835|1795306833.3|sales|NONE|ENTERQUEUE||`id`|1",
        b"1795306835|../../etc|sales|NONE|DID|1",
        b"1795306835|1795306833.3|sales|1001|CONNECT|" + b"1|" * 40,
        "１７９５３０６８３５|1795306833.3|sales|NONE|DID|1".encode(),
    ],
)
def test_a_line_that_cannot_have_been_written_is_refused_whole(raw):
    with pytest.raises(LineError):
        parse(raw, "f", 0)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(raw):
    with contextlib.suppress(LineError):
        parse(b"1795306835|1795306833.3|sales|1001|" + raw, "f", 0)


@given(st.binary(max_size=400))
def test_a_refused_line_cannot_forge_a_line_of_our_log(raw):
    text = escaped(raw)
    assert text.removesuffix("…").isascii()
    assert all(character.isprintable() for character in text)
