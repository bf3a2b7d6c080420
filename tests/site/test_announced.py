"""Announcements as a site writes them: which phrases are made, whose wording wins, and in which language."""

from __future__ import annotations

from pathlib import Path

import pytest

from cti.core.announcing import position_prompt, wait_prompt
from cti.errors import SiteError
from cti.site.load import load_site
from cti.site.model import Announce, ExitKey, Site, Target

MINIMAL = "site: {name: Test, timezone: Asia/Shanghai, languages: [%s]}\n"
QUEUE = "queues: {sales: {overflow: hangup, %s}}\n"


def site_of(folder: Path, queue: str, rest: str = "", languages: str = "zh, en") -> Site:
    file = folder / "site.yaml"
    file.write_text(MINIMAL % languages + QUEUE % queue + rest)
    return load_site(file)


def texts(site: Site, name: str) -> dict[str, str]:
    return {language: spoken.text for language, spoken in site.prompts[name].spoken.items()}


def test_only_the_phrases_that_some_queue_needs_are_made(tmp_path):
    assert not site_of(tmp_path, "ring_seconds: 15").prompts
    assert set(site_of(tmp_path, "announce: {position: 2}").prompts) == {position_prompt(1), position_prompt(2)}
    waits = {wait_prompt(minutes) for minutes in (1, 2, 5, 10, 15, 20, 30, 0)}
    assert set(site_of(tmp_path, "announce: {wait: true}").prompts) == waits


def test_the_shipped_wording_is_chinese_and_english(tmp_path):
    site = site_of(tmp_path, "announce: {position: 22, wait: true}")
    assert texts(site, position_prompt(22)) == {"zh": "您目前排在第二十二位。", "en": "You are number 22 in line."}
    assert texts(site, wait_prompt(2))["zh"] == "预计等候时间不超过两分钟。"
    assert texts(site, wait_prompt(1))["en"] == "Your wait should be no longer than 1 minute."


def test_the_sites_own_wording_wins_language_by_language(tmp_path):
    own = "prompts: {announce_position_1: {zh: 马上就好}, announce_wait_more: 请稍候}\n"
    site = site_of(tmp_path, "announce: {position: 1, wait: true}", own)
    assert texts(site, position_prompt(1)) == {"zh": "马上就好", "en": "You are next in line."}
    assert texts(site, wait_prompt(0)) == {"": "请稍候"}


def test_a_variety_of_a_language_has_its_wording_and_another_language_must_bring_its_own(tmp_path):
    assert texts(site_of(tmp_path, "announce: {position: 1}", languages="zh_HK"), position_prompt(1))["zh_HK"]
    assert set(texts(site_of(tmp_path, "announce: {position: 1}", languages="en, de"), position_prompt(1))) == {"en"}
    with pytest.raises(SiteError) as caught:
        site_of(tmp_path, "announce: {position: 1}", languages="de, en")
    (mistake,) = caught.value.mistakes
    assert "2: announce needs the prompt announce_position_1 in de" in mistake
    own = "prompts: {announce_position_1: {de: Sie sind die Nächste.}}\n"
    assert texts(site_of(tmp_path, "announce: {position: 1}", own, "de, en"), position_prompt(1))["de"]


@pytest.mark.parametrize(("written", "limit"), [("true", 10), ("false", 0), ("0", 0), ("3", 3)])
def test_position_is_yes_no_or_the_last_one_told(tmp_path, written, limit):
    site = site_of(tmp_path, f"announce: {{wait: true, position: {written}}}")
    assert site.queues["sales"].announce == Announce(position=limit, wait=True)


def test_the_exit_key_has_a_destination(tmp_path):
    assert site_of(tmp_path, 'exit_key: {key: "#", to: hangup}').queues["sales"].exit_key == ExitKey(
        key="#", to=Target("hangup")
    )
