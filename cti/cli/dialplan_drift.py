"""`cti dialplan drift`: whether what is in place, and what Asterisk runs, is still what was applied."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click

from ..config import Config, load_config
from ..render.apply import edited, unread_of
from ..ship.difference import in_place, unified
from ..ship.history import History, Version
from ..ship.probe import differs
from .dialplan_history import zone_of
from .shipping import asterisk_of, history_of, installed, mask_of

DRIFTED = 2


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def drift(home: Path, as_json: bool) -> None:
    """Files edited behind our back, or an Asterisk that has not read what is in place; then it ends with 2."""
    config = load_config(home)
    history = history_of(config)
    head = history.head()
    found = _files(config) if head else []
    parts = _diff(config, history, head, [str(each["file"]) for each in found]) if head else {}
    running = list(_running(config, history)) if head else []
    if as_json:
        values = {"drift": bool(found or running), "in_place": head.number if head else None, "files": found}
        click.echo(json.dumps({**values, "running": running, "diff": parts}, ensure_ascii=False))
    else:
        _print(head, found, parts, running)
    if found or running:
        sys.exit(DRIFTED)


def _print(head: Version | None, found: list[dict[str, str]], parts: dict[str, str], running: list[str]) -> None:
    if head is None:
        click.echo("nothing was applied yet: there is nothing to drift from")
        return
    for each in found:
        click.echo(f"{each['file']}: {each['what']}, {each['at']} by {each['owner']}" if each["at"] else
                   f"{each['file']}: {each['what']}")  # fmt: skip
    for line in running:
        click.echo(line)
    for part in parts.values():
        click.echo(f"\n{part}")
    if found:
        click.echo(
            "\nto keep an edit: make it in site.yaml or in your copy of the template, then cti dialplan apply"
            f"\nto undo it: cti dialplan rollback {head.number} (either way the edited files are kept in the history)"
        )
    elif running:
        click.echo("to have Asterisk read what is in place: cti dialplan apply")
    else:
        click.echo(f"no drift: version {head.number} is in place")


def _files(config: Config) -> list[dict[str, str]]:
    """Those that were changed, with the moment of the last change and the owner of the file."""
    found = []
    for name in edited(config.etc):
        path = config.etc / name
        if not path.is_file():
            found.append({"file": name, "what": "removed", "at": "", "owner": ""})
            continue
        at = datetime.fromtimestamp(path.stat().st_mtime, zone_of(config)).isoformat(" ", "seconds")
        found.append({"file": name, "what": "edited in place", "at": at, "owner": _owner(path)})
    return found


def _owner(path: Path) -> str:
    try:
        return path.owner()
    except KeyError:
        return f"user {path.stat().st_uid}"


def _diff(config: Config, history: History, head: Version, names: list[str]) -> dict[str, str]:
    applied = {name: text for name, text in history.files(head).items() if name in names}
    mask, labels = mask_of(config, history.site(head)), (f"version-{head.number}", "in-place")
    return unified(applied, in_place(config.etc, set(names)), mask, labels=labels)


def _running(config: Config, history: History) -> Iterator[str]:
    """What a running Asterisk has not read, or an apply that was cut off."""
    for version in history.pending():
        yield f"version {version.number} is under way, or was cut off: the next cti dialplan apply or serve undoes it"
    if unread := unread_of(config.etc):
        yield f"Asterisk was not told of: {', '.join(unread)}"
    asterisk = asterisk_of(config, installed(config))
    if asterisk.runs():
        files = in_place(config.etc, {path.name for path in config.etc.glob("extensions*.conf")})
        different = differs(files, asterisk.ask)
        yield from (str(finding) for finding in different[:10])
        if len(different) > 10:
            yield f"and {len(different) - 10} more lines"
