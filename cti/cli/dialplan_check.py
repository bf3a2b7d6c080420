"""`cti dialplan check`: everything that is wrong, at once. It knows how to show findings."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from .findings import find_all
from .rows import as_json, print_json, seen


@click.command()
@click.option("--strict", is_flag=True, help="Warnings count as errors.")
@as_json
@click.pass_obj
def check(home: Path, strict: bool, as_json: bool) -> None:
    """Look for everything that is wrong: site, call flow, prompts, templates, the rendered dialplan.

    Exit code 2 with an error (--strict: or a warning), else 0. Nothing is shipped; no Asterisk has to be there.
    """
    found = find_all(home)
    errors = sum(one.error for one in found)
    failed = bool(errors or (strict and found))
    if as_json:
        print_json({"ok": not failed, "errors": errors, "findings": [one.plain() for one in found]})
    else:
        for one in found:
            click.echo(seen(one), err=True)
        click.echo(f"{'failed' if failed else 'ok'}: {errors} errors, {len(found) - errors} warnings")
    if failed:
        sys.exit(2)
