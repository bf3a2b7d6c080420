"""`cti journal`: what is read of the journals, and the rows made anew from them. It asks and prints; nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ..backlog import Backlog
from ..config import load_config
from ..core.journal import Source
from ..db.store import Store
from ..db.work import WorkRules
from ..errors import SiteError
from ..journal.files import journal_files
from ..mailroom import work_rules
from ..site.load import load_site
from .journal_import import import_history
from .journal_verify import verify
from .rolled import roll_up_now
from .rows import as_json, print_json, print_table, with_store


@click.group()
def journal() -> None:
    """The journals, from which every row can be made again."""


journal.add_command(import_history)
journal.add_command(verify)


@journal.command()
@as_json
@click.pass_obj
def status(home: Path, as_json: bool) -> None:
    """How far each journal has been read, file by file. What is unread the running engine reads, or `read`."""
    config = load_config(home)
    files = journal_files(config.log_dir, config.journal_file)
    paths = files.paths()

    async def read(store: Store) -> list[dict[str, Any]]:
        return await store.journals()

    rows = with_store(home, read)
    for row in rows:
        row["bytes"] = _size(paths[Source(row["source"])], row["path"])
        row["unread_bytes"] = None if row["bytes"] is None else max(0, row["bytes"] - row["read_bytes"])
    if as_json:
        print_json(rows)
        return
    columns = ("source", "path", "lines", "read_bytes", "unread_bytes")
    print_table(columns, [[_shown(row[name]) for name in columns] for row in rows], none="no journal has been read yet")


def _size(current: Path, path: str) -> int | None:
    """Bytes of the file; None where it is gone (rotated away): a rebuild uses the lines that are stored."""
    try:
        return (current.parent / path).stat().st_size
    except OSError:
        return None


def _shown(value: Any) -> str:
    return "gone" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


@journal.command("read")
@click.pass_obj
def read_now(home: Path) -> None:
    """Read what is unread now (a running engine does so by itself)."""
    config = load_config(home)
    files = journal_files(config.log_dir, config.journal_file)

    async def drain(store: Store) -> tuple[int, dict[str, int]]:
        store.work = rules
        backlog = Backlog(files, store, told=_progress())
        return await backlog.drain(), backlog.refused

    rules = _rules(home)
    _say(*with_store(home, drain))
    roll_up_now(home)


def _progress() -> Callable[[int], None]:
    """Says once a second how far it is."""
    said = time.monotonic()

    def told(lines: int) -> None:
        nonlocal said
        if time.monotonic() - said > 1:
            said = time.monotonic()
            click.echo(f"{lines:,} lines", err=True)

    return told


def _say(lines: int, refused: dict[str, int]) -> None:
    click.echo(f"{lines:,} new lines")
    for why, count in sorted(refused.items()):
        click.echo(f"refused {count:,}: {why}", err=True)


def _rules(home: Path) -> WorkRules | None:
    """How work items follow from calls; a site with mistakes says nothing, and the items stay as they are."""
    try:
        return work_rules(load_site(load_config(home).site_file))
    except SiteError:
        click.echo("site.yaml has mistakes (cti site check): work items stay as they are", err=True)
        return None


@journal.command()
@click.option("--rollups", is_flag=True, help="Only the sums by quarter of an hour, from the rows.")
@click.pass_obj
def rebuild(home: Path, rollups: bool) -> None:
    """Make every conversation, visit, offer, presence, explanation, message and work item anew from the stored lines.

    For after an update that folds better. In one transaction: readers see the old rows until the new ones are there.
    The sums from which reports are answered are made from the rows after it; until then the rows are counted.
    """
    rules = None if rollups else _rules(home)

    async def fold(store: Store) -> int:
        store.work = rules
        await store.refold_all()
        return await store.count_conversations()

    if not rollups:
        click.echo(f"{with_store(home, fold):,} conversations")
    click.echo(f"{roll_up_now(home, anew=True):,} quarters of an hour rolled up")
