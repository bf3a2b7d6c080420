"""`cti agi`: the scripts of agi_scripts/, listed and tried without a phone. It prints; running them is `cti.agi`."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import click

from ..agi.pretend import channel_of
from ..agi.scripts import ScriptHost, scripts_folder
from ..agi.trial import Said, Trial, described, try_script
from ..config import load_config
from ..errors import UsageError
from .rows import print_table, seen

EXIT = {"done": 0, "error": 6, "timeout": 124}  # as AgiError, and as timeout(1) has it
_ARROWS = {"script": "→", "asterisk": "←", "log": "·"}


@click.group()
def agi() -> None:
    """Scripts of agi_scripts/: list them, try one without a phone."""


def host_of(home: Path) -> ScriptHost:
    """The host as the engine makes it."""
    config = load_config(home)
    return ScriptHost(scripts_folder(config.home), config.script_seconds)


@agi.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@click.pass_obj
def list_scripts(home: Path, as_json: bool) -> None:
    """The scripts that calls can use, their time limits, and what is wrong with one (exit code 2)."""
    host = host_of(home)
    rows = [described(host, name) for name in host.names()]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
    else:
        shown = [(row["name"], f"{row['limit_seconds']:g} s", row["says"], row["wrong"] or "-") for row in rows]
        print_table(("script", "limit", "says", "wrong"), shown, none=f"no script in {host.folder}")
    if any(row["wrong"] for row in rows):
        sys.exit(UsageError.exit_code)


@agi.command()
@click.argument("script", metavar="SCRIPT")
@click.argument("arguments", metavar="[ARGUMENT]...", nargs=-1)
@click.option(
    "--with",
    "given",
    multiple=True,
    metavar="NAME=VALUE",
    help="number, name, did, language, digits (the keys that the caller presses), an agi_ key, or a channel variable.",
)
@click.option(
    "--answer",
    "answers",
    multiple=True,
    metavar="COMMAND=REPLY",
    help="What a command is answered: 'GET DATA=123', 'EXEC Dial=hangup', 'GET VARIABLE X=1'; repeated: in turn.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def run(
    home: Path, script: str, arguments: tuple[str, ...], given: tuple[str, ...], answers: tuple[str, ...], as_json: bool
) -> None:
    """Run SCRIPT for a pretended caller and show the conversation: → what it asks, ← what Asterisk would answer.

    The script itself is real: the database or web service it asks is really asked. Sounds count as played at once,
    every file as there, and applications (EXEC) as done, unless --answer says otherwise. Exit code: 0 done, 6 error,
    124 over its time limit.
    """
    pairs = [text.partition("=") for text in given]
    if any(not equals for _, equals, _ in pairs):
        raise UsageError("--with takes NAME=VALUE, such as number=13800138000")
    try:
        channel = channel_of([(name, value) for name, _, value in pairs], arguments, answers)
    except ValueError as error:
        raise UsageError(str(error)) from error
    host = host_of(home)
    name = script.removesuffix(".py")
    trial = asyncio.run(try_script(host, name, channel))
    if as_json:
        click.echo(json.dumps(_told(trial), ensure_ascii=False))
    else:
        _show(trial)
    sys.exit(EXIT.get(trial.verdict, EXIT["error"]))


def _told(trial: Trial) -> dict[str, Any]:
    lines = [{"at": round(line.at, 3), "who": line.who, "text": line.text} for line in trial.lines]
    return {"verdict": trial.verdict, "seconds": round(trial.seconds, 3), "set": trial.variables, "conversation": lines}


def _show(trial: Trial) -> None:
    for line in trial.lines:
        click.echo(_shown(line), err=line.who == "log")
    for name, value in trial.variables.items():
        click.echo(f"set {name}={seen(value)}")
    click.echo(f"{trial.verdict} in {trial.seconds:.3f} s")


def _shown(line: Said) -> str:
    return f"{line.at:8.3f} {_ARROWS[line.who]} {seen(line.text)}"
