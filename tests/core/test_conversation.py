"""Pasted journal lines -> conversations. Times are seconds after epoch 1795300000."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from cti.core.conversation import fold
from cti.core.journal import JournalLine, Source, apart
from cti.core.stretches import Kind
from cti.core.whose import conversation_id

ZERO = datetime.fromtimestamp(1_795_300_000, UTC)
CALL, AGENT_LEG = "1795300000.1", "1795300010.2"
EVENTS = {
    "ENTERQUEUE": ("", "number"),
    "CONNECT": ("wait_seconds", "peer", "ring_seconds"),
    "RINGNOANSWER": ("ring_ms",),
    "BLINDTRANSFER": ("target",),
    "DID": ("did",),
}


def at(seconds: float) -> datetime:
    return ZERO + timedelta(seconds=seconds)


def lines(text: str, *more: JournalLine) -> list[JournalLine]:
    """`seconds|callid|queue|agent|event|data…` as in queue_log, and `cel seconds|leg|linked|event|key=value…`."""
    found = list(more)
    for number, line in enumerate(filter(None, (row.strip() for row in text.splitlines()))):
        found.append(cel(number, *line[4:].split("|")) if line.startswith("cel ") else queued(number, *line.split("|")))
    return found


def queued(number: int, seconds: str, call: str, queue: str, agent: str, event: str, *data: str) -> JournalLine:
    values: dict = {"queue": queue, "agent": "" if agent == "NONE" else agent}
    for name, value in zip(EVENTS.get(event, ()), data, strict=False):
        values[name] = int(value) if name.endswith(("_seconds", "_ms")) else value
    return JournalLine(
        source=Source.QUEUE_LOG,
        file_id="q",
        offset=number,
        at=at(float(seconds)),
        kind=event,
        call=call,
        leg=call,
        data=values,
    )


def cel(number: int, seconds: str, leg: str, linked: str, event: str, *pairs: str) -> JournalLine:
    data: dict = dict(pair.split("=", 1) for pair in pairs)
    if "bridge" in data:
        data["extra"] = {"bridge_id": data.pop("bridge")}
    return JournalLine(
        source=Source.CEL,
        file_id="c",
        offset=number,
        at=at(float(seconds)),
        kind=event,
        call=linked,
        leg=leg,
        data=data,
    )


def engine(seconds: float, kind: str, call: str = CALL, **data: object) -> JournalLine:
    """`engine(2, "offer", agent="1001")`: its offset is its instant, so order in the file is order in time."""
    return JournalLine(
        source=Source.ENGINE,
        file_id="e",
        offset=int(seconds * 1000),
        at=at(seconds),
        kind=kind,
        call=call,
        leg=call,
        data=data,
    )


ANSWERED = f"""
    cel 0.2|{CALL}|{CALL}|CHAN_START|context=from-trunk|exten=4008001234|number=13800138000|name=Li|channel=PJSIP/t-1
    10|{CALL}|sales|NONE|DID|4008001234
    10|{CALL}|sales|NONE|ENTERQUEUE||13800138000
    cel 15|{AGENT_LEG}|{CALL}|CHAN_START|context=from-agent|channel=PJSIP/1001-0000002a
    cel 20.1|{AGENT_LEG}|{CALL}|ANSWER
    20|{CALL}|sales|1001|CONNECT|10|{AGENT_LEG}|5
    cel 20.2|{CALL}|{CALL}|BRIDGE_ENTER|bridge=b1
    cel 20.2|{AGENT_LEG}|{CALL}|BRIDGE_ENTER|bridge=b1
    cel 80|{CALL}|{CALL}|BRIDGE_EXIT|bridge=b1
    cel 80|{AGENT_LEG}|{CALL}|BRIDGE_EXIT|bridge=b1
    80|{CALL}|sales|1001|COMPLETECALLER|10|60
    cel 80.5|{CALL}|{CALL}|CHAN_END
    cel 80.6|{AGENT_LEG}|{CALL}|CHAN_END
    cel 80.6|{AGENT_LEG}|{CALL}|LINKEDID_END
