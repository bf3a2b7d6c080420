"""The report `adherence`: from pieces of planned and seen presence to lines. What adheres, `core.metrics` knows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from ..core.metrics.adherence import WORK, Piece
from ..core.metrics.intervals import cut, milliseconds
from .build import Asked, about_of, report_of
from .document import Report, Value
from .lines import LineKey, column, head_columns, head_values, in_order, percent, seconds

_COLUMNS = (
    column("planned", "seconds", "planned", "计划时长", "adherence"),
    column("as_planned", "seconds", "as planned", "遵守时长", "adherence"),
    column("adherence", "percent", "adherence", "遵守率", "adherence"),
    column("planned_work", "seconds", "planned work", "计划在岗", "conformance"),
    column("work", "seconds", "work", "实际在岗", "conformance"),
    column("conformance", "percent", "conformance", "符合率", "conformance"),
    column("absent", "seconds", "absent", "应在岗未在岗"),
    column("break_worked", "seconds", "at work in a break", "休息时在岗"),
    column("unplanned", "seconds", "work not planned", "计划外在岗"),
)
_Sums = dict[str, int]


def adherence_report(asked: Asked, pieces: Iterable[Piece], titles: Mapping[str, str]) -> Report:
    """One line for each agent with a plan, cut at the borders of intervals."""
    lines: dict[LineKey, _Sums] = defaultdict(lambda: defaultdict(int))
    total: _Sums = defaultdict(int)
    for piece in pieces:
        for start, ms in _cut(asked, piece):
            for name in _names(piece):
                lines[start, piece.agent][name] += ms
                total[name] += ms
    head = head_columns(asked, "agent")
    return report_of(
        asked,
        columns=(*head, *_COLUMNS),
        rows=tuple(
            (*head_values(asked, "agent", key, titles), *_values(lines[key])) for key in sorted(lines, key=in_order)
        ),
        total=(*[None] * len(head), *_values(total)),
        about=about_of(asked, thresholds=False),
    )


def _cut(asked: Asked, piece: Piece) -> Iterator[tuple[datetime | None, int]]:
    if asked.by is None:
        yield None, milliseconds(piece.ended - piece.started)
    else:
        yield from cut(piece.started, piece.ended, asked.by, asked.zone)


def _names(piece: Piece) -> Iterator[str]:
    """Which sums this piece adds to."""
    if piece.planned:
        yield "planned"
        if piece.adheres:
            yield "as_planned"
        elif piece.at_work:
            yield "break_worked"
        else:
            yield "absent"
    elif piece.at_work:
        yield "unplanned"
    if piece.planned == WORK:
        yield "planned_work"
    if piece.at_work:
        yield "work"


def _values(sums: _Sums) -> tuple[Value, ...]:
    return (
        *(seconds(sums[name]) for name in ("planned", "as_planned")),
        percent(sums["as_planned"], sums["planned"]),
        *(seconds(sums[name]) for name in ("planned_work", "work")),
        percent(sums["work"], sums["planned_work"]),
        *(seconds(sums[name]) for name in ("absent", "break_worked", "unplanned")),
    )


def adherence_rows(pieces: Iterable[Piece]) -> list[dict[str, Any]]:
    """Where presence was not the plan, in the order of agents and time."""
    return [
        {
            "agent": piece.agent,
            "from": piece.started,
            "to": piece.ended,
            "seconds": milliseconds(piece.ended - piece.started) / 1000,
            "planned": piece.planned or "nothing",
            "presence": piece.presence,
            "reason": piece.reason,
        }
        for piece in pieces
        if (piece.planned and not piece.adheres) or (not piece.planned and piece.at_work)
    ]
