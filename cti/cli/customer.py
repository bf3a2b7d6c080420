"""`cti customer`: who calls, by name; their priority, language and preferred agent. Rows; a look-up reads them live."""

from __future__ import annotations

from pathlib import Path

import click

from ..db.customers import MOST, Customer, CustomerBook, mistakes_of, read_customers
from ..errors import UsageError
from .rows import as_json, print_json, print_table, with_store

_COLUMNS = ("id", "name", "number", "priority", "language", "prefer", "need", "note")
_dry_run = click.option("--dry-run", is_flag=True, help="Say what would change; change nothing.")


@click.group()
def customer() -> None:
    """Customers: whose number it is, and what their calls are to be like."""


@customer.command("list")
@click.argument("text", default="")
@click.option("--limit", default=100, type=click.IntRange(1, MOST), show_default=True)
@as_json
@click.pass_obj
def list_customers(home: Path, text: str, limit: int, as_json: bool) -> None:
    """List customers by name; TEXT is an id, or a part of a name or number."""
    rows = with_store(home, lambda store: CustomerBook(store.database).find(text, limit))
    if as_json:
        print_json(rows)
        return
    print_table(
        _COLUMNS,
        [[row[name] for name in _COLUMNS] for row in rows],
        none="no such customer" if text else "no customers; add one with: cti customer add",
    )


@customer.command()
@click.argument("id_", metavar="ID")
@click.argument("name")
@click.argument("number")
@click.option("--note", default="")
@click.option("--priority", default=0, help="Each point counts like a minute of waiting (-100 to 100).")
@click.option("--language", default="", help="Of the prompts, such as en.")
@click.option("--prefer", default="", help="The agent who knows them, by number.")
@click.option("--need", default="", help="Skills on top of the queue's: engine=60,language_en=50.")
@click.pass_obj
def add(home: Path, /, id_: str, **fields: str | int) -> None:
    """Add a customer, or change the one who has this ID."""
    found = Customer(id=id_, **fields)  # type: ignore[arg-type]  # click has checked priority
    if wrong := mistakes_of(found):
        raise UsageError("; ".join(wrong))
    counts = with_store(home, lambda store: CustomerBook(store.database).save([found]))
    click.echo(next((word for word in ("added", "changed") if counts[word]), "unchanged") + f" {id_}")


@customer.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--prune", is_flag=True, help="Remove customers whom the file does not name.")
@_dry_run
@as_json
@click.pass_obj
def import_customers(home: Path, file: Path, prune: bool, dry_run: bool, as_json: bool) -> None:
    """Add and change customers from CSV: id,name,number[,note][,priority][,language][,prefer][,need].

    All or nothing.
    """
    found = read_customers(file)
    counts = with_store(home, lambda store: CustomerBook(store.database).save(found, prune=prune, dry_run=dry_run))
    if as_json:
        print_json({"dry_run": dry_run, **counts})
    else:
        click.echo(
            ("would be " if dry_run else "") + ", ".join(f"{number:,} {word}" for word, number in counts.items())
        )


@customer.command()
@click.argument("id_", metavar="ID")
@click.pass_obj
def remove(home: Path, id_: str) -> None:
    """Forget a customer; what was said and recorded stays with the calls."""
    with_store(home, lambda store: CustomerBook(store.database).remove(id_))
    click.echo(f"removed {id_}")
