"""Two tellings of one call, and the first place where they differ."""

from __future__ import annotations

from dataclasses import replace

from cti.core.walked import Walked, differences

CALL = Walked(
    path=("did:400", "menu:main=1", "queue:sales"),
    prompts=("main_menu",),
    destination="queue:sales",
    outcome="answered",
)


def test_the_same_call_told_twice_does_not_differ() -> None:
    assert differences(CALL, replace(CALL)) == []


def test_the_first_place_where_two_paths_part_is_told() -> None:
    seen = replace(CALL, path=("did:400", "menu:main=2", "queue:service"), destination="queue:service")
    assert differences(CALL, seen) == [
        "path, item 2: expected menu:main=1, was menu:main=2",
        "destination: expected queue:sales, was queue:service",
    ]


def test_a_path_that_ends_early_and_one_that_goes_on_are_told() -> None:
    assert differences(CALL, replace(CALL, prompts=())) == ["prompts, item 1: expected main_menu, was no more"]
    assert differences(replace(CALL, prompts=()), CALL) == ["prompts, item 1: expected no more, was main_menu"]


def test_a_missing_word_is_told_as_nothing() -> None:
    assert differences(CALL, replace(CALL, outcome="")) == ["outcome: expected answered, was nothing"]
