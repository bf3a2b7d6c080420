"""CDR and CEL of other installations: recognised by what is in them, read as their own configurations write them."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import lzma
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.core.journal import JournalLine, Source
from cti.journal.foreign import cdr_line, cel_line, moment
from cti.journal.history import HistoryFile, bring_in, found
from cti.journal.layout import layout_of
from cti.journal.refusal import LineError

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
START, ANSWER = "2024-03-01T09:00:00+00:00", "2024-03-01T09:00:05+00:00"

# cdr_csv.c, Asterisk 13 to 23; then with loguniqueid, with loguserfield, with both, and with newcdrcolumns too.
CSV = (
    '"","13800138000","4000","ext-queues","""Wang"" <13800138000>","PJSIP/trunk-00000001","PJSIP/1001-00000002",'
    '"Queue","4000,t,,,60","2024-03-01 17:00:00","2024-03-01 17:00:05","2024-03-01 17:01:05",65,60,"ANSWERED",'
    '"DOCUMENTATION"'
)
NO_ANSWER = CSV.replace('"2024-03-01 17:00:05"', "").replace("65,60", "65,0").replace('"ANSWERED"', '"NO ANSWER"')
CUSTOM = (
    '"""Wang"" <13800138000>","13800138000","4000","ext-queues","PJSIP/trunk-00000001","PJSIP/1001-00000002","Queue",'
    '"4000,t,,,60","2024-03-01 17:00:00","2024-03-01 17:00:05","2024-03-01 17:01:05","65","60","ANSWERED",'
    '"DOCUMENTATION","","1709283600.1","",7'
)
FREEPBX = (
    "calldate,clid,src,dst,dcontext,channel,dstchannel,lastapp,lastdata,duration,billsec,disposition,amaflags,accountcode,"
    "uniqueid,userfield,did,recordingfile,cnum,cnam,outbound_cnum,outbound_cnam,dst_cnam,linkedid,peeraccount,sequence\n"
    '2024-03-01 17:00:00,"""Wang"" <13800138000>",13800138000,4000,ext-queues,PJSIP/trunk-00000001,PJSIP/1001-00000002,'
    'Queue,"4000,t,,,60",65,60,ANSWERED,3,,1709283600.2,,02151234567,,13800138000,Wang,,,,1709283600.1,,7\n'
)
ISSABEL_ROW = """2024-03-01 17:00:00|"Wang" <13800138000>|13800138000|4000|ext-queues|PJSIP/trunk-00000001|\
PJSIP/1001-00000002|Queue|4000,t,,,60|65|60|ANSWERED|3|NULL|1709283600.1||02151234567
"""
ISSABEL = "\t".join(FREEPBX.split(",")[:17]) + "\n" + ISSABEL_ROW.replace("|", "\t")
CEL = (
    '"BRIDGE_ENTER","1709283605.500000","Wang","13800138000","13800138000","","4000","4000","ext-queues",'
    '"PJSIP/trunk-00000001","Queue","4000,t,,,60","3","","1709283600.1","1709283600.1","PJSIP/1001-00000002","","",'
    '"{""bridge_id"":""b1""}"'
)
CEL_TABLE = (
    "id;eventtype;eventtime;cid_name;cid_num;cid_ani;cid_rdnis;cid_dnid;exten;context;channame;appname;appdata;amaflags;"
    "accountcode;uniqueid;linkedid;peer;userdeftype;extra\n"
    '"7";"BRIDGE_ENTER";"2024-03-01 17:00:05.5";"Wang";"13800138000";"";"";"";"4000";"from-trunk-sip-itsp";'
    '"PJSIP/trunk-00000001";"Queue";"4000,t";"3";"";"1709283600.1";"1709283600.1";"PJSIP/1001-00000002";"";'
    '"{\\"bridge_id\\":\\"b1\\"}"\n'
)


def read(text: str, zone: ZoneInfo = SHANGHAI) -> JournalLine | None:
    """The last record of a file that begins so."""
    records = text.strip("\n").split("\n")
    layout = layout_of(line.encode() for line in records)
    assert layout is not None
    line = cdr_line if layout.source is Source.CDR else cel_line
    return line(layout.named(records[-1].encode()), zone, "f", 0)


