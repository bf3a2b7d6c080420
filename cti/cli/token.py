"""`cti token`: bearer tokens of agents and supervisors. A token is printed once; afterwards nobody can read it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from ..db.people import People
from ..errors import UsageError
from .rows import as_json, clock, localised, print_json, print_table, seen, timezone, with_store, zone


@click.group()
def token() -> None:
    """Access tokens of agents and supervisors."""


@token.command("create")
@click.option("--agent", default="", help="The agent's number.")
@click.option("--supervisor", default="", help="The supervisor's name.")
@click.option("--days", type=click.IntRange(1, 3650), default=None, help="Days until it expires; default: never.")
@as_json
@click.pass_obj
def create(home: Path, agent: str, supervisor: str, days: int | None, as_json: bool) -> None:
    """Make a token and print it, this once."""
    if bool(agent) == bool(supervisor):
        raise UsageError("name one of --agent NUMBER and --supervisor NAME")
    now, lifetime = datetime.now(UTC), timedelta(days=days) if days else None

    async def go(people: People) -> str:
        if agent:
            return await people.create_token("agent", agent, now=now, lifetime=lifetime)
        return await people.create_token("supervisor", supervisor, now=now, lifetime=lifetime)

    made = with_store(home, lambda store: go(People(store.database)))
    if as_json:
        role = "agent" if agent else "supervisor"
        print_json({"token": made, "role": role, "subject": agent or supervisor})
    else:
        click.echo(made)


@token.command("list")
@timezone
@as_json
@click.pass_obj
def list_tokens(home: Path, timezone: str, as_json: bool) -> None:
    """List tokens by id; the tokens themselves are not kept."""
    where = zone(home, timezone)
    found = with_store(home, lambda store: People(store.database).tokens())
    if as_json:
        print_json(localised(found, where))
        return
    rows = [
        (
            one["id"],
            one["role"],
            one["subject"],
            clock(one["created"], where),
            clock(one["expires"], where) or "never",
            clock(one["revoked"], where),
        )
        for one in found
    ]
    print_table(("id", "role", "of", "created", "expires", "revoked"), rows, none="no tokens")


@token.command("revoke")
@click.argument("token_id", metavar="ID")
@click.pass_obj
def revoke(home: Path, token_id: str) -> None:
    """Refuse a token from now on."""
    with_store(home, lambda store: People(store.database).revoke_token(token_id, now=datetime.now(UTC)))
    click.echo(f"revoked {seen(token_id)}")
