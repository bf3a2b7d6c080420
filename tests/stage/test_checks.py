"""What the demo calls right, and that each thing that is not as it must be is found and said."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cti.core.words import AgentId, QueueName, QueueRules, Ring, Skill
from cti.stage.checks import COLUMNS, Evidence, Offered, faults, told
from cti.stage.scenes import Scene

AT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
SCENE = Scene(title="sales", number="13800000001", queue="sales", path="language:1>main:1")
RINGS = (Ring(need=((Skill("sales"), 70),)), Ring(after_seconds=20, need=((Skill("sales"), 1),)))
RULES = {QueueName("sales"): QueueRules(name=QueueName("sales"), rings=RINGS)}
SKILLS = {
    AgentId("1001"): {Skill("sales"): 90},
    AgentId("1002"): {Skill("sales"): 30},
    AgentId("1009"): {Skill("parts"): 90},
}


def after(seconds):
    return AT + timedelta(seconds=seconds)


OFFER = Offered(agent="1001", popped=after(5.0), invited=after(5.008), answered=after(6.0), ended=after(10.5))
ROW = {
    "outcome": "answered",
    "queue": "sales",
    "path": "language:1>main:1",
    "number": "13800000001",
    "did": "4008001234",
    "agent": "1001",
    "wait_seconds": 6.2,
    "talk_seconds": 4.4,
    "recording": "2026/11/22/1795309739.0.raw",
}
RIGHT = Evidence(scene=SCENE, phone_outcome="completed", entered=AT, offers=(OFFER,), row=ROW, file_seconds=4.5)


def wrong(evidence):
    return faults(evidence, RULES, SKILLS)


def offers(**changes):
    return replace(RIGHT, offers=(replace(OFFER, **changes),))


def row(**changes):
    return replace(RIGHT, row=ROW | changes)


def test_a_call_of_which_everything_fits_is_right():
    assert wrong(RIGHT) == []
    assert told(3, RIGHT, []) == (
        "3", "sales", "13800000001", "language:1>main:1", "sales", "6.2s", "1001", "4.4s",
        "2026/11/22/1795309739.0.raw 4.5s", "8.0 ms", "right",
    )  # fmt: skip
    assert len(told(3, RIGHT, [])) == len(COLUMNS)


@pytest.mark.parametrize(
    ("evidence", "found"),
    [
        (offers(invited=after(4.999)), "1001's phone rang 1.0 ms before the pop"),
        (offers(invited=after(5.0)), "1001's phone rang -0.0 ms before the pop"),
        (offers(invited=None), "1001 had a pop but no INVITE"),
        (offers(customer="somebody else"), "the pop of 1001 names 'somebody else'"),
        (offers(answered=None), "no agent answered (the customer's phone: completed)"),
        (row(outcome="abandoned"), "outcome is 'abandoned', not 'answered'"),
        (row(queue="parts"), "queue is 'parts', not 'sales'"),
        (row(path=""), "path is '', not 'language:1>main:1'"),
        (row(agent="1002"), "agent is '1002', not '1001'"),
        (row(number=""), "number is '', not '13800000001'"),
        (row(wait_seconds=4.9), "stored wait 4.9 s, the phones' 6.0 s"),
        (row(talk_seconds=5.6), "stored talk 5.6 s, the phones' 4.5 s"),
        (replace(RIGHT, row={}), "no conversation was stored"),
        (replace(RIGHT, file_seconds=None), "there is no recording"),
        (replace(RIGHT, file_seconds=3.4), "recording 3.4 s, the talk 4.5 s"),
        (replace(RIGHT, scene=replace(SCENE, first="1005")), "was not offered to 1005 first, and then to another"),
    ],
)
def test_everything_that_is_not_as_it_must_be_is_said(evidence, found):
    assert found in wrong(evidence)


def test_a_second_is_allowed_and_not_more():
    assert wrong(row(wait_seconds=7.0, talk_seconds=3.5)) == []
    assert len(wrong(row(wait_seconds=7.01, talk_seconds=3.49))) == 2


def test_an_agent_without_the_skill_is_wrong_and_one_of_a_wider_ring_is_right_only_when_it_counts():
    assert wrong(replace(offers(agent="1009"), row=ROW | {"agent": "1009"})) == ["1009 has not the skill for sales"]
    early = replace(offers(agent="1002"), row=ROW | {"agent": "1002"})
    assert wrong(early) == ["1002 has not the skill for sales"]
    late = replace(early, entered=after(-20), row=early.row | {"wait_seconds": 26.0})
    assert wrong(late) == []


def test_what_the_caller_needs_on_top_counts():
    scene = replace(SCENE, need=((Skill("language_en"), 50),))
    assert wrong(replace(RIGHT, scene=scene)) == ["1001 has not the skill for sales"]


def test_a_call_that_was_missed_once_shows_both_agents():
    missed = Offered(agent="1005", popped=AT, invited=after(0.003))
    evidence = replace(RIGHT, scene=replace(SCENE, first="1005"), offers=(missed, OFFER))
    assert wrong(evidence) == []
    assert told(1, evidence, [])[6] == "(1005) 1001"


def test_a_call_of_which_nothing_is_known_still_has_a_line():
    nothing = Evidence(scene=SCENE, phone_outcome="lost", row={})
    assert told(1, nothing, wrong(nothing))[-1] == "no agent answered (the customer's phone: lost)"
