"""`cti call explain`: every decision on one call, with everybody who was considered. It prints; nothing is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from ..core.explaining import Candidate, Step, steps
from ..db.people import People
from ..db.store import Store
from .rows import as_json, clock, console, localised, print_json, seen, timezone, with_store, zone

_COLOURS = {"chosen": "green", "in": "cyan", "out": "dim"}


@click.command("explain")
@click.argument("call_id", metavar="ID")
@timezone
@as_json
@click.pass_obj
def explain(home: Path, call_id: str, timezone: str, as_json: bool) -> None:
    """Say why each decision on a call was taken: who was chosen, who was not, and why.

    ID is any of the call's channels, as `cti call list` prints it. A call of this second is there a moment later.
    """

    async def read(store: Store) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, str]]:
        found, lines = await store.conversation(call_id), await store.story(call_id)
        names = await People(store.database).names()
        return found, lines, names

    where = zone(home, timezone)
    found, lines, names = with_store(home, read)
    told = list(steps(lines))
    if as_json:
        entries = [_entity(step, names) for step in told]
        head = {name: found[name] for name in ("id", "number", "queue", "agent", "outcome")}
        print_json(localised({**head, "steps": entries}, where))
        return
    who = f"{found['agent']} {names.get(found['agent'], '')}".strip()
    end = f"{found['outcome'] or 'still going on'}" + (f", talked with {who}" if who else "")
    click.echo(f"{seen(found['id'])}  {seen(found['number'] or 'withheld')}  {seen(end)}")
    if not told:
        click.echo("no decision was taken on this call: it met no queue while the engine was there")
    for step in told:
        waited = "" if step.waited is None else f"{step.waited:+8.1f} s"
        ring = "" if step.ring is None else f"  ring {step.ring}"
        why = f"  {seen(step.why)}" if step.why else ""
        console().print(Text(f"{clock(step.at, where, '%H:%M:%S')} {waited:>10}  {_named(step, names)}{ring}{why}"))
        for candidate in step.candidates:
            console().print(_line(candidate, names))


def _named(step: Step, names: Mapping[str, str]) -> str:
    name = names.get(step.agent, "") if step.agent else ""
    return seen(step.what.replace(step.agent, f"{step.agent} {name}", 1) if name else step.what)


def _line(candidate: Candidate, names: Mapping[str, str]) -> Text:
    who = f"{candidate.agent} {names.get(candidate.agent, '')}".strip()
    text = f"{'':22}{candidate.state:<7} {seen(who)}  {seen(candidate.why)}"
    return Text(text.rstrip(), style=_COLOURS.get(candidate.state, ""))


def _entity(step: Step, names: Mapping[str, str]) -> dict[str, Any]:
    found = asdict(step)
    for candidate in found["candidates"]:
        candidate["name"] = names.get(candidate["agent"], "")
    return {**found, "candidates": list(found["candidates"]), "name": names.get(step.agent, "")}
