"""Files of call tests: what an admin writes, and every mistake with its line."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cti.errors import SiteError
from cti.share import shared_folder
from cti.site.load import load_site
from cti.site.model import Site
from cti.stage.call_case import Case, Doing, Expected
from cti.stage.case_file import CaseFile, chosen, read_case_file

MISTAKES = (
    "unknown option 'digit' (did you mean digits?)",
    "at is '2026-02-30'",
    "needs did",
    "digits has '1;2'",
    "no agent '1009'",
    "no schedule 'offce' (did you mean office?)",
    "office is 'shut'",
    "no queue:sale (did you mean sales?)",
    "outcome is 'anwered' (did you mean answered?)",
    "no prompt 'main_men' (did you mean main_menu?)",
    "engine is 'dead'",
    "hang_up is 'soon'",
    "within_seconds is 5000",
    "call 8",
)


@pytest.fixture(scope="module")
def demo() -> Site:
    return load_site(shared_folder("dialplan") / "site.yaml")


@pytest.fixture
def read(tmp_path: Path, demo: Site):
    def read(text: str, **known: object) -> CaseFile:
        file = tmp_path / "calls.yaml"
        file.write_text(text, encoding="utf-8")
        return read_case_file(file, demo, **known)

    return read


def mistakes(read, text: str) -> list[str]:
    with pytest.raises(SiteError) as error:
        read(text)
    return [line.partition("calls.yaml:")[2] for line in error.value.mistakes]


def test_the_demos_calls_are_read_and_none_has_the_name_of_another(demo: Site) -> None:
    found = read_case_file(shared_folder("dialplan") / "calls.yaml", demo)
    names = [case.name for case in found.cases]
    assert len(names) == len(set(names)) >= 45
    assert all(case.expect != Expected() for case in found.cases), "a case without expectation shows nothing"


def test_everything_but_the_number_has_a_default(read) -> None:
    (case,) = read('calls: [{did: "4008001234"}]').cases
    assert case == Case(did="4008001234", name="call 1", file=case.file, line=1)


def test_a_case_is_read_as_it_is_meant(read) -> None:
    found = read(
        """
agents: {1001: {sales: 90}, 1002: {}}
calls:
  - name: a holiday
    did: "4008001234"
    at: 2026-10-01 10:00
    digits: "9,-,1w2"
    engine: down
    agents: {1001: declines}
    schedules: {office: closed(holiday)}
    hang_up: 8
    expect: {path: [hangup], destination: queue:sales, outcome: waiting, agent: 1001, prompts: []}
  - {did: "4008001234", agents: everybody, hang_up: true, alone: true, at: 2026-10-01T10:00+00:00}
"""
    )
    case, other = found.cases
    assert (case.name, case.line, case.engine, case.hang_up_seconds, case.hangs_up) == ("a holiday", 4, False, 8, False)
    assert case.at == datetime(2026, 10, 1, 2, 0, tzinfo=UTC)
    assert case.digits == ("9", "", "1w2")
    assert (case.agents, case.overrides) == ({"1001": Doing.DECLINES}, {"office": "closed(holiday)"})
    wanted = Expected(path=("hangup",), prompts=(), destination="queue:sales", outcome="waiting", agent="1001")
    assert case.expect == wanted
    assert other.agents == dict.fromkeys(("1001", "1002"), Doing.ANSWERS)
    assert (other.hangs_up, other.alone, other.at) == (True, True, datetime(2026, 10, 1, 10, 0, tzinfo=UTC))


def test_agents_of_the_instance_need_not_be_described_again(read) -> None:
    found = read('calls: [{did: "4008001234", agents: {1009: silent}}]', staff={"1009": {"sales": 5}})
    assert found.staff == {"1009": {"sales": 5}}


def test_every_mistake_comes_with_its_line_and_a_hint(read) -> None:
    text = """calls:
  - {did: "4008001234", digit: "1"}
  - {did: x, at: 2026-02-30}
  - {digits: "1;2"}
  - {did: "4008001234", agents: {1009: answers}}
  - {did: "4008001234", schedules: {offce: closed, office: shut}}
  - {did: "4008001234", expect: {destination: queue:sale, outcome: anwered, prompts: [main_men]}}
  - {did: "4008001234", engine: dead, hang_up: soon, within_seconds: 5000}
  - word
"""
    found = mistakes(read, text)
    lines = [int(line.partition(":")[0]) for line in found]
    assert lines == sorted(lines)
    told = "\n".join(found)
    for what in MISTAKES:
        assert what in told, what
    assert set(lines) == set(range(2, 10))


@pytest.mark.parametrize(
    "text", ["", "calls: {a: b}", "calls: [", "- 1", "calls: [*x]", "agents: [1]\ncalls: []", "\0"]
)
def test_what_is_no_file_of_cases_is_refused_in_a_line(read, text: str) -> None:
    assert mistakes(read, text)


@pytest.mark.parametrize("at", ["9999-12-31", "0001-01-01", "1e9", "now", "2026-02-30 10:00"])
def test_an_instant_that_no_clock_of_asterisks_shows_is_refused(read, at: str) -> None:
    assert "at is" in mistakes(read, f'calls: [{{did: "40", at: "{at}"}}]')[0]


def test_cases_are_chosen_by_all_the_words_of_their_name() -> None:
    cases = [Case(did="1", name="At night, a message"), Case(did="1", name="At night, rescue")]
    assert [case.name for case in chosen(cases, "night RESCUE")] == ["At night, rescue"]
    assert chosen(cases, "") == cases
