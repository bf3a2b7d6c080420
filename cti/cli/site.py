"""`cti site`: what the admin wrote, checked. It knows how to show mistakes; finding them is `cti.site`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from ..errors import SiteError
from ..site.load import load_site
from ..site.model import Site
from .site_schema import schema

_COUNTED = ("numbers", "menus", "queues", "schedules", "prompts", "voicemail", "externals", "trunks")


@click.group()
def site() -> None:
    """Check site.yaml: every mistake at once, with its line; its JSON Schema for editors."""


site.add_command(schema)


@site.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def check(home: Path, as_json: bool) -> None:
    """Read site.yaml and show every mistake at once (exit code 2), or count what it holds; warnings go to stderr."""
    try:
        found = load_site(home / "site.yaml")
    except SiteError as error:
        if not as_json:
            raise
        click.echo(json.dumps({"ok": False, "mistakes": error.mistakes}, ensure_ascii=False))
        sys.exit(error.exit_code)
    counts = counts_of(found)
    if as_json:
        click.echo(json.dumps({"ok": True, "counts": counts, "warnings": found.warnings}, ensure_ascii=False))
    else:
        for warning in found.warnings:
            click.echo(f"warning: {warning}", err=True)
        click.echo("ok: " + ", ".join(_counted(number, name) for name, number in counts.items() if number))


def counts_of(found: Site) -> dict[str, int]:
    """How many of each kind a site has."""
    return {name: len(getattr(found, name)) for name in _COUNTED}


def _counted(number: int, name: str) -> str:
    if name == "voicemail":
        return f"{number} mailbox" + ("es" if number != 1 else "")
    return f"{number} {name if number != 1 else name.removesuffix('s')}"
