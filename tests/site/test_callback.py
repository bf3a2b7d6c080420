"""`callback:` of a queue, and which numbers may be called back."""

from __future__ import annotations

from pathlib import Path

import pytest

from cti.errors import SiteError
from cti.site.dialable import is_dialable, line_of
from cti.site.load import load_site
from cti.site.model import Site

HEAD = """
site: {name: Test, timezone: Asia/Shanghai, country: CN, languages: [zh, en]}
trunks: {itsp: {host: "192.0.2.1", match: ["192.0.2.1"]}}
schedules: {day: {open: {mon-fri: ["09:00-18:00"]}}}
numbers: {"02161234567": {to: hangup}}
"""
OUTBOUND = 'outbound: {trunk: itsp, caller_id: "4008001234"}\n'


def site_of(folder: Path, queue: str, outbound: str = OUTBOUND, prompts: str = "") -> Site:
    (folder / "site.yaml").write_text(f"{HEAD}{outbound}{prompts}queues: {{sales: {{overflow: hangup, {queue}}}}}\n")
    return load_site(folder / "site.yaml")


def mistakes(folder: Path, queue: str, outbound: str = OUTBOUND) -> str:
    with pytest.raises(SiteError) as caught:
        site_of(folder, queue, outbound)
    return " ".join(caught.value.mistakes)


def test_an_empty_option_has_sensible_defaults_and_the_prompts_come_with_us(tmp_path: Path) -> None:
    site = site_of(tmp_path, "callback: {key: '#'}")
    callback = site.queues["sales"].callback
    assert callback is not None
    assert (callback.order, callback.retries, callback.prompt) == ("agent_first", 2, "callback_offer_hash")
    assert "井号键" in site.prompts["callback_offer_hash"].spoken["zh"].text
    assert "pound" in site.prompts["callback_offer_hash"].spoken["en"].text
    assert {f"digit_{digit}" for digit in range(10)} <= site.prompts.keys()


def test_a_prompt_of_the_site_wins(tmp_path: Path) -> None:
    own = "prompts: {callback_thanks: Bye}\n"
    assert site_of(tmp_path, "callback: {key: '1'}", prompts=own).prompts["callback_thanks"].spoken[""].text == "Bye"


def test_a_site_without_callbacks_has_none_of_the_prompts(tmp_path: Path) -> None:
    assert site_of(tmp_path, "priority: 1").prompts == {}


def test_the_window_is_the_queues_own_schedule_unless_another_is_named(tmp_path: Path) -> None:
    site = site_of(tmp_path, "schedule: day, closed: hangup, callback: {key: '1'}")
    assert site.queues["sales"].callback.window == "day"  # type: ignore[union-attr]
    assert site_of(tmp_path, "callback: {window: day}").queues["sales"].callback.window == "day"  # type: ignore[union-attr]
    assert site_of(tmp_path, "callback: {key: '1'}").queues["sales"].callback.window == ""  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("queue", "words"),
    [
        ("callback: {key: x}", "one of 0-9"),
        ("callback: {order: nobody_first}", "nobody_first"),
        ("callback: {window: night}", "there is no schedule"),
        ("callback: {retires: 2}", "did you mean"),
        ("callback: {gap_seconds: 1}", "from 5"),
        ("callback: {key: '1'}, exit_key: {key: '1', to: hangup}", "same key"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, queue: str, words: str) -> None:
    assert words in mistakes(tmp_path, queue)


def test_without_a_trunk_nobody_can_be_called_back(tmp_path: Path) -> None:
    assert "needs an outbound trunk" in mistakes(tmp_path, "callback: {key: '1'}", outbound="")


@pytest.mark.parametrize(
    ("number", "allowed"),
    [
        ("13800138000", True),
        ("+8613800138000", True),
        ("008613800138000", True),
        ("01062345678", True),
        ("4008001234", False),  # shared cost
        ("16812345", False),  # premium
        ("+14155550123", False),  # another country
        ("0014155550123", False),
        ("8816312345678", False),  # a satellite's
        ("02161234567", False),  # our own number would ring ourselves
        ("+862161234567", False),
        ("110", False),
        ("", False),
        ("13800138000@evil", False),
        ("1380013800\n0", False),
        ("१३८००१३८०००", False),
        ("9" * 40, False),
    ],
)
def test_only_ordinary_numbers_of_the_country_are_called_back(tmp_path: Path, number: str, allowed: bool) -> None:
    assert is_dialable(number, site_of(tmp_path, "callback: {key: '1'}")) is allowed


def test_other_countries_can_be_named(tmp_path: Path) -> None:
    abroad = 'outbound: {trunk: itsp, caller_id: "4008001234", countries: [CN, GB]}\n'
    site = site_of(tmp_path, "callback: {key: '1'}", outbound=abroad)
    assert is_dialable("+442079460958", site)
    assert not is_dialable("+449012345678", site)  # a premium number there
    assert "two capital letters" in mistakes(tmp_path, "callback: {key: '1'}", abroad.replace("GB", "gb"))


def test_two_spellings_are_one_line() -> None:
    assert line_of("13800138000", "CN") == line_of("+8613800138000", "CN") == line_of("008613800138000", "CN")
    assert line_of("01012345678", "CN") != line_of("02112345678", "CN")
