"""`cti agent login`, `pause`, `disposition` and so on: what agents are doing, asked of the running engine by its API.

Presence belongs to the engine alone; a refusal is its own, word for word.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from . import complete
from .api import ask
from .rows import as_json, print_json, seen

_numbers = click.argument("numbers", nargs=-1, required=True, metavar="NUMBER...", shell_complete=complete.agents)


def _presence(verb: str, text: str) -> click.Command:
    """One command for each thing that can be asked of an agent's presence; several agents at once."""

    @click.command(verb, help=text)
    @_numbers
    @as_json
    @click.pass_obj
    def command(home: Path, numbers: tuple[str, ...], as_json: bool) -> None:
        _ask(home, numbers, verb, None, as_json)

    return command


@click.command("pause")
@_numbers
@click.option(
    "--reason", default="", shell_complete=complete.reasons, help="One of the site's pause_reasons; default: the first."
)
@as_json
@click.pass_obj
def pause(home: Path, numbers: tuple[str, ...], reason: str, as_json: bool) -> None:
    """Agents take no calls, after the call if they are in one."""
    reason = reason or next(iter(complete.section(home, "pause_reasons")), "break")
    _ask(home, numbers, "pause", {"reason": reason}, as_json)


@click.command("disposition")
@click.argument("number", shell_complete=complete.agents)
@click.argument("code")
@click.option("--call", default="", help="Which call; default: the one the agent talks on or wraps up.")
@click.option("--note", default="", help="One line to keep with the call.")
@click.pass_obj
def disposition(home: Path, number: str, code: str, call: str, note: str) -> None:
    """An agent says how a call ended; shown by `cti call show`."""
    body = {"code": code, "note": note} | ({"call": call} if call else {})
    click.echo(_told(ask(home, "POST", f"/api/agents/{number}/disposition", body)))


PRESENCE: tuple[click.Command, ...] = (
    _presence("login", "Agents come to work."),
    _presence("logout", "Agents leave, after the call if they are in one."),
    pause,
    _presence("unpause", "Agents take calls again."),
    _presence("wrap-up", "Agents want a wrap-up after the call they are in, where the queue leaves it to them."),
    disposition,
    _presence("wrap-up-end", "Agents have finished their notes."),
)


def _ask(home: Path, numbers: tuple[str, ...], verb: str, body: dict[str, str] | None, as_json: bool) -> None:
    found = []
    for number in numbers:
        entity = ask(home, "POST", f"/api/agents/{number}/{verb}", body)
        found.append(entity)
        if not as_json:
            click.echo(_told(entity))
    if as_json:
        print_json(found)


def _told(agent: dict[str, Any]) -> str:
    reason = f" ({seen(agent['reason'])})" if agent["reason"] else ""
    then = f", then {agent['next']}" if agent.get("next") else ""
    return f"{seen(agent['agent'])} {seen(agent['name'])}: {agent['presence']}{reason}{then}"
