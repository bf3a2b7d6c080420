"""Digits that callers enter: options, defaults, and the ways on with and without a lookup."""

from __future__ import annotations

from pathlib import Path

import pytest

from cti.errors import SiteError
from cti.site.load import load_site
from cti.site.model import HANGUP, Input, Lookup, Site, Target, Tries

HEAD = """
site: {name: Test, timezone: Asia/Shanghai, languages: [zh]}
prompts: {ask: "?"}
voicemail: {box: {pin: "4711"}}
"""
BOX = Target("voicemail", "box")


def site_of(folder: Path, text: str) -> Site:
    file = folder / "site.yaml"
    file.write_text(HEAD + text)
    return load_site(file)


def input_of(folder: Path, text: str) -> Input:
    return site_of(folder, f"inputs: {{member: {{prompt: ask, {text}}}}}\n").inputs["member"]


def test_without_a_lookup_there_is_one_way_on(tmp_path: Path) -> None:
    assert input_of(tmp_path, 'to: "voicemail:box", otherwise: hangup') == Input(
        name="member", prompt="ask", to=BOX, invalid=Tries(to=HANGUP), timeout=Tries(to=HANGUP)
    )


def test_with_a_lookup_there_are_three(tmp_path: Path) -> None:
    one = input_of(tmp_path, 'lookup: true, found: "voicemail:box", otherwise: hangup')
    assert (one.to, one.not_found, one.error) == (BOX, Tries(to=HANGUP), HANGUP)
    assert one.lookup == Lookup(script="", seconds=2)
    one = input_of(tmp_path, 'lookup: true, found: hangup, otherwise: hangup, not_found: "voicemail:box"')
    assert one.not_found == Tries(to=BOX, retries=0), "a destination alone asks nobody again"


def test_a_script_is_looked_for_in_the_instances_own_folder_first(tmp_path: Path) -> None:
    text = "lookup: {script: ours, seconds: 3}, found: hangup, otherwise: hangup"
    with pytest.raises(SiteError, match="there is no script 'ours'"):
        input_of(tmp_path, text)
    (tmp_path / "agi_scripts").mkdir()
    (tmp_path / "agi_scripts" / "ours.py").touch()
    assert input_of(tmp_path, text).lookup == Lookup(script="ours", seconds=3)


@pytest.mark.parametrize(("written", "key"), [('"#"', "#"), ('"*"', "*"), ("none", "")])
def test_the_key_that_ends_the_digits(tmp_path: Path, written: str, key: str) -> None:
    assert input_of(tmp_path, f"to: hangup, otherwise: hangup, terminator: {written}").terminator == key


def test_words_to_read_back_come_with_us_and_the_sites_own_go_before(tmp_path: Path) -> None:
    inputs = "inputs: {member: {prompt: ask, to: hangup, otherwise: hangup, confirm: true}}\n"
    assert {"input_read_back", "input_confirm", "digit_0", "digit_9"} <= site_of(tmp_path, inputs).prompts.keys()
    assert "digit_0" not in site_of(tmp_path, inputs.replace(", confirm: true", "")).prompts


def test_a_number_may_ask_who_calls_before_anything_else(tmp_path: Path) -> None:
    numbers = site_of(
        tmp_path,
        'numbers: {"400": {to: hangup, lookup: true}, "401": {to: hangup, lookup: {script: order_status, seconds: 1}},'
        ' "402": {to: hangup, lookup: false}, "403": {to: hangup}}\n',
    ).numbers
    looked = [number.lookup for number in numbers.values()]
    assert looked == [Lookup(), Lookup(script="order_status", seconds=1), None, None]
