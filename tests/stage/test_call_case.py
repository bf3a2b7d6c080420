"""Which cases may meet, and who is there for each."""

from __future__ import annotations

import pytest

from cti.errors import UsageError
from cti.stage.call_case import Case, Doing, rounds_of
from cti.stage.case_agents import crew_of

ANSWERS, SILENT = Doing.ANSWERS, Doing.SILENT
STAFF = {"1001": {"sales": 90}, "1999": {"sales": 10}}


def rounds(*cases: Case) -> list[list[int]]:
    return [[index for index, _ in one.cases] for one in rounds_of(list(enumerate(cases)))]


def test_cases_without_agents_meet_and_come_first() -> None:
    staffed = Case(did="1", agents={"1001": ANSWERS})
    assert rounds(staffed, Case(did="1"), Case(did="2"), staffed) == [[1, 2], [0, 3]]


def test_with_the_engine_down_only_those_with_the_same_agents_meet() -> None:
    one, other = (
        Case(did="1", engine=False, agents={"1001": ANSWERS}),
        Case(did="1", engine=False, agents={"1001": SILENT}),
    )
    assert rounds(one, other, one) == [[0, 2], [1]]


def test_who_wants_to_be_alone_is_and_overrides_are_shared_only_by_those_who_have_them() -> None:
    shut = Case(did="1", overrides={"office": "closed"})
    assert rounds(Case(did="1"), Case(did="1", alone=True), shut, shut) == [[0], [2, 3], [1]]


def test_each_case_has_agents_of_its_own_whom_only_its_caller_reaches() -> None:
    cases = [Case(did="1", agents={"1001": ANSWERS}), Case(did="1", agents={"1001": SILENT}), Case(did="1")]
    crew = crew_of(list(enumerate(cases)), STAFF)
    assert (crew.of(0), crew.of(1), crew.of(2)) == (["1998"], ["1997"], [])  # 1999 is somebody's number
    assert crew.skills["1998"] == {"sales": 90, "case0": 100}
    assert (crew.need(0), crew.need(2)) == ("case0=1", "")
    assert crew.original("1997") == "1001"
    assert (crew.doing("1998", "x"), crew.doing("1997", "x")) == (ANSWERS, SILENT)


def test_an_agents_own_phone_does_what_the_callers_case_says() -> None:
    cases = [Case(did="1", from_number="139", agents={"1001": SILENT}), Case(did="1")]
    crew = crew_of(list(enumerate(cases)), STAFF)
    assert crew.doing("1001", "139") is SILENT
    assert crew.doing("1001", crew.numbers[1]) is None


def test_an_agent_whom_nobody_knows_is_refused_with_the_line() -> None:
    case = Case(did="1", agents={"1002": ANSWERS}, file="calls.yaml", line=7)
    with pytest.raises(UsageError, match=r"calls.yaml:7: there is no agent 1002"):
        crew_of([(0, case)], STAFF)
