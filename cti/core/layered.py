"""Boxes in columns, and lines between them that pass through no box: a layered layout (Sugiyama, Tagawa, Toda 1981).

It knows sizes, rows of boxes and which row leads to which box; it refuses to know what they mean. Lines run from left
to right only: a way back to an earlier column is given back as such, to be told in words instead of drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from .flow import Place

SWEEPS = 12


class Point(NamedTuple):
    x: float
    y: float


class Line(NamedTuple):
    """From a row of one box (its y counted from the box's top) to another box."""

    start: Place
    port: float
    end: Place


_NONE = Line(Place(""), 0.0, Place(""))


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each box begins, the points of each line, and the lines that would lead back. `size` holds everything."""

    boxes: Mapping[Place, Point]
    routes: Mapping[Line, tuple[Point, ...]]
    back: frozenset[Line]
    size: Point


@dataclass(slots=True)
class _Bead:
    """A box, or the place in one column that a long line runs through."""

    height: float
    entry: float  # where lines come in, from its top
    y: float = 0.0
    before: list[tuple[_Bead, float]] = field(default_factory=list)  # with the port there
    after: list[tuple[_Bead, float]] = field(default_factory=list)  # with the port here


def lay_out(heights: Mapping[Place, float], lines: Sequence[Line], *, width: float, gap: Point, entry: float) -> Layout:
    """Boxes of one `width`, in the order of `heights` where nothing else decides; lines come in `entry` below a top."""
    lines = list(dict.fromkeys(lines))
    back = _leading_back(heights, lines)
    forward = [line for line in lines if line not in back]
    column = _columns(heights, forward)
    columns: list[list[_Bead]] = [[] for _ in range(max(column.values(), default=0) + 1)]
    boxes = {name: _Bead(height, entry) for name, height in heights.items()}
    for name, bead in boxes.items():
        columns[column[name]].append(bead)
    ways = {line: _thread(line, boxes, column, columns) for line in forward}
    _order(columns, gap.y)
    x = [index * (width + gap.x) for index in range(len(columns))]
    routes = {
        line: (
            Point(x[column[line.start]] + width, boxes[line.start].y + line.port),
            *(Point(x[at] + part, bead.y) for at, bead in beads for part in (0.0, width)),
            Point(x[column[line.end]], boxes[line.end].y + entry),
        )
        for line, beads in ways.items()
    }
    places = {name: Point(x[column[name]], bead.y) for name, bead in boxes.items()}
    bottom = max((bead.y + bead.height for beads in columns for bead in beads), default=0.0)
    return Layout(places, routes, frozenset(back), Point(x[-1] + width, bottom))


def _leading_back(names: Mapping[Place, float], lines: Sequence[Line]) -> set[Line]:
    """The lines that close a round, met in the order of the boxes."""
    out: dict[Place, list[Line]] = {name: [] for name in names}
    for line in lines:
        out[line.start].append(line)
    done: set[Place] = set()
    back: set[Line] = set()
    for root in names:
        stack, way = [(root, iter(out[root]))], {root}
        while stack and root not in done:
            name, rest = stack[-1]
            line = next(rest, _NONE)
            if line is _NONE:
                stack.pop()
                way.discard(name)
                done.add(name)
            elif line.end in way:
                back.add(line)
            elif line.end not in done:
                way.add(line.end)
                stack.append((line.end, iter(out[line.end])))
    return back


def _columns(names: Mapping[Place, float], forward: Sequence[Line]) -> dict[Place, int]:
    """Each box as far right as its longest way from the left."""
    column = dict.fromkeys(names, 0)
    into: dict[Place, int] = dict.fromkeys(names, 0)
    for line in forward:
        into[line.end] += 1
    free = [name for name in names if not into[name]]
    while free:
        name = free.pop()
        for line in (line for line in forward if line.start == name):
            column[line.end] = max(column[line.end], column[name] + 1)
            into[line.end] -= 1
            if not into[line.end]:
                free.append(line.end)
    return column


def _thread(
    line: Line, boxes: Mapping[Place, _Bead], column: Mapping[Place, int], columns: list[list[_Bead]]
) -> list[tuple[int, _Bead]]:
    """Beads in the columns between, one for each, and all of them joined."""
    beads = [(at, _Bead(0.0, 0.0)) for at in range(column[line.start] + 1, column[line.end])]
    chain = [boxes[line.start], *(bead for _, bead in beads), boxes[line.end]]
    for at, bead in beads:
        columns[at].append(bead)
    for index, (one, other) in enumerate(pairwise(chain)):
        port = line.port if index == 0 else 0.0
        one.after.append((other, port))
        other.before.append((one, port))
    return beads


def _order(columns: list[list[_Bead]], gap: float) -> None:
    """Sort each column by where its neighbours are, left to right and back, then pull every bead towards them."""
    for beads in columns:
        _stack(beads, gap)
    for sweep in range(SWEEPS):
        order = columns if sweep % 2 == 0 else columns[::-1]
        for beads in order:
            wanted = {id(bead): _wanted(bead, to_left=sweep % 2 == 0) for bead in beads}
            if sweep < SWEEPS - 2:
                beads.sort(key=lambda bead: wanted[id(bead)])
            _settle(beads, wanted, gap)
    top = min((bead.y for beads in columns for bead in beads), default=0.0)
    for beads in columns:
        for bead in beads:
            bead.y -= top


def _wanted(bead: _Bead, *, to_left: bool) -> float:
    """The y at which its lines would run straight, as far as one side's neighbours say."""
    ys = (
        [other.y + port - bead.entry for other, port in bead.before]
        if to_left
        else [other.y + other.entry - port for other, port in bead.after]
    )
    return sum(ys) / len(ys) if ys else bead.y


def _stack(beads: list[_Bead], gap: float) -> None:
    y = 0.0
    for bead in beads:
        bead.y = y
        y += bead.height + gap


def _settle(beads: list[_Bead], wanted: Mapping[int, float], gap: float) -> None:
    """As near to what is wanted as the order and the gaps allow: groups that push each other share the way."""
    groups: list[tuple[list[_Bead], float, float]] = []  # beads, y of the first, sum of what each wants of it
    for bead in beads:
        group, total = [bead], wanted[id(bead)]
        first = total
        while groups and groups[-1][1] + _length(groups[-1][0], gap) > first:
            earlier, _, sum_before = groups.pop()
            shift = _length(earlier, gap)
            total = sum_before + total - shift * len(group)
            group = earlier + group
            first = total / len(group)
        groups.append((group, first, total))
    for group, first, _ in groups:
        y = first
        for bead in group:
            bead.y = y
            y += bead.height + gap


def _length(beads: list[_Bead], gap: float) -> float:
    return sum(bead.height + gap for bead in beads)
