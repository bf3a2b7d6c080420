"""Loading site.yaml: every mistake at once, each at its line; hostile files end quickly."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from cti.errors import SiteError
from cti.share import shared_folder
from cti.site.load import load_site
from cti.site.model import Site, Target

MINIMAL = "site: {name: Test, timezone: Asia/Shanghai, languages: [zh, en]}\n"


def mistakes_of(folder: Path, text: str | bytes) -> list[str]:
    file = folder / "site.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SiteError) as caught:
        load_site(file)
    return [line.removeprefix(f"{file}:") for line in caught.value.mistakes]


def site_of(folder: Path, text: str) -> Site:
    file = folder / "site.yaml"
    file.write_text(MINIMAL + text)
    return load_site(file)


def expected_mistakes(text: str) -> list[tuple[int, str]]:
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        found += [(number, words.strip()) for words in re.split(r"# !! ?", line)[1:]]
    return [(number, words) for number, words in found if number > 1]


def test_every_mistake_is_told_at_once_with_its_line_and_a_hint(tmp_path: Path) -> None:
    text = (Path(__file__).parent / "mistakes.yaml").read_text()
    told = mistakes_of(tmp_path, text)
    expected = expected_mistakes(text)
    assert len(expected) > 60
    missed = [
        (line, words)
        for line, words in expected
        if not any(mistake.startswith(f"{line}: ") and words in mistake for mistake in told)
    ]
    assert missed == []
    assert len(told) == len(expected)  # and nothing else is told


def test_mistakes_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    told = mistakes_of(tmp_path, (Path(__file__).parent / "mistakes.yaml").read_text())
    lines = [int(mistake.partition(":")[0]) for mistake in told]
    assert lines == sorted(lines)


def test_a_broken_part_is_not_also_reported_as_missing(tmp_path: Path) -> None:
    told = mistakes_of(
        tmp_path,
        MINIMAL + 'numbers: {"400": {to: "queue:sales"}}\nqueues:\n  sales: {overflow: hangup, ring_seconds: x}\n',
    )
    assert told == ["4: queue sales: ring_seconds is 'x' (a whole number from 3 to 300, without quotes)"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("site: [\n", "YAML"),
        ("site: {name: x}\n  bad: 1\n", "YAML"),
        ("a: &x {b: 1}\nc: *x\n", "2: alias *x"),
        ("site: !!python/object/apply:os.system [id]\n", "1: tag"),
        ("site: {}\n---\nsite: {}\n", "second document"),
        ("a: " + "[" * 5000, "nested too deep"),
        ("a:\n b: \x00\n", "2: a character that YAML does not allow"),
        (b"site:\n  name: \xff\n", "2: not UTF-8"),
        ("x" * (1024 * 1024 + 1), "1,048,576"),
        ("- 1\n", "site.yaml must be a mapping, not a list"),
        ("just text\n", "must be a mapping"),
        ("", "1: site.yaml needs site"),
        ("{}: 1\n", "keys are plain words"),
        ('site: {name: "a\\u202eb", timezone: UTC}\n', "holds the character '\\u202e'"),
        ('site: {name: "a\\0b", timezone: UTC}\n', "holds the character '\\x00'"),
        ('site: {name: "a\\ud800b", timezone: UTC}\n', "1:"),
        ("site: {name: |\n  two\n  lines\n", "YAML"),
        ('site: {name: x, timezone: UTC}\n"evil\\nline: 1": 2\n', "2: site.yaml: unknown option 'evil\\nline: 1'"),
    ],
)
def test_hostile_text_is_refused_in_one_line_each(tmp_path: Path, text: str | bytes, said: str) -> None:
    told = mistakes_of(tmp_path, text)
    assert any(said in mistake for mistake in told), told
    assert all(mistake.isprintable() for mistake in told)


def test_an_alias_bomb_ends_at_once(tmp_path: Path) -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
    assert "write it out" in mistakes_of(tmp_path, bomb)[0]  # 10²⁷ values would never be there


def test_a_thousand_mistakes_are_told_quickly(tmp_path: Path) -> None:
    body = "".join(f'  "4008{n:06}": {{to: "queue:sales{n}"}}\n' for n in range(1000))
    began = time.process_time()
    assert len(mistakes_of(tmp_path, MINIMAL + "numbers:\n" + body)) == 1000
    assert time.process_time() - began < 20.0


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match="cti init"):
        load_site(tmp_path / "site.yaml")


def test_a_number_and_its_international_form_are_the_same_line(tmp_path: Path) -> None:
    told = mistakes_of(
        tmp_path,
        "site: {name: x, timezone: UTC, country: CN}\n"
        'numbers:\n  "01065529988": {to: hangup}\n  "+861065529988": {to: hangup}\n',
    )
    assert told == ["4: numbers: +861065529988 is the same as 01065529988 (first on line 3)"]


def test_unquoted_numbers_are_read_as_written(tmp_path: Path) -> None:
    site = site_of(tmp_path, "numbers:\n  0110: {to: hangup}\n  4008001234: {to: hangup}\n")
    assert list(site.numbers) == ["0110", "4008001234"]


def test_destinations_become_targets(tmp_path: Path) -> None:
    site = site_of(tmp_path, 'numbers: {"400": {to: "queue:a"}}\nqueues: {a: {overflow: hangup}}\n')
    assert site.numbers["400"].to == Target("queue", "a")
    assert site.queues["a"].overflow == Target("hangup")
    assert site.numbers["400"].language == "zh"


def test_a_language_that_a_prompt_lacks_falls_back_to_the_first(tmp_path: Path) -> None:
    prompt = site_of(tmp_path, "prompts: {hello: {zh: 你好}}\n").prompts["hello"]
    assert prompt.language_for("en", ("zh", "en")) == "zh"


def test_a_prompt_without_languages_is_for_all(tmp_path: Path) -> None:
    prompt = site_of(tmp_path, "prompts: {hello: 你好}\n").prompts["hello"]
    assert prompt.language_for("en", ("zh", "en")) == ""


def test_a_prompt_file_is_found_beside_the_site(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    assert site_of(tmp_path, "prompts: {a: {file: a.wav}}\n").prompts["a"].spoken[""].file == tmp_path / "a.wav"


def test_a_prompt_file_that_links_outside_is_refused(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "secret.wav").write_bytes(b"RIFF")
    (home / "a.wav").symlink_to(tmp_path / "secret.wav")
    assert "lies outside" in mistakes_of(home, MINIMAL + "prompts: {a: {file: a.wav}}\n")[0]


def test_a_site_is_frozen(tmp_path: Path) -> None:
    site = site_of(tmp_path, "")
    with pytest.raises(ValueError, match="frozen"):
        site.site.name = "other"  # type: ignore[misc]


@pytest.mark.parametrize("name", ["site.yaml", "minimal.yaml"])
def test_the_sites_that_we_ship_are_right(name: str) -> None:
    site = load_site(shared_folder("dialplan") / name)
    assert site.numbers
    assert site.queues