@pytest.mark.parametrize(
    ("text", "call", "leg"),
    [
        (CSV + ',"1709283600.1"', "1709283600.1", "1709283600.1"),
        (CSV + ',"1709283600.1","mine"', "1709283600.1", "1709283600.1"),
        (CSV + ',"1709283600.2","","","1709283600.1",7', "1709283600.1", "1709283600.2"),
        (CSV + ',"1709283600.2","","1709283600.1",7', "1709283600.1", "1709283600.2"),
        (CUSTOM, "1709283600.1", "1709283600.1"),
        (CUSTOM.rpartition(",")[0], "1709283600.1", "1709283600.1"),
        (FREEPBX, "1709283600.1", "1709283600.2"),
        (FREEPBX.replace(",", ";").replace('"4000;t;;;60"', '"4000,t"'), "1709283600.1", "1709283600.2"),
        (ISSABEL, "1709283600.1", "1709283600.1"),
    ],
)
def test_a_cdr_is_read_in_every_layout(text, call, leg):
    line = read(text)
    assert (line.call, line.leg, line.at.isoformat()) == (call, leg, "2024-03-01T09:01:05+00:00")
    assert {name: line.data[name] for name in ("start", "answer", "src", "dst", "peer", "app", "disposition")} == {
        "start": START,
        "answer": ANSWER,
        "src": "13800138000",
        "dst": "4000",
        "peer": "PJSIP/1001-00000002",
        "app": "Queue",
        "disposition": "ANSWERED",
    }
    assert (line.data["duration_seconds"], line.data["talk_seconds"], line.data["direction"]) == (65.0, 60.0, "inbound")


def test_a_cdr_without_uniqueid_is_named_by_its_content_each_time_the_same():
    assert read(CSV).call == read(CSV).call
    assert read(CSV).call != read(NO_ANSWER).call
    with_a_text = read(CSV + ',"a remark of ours"')
    assert (with_a_text.data["user"], with_a_text.call.startswith("cdr")) == ("a remark of ours", True)


def test_an_unanswered_cdr_has_no_answer():
    line = read(NO_ANSWER)
    assert "answer" not in line.data
    assert line.data["talk_seconds"] == 0


@pytest.mark.parametrize(
    ("stored", "meant"), [("8", "ANSWERED"), ("0", "NO ANSWER"), ("4", "BUSY"), ("NO ANSWER", "NO ANSWER")]
)
def test_a_disposition_may_be_a_number(stored, meant):
    assert read(FREEPBX.replace("ANSWERED", stored)).data["disposition"] == meant


def test_a_part_of_a_call_is_no_call_of_its_own():
    local = CUSTOM.replace("PJSIP/trunk-00000001", "Local/1001@from-queue-00000003;2")
    assert read(local) is None
    assert read(FREEPBX.replace("PJSIP/trunk-00000001", "Local/1001@from-queue-00000003;2")) is not None


@pytest.mark.parametrize(
    ("channel", "src", "dst", "peer", "direction"),
    [
        ("SIP/1001-0001", "1001", "02151234567", "SIP/trunk-0002", "outbound"),
        ("SIP/1001-0001", "1001", "1002", "SIP/1002-0002", "internal"),
        ("SIP/1001-0001", "1001", "*97", "", "internal"),
        ("SIP/trunk-0001", "1001", "4000", "SIP/1001-0002", "inbound"),
        ("DAHDI/1-1", "13800138000", "4000", "", "inbound"),
    ],
)
def test_who_shows_the_number_of_their_own_phone_is_of_the_house(channel, src, dst, peer, direction):
    values = {"start": "2024-03-01 17:00:00", "disposition": "ANSWERED", "uniqueid": "1.1", "duration": "1"}
    values |= {"channel": channel, "src": src, "dst": dst, "peer": peer}
    assert cdr_line(values, SHANGHAI, "f", 0).data["direction"] == direction


@pytest.mark.parametrize("column", ["duration", "billsec"])
@pytest.mark.parametrize("text", ["10000000", "-1", "nan", "1 s"])
def test_a_duration_of_months_or_none_at_all_is_refused(column, text):
    values = {"start": "2024-03-01 17:00:00", "disposition": "ANSWERED", "uniqueid": "1.1", "duration": "9999999"}
    assert cdr_line(values, SHANGHAI, "f", 0).data["duration_seconds"] == 9_999_999
    with pytest.raises(LineError, match="a duration that"):
        cdr_line(values | {column: text}, SHANGHAI, "f", 0)


