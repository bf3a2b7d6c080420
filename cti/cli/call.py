"""`cti call`: what happened. It reads conversations and prints them; nothing here changes a row."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.text import Text

from ..core.words import Outcome
from ..db.history import MOST_ROWS, Wanted
from .explain import explain
from .rows import as_json, clock, console, instant, localised, print_json, print_table, seen, timezone, with_store, zone

_BAR = 40  # characters of the timeline
_COLOURS = {"menu": "cyan", "wait": "yellow", "ring": "magenta", "talk": "green", "hold": "blue", "voicemail": "red"}
_COLOURS["survey"] = "bright_blue"


@click.group()
def call() -> None:
    """Conversations: list them, show one with its segments, explain each decision on it."""


call.add_command(explain)


@call.command("list")
@click.option("--from", "since", default="", help="Begun at or after this instant (site's time).")
@click.option("--to", "until", default="", help="Begun before this instant (site's time).")
@click.option("--queue", default="", help="Only this queue.")
@click.option("--agent", default="", help="Only conversations that this agent talked in.")
@click.option("--outcome", default="", type=click.Choice(["", *(outcome.value for outcome in Outcome)]))
@click.option("--number", default="", help="Only from this caller's number.")
@click.option("--open", "open_only", is_flag=True, help="Only those still going on.")
@click.option("--limit", default=50, type=click.IntRange(1, MOST_ROWS), show_default=True)
@timezone
@as_json
@click.pass_obj
def list_calls(home: Path, /, since: str, until: str, timezone: str, as_json: bool, **fields: Any) -> None:
    """List conversations, newest first."""
    where = zone(home, timezone)
    wanted = Wanted(since=instant(since, where), until=instant(until, where), **fields)
    rows = with_store(home, lambda store: store.conversations(wanted))
    if as_json:
        print_json(localised(rows, where))
        return
    columns = ("id", "started", "from", "queue", "agent", "outcome", "wait", "talk", "recording")
    print_table(columns, [_line(row, where) for row in rows], none="no conversations")


def _line(row: dict[str, Any], where: ZoneInfo) -> tuple[object, ...]:
    outcome = (row["outcome"] or "open") + (" (interrupted)" if row["interrupted"] else "")
    return (
        row["id"],
        clock(row["started"], where),
        row["number"] or "withheld",
        row["queue"],
        row["agent"],
        outcome,
        f"{row['wait_seconds']:.0f}s",
        f"{row['talk_seconds']:.0f}s",
        f"{row['recording_seconds']:.0f}s" if row["recording"] else "",
    )


@call.command("show")
@click.argument("call_id", metavar="ID")
@timezone
@as_json
@click.pass_obj
def show(home: Path, call_id: str, timezone: str, as_json: bool) -> None:
    """Show one conversation: its segments, recordings and why each decision was taken."""

    async def read(store: Any) -> dict[str, Any]:
        return {**await store.conversation(call_id), "explanations": await store.explanations(call_id)}

    where = zone(home, timezone)
    found = with_store(home, read)
    if as_json:
        print_json(localised(found, where))
        return
    _print_head(found, where)
    _print_timeline(found, where)
    for sound in found["recordings"]:
        click.echo(f"recording  {seen(sound['path'])}  {sound['seconds']:.1f}s  {sound['state']}")
    for told in found["explanations"]:
        click.echo(f"{clock(told['at'], where)}  {seen(_because(told['decision']))}")


def _print_head(found: dict[str, Any], where: ZoneInfo) -> None:
    caller = f"{found['number'] or 'withheld'} {found['name']}".strip()
    click.echo(f"{seen(found['id'])}  {found['direction']}  {seen(caller)} -> {seen(found['did'])}")
    end = clock(found["ended"], where) or "still going on"
    marks = f"  via {found['source']}" + ("  interrupted" if found["interrupted"] else "")
    click.echo(f"{clock(found['started'], where)} .. {end}  {found['outcome'] or 'open'}{marks}")
    words = {"wait": found["wait_seconds"], "ring": found["ring_seconds"], "talk": found["talk_seconds"]}
    words["hold"] = found["hold_seconds"]
    click.echo("  ".join(f"{word} {seconds:.1f}s" for word, seconds in words.items()))
    if found["disposition"]:
        click.echo(f"disposition {seen(found['disposition'])}" + (f": {seen(found['note'])}" if found["note"] else ""))


def _print_timeline(found: dict[str, Any], where: ZoneInfo) -> None:
    """One line for each segment, with a bar that stands where it stood in the whole."""
    segments = found["segments"]
    last = max((s["ended"] or s["started"] for s in segments), default=found["started"])
    whole = max(((found["ended"] or last) - found["started"]).total_seconds(), 0.001)
    for segment in segments:
        begin = (segment["started"] - found["started"]).total_seconds()
        end = ((segment["ended"] or found["ended"] or last) - found["started"]).total_seconds()
        left = min(int(begin / whole * _BAR), _BAR - 1)
        width = max(1, min(round((end - begin) / whole * _BAR), _BAR - left))
        line = Text(f"{clock(segment['started'], where, '%H:%M:%S')}  {segment['kind']:<9} ")
        line.append((" " * left + "█" * width).ljust(_BAR), style=_COLOURS.get(segment["kind"], "white"))
        who = " ".join(seen(segment[name]) for name in ("queue", "agent", "outcome", "detail") if segment[name])
        who += f" → {seen(segment['target'])}" if segment["target"] else ""
        line.append(f" {end - begin:7.1f}s  {who}")
        console().print(line)


def _because(decision: dict[str, Any]) -> str:
    """The engine's `explain` line as one sentence."""
    candidates = decision.get("candidates") or []
    why = "; ".join(" ".join(str(part) for part in candidate) for candidate in candidates)
    chosen = decision.get("chosen") or "nobody"
    return f"{decision.get('decision', '')}: {chosen}, ring {decision.get('ring', '')}" + (f" ({why})" if why else "")
