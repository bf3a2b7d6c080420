"""Draws the live floor in a terminal. It knows columns and colours; it changes nothing and keeps nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from .live_floor import LiveFloor, PopSeen

COLOURS = {
    "ready": "green",
    "ringing": "bold magenta",
    "talking": "bold cyan",
    "wrap_up": "yellow",
    "paused": "red",
    "offline": "dim",
    "waiting": "yellow",
    "offered": "magenta",
    "connected": "cyan",
}


def draw(floor: LiveFloor, now: datetime, url: str, link: str) -> RenderableType:
    """The whole floor at `now` (aware). `link` is said in the title: live, or why not."""
    top = Table.grid(expand=True, padding=(0, 1))
    top.add_column(ratio=5)
    top.add_column(ratio=4)
    top.add_row(_panel("Agents", _agents(floor, now)), _panel("Queues", _queues(floor, now)))
    body = Group(
        top,
        _panel("Calls", _calls(floor, now)),
        _panel("Screen pops, and how long each was there before the phone's INVITE", _pops(floor)),
        Text.assemble(" ", counters(floor)),
        Text.assemble(
            (" in a browser: ", "dim"), (url, "underline"), ("   Ctrl-C ends the demo", "dim"), overflow="fold"
        ),
    )
    return Panel(body, title=f"华星汽车 Huaxing Motors · demo floor · {link}", border_style="blue")


def counters(floor: LiveFloor) -> str:
    """What was counted since the demo began, in one line."""
    counted, answered = floor.counted, floor.counted["answered"]
    average = f"{floor.waited_seconds / answered:.1f}" if answered else "–"
    lead = floor.median_lead_ms
    leads = "–" if lead is None else f"{lead:.1f} ms median, {min(floor.leads_ms):.1f} least"
    return (
        f"{counted['calls']} calls queued, {answered} answered, {counted['given_up']} given up, "
        f"{counted['missed']} offers missed   waited {average} s on average, {floor.longest_seconds:.0f} s at most"
        f"   pop lead {leads}"
    )


def line(pop: PopSeen) -> str:
    """A pop as one plain line, for output that is no terminal."""
    data = pop.data
    lead = "" if pop.lead_ms is None else f", {pop.lead_ms:.1f} ms before the phone"
    path = f" by {data['path']}" if data["path"] else ""
    return (
        f"pop for {data['agent']}: {_caller(data)}, {data['queue']}{path}, waited {data['waited_seconds']:.1f} s{lead}"
    )


def _agents(floor: LiveFloor, now: datetime) -> Table:
    table = _table("agent", "name", "presence", "since", "with")
    for number, agent in sorted(floor.agents.items()):
        presence = str(agent["presence"])
        shown = presence + (f" ({agent['reason']})" if presence == "paused" and agent["reason"] else "")
        call = floor.calls.get(agent["call"] or "")
        colour = COLOURS.get(presence, "")
        who = _text(_caller(_named(floor, call))) if call and presence in ("ringing", "talking") else Text("")
        table.add_row(number, _text(agent["name"]), Text(shown, style=colour), ago(agent["since"], now), who)
    return table


def _queues(floor: LiveFloor, now: datetime) -> Table:
    table = _table("queue", "waiting", "ready", "longest")
    for queue in floor.queues.values():
        waiting = Text(str(queue["waiting"]), style="bold yellow" if queue["waiting"] else "dim")
        longest = ago(queue["oldest"], now) if queue["oldest"] else ""
        table.add_row(queue["queue"], waiting, str(queue["ready"]), longest)
    return table


def _calls(floor: LiveFloor, now: datetime) -> Table:
    table = _table("caller", "path", "queue", "state", "agent", "since")
    for call in sorted(floor.calls.values(), key=lambda call: str(call["entered"])):
        state = Text(str(call["state"]), style=COLOURS.get(str(call["state"]), ""))
        caller, path = _text(_caller(_named(floor, call))), _text(call["path"])
        table.add_row(caller, path, call["queue"], state, call["agent"] or "", ago(call["since"], now))
    if not floor.calls:
        table.add_row(Text("nobody is on the telephone", style="dim"))
    return table


def _pops(floor: LiveFloor) -> Table:
    table = _table("at", "agent", "caller", "queue", "path", "waited", "lead")
    for pop in reversed(list(floor.pops)):
        data, at = pop.data, pop.at.astimezone().strftime("%H:%M:%S")
        lead = "" if pop.lead_ms is None else f"{pop.lead_ms:.1f} ms"
        style = "red" if pop.lead_ms is not None and pop.lead_ms <= 0 else "green"
        waited = f"{data['waited_seconds']:.1f} s"
        caller = _text(_caller(data))
        table.add_row(at, data["agent"], caller, data["queue"], _text(data["path"]), waited, Text(lead, style=style))
    return table


def _named(floor: LiveFloor, call: Mapping[str, Any]) -> Mapping[str, Any]:
    """A call with the customer's name, which only its pop knows."""
    pop = next((pop for pop in reversed(list(floor.pops)) if pop.data["call"] == call["call"]), None)
    return {**call, "customer": pop.data["customer"] if pop else ""}


def _caller(data: Mapping[str, Any]) -> str:
    return f"{data['number'] or 'withheld'} {data['customer'] or data['name']}".strip()


def ago(since: str, now: datetime) -> str:
    """Minutes and seconds since an ISO instant; never below zero (the clocks of two processes differ by a little)."""
    seconds = max(0, int((now - datetime.fromisoformat(since)).total_seconds()))
    return f"{seconds // 60}:{seconds % 60:02}"


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", expand=True)
    for column in columns:
        table.add_column(column, no_wrap=True, overflow="ellipsis")
    return table


def _panel(title: str, content: RenderableType) -> Panel:
    return Panel(content, title=title, title_align="left", border_style="dim", padding=(0, 1))


def _text(value: object) -> Text:
    """Text from outside: no markup, no control character."""
    return Text("".join(letter if letter.isprintable() else "·" for letter in str(value)))
