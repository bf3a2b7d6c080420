"""`cti queue`: who waits and who answers now, and what a supervisor does about it. All of it through the engine's API.

A caller is named by the call's id or by the number that is shown, where only one who waits has it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from ..config import load_config
from ..core.metrics.thresholds import Thresholds
from ..errors import NotFound, UsageError
from ..site.in_time import thresholds_of
from ..site.load import load_site
from ..site.model import Queue
from . import complete
from .api import ask
from .floor_view import Floor, QueueLine, agent_lines, caller_lines, queue_lines
from .frame import ago, draw, today_of
from .rows import as_json, console, print_json, print_table, seen
from .watch import watch
from .words import LANGUAGES, language_of

_dry_run = click.option("--dry-run", is_flag=True, help="Say what would happen; do nothing.")
_caller = click.argument("caller", metavar="CALLER", shell_complete=complete.waiting_calls)


@click.group()
def queue() -> None:
    """Queues: who waits, who answers; move callers, open and close."""


queue.add_command(watch)


@queue.command("list")
@as_json
@click.pass_obj
def list_queues(home: Path, as_json: bool) -> None:
    """List the queues as they are now, with today's service."""
    lines = queue_lines(_floor(home), datetime.now(UTC))
    if as_json:
        print_json([asdict(line) for line in lines])
        return
    rows = [
        (
            line.queue,
            "closed" if line.closed else "open",
            line.waiting,
            "" if line.longest_seconds is None else ago(line.longest_seconds),
            line.staff.get("ready", 0),
            line.staff.get("ringing", 0) + line.staff.get("talking", 0),
            line.staff.get("wrap_up", 0),
            line.staff.get("paused", 0),
            *today_of(line),
        )
        for line in lines
    ]
    staff = ("ready", "talk", "wrap", "pause")
    columns = ("queue", "by hand", "waiting", "longest", *staff, "service", "answered", "abandoned")
    print_table(columns, rows, none="no queues; write some into site.yaml")
    for today in [line.today for line in lines if line.today][:1]:
        within, short = _each(lines, "within_seconds"), _each(lines, "short_seconds")
        console().print(f"service: {today['definition']}, T {within}, S {short}, since midnight", style="dim")


def _each(lines: Sequence[QueueLine], name: str) -> str:
    """The seconds that most queues have, and those of the others: `20 s; rescue 10 s`."""
    known = {line.queue: line.today[name] for line in lines if line.today}
    usual = Counter(known.values()).most_common(1)[0][0]
    others = ", ".join(f"{queue} {seconds:g} s" for queue, seconds in known.items() if seconds != usual)
    return f"{usual:g} s" + (f"; {others}" if others else "")


@queue.command("show")
@click.argument("name", metavar="QUEUE", shell_complete=complete.queues)
@click.option("--language", type=click.Choice(LANGUAGES), default=None, help="Default: the terminal's.")
@as_json
@click.pass_obj
def show(home: Path, name: str, language: str | None, as_json: bool) -> None:
    """Show one queue: its rules, its waiting callers in their order, its agents."""
    floor, now = _floor(home), datetime.now(UTC)
    _known(floor, name)
    site = load_site(load_config(home).site_file)
    rules = site.queues.get(name)
    if as_json:
        (line,) = (line for line in queue_lines(floor, now) if line.queue == name)
        callers, agents = caller_lines(floor, now, queue=name), agent_lines(floor, now, queue=name, everybody=True)
        found = {"callers": [asdict(one) for one in callers], "agents": [asdict(one) for one in agents]}
        print_json({**asdict(line), "rules": rules.model_dump(mode="json") if rules else None, **found})
        return
    for text in _rules(rules, thresholds_of(site).of(name)) if rules else ():
        click.echo(text)
    title = f"{name} now"
    console().print(draw(floor, now, title, language=language_of(language or ""), queue=name))


def _rules(rules: Queue, thresholds: Thresholds) -> list[str]:
    """Its rules in words, one line each."""
    found = []
    for number, step in enumerate(rules.steps):
        need = ", ".join(f"{skill} {level}" for skill, level in step.need.items()) or "anybody"
        found.append(f"ring {number}   from {step.after} s on: {need}")
    limit = f"after {rules.max_wait_seconds} s" if rules.max_wait_seconds else "never by time"
    found.append(f"order    {rules.order}, rings {rules.ring_seconds} s, wrap-up {rules.wrap_up_seconds} s")
    found.append(f"in time  T {thresholds.within_ms / 1000:g} s, S {thresholds.short_ms / 1000:g} s")
    found.append(f"overflow {limit}, to {rules.overflow}; closed: to {rules.closed or rules.overflow}")
    return found


