"""Arguments that somebody else may have typed: dashes, `@file`, line ends, escapes, bytes that are no text, a megabyte.

Each is either refused in one line that cannot be forged, with the exit code of its class, or kept as the text it is.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cti.cli import main

HOSTILE = {
    "two dashes": "--",
    "an option": "--home=/",
    "a file": "@/etc/passwd",
    "a newline": "1001\n1795300000|1795300000.1|sales|1001|CONNECT|1||1",
    "a carriage return": "1001\rerror: nothing",
    "NUL": "1001\0",
    "a colour": "\x1b[2J\x1b[31m1001",
    "right to left": "\u202e1001",
    "a line separator": "1001\u2028x",
    "a lone surrogate": "1001\udcff",
    "a shell": "$(touch x)`touch x`;touch x|",
    "a dialplan function": "${SHELL(touch x)}",
    "a template": "{{7*7}}{0}%s%n",
    "markup": "[red]1001[/red][link=file:///etc/passwd]x[/link]",
    "SQL": "1001' OR '1'='1'; DROP TABLE agents;--",
    "a wildcard": "%" * 10_000,
    "a path": "../../../etc/passwd",
    "a digit that is none of ours": "\u0661\u0660\u0660\u0661",
    "a megabyte": "9" * 1_000_000,
    "nothing": "",
    "blanks": "   ",
    "a pipe": "1001|1002",
}
COMMANDS = {
    "the number of a new agent": ("agent", "add", "--", "{}", "Li"),
    "the name of a new agent": ("agent", "add", "1009", "--", "{}"),
    "the phone of a new agent": ("agent", "add", "1009", "Li", "--phone={}"),
    "the skills of a new agent": ("agent", "add", "1009", "Li", "--skills={}"),
    "the secret of a new agent": ("agent", "add", "1009", "Li", "--secret={}"),
    "the contact of a new agent": ("agent", "add", "1009", "Li", "--contact={}"),
    "a call": ("call", "show", "--", "{}"),
    "the queue of a list": ("call", "list", "--queue={}"),
    "the number of a list": ("call", "list", "--number={}"),
    "the agent of a token": ("token", "create", "--agent={}"),
    "the supervisor of a token": ("token", "create", "--supervisor={}"),
    "a token to revoke": ("token", "revoke", "--", "{}"),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    (folder / "cti.toml").write_text("")
    (folder / "secrets.toml").write_text("")
    (folder / "secrets.toml").chmod(0o600)
    (folder / "site.yaml").write_text("site: {timezone: Asia/Shanghai}\n")
    return folder


def run(home: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["--home", str(home), *words])


def lines_of(text: str) -> list[str]:
    """Its lines; none holds what a terminal would obey or a log would break at."""
    lines = text.split("\n")
    assert [line for line in lines if re.search(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\ud800-\udfff]", line)] == []
    return lines


@pytest.mark.parametrize("what", HOSTILE)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_hostile_argument_is_refused_in_one_line_or_kept_as_text(home: Path, command: str, what: str) -> None:
    result = run(home, *(word.format(HOSTILE[what]) if "{}" in word else word for word in COMMANDS[command]))
    assert isinstance(result.exception, SystemExit | None), result.exception
    assert result.exit_code in (0, 2, 3)
    told = lines_of(result.stderr)
    if result.exit_code:
        assert len(told) == 2 or told[0].startswith("Usage: ")
        assert len(result.stderr) < 2000
        assert result.stdout == ""
    lines_of(result.stdout)
    agents = json.loads(run(home, "agent", "list", "--json").stdout)
    assert [agent["number"] for agent in agents] in ([], ["1009"])
    for agent in agents:
        assert agent["name"] in ("Li", HOSTILE[what])
        assert agent["phone"] == "PJSIP/1009"
        lines_of(run(home, "agent", "list").stdout + run(home, "agent", "show", "1009").stdout)
        assert run(home, "agent", "remove", "1009").exit_code == 0
    assert not Path("x").exists()


def test_a_supervisors_name_is_short_printable_text(home: Path) -> None:
    for name in ("a\nb", "\x1b[31m", "\u202e", "x" * 81, " "):
        assert run(home, "token", "create", "--supervisor", name).exit_code == 2
    assert run(home, "token", "create", "--supervisor", "王 Wang").exit_code == 0


def test_bytes_that_are_no_text_are_told_by_a_real_process(home: Path) -> None:
    command = [sys.executable.encode(), b"-m", b"cti", b"--home", bytes(home)]
    for words in ((b"call", b"show", b"\xff\n\xfe"), (b"agent", b"add", b"1009", b"\xff\x1b[2J")):
        ended = subprocess.run([*command, *words], capture_output=True, check=False)
        assert ended.returncode in (2, 3)
        assert ended.stdout == b""
        assert lines_of(ended.stderr.decode())[-2] == "Error: an argument holds bytes that are no UTF-8 text"
