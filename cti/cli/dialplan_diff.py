"""`cti dialplan diff`: what applying now would change, in the site's words and line by line."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from ..config import Config, load_config
from ..render.apply import plan
from ..ship.difference import in_place, unified
from ..ship.words import changes, plain
from ..site.load import load_site
from .rows import seen
from .shipping import history_of, installed, mask_of, render_files


@click.command()
@click.option("--exit-code", is_flag=True, help="End with 1 when something differs, like diff.")
@click.option("--summary", is_flag=True, help="Only the site's words, not the files.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def diff(home: Path, exit_code: bool, summary: bool, as_json: bool) -> None:
    """What `apply` would change; passwords and PINs are shown as ‹secret 1›, ‹secret 2› …"""
    config = load_config(home)
    words, parts = difference(config)
    if as_json:
        click.echo(json.dumps({"differs": bool(words or parts), "words": words, "files": parts}, ensure_ascii=False))
    elif words or parts:
        for word in words:
            click.echo(seen(word))
        click.echo(
            "\n".join(["", *parts.values()]) if not summary else f"{len(parts)} files differ: {', '.join(parts)}"
        )
    else:
        click.echo("nothing differs")
    if exit_code and (words or parts):
        sys.exit(1)


def difference(config: Config) -> tuple[list[str], dict[str, str]]:
    """The site's words against what was applied last, and each file that differs from what is in place."""
    site = load_site(config.site_file)
    files = render_files(config, site, installed(config))
    history, values = history_of(config), plain(site)
    head = history.head()
    before = history.site(head) if head else {}
    mask = mask_of(config, values, before)
    changed = plan(files, config.etc)
    parts = unified(in_place(config.etc, {*changed.names, *files}), files, mask, labels=("in-place", "rendered"))
    return changes(before, values) if head else [], parts
