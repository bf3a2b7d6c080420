"""`cti demo`: real SIP calls by simulated customers to simulated agents. Thin: the room `cti.stage` does everything."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click
from rich.console import Console

from .. import pbx as asterisk
from ..config import Config
from ..stage import show
from ..stage.checks import COLUMNS, told
from ..stage.curtain import Curtain
from ..stage.demo_site import refuse_real_instance
from .init import make_instance
from .rows import print_table


def _say(text: str) -> None:
    click.secho(f"▸ {text}", err=True)


@click.command()
@click.option(
    "--once", is_flag=True, help="Ten calls, a table of what became of each; exit code 0 only if all went right."
)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path("demo-site"))
def demo(folder: Path, once: bool) -> None:
    """Place real calls in FOLDER (demo-site; made when it is not there) and show the floor until Ctrl-C."""
    refuse_real_instance(folder)
    bring_what_is_missing(folder)
    if make_instance(folder, demo=True):
        _say(f"made the demo instance {folder}")
    try:
        with Curtain(folder, _say):
            if once:
                sys.exit(_once(folder))
            asyncio.run(show.until_told(show.live(folder, _say, Console())))
    except (asyncio.CancelledError, KeyboardInterrupt):
        _say("stopped")
        sys.exit(130 if once else 0)


def _once(folder: Path) -> int:
    results = asyncio.run(show.until_told(show.ten(folder, _say)))
    rows = [told(number, evidence, wrong) for number, (evidence, wrong) in enumerate(results, 1)]
    print_table(COLUMNS, rows, none="no calls")
    right = sum(not wrong for _, wrong in results)
    click.echo(f"{right} of {len(results)} calls went right")
    return 0 if right == len(results) else 1


def bring_what_is_missing(folder: Path) -> None:
    """Asterisk, SIPp and a voice. Raises PbxError, which says what to do without apt."""
    tools = [asterisk.find_tool("sipp"), asterisk.find_tool("espeak-ng"), asterisk.find_asterisk(Config(home=folder))]
    if None in tools:
        _say("bringing Asterisk, SIPp and espeak-ng (once per machine, without root)")
        asterisk.fetch(_say)
