"""`cti dialplan templates`: whose template is in use, and how it differs. What is known of them is `render.overlay`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ..config import load_config
from ..errors import UsageError
from ..render.overlay import Template, copy, difference, find
from ..render.overlay import templates as all_templates
from ..render.render import FOLDERS
from ..share import shared_folder


@click.command()
@click.option(
    "--diff", "diff_name", metavar="NAME", help="How the instance's own template differs from the shipped one."
)
@click.option(
    "--copy", "copy_name", metavar="NAME", help="Lay the shipped template into the instance, to change it there."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def templates(home: Path, diff_name: str | None, copy_name: str | None, as_json: bool) -> None:
    """Which templates are in use: the instance's own ones in HOME/dialplan and HOME/asterisk_conf win over the shipped.

    A copy made with --copy remembers what it was taken from, and it is told when the shipped one has changed since.
    """
    home = load_config(home).home
    known = all_templates([home / folder for folder in FOLDERS], [shared_folder(folder) for folder in FOLDERS])
    if diff_name and copy_name:
        raise UsageError("--diff or --copy, one at a time")
    if copy_name:
        click.echo(f"made {copy(find(copy_name, known), home)}; it wins over the shipped one from the next apply on")
    elif diff_name:
        _print_difference(find(diff_name, known), as_json)
    elif as_json:
        click.echo(json.dumps({"templates": [_facts(one) for one in known]}, ensure_ascii=False))
    else:
        width = max(len(one.name) for one in known)
        for one in known:
            click.echo(f"{one.name:<{width}}  {one.state}")
        _warn(known)


def _print_difference(template: Template, as_json: bool) -> None:
    lines = difference(template)
    if as_json:
        click.echo(json.dumps(_facts(template) | {"diff": lines}, ensure_ascii=False))
        return
    for line in lines or [f"{template.name}: {template.state}"]:
        click.echo(line)
    _warn([template])


def _warn(found: list[Template]) -> None:
    """What is known of the three: the one that was copied, the shipped one now, the own one."""
    for one in found:
        if one.moved_on:
            kept = "is still as it was copied" if one.base == one.own_hash else f"is {one.own_hash[:12]}"
            click.echo(
                f"warning: {one.name} was taken from {one.base[:12]}, the shipped one is now {one.shipped_hash[:12]}, "
                f"yours {kept}; bring over what you need (--diff {one.name}), or delete yours",
                err=True,
            )


def _facts(template: Template) -> dict[str, object]:
    names = ("name", "state", "base", "own_hash", "shipped_hash", "added", "removed", "moved_on")
    facts: dict[str, object] = {name: getattr(template, name) for name in names}
    return facts | {"used": str(template.used), "own": template.own is not None}
