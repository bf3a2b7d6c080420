"""`cti docs`: what the engine runs on, printed from the code itself, so that it can never be out of date."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table

from ..core.agent import TRANSITIONS, WRAP_UPS, Signal
from ..core.words import Presence
from ..core.work_item import TRANSITIONS as WORK
from ..core.work_item import WorkSignal, WorkState


@click.group()
def docs() -> None:
    """Print the state tables that the engine runs on."""


@docs.command()
def states() -> None:
    """What follows from what: presence, each kind of wrap-up, work items. An empty cell is refused or ignored."""
    table = Table("signal", *[presence.value for presence in Presence])
    for signal in Signal:
        table.add_row(signal.value, *[str(TRANSITIONS[presence].get(signal, "")) for presence in Presence])
    Console().print(table)
    table = Table("signal, in a wrap-up", *[mode.value for mode in WRAP_UPS])
    for signal in Signal:
        if any(signal in row for row in WRAP_UPS.values()):
            table.add_row(signal.value, *[str(row.get(signal, "")) for row in WRAP_UPS.values()])
    Console().print(table)
    table = Table("signal, of a work item", *[state.value for state in WorkState])
    for change in WorkSignal:
        table.add_row(change.value, *[str(WORK[state].get(change, "")) for state in WorkState])
    Console().print(table)
