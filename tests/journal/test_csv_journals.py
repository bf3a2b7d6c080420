"""CEL and CDR records as a real Asterisk 22 printed them with our mapping."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.journal import cdr, cel
from cti.journal.records import split_csv
from cti.journal.refusal import LineError

ENTER = (
    b'"BRIDGE_ENTER","1795306835.526228","1795306835.4","1795306833.3","4008001234","","","from-agent",'
    b'"PJSIP/1001-00000004","Dial","{""bridge_id"":""a8262bcf"",""bridge_technology"":""simple_bridge""}",'
    b'"PJSIP/itsp-00000003",""'
)
ROW = (
    b'"1795307759.7","1795307759.7","13800138000","4008001234","from-trunk","PJSIP/itsp-00000001","","Hangup",'
    b'"1795307759.605248","0.000000","1795307760.207963","0.602715","0.000000","NO ANSWER","","1"'
)


def test_a_cel_record_is_read():
    line = cel.parse(ENTER, "f", 5)
    assert (line.kind, line.call, line.leg) == ("BRIDGE_ENTER", "1795306833.3", "1795306835.4")
    assert line.at.isoformat() == "2026-11-22T00:20:35.526228+00:00"
    assert line.data == {
        "number": "4008001234",
        "context": "from-agent",
        "channel": "PJSIP/1001-00000004",
        "app": "Dial",
        "peer": "PJSIP/itsp-00000003",
        "extra": {"bridge_id": "a8262bcf", "bridge_technology": "simple_bridge"},
    }


def test_the_test_call_of_an_apply_is_nobodys_call():
    assert cel.parse(ENTER.replace(b"PJSIP/1001-00000004", b"Local/1421765967@cti-probe-00000000;1"), "f", 5) is None
    assert cdr.parse(ROW.replace(b"PJSIP/itsp-00000001", b"Local/1421765967@cti-probe-00000000;1"), "f", 5) is None


def test_the_last_two_columns_may_stand_either_way_and_more_may_follow():
    fields = ENTER.split(b',"{')
    extra, _, rest = fields[1].partition(b'","PJSIP')
    swapped = fields[0] + b',"PJSIP/itsp-00000003","{' + extra + b'","","account","more"'
    assert rest
    assert cel.parse(swapped, "f", 5).data == cel.parse(ENTER, "f", 5).data


def test_an_event_of_the_dialplans_own_keeps_its_name():
    line = cel.parse(ENTER.replace(b"BRIDGE_ENTER", b"CTI_RECORDING"), "f", 0)
    assert (line.kind, line.data["user_event"]) == ("USER_DEFINED", "CTI_RECORDING")


def test_a_cdr_record_is_read():
    line = cdr.parse(ROW, "f", 5)
    assert (line.call, line.leg, line.data["disposition"]) == ("1795307759.7", "1795307759.7", "NO ANSWER")
    assert line.data["end"] == "2026-11-22T00:36:00.207963+00:00"
    assert "answer" not in line.data
    assert line.data["duration_seconds"] == pytest.approx(0.602715)


def test_a_cdr_record_may_give_clock_times_in_utc():
    clock = ROW.replace(b"1795307759.605248", b"2026-11-22 00:35:59").replace(
        b"1795307760.207963", b"2026-11-22 00:36:00"
    )
    assert cdr.parse(clock, "f", 0).data["start"] == "2026-11-22T00:35:59+00:00"


@pytest.mark.parametrize(
    ("parse", "raw"),
    [
        (cel.parse, ENTER[:90]),
        (cel.parse, ENTER.replace(b"1795306835.526228", b"now")),
        (cel.parse, ENTER.replace(b"1795306835.4", b"../x")),
        (cel.parse, ENTER.replace(b"BRIDGE_ENTER", b"bridge enter")),
        (cel.parse, ENTER.replace(b"from-agent", b"x" * 9000)),
        (cel.parse, b'"CHAN_START","17000' + ENTER),
        (cdr.parse, ROW[:60]),
        (cdr.parse, ROW.replace(b"NO ANSWER", b"=cmd|' /C calc'!A0")),
        (cdr.parse, ROW.replace(b"0.602715", b"nan")),
        (cdr.parse, ROW.replace(b"0.602715", b"inf")),
    ],
)
def test_a_torn_or_foreign_record_is_refused(parse, raw):
    with pytest.raises(LineError):
        parse(raw, "f", 0)


@pytest.mark.parametrize(
    "extra", [b"{", b"[]", b"[" * 4000, b'{""a"":{""b"":1}}', b'{""a"":""\\ud800""}', b'{""a"":""\\u0000""}']
)
def test_an_extra_that_is_no_flat_object_says_nothing_that_a_database_would_refuse(extra):
    line = cel.parse(ENTER.replace(ENTER[ENTER.index(b"{") : ENTER.index(b"}") + 1], extra), "f", 0)
    str(line.data).encode()
    assert "\x00" not in "".join(line.data.get("extra", {}).values())


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(raw):
    for parse in (cel.parse, cdr.parse):
        with contextlib.suppress(LineError):
            parse(ENTER[:60] + raw, "f", 0)


# As Asterisk 22.10 writes them with named fields: quotes doubled, everything else as the caller sent it.
HOSTILE_START = (
    b'"CHAN_START","1795306833.526228","1795306833.3","1795306833.3",'
    b'"1001\n200 result=1\n""CHAN_START"",""1795306833","a\x1b[2J""b",'
    b'"4008001234","from-trunk","PJSIP/itsp-00000003","","","",""\n'
)


def test_line_feeds_of_a_hostile_number_are_neither_records_nor_text():
    records, end = split_csv(HOSTILE_START + ENTER + b"\n", 0)
    assert (len(records), end) == (2, len(HOSTILE_START) + len(ENTER) + 1)
    line = cel.parse(records[0].raw, "f", 0)
    assert line.data["number"] == "1001200result1CHAN_START1795306833"
    assert line.data["name"] == 'a[2J"b'


def test_a_cdr_with_whole_seconds_is_counted_from_its_instants():
    whole = ROW.replace(b'"0.000000","1795307760', b'"1795307760.000000","1795307760').replace(
        b'"0.602715","0.000000"', b'"0","0"'
    )
    line = cdr.parse(whole, "f", 0)
    assert line.data["duration_seconds"] == pytest.approx(0.602715)
    assert line.data["talk_seconds"] == pytest.approx(0.207963)