"""


def kinds(conversation) -> list[str]:
    return [segment.kind.value for segment in conversation.segments]


def test_an_answered_call_is_one_conversation_with_its_segments():
    found = fold(lines(ANSWERED, engine(14.9, "offer", agent="1001", queue="sales")))
    assert (found.id, found.direction, found.number, found.name) == (CALL, "inbound", "13800138000", "Li")
    assert (found.did, found.queue, found.agent, found.outcome) == ("4008001234", "sales", "1001", "answered")
    assert (found.wait_seconds, found.ring_seconds, found.talk_seconds, found.hold_seconds) == (10.2, 5.1, 59.8, 0)
    assert (found.started, found.ended, found.source) == (at(0.2), at(80.6), "engine")
    assert kinds(found) == ["menu", "wait", "ring", "talk"]
    assert [segment.position for segment in found.segments] == [0, 1, 2, 3]
    assert found.segments[3].outcome == "caller_hung_up"


def test_the_order_in_which_lines_arrive_changes_nothing():
    told = lines(ANSWERED, engine(1, "joined", caller={"language": "zh"}), engine(14.9, "offer", agent="1001"))
    whole = fold(told)
    shuffled = random.Random(7)
    for _ in range(20):
        shuffled.shuffle(told)
        assert fold(told) == whole


def test_a_hold_is_cut_out_of_the_talk():
    held = (engine(30, "held", leg=AGENT_LEG, held=True), engine(42, "held", leg=AGENT_LEG, held=False))
    found = fold(lines(ANSWERED, *held))
    assert (found.talk_seconds, found.hold_seconds) == (47.8, 12)
    assert kinds(found)[-3:] == ["talk", "hold", "talk"]
    assert [segment.agent for segment in found.segments[-3:]] == ["1001"] * 3


def test_a_hold_that_is_never_taken_back_ends_with_the_talk():
    found = fold(lines(ANSWERED, engine(70, "held", leg=AGENT_LEG, held=True)))
    assert (found.talk_seconds, found.hold_seconds) == (49.8, 10)


def test_what_the_engine_knew_of_the_caller_is_kept():
    caller = {"number": "13800138000", "language": "zh", "customer": "c7", "path": "main:1>", "did": "4008001234"}
    found = fold(lines(ANSWERED, engine(10.2, "joined", queue="sales", caller=caller)))
    assert (found.language, found.customer, found.path) == ("zh", "c7", "main:1>")
    assert found.segments[0].detail == "main:1>"


BEGIN = f"""
    cel 0|{CALL}|{CALL}|CHAN_START|context=from-trunk|exten=4008001234|number=13800138000|channel=PJSIP/itsp-01
    1|{CALL}|sales|NONE|ENTERQUEUE||13800138000
