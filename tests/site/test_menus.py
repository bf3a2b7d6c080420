"""What a menu says of callers who err, who go back, and who dial an agent's number."""

from __future__ import annotations

from pathlib import Path

import pytest

from cti.errors import SiteError
from cti.render.filters import begun
from cti.site.load import load_site
from cti.site.model import HANGUP, Choice, Menu, Target, Tries

HEAD = """
site: {name: Test, timezone: Asia/Shanghai, languages: [zh, fr]}
prompts: {ask: "?"}
voicemail: {box: {pin: "4711"}}
menus:
  main: """
BOX = Target("voicemail", "box")


def menu_of(folder: Path, text: str) -> Menu:
    file = folder / "site.yaml"
    file.write_text(HEAD + text)
    return load_site(file).menus["main"]


def test_otherwise_is_where_both_kinds_of_error_lead_unless_they_say_where(tmp_path: Path) -> None:
    menu = menu_of(
        tmp_path, '{prompt: ask, keys: {"1": hangup}, otherwise: "voicemail:box", invalid: {retries: 0, to: hangup}}'
    )
    assert menu.invalid == Tries(to=HANGUP, retries=0)
    assert menu.timeout == Tries(to=BOX, retries=2)


def test_without_otherwise_each_kind_must_say_where(tmp_path: Path) -> None:
    with pytest.raises(SiteError) as caught:
        menu_of(tmp_path, '{prompt: ask, keys: {"1": hangup}, timeout: {to: hangup}}')
    assert "6: menu main needs otherwise, or invalid: {to: …}" in caught.value.mistakes[0]
    assert len(caught.value.mistakes) == 1


@pytest.mark.parametrize("way", ["back", "{to: back, language: fr}"])
def test_a_key_may_lead_back(tmp_path: Path, way: str) -> None:
    menu = menu_of(tmp_path, f'{{prompt: ask, keys: {{"*": {way}}}, otherwise: hangup}}')
    assert menu.keys["*"] == Choice(to=None, language="fr" if "fr" in way else "")


def test_callers_have_words_in_every_language_for_what_the_site_does_not_word_itself(tmp_path: Path) -> None:
    menu_of(tmp_path, '{prompt: ask, keys: {"1": hangup}, otherwise: hangup, direct_dial: true}')
    site = load_site(tmp_path / "site.yaml")
    assert all(site.prompts[name].spoken.keys() == {"zh", "fr"} for name in ("menu_goodbye", "direct_no_answer"))
    menu_of(tmp_path, '{prompt: ask, keys: {"1": hangup}, otherwise: hangup}')
    assert "direct_no_answer" not in load_site(tmp_path / "site.yaml").prompts


def test_what_an_agents_number_may_begin_with_is_waited_for_and_nothing_else() -> None:
    assert begun(["1001", "1002", "20", "7", "anna", "10 01"]) == ["1", "10", "100", "2"]
