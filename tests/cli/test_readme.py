"""What the README says to type can be typed: each command that it names is there, with each option that it gives it."""

import re
from pathlib import Path

import click
import pytest

from cti.cli import COMMANDS, main

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
# `cti`, or `c` where the README made that an alias, and what follows up to a comment, a pipe, or the end of the code.
TYPED = re.compile(r"(?:^|[\s`(])(?:\.venv/bin/)?cti?((?: --home \S+)?(?: [^\s`;&#()│▶]+)+)", re.MULTILINE)
BLANKS = {"NAME", "…"}  # for which a reader puts something
PHRASES = sorted({re.sub(r"^ --home \S+ ", " ", words).strip() for words in TYPED.findall(README)})


def command_of(words):
    """The command that these words lead to, and those that are left. Of `list|show` every one must be there."""
    found, left = main, list(words)
    while left and isinstance(found, click.Group) and left[0] not in BLANKS and not left[0].startswith(("-", "[")):
        names = [name for name in left.pop(0).split("|") if name not in BLANKS]
        commands = [found.get_command(click.Context(found), name) for name in names]
        assert None not in commands, f"of {names} not all are commands"
        found = commands[0]
    return found, left


@pytest.mark.parametrize("phrase", PHRASES)
def test_a_command_of_the_readme_is_there_with_its_options(phrase):
    command, left = command_of(phrase.split())
    known = {option for one in command.params for option in (*one.opts, *one.secondary_opts)} | {"--help"}
    given = {word.strip("[]") for word in left if word.strip("[]").startswith("--")}
    assert given <= known


def test_no_group_of_commands_is_missing_from_the_readme():
    assert {phrase.split()[0] for phrase in PHRASES} >= set(COMMANDS)