@pytest.mark.parametrize("text", [CEL, CEL.rpartition(',"{')[0] + ',""', CEL_TABLE])
def test_a_cel_event_is_read_in_every_layout(text):
    line = read(text)
    assert (line.kind, line.call, line.leg) == ("BRIDGE_ENTER", "1709283600.1", "1709283600.1")
    assert line.at.isoformat() == "2024-03-01T09:00:05.500000+00:00"
    assert (line.data["number"], line.data["channel"]) == ("13800138000", "PJSIP/trunk-00000001")
    assert line.data.get("extra") == ({"bridge_id": "b1"} if "bridge_id" in text else None)


def test_contexts_of_freepbx_are_those_that_the_fold_knows():
    assert read(CEL_TABLE).data["context"] == "from-trunk"
    assert read(CEL_TABLE.replace("from-trunk-sip-itsp", "from-internal")).data["context"] == "from-agent"


def test_a_pickup_joins_two_calls_as_our_own_does():
    picked = CEL_TABLE.replace("BRIDGE_ENTER", "PICKUP").replace(
        'bridge_id\\":\\"b1', 'pickup_channel_uniqueid\\":\\"17.9'
    )
    assert (read(picked).leg, read(picked).data["of"]) == ("17.9", "1709283600.1")


def test_an_event_of_a_dialplan_keeps_its_name():
    line = read(CEL_TABLE.replace("BRIDGE_ENTER", "USER_DEFINED").replace('"";"{', '"SURVEY";"{'))
    assert (line.kind, line.data["user_event"]) == ("USER_DEFINED", "SURVEY")


@pytest.mark.parametrize(
    ("text", "zone", "utc"),
    [
        ("2024-03-01 17:00:00", SHANGHAI, "2024-03-01T09:00:00+00:00"),
        ("2024-03-01T17:00:00.25+08:00", BERLIN, "2024-03-01T09:00:00.250000+00:00"),
        ("1709283600.000001", BERLIN, "2024-03-01T09:00:00.000001+00:00"),
        ("2024-10-27 02:30:00", BERLIN, "2024-10-27T00:30:00+00:00"),  # comes twice: the first one
        ("2024-07-01 02:30:00", BERLIN, "2024-07-01T00:30:00+00:00"),
    ],
)
def test_clocks_are_local_and_epochs_are_not(text, zone, utc):
    assert moment(text, zone).isoformat() == utc


def test_a_call_over_the_night_that_clocks_go_back_is_as_long_as_it_was():
    night = CUSTOM.replace("2024-03-01 17:00:00", "2024-10-27 02:59:30").replace(
        "2024-03-01 17:01:05", "2024-10-27 02:00:35"
    )
    line = read(night, BERLIN)
    assert line.data["end"] == "2024-10-27T01:00:35+00:00"


@pytest.mark.parametrize(
    "text",
    [
        CSV.replace("2024-03-01 17:00:00", "2024-02-30 17:00:00"),
        CUSTOM.replace("2024-03-01 17:00:00", "9999-12-31 23:59:59"),
        CUSTOM.replace("2024-03-01 17:00:00", "0000-00-00 00:00:00"),
        CUSTOM.replace("1709283600.1", "../../etc/passwd"),
        CUSTOM.replace("ANSWERED", "=cmd|' /C calc'!A0"),
        CUSTOM.replace('"65"', '"nan"'),
        CUSTOM.replace('"65"', '"-1"'),
        CUSTOM.replace("Wang", "x" * 9000),
        FREEPBX.rstrip() + ",more",
        CEL.replace("1709283600.1", "'; DROP TABLE cdr;--"),
        CEL_TABLE.replace("2024-03-01 17:00:05.5", "yesterday"),
    ],
)
def test_what_asterisk_does_not_write_is_refused(text):
    good = CEL if "BRIDGE" in text else CUSTOM
    records = text.strip("\n").split("\n")
    layout = layout_of(line.encode() for line in records) or layout_of([good.encode()])
    line = cdr_line if layout.source is Source.CDR else cel_line
    with pytest.raises(LineError):
        line(layout.named(records[-1].encode()), SHANGHAI, "f", 0)