@queue.command("move")
@_caller
@click.argument("to", metavar="QUEUE", shell_complete=complete.queues)
@_dry_run
@as_json
@click.pass_obj
def move(home: Path, caller: str, to: str, dry_run: bool, as_json: bool) -> None:
    """Send a waiting caller to another queue; the time waited so far is kept."""
    floor = _floor(home)
    call = _find(floor, caller)
    _known(floor, to)
    _act(home, call, "move", {"queue": to}, f"{call['queue']} -> {to}", dry_run, as_json)


@queue.command("priority", context_settings={"ignore_unknown_options": True})
@_caller
@click.argument("priority", type=click.IntRange(-100, 100))
@_dry_run
@as_json
@click.pass_obj
def priority(home: Path, caller: str, priority: int, dry_run: bool, as_json: bool) -> None:
    """Give a caller another priority: each point counts like a minute of waiting (-100 to 100)."""
    call = _find(_floor(home), caller)
    told = f"{call['queue']}, priority {call['priority']} -> {priority}"
    _act(home, call, "priority", {"priority": priority}, told, dry_run, as_json)


@queue.command("withdraw")
@_caller
@_dry_run
@as_json
@click.pass_obj
def withdraw(home: Path, caller: str, dry_run: bool, as_json: bool) -> None:
    """Take a waiting caller out; they go where the queue's overflow leads."""
    call = _find(_floor(home), caller)
    rules = load_site(load_config(home).site_file).queues.get(call["queue"])
    target = f" -> {rules.busy_ratio or rules.overflow}" if rules else ""
    _act(home, call, "withdraw", None, f"{call['queue']}{target}", dry_run, as_json)


def _gate(verb: str, text: str) -> click.Command:
    @queue.command(verb, help=text)
    @click.argument("names", nargs=-1, required=True, metavar="QUEUE...", shell_complete=complete.queues)
    @_dry_run
    @as_json
    @click.pass_obj
    def command(home: Path, names: tuple[str, ...], dry_run: bool, as_json: bool) -> None:
        floor = _floor(home)
        for name in names:
            _known(floor, name)
        found = []
        for name in names:
            entity = floor.queues[name] if dry_run else ask(home, "POST", f"/api/queues/{name}/{verb}")
            found.append(entity)
            if not as_json:
                state = f"would {verb}" if dry_run else "closed" if entity["closed"] else "open"
                click.echo(f"{name}: {state}, {entity['waiting']} waiting")
        if as_json:
            print_json({"dry_run": dry_run, "queues": found})

    return command


_gate("close", "Close queues by hand: newcomers go where `closed` leads, those who wait stay. Kept over a restart.")
_gate("open", "Open queues that were closed by hand; schedules count as before.")


def _floor(home: Path) -> Floor:
    floor = Floor()
    floor.apply({"type": "snapshot", **ask(home, "GET", "/api/floor")})
    return floor


def _known(floor: Floor, name: str) -> None:
    if name not in floor.queues:
        raise NotFound(f"no queue {name[:40]!r}; those there are: {', '.join(floor.queues)}")


def _find(floor: Floor, caller: str) -> dict[str, Any]:
    """The call of this id, or the only one in line from this number."""
    if caller in floor.calls:
        return dict(floor.calls[caller])
    found = [call for call in floor.calls.values() if call["number"] == caller and call["state"] != "connected"]
    if len(found) > 1:
        raise UsageError(f"{len(found)} callers have the number {caller[:40]}; name the call: cti queue watch --json")
    if not found:
        raise NotFound(f"nobody called {caller[:40]!r} waits; see: cti queue watch --once")
    return dict(found[0])


def _act(
    home: Path, call: dict[str, Any], verb: str, body: dict[str, Any] | None, told: str, dry_run: bool, as_json: bool
) -> None:
    entity = call if dry_run else ask(home, "POST", f"/api/calls/{call['call']}/{verb}", body)
    if as_json:
        print_json({"dry_run": dry_run, "call": entity})
        return
    waited = (datetime.now(UTC) - datetime.fromisoformat(call["entered"])).total_seconds()
    done = f"would {verb}" if dry_run else {"move": "moved", "priority": "changed"}.get(verb, "taken out")
    click.echo(f"{done} {seen(call['number'] or 'withheld')} ({seen(call['call'])}), waiting {ago(waited)}: {told}")
