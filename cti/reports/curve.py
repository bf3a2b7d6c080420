"""Lines as SVG, over steps of the same length. It knows shapes and colours, and nothing of calls."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from .chart import BOTTOM, HEIGHT, LEFT, TOP, WIDTH, axis, round_up, y_of
from .document import Curve, Series

_NAMES = 12  # as many steps are named below the lines


def curve(chart: Curve) -> Markup:
    """All series over the same steps; "" when there is nothing to draw."""
    known = [value for one in chart.series for value in one.values if value is not None]
    if not known or len(chart.steps) < 2:
        return Markup("")
    top = 100.0 if chart.unit == "%" else round_up(max(known) or 1.0)
    parts = [
        axis(top, chart.unit),
        _names(chart.steps),
        _mark(chart),
        *(_line(chart, one, top) for one in chart.series),
    ]
    return Markup('<svg viewBox="0 0 {} {}" role="img">{}</svg>').format(WIDTH, HEIGHT, Markup("").join(parts))


def _x(steps: Sequence[float], place: float) -> float:
    return LEFT + 6 + (WIDTH - LEFT - 16) * place / (len(steps) - 1)


def _names(steps: Sequence[float]) -> Markup:
    every = round_up(max(len(steps) / _NAMES, 1))
    spot = Markup('<text class="axis" x="{:.1f}" y="{}" text-anchor="middle">{:g}</text>')
    names = [spot.format(_x(steps, n), HEIGHT - BOTTOM + 16, step) for n, step in enumerate(steps) if n % every == 0]
    return Markup("").join(names)


def _mark(chart: Curve) -> Markup:
    if chart.mark is None or chart.mark not in chart.steps:
        return Markup("")
    x = _x(chart.steps, list(chart.steps).index(chart.mark))
    line = Markup('<line class="mark" x1="{:.1f}" x2="{:.1f}" y1="{}" y2="{}"/>')
    name = Markup('<text class="axis" x="{:.1f}" y="{}">T</text>')
    return line.format(x, x, TOP, HEIGHT - BOTTOM) + name.format(x + 3, TOP + 10)


def _line(chart: Curve, one: Series, top: float) -> Markup:
    """A gap where there is no such number."""
    pieces: list[list[str]] = [[]]
    for place, value in enumerate(one.values):
        if value is None:
            pieces.append([])
        else:
            pieces[-1].append(f"{_x(chart.steps, place):.1f},{y_of(value, top):.1f}")
    drawn = Markup('<polyline class="line" points="{}" stroke="var(--{})"><title>{}</title></polyline>')
    return Markup("").join(drawn.format(" ".join(piece), one.colour, one.name) for piece in pieces if piece)
