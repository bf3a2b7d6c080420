"""A matrix as SVG: the higher a value, the stronger its cell. It knows shapes and colours, and nothing of calls."""

from __future__ import annotations

from markupsafe import Markup

from .document import Heat

_LEFT, _TOP, _HIGH, _WIDTH = 92, 22, 26, 860


def heat(chart: Heat) -> Markup:
    """Numbers stand in the cells, so that it can be read in grey; "" when there is none."""
    known = [value for row in chart.values for value in row if value is not None]
    if not any(known):
        return Markup("")
    top = 100.0 if chart.unit == "%" else max(known)
    wide = (_WIDTH - _LEFT) / len(chart.columns)
    name = Markup('<text class="axis" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>')
    parts = [name.format(_LEFT + wide * (n + 0.5), _TOP - 7, "middle", text) for n, text in enumerate(chart.columns)]
    for line, (text, values) in enumerate(zip(chart.rows, chart.values, strict=True)):
        y = _TOP + _HIGH * line
        parts.append(name.format(_LEFT - 8, y + _HIGH / 2 + 4, "end", text))
        parts += [_cell(chart, value, top, _LEFT + wide * n, y, wide) for n, value in enumerate(values)]
    height = _TOP + _HIGH * len(chart.rows) + 4
    return Markup('<svg viewBox="0 0 {} {}" role="img">{}</svg>').format(_WIDTH, height, Markup("").join(parts))


def _cell(chart: Heat, value: float | None, top: float, x: float, y: float, wide: float) -> Markup:
    place = (x + 1, y + 1, wide - 2, _HIGH - 2)
    if value is None:
        return Markup('<rect class="none" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{}" rx="2"/>').format(*place)
    rect = Markup(
        '<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{}" rx="2" fill="var(--{})" fill-opacity="{:.2f}"/>'
    ).format(*place, chart.colour, 0.06 + 0.74 * min(value / top, 1.0))
    text = f"{value:.0f}" if chart.unit == "%" or value >= 10 or value == round(value) else f"{value:.1f}"
    spot = Markup('<text class="cell" x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>')
    return rect + spot.format(x + wide / 2, y + _HIGH / 2 + 4, text)
