"""`cti docs`: what the engine runs on, printed from the code itself, so that it can never be out of date."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table

from ..core.agent import TRANSITIONS, Signal
from ..core.words import Presence


@click.group()
def docs() -> None:
    """Print the state tables that the engine runs on."""


@docs.command()
def states() -> None:
    """Presence: what follows from what. An empty cell is refused (people) or ignored (facts)."""
    table = Table("signal", *[presence.value for presence in Presence])
    for signal in Signal:
        table.add_row(signal.value, *[str(TRANSITIONS[presence].get(signal, "")) for presence in Presence])
    Console().print(table)
