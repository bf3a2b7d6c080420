"""`cti pbx`: the private Asterisk as a process. Thin: everything is done by the room `cti.pbx`."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import click

from .. import pbx as asterisk
from ..config import Config, load_config
from ..errors import PbxError


def _say(text: str) -> None:
    click.echo(text, err=True)


@click.group()
def pbx() -> None:
    """The private Asterisk: fetch, up, down, status, console."""


@pbx.command()
def fetch() -> None:
    """Bring an Asterisk, SIPp and espeak-ng from this machine's package mirror, without root."""
    click.echo(asterisk.fetch(_say))


@pbx.command()
@click.pass_obj
def up(home: Path) -> None:
    """Start it (fetched first when there is none); returns when it is fully booted."""
    from .shipping import mend  # brings the templates along: only when asked for

    config = load_config(home)
    found = found_or_fetched(config)
    mend(config, found, _say)
    asterisk.start(config, found, _say)


@pbx.command()
@click.pass_obj
def down(home: Path) -> None:
    """Stop it; live calls are hung up."""
    _say("Asterisk has stopped" if asterisk.stop(load_config(home)) else "Asterisk does not run")


@pbx.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def status(home: Path, as_json: bool) -> None:
    """Whether it runs, since when, and what it carries; ends with 5 when it does not run."""
    found = asterisk.status(load_config(home))
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(found)))
    elif found.running:
        load = f"{found.calls} calls, {found.channels} channels"
        click.echo(f"Asterisk {found.version} (pid {found.pid}), up {found.uptime_seconds:.0f} s, {load}")
    else:
        click.echo("Asterisk does not run; start it with: cti pbx up")
    if not found.running:
        raise SystemExit(PbxError.exit_code)


@pbx.command()
@click.pass_obj
def console(home: Path) -> None:
    """Open Asterisk's own console (leave it with Ctrl-C)."""
    asterisk.console(load_config(home))


def found_or_fetched(config: Config) -> asterisk.Installation:
    """The Asterisk to use; when there is none it is fetched first. Raises PbxError."""
    found = asterisk.find_asterisk(config)
    if found is None and config.pbx == "private":
        asterisk.fetch(_say)
        found = asterisk.find_asterisk(config)
    if found is None:
        raise PbxError("no Asterisk 18 or newer on PATH; install one, or set `asterisk` in cti.toml")
    return found
