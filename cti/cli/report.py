"""`cti report`: numbers with their definitions, from the rows. It asks and prints; counting is elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from ..config import load_config
from ..db.counting import Span
from ..db.store import Store
from ..errors import SiteError, UsageError
from ..reporting.makers import MAKERS
from ..reporting.question import Question
from ..reports.build import Asked, build, definitions
from ..reports.catalogue import REPORTS
from ..reports.document import Report, shown
from ..reports.formats import as_csv, as_json
from ..reports.page import as_html
from ..reports.sheet import as_xlsx
from ..site.load import load_site
from ..site.model import Site
from .counted import check_counts, counted_for, drilled
from .report_options import asked_of, more_of, options_of
from .rows import console, localised, print_json, print_table, seen, with_store, zone


def _as_parquet(found: Report) -> bytes:
    from ..reports.parquet import as_parquet  # a big library, which the other formats do not wait for

    return as_parquet(found)


_WRITTEN: dict[str, Callable[[Report], str | bytes]] = {
    "table": as_csv,  # a file is not looked at with columns in mind
    "csv": as_csv,
    "json": as_json,
    "html": as_html,
    "xlsx": as_xlsx,
    "parquet": _as_parquet,
}


class Reports(click.Group):
    """One command for each report of the catalogue."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*REPORTS, *super().list_commands(ctx), "export"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name == "export":
            from .report_export import export  # the same library

            return export
        return _command(cmd_name) if cmd_name in REPORTS else super().get_command(ctx, cmd_name)


@click.group(cls=Reports)
def report() -> None:
    """Numbers from the call records; each says which definition it used."""


@report.command("explain")
@click.argument("name", type=click.Choice(list(REPORTS)))
@click.option("--json", "as_json_", is_flag=True, help="Print JSON.")
def explain(name: str, as_json_: bool) -> None:
    """What every number of a report means: metric, formula, words."""
    rows = definitions(name)
    if as_json_:
        print_json([dict(zip(("metric", "formula", "says", "says_zh"), row, strict=True)) for row in rows])
    else:
        print_table(("metric", "formula", "means", "含义"), rows, none="")


def _command(name: str) -> click.Command:
    def body(home: Path, /, **options: Any) -> None:
        _run(home, name, **options)

    callback = click.pass_obj(body)
    for option in reversed(options_of(name, made=name in MAKERS)):
        callback = option(callback)
    return click.command(name, help=f"{REPORTS[name].says.capitalize()}.")(callback)


def _run(home: Path, name: str, *, form: str, out: Path | None, drill: bool, timezone: str, **options: Any) -> None:
    common = {key: options.pop(key) for key in ("since", "until", "by", "queues", "agents", "within", "short")}
    asked, span = asked_of(home, name, zone(home, timezone), **common)
    if name in MAKERS:
        question = Question(asked=asked, span=span, now=datetime.now(UTC), more=more_of(options), site=_site(home))
        if drill:
            _print_rows(with_store(home, lambda store: MAKERS[name].drill(store, question)), form, asked.zone)
        else:
            _show(with_store(home, lambda store: MAKERS[name].make(store, question)), form, out)
    elif drill:
        _print_rows(with_store(home, lambda store: drilled(store.database, name, span)), form, asked.zone)
    else:
        _counted(home, asked, span, form, out, check=options["check"])


def _site(home: Path) -> Site | None:
    """None when it is wrong: what happened can be counted all the same."""
    try:
        return load_site(load_config(home).site_file)
    except SiteError:
        return None


def _counted(home: Path, asked: Asked, span: Span, form: str, out: Path | None, *, check: bool) -> None:
    async def read(store: Store) -> tuple[Report, list[tuple[str, str, int, int]]]:
        counted, titles = await counted_for(store, asked, span)
        differences = await check_counts(store.database, asked, span, counted) if check else []
        return build(asked, counted, titles), differences

    found, differences = with_store(home, read)
    _show(found, form, out)
    if check:
        for line, counter, ours, rows_say in differences:
            click.echo(f"differs: {line or 'all'}: {counter} is {ours}, the rows say {rows_say}", err=True)
        click.echo(f"check: {len(differences)} difference(s)", err=True)
        if differences:
            raise SystemExit(1)


def _show(found: Report, form: str, out: Path | None) -> None:
    if form == "table" and out is None:
        _print(found)
    else:
        _write(_WRITTEN[form](found), out)


def _print(found: Report) -> None:
    names = [column.title for column in found.columns]
    units = [column.unit for column in found.columns]
    rows = [[shown(value, unit) for value, unit in zip(row, units, strict=True)] for row in found.rows]
    if len(rows) > 1 and found.total:
        totals = zip(found.total, units, strict=True)
        rows.append(["" if unit in ("text", "instant") else shown(value, unit) for value, unit in totals])
        rows[-1][0] = "all"
    print_table(names, rows, none="no calls in this period")
    console().print(seen(", ".join(f"{name} {value}" for name, value in found.about.items())), style="dim")
    for note in found.notes:
        console().print(seen(note), style="dim")


def _write(data: str | bytes, out: Path | None) -> None:
    """Into a file that appears whole or not at all, or to standard output (a terminal takes no bytes)."""
    raw = data.encode() if isinstance(data, str) else data
    if out is None:
        if isinstance(data, bytes) and sys.stdout.isatty():
            raise UsageError("this format is for a file: add --out FILE, or redirect the output")
        click.echo(raw, nl=not raw.endswith(b"\n") and isinstance(data, str))
        return
    half = out.with_name(f".{out.name}.new")
    try:
        half.write_bytes(raw)
        half.replace(out)
    except OSError as error:
        half.unlink(missing_ok=True)
        raise UsageError(f"cannot write {out}: {error.strerror}") from error
    click.echo(f"{out}: {len(raw):,} bytes", err=True)


def _print_rows(rows: list[dict[str, Any]], form: str, where: ZoneInfo) -> None:
    if form == "json":
        print_json(localised(rows, where))
        return
    if form == "csv":
        raise UsageError("--drill prints a table or JSON; the rows as CSV come from the database's views")
    names = list(rows[0]) if rows else []
    print_table(names, [[_cell(row[name], where) for name in names] for row in rows], none="no rows in this period")


def _cell(value: Any, where: ZoneInfo) -> str:
    return value.astimezone(where).strftime("%Y-%m-%d %H:%M:%S") if isinstance(value, datetime) else str(value)
