"""cti.toml: what init writes loads again, and every kind of value is checked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cti.cli.init import make_instance
from cti.config import Config, load_config
from cti.errors import ConfigError


@pytest.fixture
def home(tmp_path: Path) -> Path:
    make_instance(tmp_path)
    return tmp_path


def with_line(home: Path, line: str) -> Config:
    with (home / "cti.toml").open("a") as file:
        file.write(line + "\n")
    return load_config(home)


def test_every_option_that_init_shows_can_be_taken_over_as_it_stands(home: Path) -> None:
    before = load_config(home)
    text = (home / "cti.toml").read_text()
    (home / "cti.toml").write_text(
        "\n".join(line.removeprefix("# ") if re.match(r"# \w+ = ", line) else line for line in text.split("\n"))
    )
    assert load_config(home) == before


def test_a_speech_program_is_a_list_and_its_voices_a_table(home: Path) -> None:
    config = with_line(home, 'speech = ["piper", "-m", "{voice}"]\nspeech_voices = {zh = "huayan", en = "amy"}')
    assert config.speech == ("piper", "-m", "{voice}")
    assert dict(config.speech_voices) == {"zh": "huayan", "en": "amy"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('speech = "espeak-ng -v zh"', "a list of texts"),
        ("speech = [1]", "a list of texts"),
        ('speech = ["a", ""]', "a list of texts"),
        ('speech = ["a\\u0000"]', "a list of texts"),
        ('speech_voices = ["zh"]', "a table of texts"),
        ("speech_voices = {zh = 1}", "a table of texts"),
        ('speech_seconds = "60"', "must be of type float"),
        ("speach = []", "did you mean speech?"),
    ],
)
def test_a_wrong_value_is_refused_by_name(home: Path, line: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said.replace("?", r"\?")):
        with_line(home, line)
