"""What a change of the agents' rows would do, said before it is done."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cti.db.agent_csv import read_sheet
from cti.db.people import Agent
from cti.db.staffing import What, from_sheet, with_skills, without
from cti.errors import NotFound, UsageError

LI = Agent(
    number="1001",
    name="李雷",
    phone="PJSIP/1001",
    phone_secret="s3cret-s3cret",
    language="zh",
    wrap_up_seconds=20.0,
    skills={"sales": 50, "german": 30},
)
KIM = Agent(number="1002", name="Kim", phone="PJSIP/1002", phone_secret="0ther-s3cret")


def read(text: str, *, prune: bool = False, known=(LI, KIM)):
    return from_sheet(list(known), read_sheet(text, "a.csv"), prune=prune, new_secret=lambda: "fresh-secret")


def test_a_sheet_adds_changes_and_keeps_agents_each_with_its_line():
    header = "number,name,phone,skills\n"
    changes = read(header + "1003,Ann,PJSIP/1003,\n\n1001,李雷,PJSIP/2001,sales=80;engine=5\n1002,Kim,PJSIP/1002,\n")
    assert [(c.agent.number, c.what, c.line) for c in changes] == [
        ("1003", What.ADD, 2),
        ("1001", What.CHANGE, 4),
        ("1002", What.SAME, 5),
    ]
    assert changes[1].details == ("phone PJSIP/1001 -> PJSIP/2001", "+engine=5", "-german", "sales 50 -> 80")


def test_a_column_that_a_sheet_lacks_changes_nothing():
    (change,) = read("number,name,phone,skills\n1001,李雷,PJSIP/1001,sales=50;german=30\n")
    assert change.what is What.SAME
    (change,) = read("number,name,phone,skills,language,wrap_up\n1001,李雷,PJSIP/1001,sales=50;german=30,,5\n")
    assert change.details == ("language zh -> none", "wrap_up 20.0 -> 5.0")


def test_a_phone_that_registers_keeps_its_password_or_gets_a_new_one():
    header = "number,name,phone,skills,secret,contact\n"
    rows = "1002,Kim,PJSIP/1002,,,\n1003,Ann,PJSIP/1003,,,\n1004,Bo,PJSIP/1004,,,sip:1004@10.0.0.5\n"
    kim, ann, bo = (change.agent.phone_secret for change in read(header + rows))
    assert (kim, ann, bo) == ("0ther-s3cret", "fresh-secret", "")
    (change,) = read(header + "1002,Kim,PJSIP/1002,,longenough,\n")
    assert change.details == ("new SIP password",)
    assert "longenough" not in str(change.details) + repr(change)


def test_pruning_removes_whom_the_sheet_does_not_name_but_never_everybody():
    header = "number,name,phone,skills\n"
    changes = read(header + "1002,Kim,PJSIP/1002,\n", prune=True)
    assert [(c.agent.number, c.what) for c in changes] == [("1002", What.SAME), ("1001", What.REMOVE)]
    assert changes[1].phone_differs
    with pytest.raises(UsageError, match="remove all 2"):
        read(header, prune=True)


def test_skills_are_set_and_taken_away_from_several_agents_at_once():
    one, two = with_skills([LI, KIM], ["1001", "1002", "1001"], {"sales": 80, "german": 0})
    assert (one.details, two.details) == (("-german", "sales 50 -> 80"), ("+sales=80",))
    assert not one.phone_differs
    with pytest.raises(NotFound, match="1009"):
        with_skills([LI], ["1001", "1009"], {"sales": 1})
    with pytest.raises(UsageError, match="level 101"):
        with_skills([LI], ["1001"], {"sales": 101})


def test_whoever_is_removed_must_be_there():
    assert [change.what for change in without([LI, KIM], ["1002"])] == [What.REMOVE]
    with pytest.raises(NotFound, match="1009"):
        without([LI], ["1001", "1009"])


def test_a_phone_belongs_to_one_agent_of_a_sheet():
    rows = "number,name,phone,skills\n1001,Li,PJSIP/1001,\n1002,Kim,PJSIP/1001,\n"
    with pytest.raises(UsageError, match=r"a\.csv:3: phone PJSIP/1001 was already in line 2"):
        read_sheet(rows, "a.csv")


@pytest.mark.parametrize("text", ["x", "-1", "9" * 9, "1.5"])
def test_a_wrap_up_that_is_no_number_is_told_with_its_line(text):
    with pytest.raises(UsageError, match=r"a\.csv:2: wrap_up"):
        read_sheet(f"number,name,phone,skills,wrap_up\n1001,Li,PJSIP/1001,,{text}\n", "a.csv")


def test_a_change_of_skills_alone_needs_no_new_files_of_asterisk():
    (change,) = with_skills([LI], ["1001"], {"sales": 1})
    assert not change.phone_differs
    assert replace(change, after=replace(LI, name="Li")).phone_differs