"""


def ending(seconds: float) -> str:
    return f"\ncel {seconds}|{CALL}|{CALL}|CHAN_END\ncel {seconds}|{CALL}|{CALL}|LINKEDID_END"


@pytest.mark.parametrize(
    ("text", "outcome", "waited", "source"),
    [
        (f"31|{CALL}|sales|NONE|ABANDON|1|1|30", "abandoned", 30, "fallback"),
        (f"6|{CALL}|sales|NONE|ABANDON|1|1|5", "short_abandon", 5, "fallback"),
        (f"7|{CALL}|sales|NONE|ABANDON|1|1|6", "abandoned", 6, "fallback"),
        (f"31|{CALL}|sales|NONE|EXITWITHTIMEOUT|1|1|30", "timeout", 30, "fallback"),
        (f"31|{CALL}|sales|NONE|EXITWITHKEY|5|1|1|30", "exit_key", 30, "fallback"),
        (f"31|{CALL}|sales|NONE|EXITEMPTY|1|1|30", "overflow", 30, "fallback"),
        (f"31|{CALL}|sales|NONE|CALLBACK", "callback_requested", 30, "fallback"),
        (f"31|{CALL}|sales|NONE|FULL", "full", 30, "fallback"),
        ("", "abandoned", 40, "fallback"),  # Asterisk lost the ABANDON line: hung up while waiting
        (
            f"cel 31|{CALL}|{CALL}|APP_START|app=VoiceMail\ncel 39|{CALL}|{CALL}|APP_END|app=VoiceMail",
            "voicemail",
            40,
            "",
        ),
    ],
)
def test_outcomes_are_exclusive(text, outcome, waited, source):
    found = fold(lines(BEGIN + text + ending(41)))
    assert (found.outcome, found.wait_seconds, found.agent) == (outcome, waited, "")
    assert source in ("", found.source)


@pytest.mark.parametrize(
    "outcome", ["overflow", "timeout", "callback_requested", "voicemail", "closed", "full", "failed"]
)
def test_the_engines_release_says_how_the_caller_left(outcome):
    left = f"31|{CALL}|sales|NONE|EXITWITHTIMEOUT|1|1|30"
    found = fold(lines(BEGIN + left + ending(41), engine(30.9, "released", queue="sales", outcome=outcome)))
    assert (found.outcome, found.source) == (outcome, "engine")


def test_a_caller_back_from_the_native_queue_still_is_in_one_wait():
    text = f"""
        {BEGIN}
        5|{CALL}|sales|NONE|ENTERQUEUE||13800138000|1
        25|{CALL}|sales|NONE|EXITWITHTIMEOUT|1|1|20
        27|{CALL}|sales|NONE|ENTERQUEUE||13800138000|1
        35|{CALL}|sales|1002|RINGNOANSWER|6000
        41|{CALL}|sales|1001|CONNECT|14||4
        61|{CALL}|sales|1001|COMPLETEAGENT|14|20|1
    """
    found = fold(lines(text + ending(62)))
    assert (found.wait_seconds, found.talk_seconds, found.ring_seconds) == (40, 20, 10)
    assert (found.source, found.outcome, found.agent) == ("fallback", "answered", "1001")
    assert kinds(found) == ["menu", "wait", "ring", "ring", "talk"]


def test_an_overflow_into_another_queue_is_a_second_wait():
    text = f"""
        {BEGIN}
        31|{CALL}|sales|NONE|EXITWITHTIMEOUT|1|1|30
        31|{CALL}|rescue|NONE|ENTERQUEUE||13800138000
        36|{CALL}|rescue|1003|CONNECT|5||2
        46|{CALL}|rescue|1003|COMPLETEAGENT|5|10
    """
    found = fold(lines(text + ending(47)))
    assert (found.queue, found.agent, found.wait_seconds) == ("rescue", "1003", 35)
    assert [segment.queue for segment in found.segments if segment.kind is Kind.WAIT] == ["sales", "rescue"]


def test_talk_ends_at_a_transfer_and_goes_on_with_the_next_agent():
    third = "1795300050.3"
    text = f"""
        {ANSWERED.replace("80|", "50|").replace("COMPLETECALLER|10|60", "BLINDTRANSFER|1002|cti-dial|10|30|1")}
        cel 50.2|{third}|{CALL}|CHAN_START|context=from-agent|channel=PJSIP/1002-0000002b
        cel 55|{third}|{CALL}|BRIDGE_ENTER|bridge=b2
        cel 55|{CALL}|{CALL}|BRIDGE_ENTER|bridge=b2
        cel 75|{CALL}|{CALL}|BRIDGE_EXIT|bridge=b2
        cel 75|{third}|{CALL}|BRIDGE_EXIT|bridge=b2
        cel 80.6|{third}|{CALL}|CHAN_END
    """
    found = fold(lines(text))
    talks = [(s.agent, s.outcome) for s in found.segments if s.kind is Kind.TALK]
    assert talks == [("1001", "transferred"), ("1002", "ended")]
    assert found.agent == "1001"
    assert found.talk_seconds == 49.8
    assert [(s.detail, s.target) for s in found.segments if s.kind is Kind.TRANSFER] == [("blind", "1002")]


def test_a_call_without_an_end_stays_open_and_has_no_outcome():
    found = fold(lines(BEGIN))
    assert (found.ended, found.outcome) == (None, "")
    assert found.segments[-1].ended is None


def test_what_the_engine_saw_of_a_dying_asterisk_closes_the_conversation():
    told = lines(ANSWERED[: ANSWERED.index("    cel 80|")])
    assert fold(told).ended is None
    closed = fold([*told, engine(50, "interrupted")])
    assert (closed.ended, closed.interrupted, closed.outcome, closed.talk_seconds) == (at(50), True, "answered", 29.8)
    assert closed.segments[-1].outcome == "interrupted"


def test_an_asterisk_that_dies_in_the_second_of_a_calls_beginning_does_not_change_whose_call_it_was():
    told = lines(f"""
        cel 10.0|{CALL}|{CALL}|CHAN_START|context=from-trunk|exten=4008001234|number=13800138000|channel=PJSIP/t-1
        10|{CALL}|sales|NONE|DID|4008001234
        10|{CALL}|sales|NONE|ENTERQUEUE||13800138000
        cel 10.1|{AGENT_LEG}|{CALL}|CHAN_START|context=from-agent|channel=PJSIP/1001-0000002a
        10|{CALL}|sales|1001|CONNECT|0|{AGENT_LEG}|0
        cel 10.2|{CALL}|{CALL}|BRIDGE_ENTER|bridge=b1
        cel 10.2|{AGENT_LEG}|{CALL}|BRIDGE_ENTER|bridge=b1
    """)
    legs = (AGENT_LEG, CALL)
    cut = [engine(10.9, kind, call=leg, cause=0) for leg in legs for kind in ("leg_ended", "interrupted")]
    found = fold([*told, *cut])
    assert (found.id, found.direction, found.number) == (CALL, "inbound", "13800138000")
    assert (found.ended, found.interrupted, found.outcome) == (at(10.9), True, "answered")


def test_an_end_that_cel_lost_is_taken_from_the_engine():
    found = fold([*lines(BEGIN), engine(9, "leg_ended", leg=CALL, cause=16)])
    assert (found.ended, found.outcome, found.interrupted) == (at(9), "abandoned", False)


def test_rings_and_talks_that_only_the_engine_saw_are_told_once():
    told = lines(
        BEGIN,
        engine(2, "offer", agent="1002", queue="sales"),
        engine(8, "missed", agent="1002", why="no_answer"),
        engine(9, "offer", agent="1001", queue="sales"),
        engine(12, "answered", agent="1001"),
        engine(30, "talk_ended", agent="1001"),
        engine(31, "interrupted"),
    )
    found = fold(told)
    assert (found.agent, found.wait_seconds, found.ring_seconds, found.talk_seconds) == ("1001", 11, 9, 18)
    doubled = fold([*told, *lines(f"12|{CALL}|sales|1001|CONNECT|11||3\n30|{CALL}|sales|1001|COMPLETEAGENT|11|18")])
    assert (doubled.talk_seconds, doubled.ring_seconds) == (18, 9)
    assert kinds(doubled).count("talk") == 1


@pytest.mark.parametrize(
    "text",
    [
        f"5|{CALL}|sales|1001|COMPLETECALLER|1|9999|1",
        f"5|{CALL}|sales|1001|CONNECT|1||1",
        f"5|{CALL}|sales|NONE|ABANDON|1|1|1",
    ],
)
def test_a_line_that_cannot_be_makes_no_conversation(text):
    assert fold(lines(text)) is None


def test_a_completion_without_a_connect_says_nothing():
    found = fold(lines(BEGIN + f"5|{CALL}|sales|1001|COMPLETECALLER|1|9999|1" + ending(20)))
    assert (found.outcome, found.talk_seconds, found.agent) == ("abandoned", 0, "")


def test_an_agents_call_to_the_outside_is_outbound():
    text = f"""
        cel 0|{CALL}|{CALL}|CHAN_START|context=from-agent|exten=13900139000|number=1001|channel=PJSIP/1001-01
        cel 1|{AGENT_LEG}|{CALL}|CHAN_START|context=from-trunk|channel=PJSIP/itsp-02
        cel 6|{AGENT_LEG}|{CALL}|ANSWER
        cel 6|{CALL}|{CALL}|BRIDGE_ENTER|bridge=b
        cel 6|{AGENT_LEG}|{CALL}|BRIDGE_ENTER|bridge=b
        cel 26|{AGENT_LEG}|{CALL}|BRIDGE_EXIT|bridge=b
        cel 26|{AGENT_LEG}|{CALL}|CHAN_END
    """
    found = fold(lines(text + ending(26)))
    assert (found.direction, found.agent, found.did, found.source) == ("outbound", "1001", "13900139000", "direct")
    assert (found.outcome, found.ring_seconds, found.talk_seconds) == ("answered", 5, 20)
    assert kinds(found) == ["ring", "talk"]


def test_an_internal_call_that_nobody_answers_failed():
    text = f"""
        cel 0|{CALL}|{CALL}|CHAN_START|context=from-agent|exten=1002|channel=PJSIP/1001-01
        cel 1|{AGENT_LEG}|{CALL}|CHAN_START|context=from-agent|channel=PJSIP/1002-02
        cel 9|{AGENT_LEG}|{CALL}|CHAN_END
    """
    found = fold(lines(text + ending(9)))
    assert (found.direction, found.outcome, found.ring_seconds) == ("internal", "failed", 8)


def test_an_attended_transfer_that_joins_two_linkedids_is_one_conversation():
    consult = "1795300030.5"
    text = f"""
        {ANSWERED}
        cel 40|{consult}|{consult}|CHAN_START|context=from-agent|channel=PJSIP/1001-05
        cel 60|{consult}|{CALL}|CHAN_END
    """
    told = lines(text)
    assert conversation_id(apart(told)) == CALL
    assert fold(told).ended == at(80.6)


def test_a_clock_that_is_set_back_makes_no_negative_time():
    text = f"{BEGIN}\n-3600|{CALL}|sales|1001|CONNECT|2||1\n-3590|{CALL}|sales|1001|COMPLETEAGENT|2|10"
    found = fold(lines(text + ending(20)))
    assert found.agent == "1001"
    assert min(found.wait_seconds, found.talk_seconds, found.ring_seconds) >= 0
    assert all(segment.ended >= segment.started for segment in found.segments)


def test_without_cel_the_queues_last_word_ends_the_conversation():
    found = fold(lines(f"1|{CALL}|sales|NONE|ENTERQUEUE||1\n9|{CALL}|sales|NONE|ABANDON|1|1|8"))
    assert (found.started, found.ended, found.outcome) == (at(1), at(9), "abandoned")


def test_a_number_that_the_dialplan_had_not_yet_filtered_keeps_its_digits_only():
    forged = f"cel 0|{CALL}|{CALL}|CHAN_START|context=from-trunk|number=+1EventForged{{}}"
    assert fold(lines(forged + ending(2))).number == "+1"


def test_the_last_disposition_counts():
    first = engine(50, "disposition", agent="1001", code="other", note="")
    last = engine(60, "disposition", agent="1001", code="sold", note="two cars")
    found = fold(lines(ANSWERED, last, first))
    assert (found.disposition, found.note) == ("sold", "two cars")
    assert (fold(lines(ANSWERED)).disposition, fold(lines(ANSWERED)).note) == ("", "")
