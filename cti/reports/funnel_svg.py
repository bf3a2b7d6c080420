"""A funnel as SVG: one bar below the other, indented as a tree. It knows shapes and colours, and nothing of calls."""

from __future__ import annotations

from markupsafe import Markup

from .document import Funnel, Tier

_WIDTH, _LEFT, _RIGHT, _HIGH, _INDENT = 860, 300, 54, 22, 14


def funnel(chart: Funnel) -> Markup:
    """The number of each bar stands at its end; "" when there is nothing to draw."""
    top = max((sum(value for value, _ in tier.parts) for tier in chart.tiers), default=0.0)
    if not top:
        return Markup("")
    body = Markup("").join(_tier(tier, n, top) for n, tier in enumerate(chart.tiers))
    height = _HIGH * len(chart.tiers) + 4
    return Markup('<svg viewBox="0 0 {} {}" role="img">{}</svg>').format(_WIDTH, height, body)


def _tier(tier: Tier, line: int, top: float) -> Markup:
    y, x = 2 + _HIGH * line, float(_LEFT)
    wide = _WIDTH - _LEFT - _RIGHT
    room = (_LEFT - _INDENT * tier.depth) // 6  # letters that fit
    label = tier.label if len(tier.label) <= room else tier.label[: max(room - 1, 1)] + "…"
    drawn = [
        Markup('<text class="axis" x="{}" y="{}">{}<title>{}</title></text>').format(
            _INDENT * tier.depth, y + _HIGH - 8, label, tier.label
        )
    ]
    for value, colour in tier.parts:
        length = wide * value / top
        bar = Markup('<rect x="{:.1f}" y="{}" width="{:.1f}" height="{}" fill="var(--{})"/>')
        drawn.append(bar.format(x, y + 2, length, _HIGH - 6, colour))
        x += length
    whole = sum(value for value, _ in tier.parts)
    drawn.append(Markup('<text class="axis" x="{:.1f}" y="{}">{:,.0f}</text>').format(x + 5, y + _HIGH - 8, whole))
    return Markup("").join(drawn)
