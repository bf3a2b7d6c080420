"""`cti callback`: places that are kept for callers who hung up. All of it through the engine's API.

A callback is named by the call that asked for it, or by the number, where only one has it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from ..errors import NotFound, UsageError
from .api import ask
from .rows import as_json, clock, instant, print_json, print_table, seen, zone


@click.group()
def callback() -> None:
    """Callers who hung up, keep their place and are called back."""


@callback.command("list")
@click.argument("queue", required=False, default="")
@as_json
@click.pass_obj
def list_callbacks(home: Path, queue: str, as_json: bool) -> None:
    """List the callbacks that are still to come, of one QUEUE or of all, in the order in which they were asked for."""
    kept = [one for one in _all(home) if queue in ("", one["queue"])]
    if as_json:
        print_json(kept)
        return
    print_table(
        ("id", "queue", "number", "name", "since", "phase", "attempt", "agent", "due"),
        [_row(one, zone(home, "")) for one in kept],
        none="nobody is to be called back",
    )


@callback.command("cancel")
@click.argument("callback_id", metavar="ID")
@click.option("--dry-run", is_flag=True, help="Say what would happen; do nothing.")
@click.pass_obj
def cancel(home: Path, callback_id: str, dry_run: bool) -> None:
    """Cancel a callback, by its ID or by its number. While phones already ring for it, it is only not tried again."""
    found = _named(home, callback_id)
    if not dry_run:
        ask(home, "POST", f"/api/callbacks/{found['id']}/cancel")
    click.echo(f"{'would cancel' if dry_run else 'cancelled'} {seen(found['number'])} ({found['id']})")


def _row(one: dict[str, Any], where: ZoneInfo) -> tuple[object, ...]:
    since, due = (clock(instant(one[name] or "", where), where, "%m-%d %H:%M:%S") for name in ("entered", "due"))
    shown = (one["id"], one["queue"], one["number"], one["name"], since, one["phase"], one["attempt"])
    return (*shown, one["agent"] or "", due)


def _all(home: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask(home, "GET", "/api/callbacks")["callbacks"]
    return found


def _named(home: Path, name: str) -> dict[str, Any]:
    """The callback that is meant. Raises NotFound, or UsageError when several have that number."""
    kept = _all(home)
    found = [one for one in kept if one["id"] == name] or [one for one in kept if one["number"] == name]
    if not found:
        raise NotFound(f"there is no callback {name[:60]!r}; see: cti callback list")
    if len(found) > 1:
        raise UsageError(f"{len(found)} callbacks go to {name}; name one by its id: cti callback list")
    return found[0]
