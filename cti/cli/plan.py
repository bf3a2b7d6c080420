"""`cti plan`: when agents should be at work, which the report `adherence` holds their presence against.

It asks and prints; rows and CSV are `db.plans`'. Plans steer nothing: no agent is logged in or out by one.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from ..core.metrics.adherence import Planned
from ..core.metrics.intervals import By, start_of
from ..db.people import People
from ..db.plans import Plans, read_plan
from ..db.store import Store
from ..errors import UsageError
from .complete import agents as known_agents
from .rows import as_json, clock, instant, localised, print_json, print_table, seen, timezone, with_store, zone

_AGENT = click.option("--agent", "agents", multiple=True, shell_complete=known_agents, help="Only this agent's.")
_DRY_RUN = click.option("--dry-run", is_flag=True, help="Say what would be done; do nothing.")


@click.group()
def plan() -> None:
    """When agents should be at work; cti report adherence tells how it was."""


@plan.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_DRY_RUN
@timezone
@click.pass_obj
def import_plan(home: Path, file: Path, dry_run: bool, timezone: str) -> None:
    """Read a CSV: agent,from,to[,reason], times as 2026-11-23 09:00. With a reason: a break within the shift.

    It replaces what was planned for the same agents on the same days. All or nothing.
    """
    where = zone(home, timezone)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file.name} is not UTF-8; save it as CSV UTF-8") from error

    async def carry_out(store: Store) -> tuple[list[Planned], int]:
        known = {agent.number for agent in await People(store.database).agents()}
        rows = read_plan(text, file.name, lambda words: instant(words, where), known)
        return rows, await Plans(store.database).replace(rows, where, dry_run=dry_run)

    try:
        rows, gone = with_store(home, carry_out)
    except UsageError as error:
        mistakes = str(error).splitlines()
        for mistake in mistakes:
            click.echo(seen(mistake), err=True)
        raise UsageError(f"{len(mistakes)} mistake(s) in {seen(file.name)}; nothing was imported") from error
    told = f"{len(rows)} planned, {gone} replaced, of {len({row.agent for row in rows})} agent(s)"
    click.echo(f"dry run, nothing was changed: {told}" if dry_run else told)


@plan.command("list")
@click.option("--from", "since", default="", help="Begin; default: today.")
@click.option("--to", "until", default="", help="End (not included); default: a week later.")
@_AGENT
@timezone
@as_json
@click.pass_obj
def list_plan(home: Path, since: str, until: str, agents: tuple[str, ...], timezone: str, as_json: bool) -> None:
    """What is planned."""
    where = zone(home, timezone)
    first = instant(since, where) or start_of(datetime.now(UTC), By.DAY, where)
    last = instant(until, where) or first + timedelta(days=7)
    found = with_store(home, lambda store: Plans(store.database).between(first, last, agents))
    if as_json:
        print_json(localised([_entity(one) for one in found], where))
        return
    minute = "%Y-%m-%d %H:%M"
    rows = [
        (p.agent, clock(p.started, where, minute), clock(p.ended, where, minute), p.reason or "work") for p in found
    ]
    print_table(("agent", "from", "to", "what"), rows, none="nothing is planned; read a plan with: cti plan import")


def _entity(one: Planned) -> dict[str, Any]:
    return {"agent": one.agent, "from": one.started, "to": one.ended, "reason": one.reason}


@plan.command("remove")
@click.option("--from", "since", required=True, help="What begins from then on …")
@click.option("--to", "until", required=True, help="… and before then.")
@_AGENT
@_DRY_RUN
@timezone
@click.pass_obj
def remove(home: Path, since: str, until: str, agents: tuple[str, ...], dry_run: bool, timezone: str) -> None:
    """Take plans out, everybody's or one agent's."""
    where = zone(home, timezone)
    first, last = instant(since, where), instant(until, where)
    if first is None or last is None or last <= first:
        raise UsageError("the period is empty: --to must be after --from")
    gone = with_store(home, lambda store: Plans(store.database).remove(agents, first, last, dry_run=dry_run))
    click.echo(f"dry run, nothing was changed: {gone} would be removed" if dry_run else f"{gone} removed")
