"""`cti report`: numbers with their definitions, from the rows. It asks and prints; counting is elsewhere."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from ..core.metrics.counters import Thresholds
from ..core.metrics.intervals import By, start_of
from ..db.counting import Span
from ..db.store import Store
from ..errors import UsageError
from ..reports.build import Asked, build, definitions
from ..reports.catalogue import REPORTS
from ..reports.document import Report, shown
from ..reports.formats import as_csv, as_json
from ..reports.page import as_html
from ..reports.sheet import as_xlsx
from .counted import check_counts, counted_for, drilled
from .rows import console, instant, localised, print_json, print_table, seen, timezone, with_store, zone

_FORMATS = ("table", "csv", "json", "html", "xlsx")
_WRITTEN: dict[str, Callable[[Report], str | bytes]] = {
    "table": as_csv,  # a file is not looked at with columns in mind
    "csv": as_csv,
    "json": as_json,
    "html": as_html,
    "xlsx": as_xlsx,
}
_AGO = re.compile(r"([1-9][0-9]{0,3})([hdw])")
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}
_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--from", "since", default="", help="Begin: 2026-11-22, '2026-11-22 08:00', or 7d ago. Default: today."
    ),
    click.option("--to", "until", default="", help="End (not included). Default: now."),
    click.option("--by", type=click.Choice([by.value for by in By]), default=None, help="A line for each interval."),
    click.option("--queue", "queues", multiple=True, help="Only this queue; may be given several times."),
    click.option("--agent", "agents", multiple=True, help="Only this agent; may be given several times."),
    click.option("--within", default=20.0, show_default=True, help="T: answered in time, seconds."),
    click.option("--short", default=5.0, show_default=True, help="S: a short abandon, seconds."),
    click.option("--format", "form", type=click.Choice(_FORMATS), default="table", show_default=True),
    click.option(
        "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write into this file, not to the terminal."
    ),
    click.option("--drill", is_flag=True, help="The rows behind the numbers instead."),
    click.option("--check", is_flag=True, help="Count row by row as well and list what differs (exit code 1)."),
    timezone,
)


class Reports(click.Group):
    """One command for each report of the catalogue."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*REPORTS, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
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
    for option in reversed(_OPTIONS):
        callback = option(callback)
    return click.command(name, help=f"{REPORTS[name].says.capitalize()}.")(callback)


def _run(
    home: Path, name: str, *, form: str, out: Path | None, drill: bool, check: bool, timezone: str, **options: Any
) -> None:
    asked, span = _asked(home, name, zone(home, timezone), **options)
    if drill:
        rows = with_store(home, lambda store: drilled(store.database, name, span))
        _print_rows(rows, form, asked.zone)
        return

    async def read(store: Store) -> tuple[Report, list[tuple[str, str, int, int]]]:
        counted, titles = await counted_for(store, asked, span)
        differences = await check_counts(store.database, asked, span, counted) if check else []
        return build(asked, counted, titles), differences

    found, differences = with_store(home, read)
    if form == "table" and out is None:
        _print(found)
    else:
        _write(_WRITTEN[form](found), out)
    if check:
        for line, counter, ours, rows_say in differences:
            click.echo(f"differs: {line or 'all'}: {counter} is {ours}, the rows say {rows_say}", err=True)
        click.echo(f"check: {len(differences)} difference(s)", err=True)
        if differences:
            raise SystemExit(1)


def _asked(
    home: Path,  # noqa: ARG001 -- the site's own thresholds will come from there
    name: str,
    where: ZoneInfo,
    *,
    since: str,
    until: str,
    by: str | None,
    queues: tuple[str, ...],
    agents: tuple[str, ...],
    within: float,
    short: float,
) -> tuple[Asked, Span]:
    now = datetime.now(UTC)
    first = _begin(since, now, where) or start_of(now, By.DAY, where)
    last = instant(until, where) or now
    if last <= first:
        raise UsageError("the period is empty: --to must be after --from")
    if min(within, short) < 0:
        raise UsageError("--within and --short are seconds, 0 or more")
    thresholds = Thresholds(within_ms=round(within * 1000), short_ms=round(short * 1000))
    filters = {key: ", ".join(values) for key, values in (("queue", queues), ("agent", agents)) if values}
    interval = By(by) if by else (By.DAY if name == "interval" else None)
    asked = Asked(name=name, since=first, until=last, zone=where, thresholds=thresholds, by=interval, filters=filters)
    return asked, Span(since=first, until=last, queues=queues, agents=agents)


def _begin(text: str, now: datetime, where: ZoneInfo) -> datetime | None:
    """`7d`, `24h` or `2w` ago, else an instant."""
    ago = _AGO.fullmatch(text)
    return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])}) if ago else instant(text, where)


def _print(found: Report) -> None:
    names = [column.title for column in found.columns]
    units = [column.unit for column in found.columns]
    rows = [[shown(value, unit) for value, unit in zip(row, units, strict=True)] for row in found.rows]
    if len(rows) > 1:
        totals = zip(found.total, units, strict=True)
        rows.append(["" if unit in ("text", "instant") else shown(value, unit) for value, unit in totals])
        rows[-1][0] = "all"
    print_table(names, rows, none="no calls in this period")
    console().print(seen(", ".join(f"{name} {value}" for name, value in found.about.items())), style="dim")


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
