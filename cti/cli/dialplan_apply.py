"""`cti dialplan apply`: ship what site.yaml says now. The order of it is `cti.ship.shipping`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ..config import Config, load_config
from ..render.apply import Changed, plan
from ..ship.shipping import Shipped
from ..site.load import load_site
from .shipping import installed, render_files, ship


@click.command()
@click.option("-m", "--message", default="", help="Why, for the history.")
@click.option("--dry-run", is_flag=True, help="Say what would change; write nothing. (`diff` shows it line by line.)")
@click.option(
    "--accept",
    multiple=True,
    metavar="TEXT",
    help="A complaint of Asterisk's to live with, as the probe printed it behind `Asterisk says:`; may be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def apply(home: Path, message: str, dry_run: bool, accept: tuple[str, ...], as_json: bool) -> None:
    """Write what changed, reload it, and prove that Asterisk runs it; else all is as before (exit code 8)."""
    config = load_config(home)
    site = load_site(home / "site.yaml")
    if dry_run:
        done = Shipped(changed=plan(render_files(config, site, installed(config)), config.etc))
    else:
        say = (lambda text: click.echo(text, err=True)) if as_json else click.echo
        done = ship(config, site, say=say, message=message, accepted=accept)
    if as_json:
        click.echo(json.dumps(shipped_json(done, dry_run), ensure_ascii=False))
    else:
        print_shipped(config, done, dry_run)


def print_shipped(config: Config, done: Shipped, dry_run: bool) -> None:
    """What came of it (or would)."""
    for name in done.changed.names if dry_run else ():
        click.echo(f"{'-' if name in done.changed.removed else '+'} {name}")
    word = "would be " if dry_run else ""
    click.echo(f"{len(done.changed.names)} {word}changed, {len(done.changed.unchanged)} unchanged in {config.etc}")
    if not dry_run:
        click.echo(_summary(done))


def shipped_json(done: Shipped, dry_run: bool) -> dict[str, object]:
    """The same as values."""
    names = {name: getattr(done.changed, name) for name in Changed.__dataclass_fields__ if name != "unread"}
    version = done.version.told() if done.version else None
    return {"dry_run": dry_run, **names, "reloaded": done.reloaded, "version": version, "undone": done.undone}


def _summary(done: Shipped) -> str:
    if done.version is None:
        return "nothing to apply: site.yaml, templates and phones are as they were applied"
    if done.version.state == "proven":
        return f"version {done.version.number}: Asterisk runs it (probed)"
    return f"version {done.version.number}: not probed, as Asterisk does not run"
