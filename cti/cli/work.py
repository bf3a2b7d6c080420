"""`cti work`: who must be called back. Listed from the rows, also while no engine runs; changed through the engine,
which journals what people do. An item is named by its id or by a message that is in it.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from ..core.work_item import WorkItem, WorkKind, WorkState
from ..db.voicemail import MOST, Mailboxes, WorkFilter
from . import complete
from .api import ask
from .rows import as_json, clock, localised, print_json, print_table, seen, with_store, zone

_STATES = click.Choice([*(state.value for state in WorkState), "all"])
_note = click.option("--note", default="", help="A remark that is kept with the item.")


@click.group()
def work() -> None:
    """Callers who must be called back: messages left from a queue, and callers who were not served."""


@work.command("list")
@click.option("--queue", default="")
@click.option("--owner", default="", help="An agent's number.", shell_complete=complete.agents)
@click.option("--number", default="", help="The caller's number.")
@click.option("--kind", type=click.Choice([kind.value for kind in WorkKind]))
@click.option("--state", type=_STATES, help="Default: not done.")
@click.option("--limit", default=100, type=click.IntRange(1, MOST), show_default=True)
@as_json
@click.pass_obj
def list_work(home: Path, /, as_json: bool, **wanted: Any) -> None:
    """List work, the first due first."""
    where = zone(home, "")
    given = {name: value for name, value in wanted.items() if value is not None}
    found = with_store(home, lambda store: Mailboxes(store.database).work(WorkFilter(**given)))
    if as_json:
        print_json(localised([asdict(item) for item in found], where))
        return
    columns = ("id", "kind", "queue", "number", "name", "due", "state", "owner", "calls", "messages", "tried")
    print_table(columns, [_row(item, where) for item in found], none="nobody has to be called back")


def _row(item: WorkItem, where: ZoneInfo) -> tuple[object, ...]:
    late = item.state is not WorkState.DONE and item.due < datetime.now(UTC)
    due = clock(item.due, where, "%m-%d %H:%M") + (" late" if late else "")
    who = (item.id, item.kind.value, item.queue, item.number or "withheld", item.name)
    return (*who, due, item.state.value, item.owner, len(item.calls), len(item.messages), len(item.attempts))


@work.command()
@click.argument("item")
@as_json
@click.pass_obj
def show(home: Path, item: str, as_json: bool) -> None:
    """Show one ITEM with its calls, messages and attempts."""
    where = zone(home, "")
    found = with_store(home, lambda store: Mailboxes(store.database).work_item(item))
    if as_json:
        print_json(localised(asdict(found), where))
        return
    for name, value in asdict(found).items():
        if name != "attempts":
            click.echo(f"{name:<10} {seen(_shown(value, where))}")
    for tried in found.attempts:
        how = f"{tried.direction} {tried.outcome} {tried.agent} {tried.talk_seconds:.0f} s"
        click.echo(f"{'tried':<10} {clock(tried.at, where)}  {seen(how)}  {tried.conversation}")


def _shown(value: object, where: ZoneInfo) -> str:
    if isinstance(value, datetime):
        return clock(value, where)
    return ", ".join(map(str, value)) if isinstance(value, tuple) else "" if value is None else str(value)


@work.command()
@click.argument("item")
@click.argument("agent", shell_complete=complete.agents)
@_note
@as_json
@click.pass_obj
def assign(home: Path, item: str, agent: str, note: str, as_json: bool) -> None:
    """Give an ITEM to an AGENT."""
    ask_for(home, item, "assign", as_json, owner=agent, note=note)


def _verb(verb: str, says: str) -> None:
    """One more command that only needs an item and a remark."""

    @work.command(verb, help=says)
    @click.argument("item")
    @_note
    @as_json
    @click.pass_obj
    def body(home: Path, item: str, note: str, as_json: bool) -> None:
        ask_for(home, item, verb, as_json, note=note)


_verb("release", "Take an ITEM from its owner.")
_verb("done", "Say that an ITEM is done. (A long enough talk with the number says so by itself.)")
_verb("reopen", "Say that an ITEM was not done after all.")


def ask_for(home: Path, item: str, verb: str, as_json: bool, **body: str) -> None:
    """Have the engine do it; print what the item is then. Raises NotFound, Refused, CtiError (no engine runs)."""
    given = {name: value for name, value in body.items() if value}
    found: dict[str, Any] = ask(home, "POST", f"/api/work-items/{item}/{verb}", given)
    if as_json:
        print_json(found)
        return
    owner = f", {seen(found['owner'])}" if found["owner"] else ""
    click.echo(f"{found['id']}: {found['state']}{owner} ({seen(found['number'] or 'withheld')}, {found['queue']})")
