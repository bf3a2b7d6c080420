"""What is wrong with a call flow as a graph: places no call comes to, rounds without an end, ways that lead nowhere.

It knows places and why edges are taken; it refuses to know where anything is written and how grave a fault is to
whom: `error` says only whether a call would be harmed.

Somebody who does nothing at all has one way through a site once it is settled which schedules are open: every place
has then at most one way on. Where that way comes back to a place it goes round for ever. So a round is looked for with
every schedule open, every one closed, and each of them the other way round. Being refused by a queue is left out: the
dialplan ends that after five times. (A round of menus ends too, after MOST_ROUNDS: no way to treat a caller.)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from .flow import HANGUP, Box, Door, Edge, End, Flow, Gate, Line, Menu, Node, Outside, Place, Survey, Why

OPEN = ""
MOST_SETTINGS = 500  # of schedules open and closed that are tried
_Hours = Mapping[str, str]  # schedule -> OPEN, or the label of the edge that it is closed by


@dataclass(frozen=True, slots=True)
class FlowFault:
    """Something wrong at `place`. `rule` is a word that stays; `error`: callers would be harmed."""

    place: Place
    rule: str
    text: str
    hint: str
    error: bool


def faults_of(flow: Flow) -> list[FlowFault]:
    """Every fault, errors first, then in the order of the site."""
    found = [*_rounds(flow), *_dead_ends(flow), *_unreachable(flow), *_cut_off(flow), *_keyless(flow)]
    return sorted(found, key=lambda fault: not fault.error)


def _unreachable(flow: Flow) -> Iterator[FlowFault]:
    seen = flow.reached(door.place for door in flow.doors())
    for place in flow.nodes:
        if place not in seen and place != HANGUP:
            ways = (
                "name it in a queue's survey"
                if place.kind == "survey"
                else f"lead a key, a number or a queue to {place}"
            )
            hint = f"{ways}, or take it out"
            yield FlowFault(place, "unreachable", f"no call can come to {place}", hint, error=False)


def _dead_ends(flow: Flow) -> Iterator[FlowFault]:
    """A place from which every way leads only to more questions."""
    leading = {place for place, node in flow.nodes.items() if isinstance(node, End | Line | Box | Outside | Survey)}
    into: dict[Place, set[Place]] = {}
    for place, node in flow.nodes.items():
        for edge in node.edges():
            into.setdefault(edge.to, set()).add(place)
    waiting = list(leading)
    while waiting:
        for place in into.get(waiting.pop(), ()):
            if place not in leading:
                leading.add(place)
                waiting.append(place)
    for place in flow.nodes:
        if place not in leading:
            hint = "give it a key or an otherwise that leads to a queue, a mailbox, an external or hangup"
            yield FlowFault(place, "dead-end", f"from {place} no call gets anywhere", hint, error=True)


def _cut_off(flow: Flow) -> Iterator[FlowFault]:
    """Numbers that hang up on the caller without a word."""
    for door in flow.doors():
        for edge in door.edges():
            if edge.to == HANGUP and not edge.says:
                when = f" when {edge.label}" if edge.label else ""
                hint = "send them to a menu, a mailbox or a reason with a prompt"
                text = f"callers of {door.place.name} are cut off without a word{when}"
                yield FlowFault(door.place, "cut-off", text, hint, error=False)


def _keyless(flow: Flow) -> Iterator[FlowFault]:
    for place, node in flow.nodes.items():
        if isinstance(node, Menu) and not node.choices:
            yield FlowFault(place, "no-keys", f"{place} asks but has no keys", "give it keys", error=False)


# --- rounds -----------------------------------------------------------------------------------------


def _rounds(flow: Flow) -> Iterator[FlowFault]:
    told: set[frozenset[Place]] = set()
    for hours in islice(_settings(flow), MOST_SETTINGS):
        for round_ in _rounds_at(flow, hours):
            places = frozenset(place for place, _ in round_)
            if places not in told:
                told.add(places)
                yield _round_fault(flow, round_)


def _settings(flow: Flow) -> Iterator[_Hours]:
    """All open, all closed, and each schedule alone in each of its ways of being closed, or alone open."""
    gates = [gate for node in flow.nodes.values() if isinstance(node, Door | Line) and (gate := node.gate)]
    ways = {gate.schedule: [_reason_of(edge, gate) for edge in gate.edges()] for gate in gates}
    shut = {name: reasons[0] for name, reasons in ways.items()}
    yield dict.fromkeys(ways, OPEN)
    if not ways:
        return
    yield shut
    for name, reasons in ways.items():
        for reason in reasons:
            yield dict.fromkeys(ways, OPEN) | {name: reason}
            yield shut | {name: reason}
        yield shut | {name: OPEN}


def _reason_of(edge: Edge, gate: Gate) -> str:
    return edge.label.removeprefix(f"{gate.schedule} ")


def _silent(node: Node, hours: _Hours) -> Edge | None:
    """The way on of a caller who does nothing, and whom no agent answers; None where such a call ends or stays."""
    gate = node.gate if isinstance(node, Door | Line) else None
    if gate is not None and hours[gate.schedule] != OPEN:
        return next((e for e in gate.edges() if _reason_of(e, gate) == hours[gate.schedule]), next(gate.edges()))
    ways = (Why.ALWAYS, Why.SILENT, Why.WAITED, Why.NOBODY)
    if isinstance(node, Door) and gate is not None:
        return Edge(node.to, f"{gate.schedule} open", Why.HOURS)
    return next((edge for edge in node.edges() if edge.why in ways), None)


def _rounds_at(flow: Flow, hours: _Hours) -> Iterator[list[tuple[Place, Edge]]]:
    """The rounds of a graph in which each place has at most one way on."""
    done: set[Place] = set()
    for start in flow.nodes:
        walked: dict[Place, Edge] = {}
        place = start
        while place not in done and place not in walked:
            edge = _silent(flow.nodes[place], hours)
            if edge is None:
                break
            walked[place] = edge
            place = edge.to
        if place in walked:
            steps = list(walked.items())
            yield steps[list(walked).index(place) :]
        done |= {start, *walked}


def _round_fault(flow: Flow, steps: list[tuple[Place, Edge]]) -> FlowFault:
    steps = _from_first(steps, flow.nodes)
    schedules = {edge.label.partition(" ")[0] for _, edge in steps if edge.why is Why.HOURS}
    way = " → ".join(f"{place} ({edge.label})" if edge.label else str(place) for place, edge in steps)
    text = f"a caller who does nothing goes round and round: {way} → {steps[0][0]}"
    if len(schedules) > 1:
        text += f"; whenever {' and '.join(sorted(schedules))} are so at once"
    hint = "let one of them lead to a queue without an end, a mailbox, an external or hangup"
    rings = any(edge.why is Why.NOBODY for _, edge in steps)  # somebody outside is rung each time: it may be meant
    return FlowFault(steps[0][0], "loop", text, hint, error=len(schedules) < 2 and not rings)


def _from_first(steps: list[tuple[Place, Edge]], order: Iterable[Place]) -> list[tuple[Place, Edge]]:
    """The same round, told from the place that is written first."""
    places = {place for place, _ in steps}
    first = next(place for place in order if place in places)
    at = next(index for index, (place, _) in enumerate(steps) if place == first)
    return steps[at:] + steps[:at]