def test_a_value_may_hold_line_feeds_and_other_ends_of_lines():
    assert read(CUSTOM.replace("Wang", "Wa\u2028ng\x85")).call == "1709283600.1"
    values = layout_of([CUSTOM.encode()]).named(CUSTOM.replace("Wang", "Wa\nng").encode())
    assert values["clid"] == '"Wa\nng" <13800138000>'


def test_what_callers_say_is_text_without_control_characters():
    line = read(CUSTOM.replace('"13800138000"', '"1001\x1b[2J\x00$(id)"', 1))
    assert line.data["src"] == "10012Jid"


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(raw):
    for begin in (FREEPBX.encode()[:400], CSV.encode()[:60], CEL.encode()[:40], b""):
        records = [line for line in (begin + raw).split(b"\n") if line][:20]
        layout = layout_of(records)
        if layout is None or layout.source is Source.QUEUE_LOG:
            continue
        line = cdr_line if layout.source is Source.CDR else cel_line
        for record in records:
            with contextlib.suppress(LineError):
                line(layout.named(record), SHANGHAI, "f", 0)


# --- files ---------------------------------------------------------------------------------------------

QUEUE_LOG = (
    "1709283600|1709283600.1|4000|NONE|ENTERQUEUE||13800138000|1\n1709283609|1709283600.1|4000|NONE|ABANDON|1|1|9\n"
)


async def collect(file: HistoryFile, since: int = 0) -> tuple[list[JournalLine], object, int]:
    lines: list[JournalLine] = []
    end = since

    async def keep(some, places):
        nonlocal end
        lines.extend(some)
        (place,) = places
        end = place.offset

    (reading,) = await bring_in([(file, since)], SHANGHAI, keep, lambda readings: None)
    return lines, reading, end


def test_journals_are_known_by_what_is_in_them_not_by_their_names(tmp_path):
    (tmp_path / "old" / "deep").mkdir(parents=True)
    (tmp_path / "old" / "queue_log-20240301.gz").write_bytes(gzip.compress(QUEUE_LOG.encode()))
    (tmp_path / "old" / "deep" / "anything.bz2").write_bytes(bz2.compress((CEL + "\n").encode()))
    (tmp_path / "old" / "deep" / "not.gz").write_text(CSV + "\n")
    (tmp_path / "old" / "cdr.csv").write_bytes(b"\xef\xbb\xbf" + FREEPBX.replace("\n", "\r\n").encode())
    (tmp_path / "old" / "packed").write_bytes(lzma.compress(ISSABEL.encode()))
    (tmp_path / "old" / "full").write_text("[Mar  1 17:00:00] NOTICE[1] x: y\n")
    (tmp_path / "old" / "empty").write_text("")
    (tmp_path / "old" / "head.csv").write_text(FREEPBX.splitlines()[0] + "\n")
    (tmp_path / "old" / "excel.csv").write_bytes(FREEPBX.encode("utf-16"))
    (tmp_path / "old" / "torn.gz").write_bytes(gzip.compress(CSV.encode() * 9)[:20])
    files, others = found([tmp_path])
    assert {(file.path.name, file.source) for file in files} == {
        ("queue_log-20240301.gz", Source.QUEUE_LOG),
        ("anything.bz2", Source.CEL),
        ("not.gz", Source.CDR),
        ("cdr.csv", Source.CDR),
        ("packed", Source.CDR),
    }
    why = {path.name: text for path, text in others}
    assert (why["full"], why["empty"], why["head.csv"]) == ("no queue_log, CDR or CEL", "empty", "only a header")
    assert why["excel.csv"].startswith("UTF-16")
    assert why["torn.gz"].startswith("cannot be read")


