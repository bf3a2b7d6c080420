"""`cti dialplan`: from site, agents and templates to the files of a (running) Asterisk.

It knows the order of shipping: check, render everything, make the sounds, write, reload; each step is elsewhere.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import click

from ..config import Config, load_config
from ..errors import PbxError, UsageError
from ..pbx.find import Installation, find_asterisk
from ..pbx.folders import dirs_of, make_folders
from ..pbx.process import command, find_pid
from ..render.agent_sounds import make_agent_sounds
from ..render.apply import Changed, mark_read, plan
from ..render.apply import apply as put_in_place
from ..render.inputs import layout
from ..render.prompts import make_sounds
from ..render.reloads import needs_restart, reloads_for
from ..render.render import Renderer
from ..site.load import load_site
from ..site.model import Site
from .dialplan_walk import walk
from .running import tell_engine
from .speech import speech_for

Say = Callable[[str], None]
SAY_SECONDS = 0.5


@click.group()
def dialplan() -> None:
    """Render Asterisk's files and put them in place."""


dialplan.add_command(walk)


@dialplan.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Write the files into this folder.")
@click.option("--show", metavar="FILE", help="Print one file, such as extensions.conf.")
@click.pass_obj
def render(home: Path, out: Path | None, show: str | None) -> None:
    """Render every file; without an option, list them with their sizes."""
    config = load_config(home)
    files = render_files(config, load_site(home / "site.yaml"), _installed(config))
    if show is not None:
        if show not in files:
            raise UsageError(f"no file {show!r} is rendered; there are: {', '.join(files)}")
        click.echo(files[show], nl=False)
    elif out is not None:
        changed = put_in_place(files, out)
        click.echo(f"{len(changed.written)} written, {len(changed.unchanged)} unchanged in {out}")
    else:
        for name, text in files.items():
            click.echo(f"{len(text.encode()):>8} {name}")


@dialplan.command()
@click.option("--dry-run", is_flag=True, help="Say what would change; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def apply(home: Path, dry_run: bool, as_json: bool) -> None:
    """Render everything, write what changed, and reload Asterisk where it runs."""
    config = load_config(home)
    say: Say = (lambda _: None) if as_json else click.echo
    changed, commands = ship(config, load_site(home / "site.yaml"), dry_run=dry_run, say=say)
    if as_json:
        names = {name: getattr(changed, name) for name in ("written", "removed", "unchanged", "kept")}
        click.echo(json.dumps({"dry_run": dry_run, **names, "reloaded": commands}))
    else:
        word = "would be " if dry_run else ""
        click.echo(f"{len(changed.names)} {word}changed, {len(changed.unchanged)} unchanged in {config.etc}")


def ship(config: Config, site: Site, *, dry_run: bool, say: Say) -> tuple[Changed, list[str]]:
    """Everything from the site to a reloaded Asterisk; returns what changed and the commands that were given."""
    installation = _installed(config)
    files = render_files(config, site, installation)
    changed = plan(files, config.etc)
    for name in changed.names:
        say(f"{'-' if name in changed.removed else '+'} {name}")
    if dry_run:
        return changed, []
    if config.pbx == "private":
        make_folders(config, installation)
    data = layout(config, installation.modules).data
    speech, cache = speech_for(config, installation), config.var / "cache" / "prompts"
    made = make_sounds(site, data, cache, speech, progress_of_sounds(say))
    make_agent_sounds(site, data, cache, speech)
    for warning in made.warnings:
        say(warning)
    changed = put_in_place(files, config.etc)
    running = is_running(config)
    commands = reloads_for(changed.to_read) if running else []
    if running and data / "moh" / "default" / "melody.wav" in made.changed and "moh reload" not in commands:
        commands.append("moh reload")
    for text in commands:
        say(f"{text}: {' '.join(command(config, installation, text).split())[:100]}")
    if running and needs_restart(changed.to_read):
        say(f"restart Asterisk for: {', '.join(needs_restart(changed.to_read))}")
    mark_read(config.etc)
    if commands and tell_engine(config):  # a new queue has no members until the engine sees that it is there
        say("the engine reads site.yaml again")
    return changed, commands


def progress_of_sounds(say: Say) -> Callable[[int, int, str], None]:
    """Says how far it is each half second; nothing when every sound is in the cache."""
    last = time.monotonic()

    def progress(done: int, of_all: int, _: str) -> None:
        nonlocal last
        if time.monotonic() - last > SAY_SECONDS:
            last = time.monotonic()
            say(f"sounds: {done} of {of_all}")

    return progress


def render_files(config: Config, site: Site, installation: Installation) -> dict[str, str]:
    """Every file's text, for the phones that the agents have now."""
    from ..app import phones_of  # app wires everything: imported when it is needed

    placed = dirs_of(config, installation) if config.pbx == "private" else None
    return Renderer(config, installation, placed=placed).render(site, phones_of(config))


def is_running(config: Config) -> bool:
    """Whether the Asterisk that reads these files runs now."""
    if config.pbx == "private":
        return find_pid(config) != 0
    return Path("/var/run/asterisk/asterisk.ctl").exists()


def _installed(config: Config) -> Installation:
    installation = find_asterisk(config)
    if installation is None:
        raise PbxError("there is no Asterisk on this machine yet; bring one with: cti pbx fetch")
    return installation
