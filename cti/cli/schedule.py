"""`cti schedule`: when is it open, why not, what changes when; and opening and closing by hand.

It asks site.yaml for the hours and Asterisk's database for what is forced, so it works without the engine. With the
engine there, a change goes through its API, so that the engine's log tells of it as of every supervisor's action.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from getpass import getuser
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from ..config import load_config
from ..core.forcing import STATES, Wish, force
from ..core.schedule import Schedule
from ..core.schedule_override import Kind, Override
from ..engine.hours import MOST_DAYS, Hours, changed, in_force, shown
from ..errors import PbxError, UsageError
from ..site.load import load_site
from . import complete
from .api import ask
from .rows import as_json, instant, print_json, print_table
from .running import running
from .schedule_words import day_lines, describe, line_of, moment, say_state

_name = click.argument("name", metavar="SCHEDULE", shell_complete=complete.schedules)
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_YEARS = range(2000, 3000)


@click.group()
def schedule() -> None:
    """Opening hours: what they say, what changes when, open and close by hand."""


@schedule.command("list")
@as_json
@click.pass_obj
def list_schedules(home: Path, as_json: bool) -> None:
    """List every schedule as it is now."""
    schedules, forced = _schedules(home), _overrides(home)
    found = [shown(one, _now(), forced.get(name)) for name, one in schedules.items()]
    if as_json:
        print_json(found)
        return
    columns = ("schedule", "now", "until", "because")
    print_table(columns, [line_of(one) for one in found], none="no schedules; write some into site.yaml")


@schedule.command("show")
@_name
@as_json
@click.pass_obj
def show(home: Path, name: str, as_json: bool) -> None:
    """Show one schedule: now, its week, and the days to come that differ from it."""
    found, now = _named(home, name), _now()
    entity = shown(found, now, _overrides(home).get(name))
    if as_json:
        print_json({**entity, "week": describe(found), "days": [list(line) for line in day_lines(found, now, 400)]})
        return
    click.echo("\n".join(say_state(entity)))
    for line in describe(found):
        click.echo(line)
    print_table(("date", "", "hours", "called"), day_lines(found, now, 60), none="no day of the next 60 differs")


@schedule.command("test")
@_name
@click.option("--at", "at_text", default="", metavar="INSTANT", help="'2026-10-01 09:00' there, or ISO; default: now.")
@as_json
@click.pass_obj
def test(home: Path, name: str, at_text: str, as_json: bool) -> None:
    """Tell what a schedule says at an instant, which rule decides, and when that changes."""
    found = _named(home, name)
    at = _instant(at_text, found) if at_text else _now()
    entity = shown(found, at, _overrides(home).get(name))
    if as_json:
        print_json(entity)
        return
    click.echo("\n".join(say_state(entity)))


@schedule.command("changes")
@_name
@click.option("--days", type=click.IntRange(1, MOST_DAYS), default=14, show_default=True)
@click.option("--from", "from_text", default="", metavar="INSTANT", help="Default: now.")
@as_json
@click.pass_obj
def changes(home: Path, name: str, days: int, from_text: str, as_json: bool) -> None:
    """List when it opens and closes in the days to come."""
    found = _named(home, name)
    start = _instant(from_text, found) if from_text else _now()
    told = changed(found, start, days, in_force(_overrides(home).get(name), start))
    if as_json:
        print_json(told)
        return
    rows = [(moment(one["at"]), "open" if one["open"] else "closed", one["reason"], one["rule"]) for one in told]
    print_table(("from", "", "reason", "because"), rows, none="")
    _warn_unknown(found, start + timedelta(days=days))


@schedule.command("override")
@_name
@click.argument("state", type=click.Choice(STATES))
@click.option("--until", "until_text", default="", metavar="INSTANT", help="'18:00', '2026-10-01 09:00' there, or ISO.")
@click.option("--period", is_flag=True, help="Until the hours would next have opened or closed.")
@click.option("--reason", default="", help="With closed: one of the schedule's reasons, with its prompt and way.")
@click.option("--dry-run", is_flag=True, help="Say what would happen; do nothing.")
@as_json
@click.pass_obj
def override(
    home: Path, name: str, state: str, until_text: str, period: bool, reason: str, dry_run: bool, as_json: bool
) -> None:
    """Force a schedule open or closed, until it is undone or as long as is said; none: its hours count again."""
    found, now = _named(home, name), _now()
    if period and until_text:
        raise UsageError("either --until or --period")
    until = _until(until_text, found, now) if until_text else None
    kind = Kind.PERIOD if period else Kind.UNTIL if until else Kind.UNDONE
    wish = Wish(state=state, kind=kind, until=until, reason=reason)
    by = f"cli-{_user()}"
    forced = force(found, wish, now, by)  # refuses what cannot be before anybody is asked
    entity = shown(found, now, forced) if dry_run else _change(home, name, wish, now, by)
    if as_json:
        print_json({"dry_run": dry_run, **entity})
        return
    told = forced.in_words(found.zone) if forced else "its hours count again"
    click.echo(f"{name}: {'would be: ' if dry_run else ''}{told}")


def _change(home: Path, name: str, wish: Wish, now: datetime, by: str) -> Mapping[str, Any]:
    config = load_config(home)
    if not running(config, "engine"):
        return Hours(config, _schedules(home)).change(name, wish, now, by)
    until = "period" if wish.kind is Kind.PERIOD else wish.until.isoformat() if wish.until else ""
    body = {"state": wish.state, "until": until, "reason": wish.reason}
    found: dict[str, Any] = ask(home, "POST", f"/api/schedules/{name}/override", body)
    return found


def _schedules(home: Path) -> dict[str, Schedule]:
    return dict(load_site(load_config(home).site_file).schedules)


def _named(home: Path, name: str) -> Schedule:
    return Hours(load_config(home), _schedules(home)).named(name)


def _overrides(home: Path) -> dict[str, Override]:
    """What is forced; nothing, and a word about it, when Asterisk cannot be asked."""
    try:
        return Hours(load_config(home), _schedules(home)).overrides()
    except PbxError as error:
        click.echo(f"warning: what is forced by hand is not known: {error}", err=True)
        return {}


def _instant(text: str, found: Schedule) -> datetime:
    """An instant on the schedule's own clocks."""
    where = ZoneInfo(found.timezone)
    at = instant(text, where)
    if at is None or at.year not in _YEARS:
        raise UsageError(f"{text[:40]!r} is no instant of the years {_YEARS[0]} to {_YEARS[-1]}")
    return at


def _until(text: str, found: Schedule, now: datetime) -> datetime:
    """`18:00` is the next one; else an instant."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return _instant(text, found)
    local = now.astimezone(found.zone)
    at = local.replace(hour=int(match[1]), minute=int(match[2]), second=0)
    return (at if at > local else at + timedelta(days=1)).astimezone(UTC)


def _warn_unknown(found: Schedule, end: datetime) -> None:
    if found.known_until and end.astimezone(found.zone).date() > found.known_until:
        click.echo(f"public holidays are known until {found.known_until}; after that the week alone counts", err=True)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _user() -> str:
    try:
        return getuser()
    except (KeyError, OSError):
        return "unknown"
