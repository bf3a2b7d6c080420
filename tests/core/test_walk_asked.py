"""The questions after the talk, on paper."""

from __future__ import annotations

from dataclasses import replace

from test_walk import OPEN, QUEUE, SALES, flow, walked

from cti.core.flow import Place, Question, Survey, Why
from cti.core.flow_faults import faults_of
from cti.core.walk import SILENCE, Caller, Staff, walk

CARE = Place("survey", "care")
SURVEY = Survey(place=CARE, questions=(Question("content", "12345", 2), Question("solved", "12", 1)), thanks="thanks")
ASKS = flow(replace(QUEUE, survey=CARE), SURVEY)
TELLS = flow(replace(QUEUE, survey=CARE, notice="told", decline_key="9"), SURVEY)


def test_keys_that_are_left_when_an_agent_answers_are_for_the_questions_after_the_talk() -> None:
    told = walked("1", "4", "2", site=ASKS)
    assert told.path[3:] == ("queue:sales", "survey:care", "survey:care=4", "survey:care=2")
    assert told.prompts == ("main", "hello", "content", "solved", "thanks")
    assert (told.destination, told.outcome) == ("survey:care", "answered")


def test_without_keys_the_walk_ends_with_the_answer() -> None:
    assert walked("1", site=ASKS).destination == "queue:sales"


def test_wrong_keys_lead_to_the_next_question_and_silence_to_the_end() -> None:
    assert walked("1", "7", "#", "1", site=ASKS).path[4:] == ("survey:care", "survey:care=invalid", "survey:care=1")
    silent = walked("1", "7", SILENCE, "1", site=ASKS)
    assert silent.path[4:] == ("survey:care", "survey:care=silent")
    assert silent.prompts[-3:] == ("content", "content", "thanks")


def test_who_hangs_up_in_the_middle_was_answered_all_the_same() -> None:
    told = walked("1", "5", site=ASKS, hangs_up=True)
    assert told.path[4:] == ("survey:care", "survey:care=5")
    assert (told.prompts[-1], told.destination, told.outcome) == ("solved", "survey:care", "answered")


def test_who_declines_before_the_waiting_is_not_asked() -> None:
    declined = walk(TELLS, Caller(did="400", digits=("1", "9", "5")), lambda _: OPEN)
    assert declined.walked.prompts == ("main", "told", "hello")
    assert (declined.walked.destination, declined.unused) == ("queue:sales", ("5",))
    agreed = walked("1", SILENCE, "5", "1", site=TELLS)
    assert agreed.path[4:] == ("survey:care", "survey:care=5", "survey:care=1")


def test_who_hangs_up_while_being_told_never_waited() -> None:
    told = walked("1", site=TELLS, hangs_up=True, usually=Staff.BUSY)
    assert (told.prompts, told.destination, told.outcome) == (("main", "told"), "queue:sales", "abandoned")


def test_a_survey_is_reached_by_a_queue_that_names_it_and_by_nothing_else() -> None:
    (edge,) = (edge for edge in ASKS.nodes[SALES].edges() if edge.to == CARE)
    assert (edge.label, edge.why) == ("after the talk", Why.TALKED)
    assert [fault for fault in faults_of(ASKS) if fault.place == CARE] == []
    (fault,) = (fault for fault in faults_of(flow(SURVEY)) if fault.place == CARE)
    assert (fault.rule, fault.error) == ("unreachable", False)
    assert "name it in a queue's survey" in fault.hint
