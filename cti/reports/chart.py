"""Bars as SVG: text that a browser and a printer draw alike. It knows shapes and colours, and nothing of calls."""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import east_asian_width

from markupsafe import Markup, escape

from .document import Series

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 860, 256, 56, 74, 12
_LABELS, _LETTERS = 16, 17  # as many fit below the bars, and so long; a Chinese one is as wide as two others
_STEPS = (1, 2, 4, 6, 8, 10)  # quarters of them are easily read


def bars(labels: Sequence[str], series: Sequence[Series], *, stacked: bool, unit: str = "") -> Markup:
    """One group of bars for each label, on top of each other or side by side; "" when there is nothing to draw."""
    sums = [_height([one.values[n] for one in series], stacked) for n in range(len(labels))]
    if not labels or not any(sums):
        return Markup("")
    top = 100.0 if unit == "%" else round_up(max(sums))
    width = (WIDTH - LEFT) / len(labels)
    groups = [_group(n, width, series, top, label, stacked, unit) for n, label in enumerate(labels)]
    body = Markup("").join([axis(top, unit), *_names(labels), *groups])
    return Markup('<svg viewBox="0 0 {} {}" role="img">{}</svg>').format(WIDTH, HEIGHT, body)


def _height(values: Sequence[float | None], stacked: bool) -> float:
    known = [value for value in values if value is not None]
    return (sum(known) if stacked else max(known, default=0.0)) if known else 0.0


def round_up(value: float) -> float:
    """The next round number: one of `_STEPS` times a power of ten."""
    power = 1.0
    while power * 10 < value:
        power *= 10
    while power > value:
        power /= 10
    return next(step * power for step in _STEPS if step * power >= value)


def y_of(value: float, top: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top)


def axis(top: float, unit: str) -> Markup:
    lines = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = y_of(top * share, top)
        line = Markup('<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>').format(LEFT, WIDTH, y, y)
        text = Markup('<text class="axis" x="{}" y="{:.1f}" text-anchor="end">{:g}{}</text>').format(
            LEFT - 6, y + 4, top * share, unit
        )
        lines.append(line + text)
    return Markup("").join(lines)


def _names(labels: Sequence[str]) -> list[Markup]:
    every = -(-len(labels) // _LABELS)
    width = (WIDTH - LEFT) / len(labels)
    spot = Markup('<text class="axis" x="{:.1f}" y="{}" transform="rotate(-30 {:.1f} {})" text-anchor="end">{}</text>')
    found = []
    for n in range(0, len(labels), every):
        x, y = LEFT + width * (n + 0.5), HEIGHT - BOTTOM + 16
        found.append(spot.format(x, y, x, y, escape(_short(labels[n]))))
    return found


def _short(name: str) -> str:
    """What fits below a bar."""
    if _wide(name) <= _LETTERS:
        return name
    while _wide(name) >= _LETTERS:
        name = name[:-1]
    return name + "…"


def _wide(name: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in name)


def _group(
    index: int, width: float, series: Sequence[Series], top: float, label: str, stacked: bool, unit: str
) -> Markup:
    rect = Markup(
        '<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill="var(--{})">'
        "<title>{}: {} {:g}{}</title></rect>"
    )
    drawn, below = [], 0.0
    gap = width * 0.15
    each = (width - 2 * gap) if stacked else (width - 2 * gap) / len(series)
    for place, one in enumerate(series):
        value = one.values[index]
        if value is None:
            continue
        y = y_of(below + value, top)
        x = LEFT + width * index + gap + (0 if stacked else each * place)
        height = y_of(below, top) - y
        drawn.append(rect.format(x, y, max(each, 1.0), height, one.colour, label, one.name, value, unit))
        below += value if stacked else 0.0
    return Markup("").join(drawn)
