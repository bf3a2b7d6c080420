"""What a call test tells of a call that went another way."""

from __future__ import annotations

from xml.etree import ElementTree

import yaml

from cti.core.walked import Walked
from cti.stage.call_case import Case, Doing, Expected, Heard
from cti.stage.case_report import Tried, difference, headline, junit, plain, recorded

WENT = Walked(("did:4001", "menu:night=timeout", "queue:rescue"), ("night_menu",), "queue:rescue", "waiting")


def tried(**expected: object) -> Tried:
    case = Case(did="4001", name="at night", file="calls.yaml", line=14, expect=Expected(**expected))
    return Tried(case, Heard(walked=WENT, seconds=6.24))


def test_what_is_not_asked_for_may_be_anything() -> None:
    assert tried().fine
    assert tried(destination="queue:rescue").fine
    assert headline(tried()) == "✓   6.2 s  at night"


def test_a_difference_shows_the_cases_line_and_both_ways_item_by_item() -> None:
    one = tried(path=("did:4001", "menu:night=2", "voicemail:service"), destination="voicemail:service", agent="1001")
    assert list(difference(one)) == [
        "✗ calls.yaml:14: at night",
        "    destination: expected voicemail:service, got queue:rescue",
        "    agent: expected 1001, got nobody",
        "    path:",
        "        did:4001",
        "      - menu:night=2",
        "      - voicemail:service",
        "      + menu:night=timeout",
        "      + queue:rescue",
    ]
    assert headline(one).startswith("✗")


def test_an_empty_list_is_an_expectation_too() -> None:
    assert tried(prompts=()).wrong == ["prompts"]


def test_a_call_that_was_cut_off_is_wrong_whatever_was_expected() -> None:
    cut = Tried(Case(did="4001"), Heard(walked=WENT, note="still going on after 60 s"))
    assert not cut.fine
    assert "    still going on after 60 s" in list(difference(cut))


def test_a_ci_server_reads_the_report() -> None:
    hostile = Tried(Case(did="1", name="a\x00\x1b<b>"), Heard(walked=WENT))
    suite = ElementTree.fromstring(junit([tried(), tried(outcome="answered"), hostile], 12.5))
    assert (suite.get("tests"), suite.get("failures"), suite.get("time")) == ("3", "1", "12.500")
    assert [case.get("name") for case in suite] == ["at night", "at night", "a??<b>"]
    assert "expected answered, got waiting" in (suite[1][0].text or "")


def test_programs_get_the_same_as_values() -> None:
    told = plain([tried(outcome="answered")], 3.0)
    assert (told["cases"], told["failed"], told["seconds"]) == (1, 1, 3.0)
    (result,) = told["results"]
    assert (result["line"], result["wrong"], result["expected"]) == (14, ["outcome"], {"outcome": "answered"})
    assert result["got"]["path"] == WENT.path


def test_what_happened_can_be_the_expectation_of_tomorrow() -> None:
    case = Case(did="4001", name="x", digits=("9", ""), engine=False, agents={"1001": Doing.SILENT}, hangs_up=True)
    document = recorded([Tried(case, Heard(walked=WENT))], {"1001": {"sales": 1}})
    (call,) = yaml.safe_load(yaml.safe_dump(document))["calls"]
    assert (call["digits"], call["engine"], call["agents"], call["hang_up"]) == (
        "9,-",
        "down",
        {"1001": "silent"},
        True,
    )
    assert call["expect"]["path"] == list(WENT.path)
    assert "at" not in call
