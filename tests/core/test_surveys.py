"""The questions after the talk, from queue_log lines to facts: whose they are, and where the talk ends."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cti.core.conversation import Conversation, fold
from cti.core.journal import JournalLine, Source
from cti.core.metrics.asked import survey_answers_of
from cti.core.metrics.visits import visits_of
from cti.core.stretches import Kind
from cti.journal.queue_log import parse
from cti.journal.refusal import LineError

CALL, LEG = "1795300000.1", "1795300010.2"
TALK = f"""
1795300000|{CALL}|care|NONE|ENTERQUEUE||13800000001|1
1795300010|{CALL}|care|1001|CONNECT|10|{LEG}|4
1795300070|{CALL}|care|1001|COMPLETEAGENT|10|60|1
1795300070|{CALL}|care|1001|SURVEYBEGIN|content
"""
FIRST = f"1795300075|{CALL}|care|1001|SURVEY|content|friendly|1|4|1|5\n"
SECOND = f"1795300080|{CALL}|care|1001|SURVEY|content|solved|2|1|2|1\n"
END = f"1795300080|{CALL}|care|1001|SURVEYEND|content|completed\n"
MOST = 5


def read(text: str) -> list[JournalLine]:
    found = [parse(line.encode(), "q", number) for number, line in enumerate(text.strip().splitlines())]
    return [line for line in found if line]


def told(text: str, *more: JournalLine) -> Conversation:
    conversation = fold([*read(text), *more])
    assert conversation is not None
    return conversation


def cel(offset: int, seconds: float, leg: str, kind: str, channel: str = "", bridge: str = "") -> JournalLine:
    at = read(TALK)[0].at + timedelta(seconds=seconds)
    context = "from-trunk" if leg == CALL else "from-agent"
    data = {"channel": channel, "context": context, "extra": {"bridge_id": bridge}}
    return JournalLine(source=Source.CEL, file_id="c", offset=offset, at=at, kind=kind, call=CALL, leg=leg, data=data)


def test_a_talk_ends_where_its_survey_begins_and_each_question_is_a_fact_of_the_agent_who_talked() -> None:
    conversation = told(TALK + FIRST + SECOND + END)
    kinds = [(segment.kind, segment.outcome) for segment in conversation.segments]
    assert kinds[-2:] == [(Kind.TALK, "agent_hung_up"), (Kind.SURVEY, "completed")]
    talk, survey = conversation.segments[-2:]
    assert (talk.ended, survey.detail, survey.queue) == (survey.started, "content", "care")
    first, second = survey_answers_of(conversation)
    assert (first.question, first.answer, first.agent, first.queue, first.top_two) == (
        "friendly", 4, "1001", "care", True,
    )  # fmt: skip
    assert (second.question, second.position, second.answer) == ("solved", 2, 1)
    assert visits_of(conversation)[0].talk_ms == 60_000
    assert conversation.talk_seconds == 60


def test_a_line_of_the_talk_that_comes_late_changes_nothing() -> None:
    complete = next(line for line in TALK.splitlines() if "COMPLETEAGENT" in line)
    late = told(TALK.replace(complete + "\n", "") + complete + "\n" + FIRST + SECOND + END)
    assert late == told(TALK + FIRST + SECOND + END)


def test_where_the_first_key_is_the_best_the_top_two_are_the_lowest() -> None:
    answers = [survey_answers_of(told(TALK + FIRST.replace("|4|1|5", f"|{key}|5|1")))[0] for key in range(1, MOST + 1)]
    assert [one.top_two for one in answers] == [True, True, False, False, False]


def test_who_hangs_up_in_a_survey_leaves_what_was_answered_and_a_question_without_an_answer() -> None:
    left = SECOND.replace("|2|1|2|1", "|2|hung_up|2|1") + END.replace("completed", "hung_up")
    conversation = told(TALK + FIRST + left)
    assert [(one.outcome, one.answer) for one in survey_answers_of(conversation)] == [
        ("answered", 4), ("hung_up", None),
    ]  # fmt: skip
    assert conversation.segments[-1].outcome == "hung_up"
    assert (conversation.outcome, conversation.ended) == ("answered", read(TALK + END)[-1].at)


def test_after_a_transfer_the_answers_are_those_of_the_agent_who_talked_last() -> None:
    other = "1795300030.3"
    bridged = [
        cel(0, 0, CALL, "CHAN_START", "PJSIP/itsp-00000001"),
        cel(1, 5, LEG, "CHAN_START", "PJSIP/1001-00000002"),
        cel(2, 10, CALL, "BRIDGE_ENTER", bridge="b1"),
        cel(3, 10, LEG, "BRIDGE_ENTER", bridge="b1"),
        cel(4, 30, other, "CHAN_START", "PJSIP/1002-00000003"),
        cel(5, 35, LEG, "BRIDGE_EXIT", bridge="b1"),
        cel(6, 35, other, "BRIDGE_ENTER", bridge="b1"),
        cel(7, 70, other, "BRIDGE_EXIT", bridge="b1"),
        cel(8, 70, CALL, "BRIDGE_EXIT", bridge="b1"),
    ]
    complete = next(line for line in TALK.splitlines() if "COMPLETEAGENT" in line)
    passed_on = f"1795300035|{CALL}|care|1001|ATTENDEDTRANSFER|BRIDGE|b1|10|25|1"
    transferred = TALK.replace(complete, passed_on)
    conversation = told(transferred + FIRST + END, *bridged)
    assert [one.agent for one in survey_answers_of(conversation)] == ["1002"]


def test_a_survey_that_asterisk_did_not_live_to_end_stays_open() -> None:
    survey = told(TALK + FIRST).segments[-1]
    assert (survey.kind, survey.ended) == (Kind.SURVEY, None)


@pytest.mark.parametrize(
    "line",
    [
        FIRST.replace("|4|1|5", "|6|1|5"),
        FIRST.replace("|4|1|5", "|0|1|5"),
        FIRST.replace("|4|1|5", "|4x|1|5"),
        FIRST.replace("|4|1|5", "||1|5"),
        FIRST.replace("|4|1|5", "|４|1|5"),
        FIRST.replace("friendly", "Fri endly"),
        FIRST.replace("|1|4|1|5", "|10|4|1|5"),
        END.replace("completed", ""),
        FIRST.replace("|care|", "|NONE|"),
    ],
)
def test_a_line_that_our_dialplan_cannot_have_written_is_refused(line: str) -> None:
    with pytest.raises(LineError):
        read(line)
