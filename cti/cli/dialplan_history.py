"""`cti dialplan history`: which versions were in place, who put them there, and what was in them."""

from __future__ import annotations

import json
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from ..config import Config, load_config
from ..errors import CtiError, UsageError
from ..ship.difference import unified
from ..ship.history import State, Version
from ..ship.words import changes
from ..site.load import load_site
from .rows import seen
from .shipping import history_of, mask_of

_MEANING = {State.PENDING: "cut off", State.FAILED: "failed, undone", State.UNPROVEN: "not probed"}


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def history(ctx: click.Context, as_json: bool) -> None:
    """The last 50 versions, newest first; `show N` and `diff N M` look into them."""
    if ctx.invoked_subcommand is not None:
        return
    config = load_config(ctx.obj)
    kept = history_of(config)
    head, versions = kept.head(), kept.versions()
    if as_json:
        rows = [version.told() for version in reversed(versions)]
        click.echo(json.dumps({"in_place": head.number if head else None, "versions": rows}, ensure_ascii=False))
        return
    for version in reversed(versions):
        mark = "*" if head and version.number == head.number else " "
        click.echo(f"{mark}{_line(config, version)}")
    if not versions:
        click.echo("nothing was applied yet; apply with: cti dialplan apply -m 'why'")


@history.command()
@click.argument("number", type=int)
@click.option("--file", "name", metavar="FILE", help="Print one file of it as it was, or site.yaml.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def show(home: Path, number: int, name: str | None, as_json: bool) -> None:
    """One version: what changed with it, or one of its files (with its passwords)."""
    config = load_config(home)
    kept = history_of(config)
    version = kept.version(number)
    if name is not None:
        files = {**kept.files(version), **kept.site_files(version)}
        if not files.get(name):
            raise UsageError(f"version {number} has no file {name!r}; it has: {', '.join(files)}")
        click.echo(files[name], nl=False)
    elif as_json:
        click.echo(json.dumps(version.told(), ensure_ascii=False))
    else:
        click.echo(_line(config, version))
        for word in [*version.words, *(f"failed: {line}" for line in version.why.splitlines())]:
            click.echo(f"    {seen(word)}")
        click.echo(f"    {len(version.files)} files, changed: {', '.join(version.replaced) or 'none'}")


@history.command()
@click.argument("old", type=int)
@click.argument("new", type=int)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def diff(home: Path, old: int, new: int, as_json: bool) -> None:
    """What changed from one version to another; passwords and PINs are masked."""
    config = load_config(home)
    kept = history_of(config)
    before, after = kept.version(old), kept.version(new)
    sites = kept.site(before), kept.site(after)
    mask = mask_of(config, *sites)
    words = changes(*sites) if all(sites) else []
    parts = unified(kept.files(before), kept.files(after), mask, labels=(f"version-{old}", f"version-{new}"))
    if as_json:
        click.echo(json.dumps({"old": old, "new": new, "words": words, "files": parts}, ensure_ascii=False))
        return
    for line in [*map(seen, words), "", *parts.values()] if words or parts else ["nothing differs"]:
        click.echo(line)


def _line(config: Config, version: Version) -> str:
    what = f"rollback to {version.of}" if version.kind == "rollback" else version.kind
    state = _MEANING.get(version.state)
    about = "; ".join(
        [*([f"{len(version.words)} changes in the site"] if version.words else []), *([state] if state else [])]
    )
    at = version.at.astimezone(zone_of(config)).strftime("%Y-%m-%d %H:%M:%S")
    parts = [f"{version.number:>4}  {at}  {what:<8} {version.who}", version.commit, seen(version.message), about]
    return "  ".join(part for part in parts if part)


def zone_of(config: Config) -> ZoneInfo | None:
    """The site's; this machine's where the site cannot be read."""
    try:
        return ZoneInfo(load_site(config.site_file).site.timezone)
    except CtiError:
        return None
