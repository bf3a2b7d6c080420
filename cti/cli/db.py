"""`cti db`: what is in the database, in words; who may read it; months that go. It asks and prints; nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from ..db.dictionary.entries import Entry, dictionary
from ..db.dictionary.pages import HEAD, as_html, as_markdown, cells
from ..db.forgetting import forget_before
from ..db.months import Month
from ..db.readers import let_read
from ..errors import NotFound, UsageError
from .out_file import print_or_put
from .rows import as_json, print_json, print_table, with_store

_FORMS = ("table", "markdown", "json", "html")
_PAGES: dict[str, Callable[[list[Entry]], str]] = {"markdown": as_markdown, "html": as_html}


@click.group()
def db() -> None:
    """The database: what is in it, who may read it, which months go."""


@db.command("dictionary")
@click.argument("table", required=False)
@click.option("--format", "form", type=click.Choice(_FORMS), default="table", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Into this file.")
@click.option("--all", "everything", is_flag=True, help="Also what reporting jobs may not read.")
def print_dictionary(table: str | None, form: str, out: Path | None, everything: bool) -> None:
    """Every table and view, or the columns of TABLE: types, units, meaning, where it comes from. Needs no database."""
    entries = dictionary(for_jobs_only=not (everything or table))
    if table is not None:
        entries = [entry for entry in entries if entry.name == table]
        if not entries:
            raise NotFound(f"no table or view {table[:80]!r}; list them with: cti db dictionary")
    if form in _PAGES:
        print_or_put(_PAGES[form](entries), out)
    elif out is not None:
        raise UsageError("--out is for markdown and html; redirect the others")
    elif form == "json":
        print_json([asdict(entry) for entry in entries])
    elif table is None:
        lines = [(entry.name, entry.kind, entry.en, entry.zh) for entry in entries]
        print_table(("name", "kind", "one row is", "一行为"), lines, none="")
    else:
        print_table(HEAD, [cells(column) for column in entries[0].columns], none="")


@db.command()
@click.argument("role")
@click.option("--dry-run", is_flag=True, help="Print the SQL, change nothing.")
@click.pass_obj
def grant(home: Path, role: str, dry_run: bool) -> None:
    """Let ROLE, a role that PostgreSQL has already, read what is for reporting jobs, and change nothing.

    Passwords, tokens and raw journal lines stay closed to it. Again after an update is never needed.
    """
    done = with_store(home, lambda store: let_read(store.database, role, dry_run=dry_run))
    for statement in done:
        click.echo(f"{statement};")


@db.command()
@click.option("--before", required=True, metavar="YYYY-MM", help="The first month (UTC) that is kept.")
@click.option("--dry-run", is_flag=True, help="Count, delete nothing.")
@as_json
@click.pass_obj
def forget(home: Path, before: str, dry_run: bool, as_json: bool) -> None:
    """Delete every conversation that began before a month, with all that belongs to it, its journal lines too.

    Sums by quarter of an hour stay (`cti journal rebuild` drops those of the deleted months), and so do messages that
    still lie in a mailbox, recordings, and the journal files: of old ones a new database would make the rows again.
    """
    month = _month(before)
    gone = with_store(home, lambda store: forget_before(store.database, month, dry_run=dry_run))
    if as_json:
        print_json([asdict(one) for one in gone])
        return
    print_table(("table", "rows"), [(one.table, f"{one.rows:,}") for one in gone], none="")
    click.echo(f"{'would be deleted' if dry_run else 'deleted'}: what began before {before}")


def _month(text: str) -> Month:
    if not re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", text, re.ASCII):
        raise UsageError(f"{text[:80]!r} is no month from 2000-01 to 2099-12; write 2024-01")
    month = Month(int(text[:4]), int(text[5:]))
    if month > Month.of(datetime.now(UTC)):
        raise UsageError(f"{text} has not begun: --before is the first month that is kept")
    return month