async def test_a_file_brings_the_files_that_it_was_rotated_into(tmp_path):
    for name in ("queue_log", "queue_log.1", "queue_log-20240201.gz"):
        text = QUEUE_LOG.replace("13800138000", name).encode()
        (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    (tmp_path / "queue_log.bak").write_text(QUEUE_LOG)
    assert [file.path.name for file in found([tmp_path / "queue_log"])[0]] == [
        "queue_log-20240201.gz",
        "queue_log.1",
        "queue_log",
    ]


async def test_two_exports_with_one_header_are_two_files_and_a_longer_one_goes_on(tmp_path):
    (tmp_path / "march.csv").write_text(FREEPBX)
    (tmp_path / "april.csv").write_text(FREEPBX.replace("1709283600", "1711962000"))
    march, april = sorted(found([tmp_path])[0], key=lambda file: file.path.name, reverse=True)
    assert march.file_id != april.file_id
    _, reading, end = await collect(march)
    assert (reading.accepted, end) == (1, len(FREEPBX))
    (tmp_path / "march.csv").write_text(FREEPBX + FREEPBX.splitlines()[1].replace("1709283600", "1709283700") + "\n")
    (longer,) = [file for file in found([tmp_path])[0] if file.path.name == "march.csv"]
    assert longer.file_id == march.file_id
    lines, reading, _ = await collect(longer, end)
    assert [line.call for line in lines] == ["1709283700.1"]


async def test_refused_lines_are_counted_with_their_numbers(tmp_path):
    rows = [FREEPBX.splitlines()[0]]
    for number in range(40):
        row = FREEPBX.splitlines()[1].replace("1709283600.2", f"1709283600.{number}")
        rows.append("torn" if number % 10 == 3 else row)
    (tmp_path / "cdr.csv").write_text("\n".join([*rows[:6], "", *rows[6:]]))  # an empty line, and no end of the last
    (file,), _ = found([tmp_path])
    _, reading, _ = await collect(file)
    assert (reading.accepted, reading.lines) == (36, 41)
    assert reading.refused == {"not 26 columns as in the header": (4, [5, 16, 26])}


async def test_what_breaks_off_is_read_up_to_there(tmp_path):
    whole = gzip.compress("".join(QUEUE_LOG.replace("600.1", f"600.{n}") for n in range(60_000)).encode())
    (tmp_path / "queue_log.gz").write_bytes(whole[:-20])
    (file,), _ = found([tmp_path])
    _, reading, _ = await collect(file)
    assert reading.broken
    assert reading.accepted > 50_000


async def test_a_line_without_end_is_passed_over_in_little_memory(tmp_path):
    with gzip.open(tmp_path / "queue_log.gz", "wb", 1) as file:
        file.write(QUEUE_LOG.encode())
        for _ in range(5):
            file.write(b"9" * (1 << 20))
        file.write(b"\n" + QUEUE_LOG.replace("600.1", "600.2").encode())
    (one,), _ = found([Path(tmp_path)])
    _, reading, _ = await collect(one)
    assert reading.accepted == 4
    assert sum(count for count, _ in reading.refused.values()) >= 1


async def test_files_are_read_side_by_side_so_that_calls_come_whole(tmp_path, monkeypatch):
    monkeypatch.setattr("cti.journal.history.CHUNK", 2_000)
    monkeypatch.setattr("cti.journal.history._PIECE", 100)
    head, row = FREEPBX.splitlines()
    calls = [(f"17:{minute:02}", str(1_709_283_600 + 60 * minute)) for minute in range(60)]
    rows = [row.replace("17:00", clock).replace("1709283600", epoch) for clock, epoch in calls]
    (tmp_path / "cdr.csv").write_text("\n".join([head, *rows]) + "\n")
    log = [QUEUE_LOG.replace("1709283600", epoch).replace("1709283609", epoch) for _, epoch in calls]
    (tmp_path / "queue_log").write_text("".join(log))
    pieces: list[set[Source]] = []

    async def keep(some, places):
        pieces.append({line.source for line in some})
        assert len({(place.source, place.file_id) for place in places}) == len(places)

    readings = await bring_in([(file, 0) for file in found([tmp_path])[0]], SHANGHAI, keep, lambda readings: None)
    assert sum(reading.accepted for reading in readings) == 60 + 120
    assert pieces == [{Source.CDR, Source.QUEUE_LOG}] * len(pieces)
    assert len(pieces) > 1


async def test_instants_tell_the_span(tmp_path):
    (tmp_path / "cdr.csv").write_text(FREEPBX)
    (file,), _ = found([tmp_path])
    _, reading, _ = await collect(file)
    assert (reading.first, reading.last) == (datetime(2024, 3, 1, 9, 1, 5, tzinfo=UTC),) * 2
