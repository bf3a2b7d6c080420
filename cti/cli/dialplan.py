"""`cti dialplan`: the group, and the rendered files as they are. Each other command is a file of its own."""

from __future__ import annotations

from pathlib import Path

import click

from ..config import load_config
from ..errors import UsageError
from ..render.apply import apply as put_in_place
from ..site.load import load_site
from .dialplan_apply import apply
from .dialplan_check import check
from .dialplan_diff import diff
from .dialplan_drift import drift
from .dialplan_graph import graph
from .dialplan_history import history
from .dialplan_rollback import rollback
from .dialplan_templates import templates
from .dialplan_test import test
from .dialplan_walk import walk
from .shipping import installed, render_files


@click.group()
def dialplan() -> None:
    """Render Asterisk's files and put them in place."""


for command in (check, walk, graph, test, diff, apply, rollback, history, drift, templates):
    dialplan.add_command(command)


@dialplan.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Write the files into this folder.")
@click.option("--show", metavar="FILE", help="Print one file, such as extensions.conf.")
@click.pass_obj
def render(home: Path, out: Path | None, show: str | None) -> None:
    """Render every file; without an option, list them with their sizes."""
    config = load_config(home)
    files = render_files(config, load_site(home / "site.yaml"), installed(config))
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
