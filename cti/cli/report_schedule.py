"""`cti report schedule`: what is sent by itself, when next, and what became of the last one. It asks and prints.

The running importer sends; here something is sent by hand only, which never counts as a due one.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from ..config import Config, load_config
from ..core.metrics.due import due_times, next_due, period_of
from ..core.metrics.periods import Period
from ..db.store import Store
from ..errors import CtiError, NotFound, UsageError
from ..reporting.courier import CATCH_UP, FOLDER, Courier, targets_of
from ..reporting.dispatch import courier_of, ledger_file
from ..reporting.ledger import Ledger
from ..reporting.report_letter import letter
from ..reporting.scheduled import Made, make
from ..site.load import load_site
from ..site.model import Site
from ..site.report_values import ScheduledReport
from .rows import as_json, clock, instant, localised, print_json, print_table, with_store


@click.group()
def schedule() -> None:
    """Reports that are sent by themselves (reports: scheduled, in site.yaml)."""


@schedule.command("list")
@as_json
@click.pass_obj
def list_scheduled(home: Path, as_json: bool) -> None:
    """Each scheduled report: when next, to whom, and what became of the last one."""
    config, site = _read(home)
    ledger, now, where = Ledger(ledger_file(config)), datetime.now(UTC), ZoneInfo(site.site.timezone)
    rows = [_state(ledger, one, to, now, where) for one in site.reports.scheduled.values() for to in targets_of(one)]
    rows = [row | {"mail": bool(config.smtp_host) or row["to"].startswith(FOLDER)} for row in rows]
    if as_json:
        print_json(localised(rows, where))
        return
    none = "no scheduled reports; describe them in site.yaml under reports: scheduled"
    shown = [
        (r["name"], r["report"], r["when"], clock(r["next"], where), r["to"], clock(r["due"], where), _fate(r))
        for r in rows
    ]
    print_table(("name", "report", "when", "next", "to", "last due", "what became of it"), shown, none=none)


def _state(ledger: Ledger, one: ScheduledReport, to: str, now: datetime, where: ZoneInfo) -> dict[str, Any]:
    last = ledger.last(one.name, to)
    due, fate = last if last else (None, None)
    return {
        "name": one.name,
        "report": one.report,
        "when": str(one.when),
        "next": next_due(one.when, now, where),
        "to": to,
        "due": due,
        "state": fate.what if fate else "",
        "attempts": fate.attempts if fate else 0,
        "error": fate.error if fate else "",
        "again": fate.next if fate and not fate.is_final else None,
    }


def _fate(row: dict[str, Any]) -> str:
    if not row["mail"]:
        return "no mail server: set smtp_host and smtp_from in cti.toml"
    if row["state"] == "failed":
        return f"failed {row['attempts']} time(s), tried again: {row['error']}"
    if row["state"] == "trying":
        return "being sent, or cut short while it was"
    return f"given up: {row['error']}" if row["state"] == "gave_up" else row["state"] or "nothing was due yet"


@schedule.command("next")
@click.option("--count", type=click.IntRange(1, 100), default=5, show_default=True, help="How many.")
@as_json
@click.pass_obj
def next_ones(home: Path, count: int, as_json: bool) -> None:
    """What is due next, and which period each will tell of."""
    _, site = _read(home)
    now, where = datetime.now(UTC), ZoneInfo(site.site.timezone)
    found: list[tuple[datetime, ScheduledReport, Period]] = []
    for one in site.reports.scheduled.values():
        at = now
        for _ in range(count):
            at = next_due(one.when, at, where)
            found.append((at, one, period_of(one.when, at, where)))
    found = sorted(found, key=lambda row: (row[0], row[1].name))[:count]
    if as_json:
        rows = [{"due": d, "name": o.name, "report": o.report, "from": p[0], "to": p[1]} for d, o, p in found]
        print_json(localised(rows, where))
        return
    shown = [
        (_minute(due, where), one.name, one.report, _minute(first, where), _minute(last, where))
        for due, one, (first, last) in found
    ]
    print_table(("due", "name", "report", "from", "to"), shown, none="no scheduled reports")


def _minute(at: datetime, where: ZoneInfo) -> str:
    return clock(at, where, "%Y-%m-%d %H:%M")


@schedule.command("run")
@click.argument("name")
@click.option("--due", default="", help="As if it were due then; default: its last due time.")
@click.option("--to", multiple=True, metavar="ADDRESS", help="To these addresses instead; may be repeated.")
@click.option("--dry-run", is_flag=True, help="Make it and say what would be sent; send nothing.")
@click.pass_obj
def run(home: Path, name: str, due: str, to: tuple[str, ...], dry_run: bool) -> None:
    """Make one now and send it, whether it was sent already or not; the due ones go out all the same."""
    config, site = _read(home)
    wanted = site.reports.scheduled.get(name)
    if wanted is None:
        raise NotFound(f"no scheduled report {name!r}; known: {', '.join(site.reports.scheduled) or 'none'}")
    wanted = replace_targets(wanted, to)
    at = _due(wanted, due, ZoneInfo(site.site.timezone))
    period = period_of(wanted.when, at, ZoneInfo(site.site.timezone))

    async def made(store: Store) -> Made:
        return await make(store, wanted, site, period, datetime.now(UTC))

    found = with_store(home, made)
    if dry_run:
        _show(config, site, found, at)
    else:
        _send(config, site, found, at)


def replace_targets(wanted: ScheduledReport, to: tuple[str, ...]) -> ScheduledReport:
    """To these addresses only, where there are any."""
    return wanted.model_copy(update={"to": to, "folder": ""}) if to else wanted


def _due(wanted: ScheduledReport, text: str, where: ZoneInfo) -> datetime:
    if text:
        found = instant(text, where)
        if found is None:
            raise UsageError(f"--due {text!r} is no instant")
        return found
    now = datetime.now(UTC)
    known = list(due_times(wanted.when, now - 5 * CATCH_UP, now, where))
    return known[-1] if known else now


def _show(config: Config, site: Site, made: Made, due: datetime) -> None:
    where = ZoneInfo(site.site.timezone)
    sender = config.smtp_from or "cti@localhost"
    for to in targets_of(made.wanted):
        if to.startswith(FOLDER):
            click.echo(f"into {config.home / to.removeprefix(FOLDER)}")
            continue
        mail = letter(made, due, to, sender=sender, site=site.site.name, zone=where)
        click.echo(f"to {to}: {mail['Subject']}")
    for file, data in made.files:
        click.echo(f"  {file}: {len(data):,} bytes")
    click.echo(f"  {len(made.report.rows):,} line(s); dry run, nothing was sent")


def _send(config: Config, site: Site, made: Made, due: datetime) -> None:
    courier: Courier = courier_of(config)
    failed = 0
    for to in targets_of(made.wanted):
        why, _ = courier.hand_over(made, site, due, to)
        failed += bool(why)
        click.echo(f"{to}: {why or 'sent'}", err=bool(why))
        if not why:
            courier.ledger.tell(made.wanted.name, to, due, "by_hand", datetime.now(UTC))
    courier.ledger.close()
    if failed:
        raise CtiError(f"{failed} of {len(targets_of(made.wanted))} could not be sent")


def _read(home: Path) -> tuple[Config, Site]:
    config = load_config(home)
    return config, load_site(config.site_file)
