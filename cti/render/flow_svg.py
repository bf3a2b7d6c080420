"""The call flow as one SVG: a box for each place, a row for each way on, lines to where it leads.

It knows sizes, colours and how wide a text is (Chinese too, without a font to ask); it refuses to know where boxes go
(`core.layered`) and what a flow means. Self-contained: no script, no font, no link to the outside; light and dark by
the reader's own setting. Ways back to an earlier column are told in words (↩), as lines that run back cross everything.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from html import escape

from ..core.flow import HANGUP, Edge, Flow, Node, Place, Why
from ..core.layered import Layout, Line, Point, lay_out

WIDTH, GAP = 236.0, Point(84.0, 26.0)
_HEAD, _ROW, _TEXT, _PAD, _MARGIN = 30.0, 22.0, 17.0, 10.0, 24.0
_EM = 12.0
_TITLE = 13.5
_KINDS = {
    "did": ("number", "#2563eb"),
    "menu": ("menu", "#7c3aed"),
    "input": ("input", "#a21caf"),
    "queue": ("queue", "#059669"),
    "survey": ("survey", "#be185d"),
    "voicemail": ("voicemail", "#d97706"),
    "external": ("outside", "#0891b2"),
    "agent": ("agent", "#059669"),
}
_STYLE = """
svg { --back: #ffffff; --box: #f8fafc; --ink: #0f172a; --dim: #64748b; --edge: #cbd5e1; --line: #64748b }
@media (prefers-color-scheme: dark) {
  svg { --back: #0b1120; --box: #172033; --ink: #e2e8f0; --dim: #94a3b8; --edge: #334155; --line: #94a3b8 }
}
text { font: 12px system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; fill: var(--ink) }
.title { font-size: 13.5px; font-weight: 600 }
.dim { fill: var(--dim) }
.box { fill: var(--box); stroke: var(--edge) }
.rule { stroke: var(--edge) }
.line { fill: none; stroke: var(--line); stroke-width: 1.4 }
.hours { stroke-dasharray: 2 3 }
.silent { stroke-dasharray: 6 4 }
"""
_DASHED = {
    Why.HOURS: " hours",
    **dict.fromkeys((Why.SILENT, Why.ERRED, Why.WAITED, Why.REFUSED, Why.NOBODY), " silent"),
}


def svg(flow: Flow, title: str, words: Callable[[str], str]) -> str:
    """The picture; `words` gives what a prompt says."""
    nodes = {place: node for place, node in flow.nodes.items() if place != HANGUP}
    says = {place: _wrapped(" ".join(words(name) for name in node.says[:1]), 2) for place, node in nodes.items()}
    heights = {place: _top(says[place]) + _ROW * len(_ways(node)) + _PAD / 2 for place, node in nodes.items()}
    lines = [line for place, node in nodes.items() for line in _lines(place, node, _top(says[place]))]
    layout = lay_out(heights, lines, width=WIDTH, gap=GAP, entry=_HEAD / 2)
    width, height = (side + 2 * _MARGIN for side in layout.size)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height + 30:.0f}" '
        f'width="{width:.0f}" height="{height + 30:.0f}" role="img">',
        f"<title>{_safe(title)}</title><style>{_STYLE}</style>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0L8 4L0 8z" fill="var(--line)"/></marker></defs>',
        '<rect width="100%" height="100%" fill="var(--back)"/>',
        f'<text x="{_MARGIN}" y="28" class="title">{_safe(title)}</text>',
        f'<g transform="translate({_MARGIN} {_MARGIN + 26})">',
    ]
    edges = {line: edge for place, node in nodes.items() for line, edge in _drawn(place, node, _top(says[place]))}
    parts += [_path(points, edges[line]) for line, points in layout.routes.items()]
    for place, node in nodes.items():
        parts += _box(node, layout, heights[place], says[place], " ".join(words(name) for name in node.says))
    return "\n".join([*parts, "</g></svg>", ""])


def _ways(node: Node) -> list[Edge]:
    return list(node.edges())


def _top(says: list[str]) -> float:
    return _HEAD + _TEXT * len(says) + (_PAD / 2 if says else 0.0)


def _drawn(place: Place, node: Node, top: float) -> Iterator[tuple[Line, Edge]]:
    for index, edge in enumerate(_ways(node)):
        if edge.to not in (HANGUP, place):
            yield Line(place, top + _ROW * (index + 0.5), edge.to), edge


def _lines(place: Place, node: Node, top: float) -> list[Line]:
    return [line for line, _ in _drawn(place, node, top)]


def _path(points: tuple[Point, ...], edge: Edge) -> str:
    """A curve between columns, straight through them."""
    first, *rest = points
    drawn = f"M{first.x:.1f} {first.y:.1f}"
    before = first
    for index, point in enumerate(rest):
        middle = (before.x + point.x) / 2
        curved = index % 2 == 0
        bend = f"C{middle:.1f} {before.y:.1f} {middle:.1f} {point.y:.1f} " if curved else "L"
        drawn += f"{bend}{point.x:.1f} {point.y:.1f}"
        before = point
    return f'<path class="line{_DASHED.get(edge.why, "")}" d="{drawn}" marker-end="url(#tip)"/>'


def _box(node: Node, layout: Layout, height: float, says: list[str], whole: str) -> Iterator[str]:
    place = node.place
    at = layout.boxes[place]
    kind, colour = _KINDS.get(place.kind, (place.kind, "#64748b"))
    top = _top(says)
    yield f'<g transform="translate({at.x:.1f} {at.y:.1f})"><title>{_safe(f"{place} {whole}".strip())}</title>'
    yield f'<rect class="box" width="{WIDTH}" height="{height:.1f}" rx="7"/>'
    yield f'<rect width="4" height="{height:.1f}" rx="2" fill="{colour}"/>'
    yield f'<text x="14" y="20" class="title">{_safe(_cut(place.name, 20, _TITLE))}</text>'
    yield f'<text x="{WIDTH - 10}" y="20" text-anchor="end" style="fill:{colour}">{_safe(kind)}</text>'
    for index, line in enumerate(says):
        yield f'<text x="14" y="{_HEAD + 11 + _TEXT * index:.1f}" class="dim">{_safe(line)}</text>'
    for index, edge in enumerate(_ways(node)):
        yield from _row(place, edge, top + _ROW * index, top + _ROW * (index + 0.5), layout)
    yield "</g>"


def _row(place: Place, edge: Edge, y: float, port: float, layout: Layout) -> Iterator[str]:
    yield f'<line class="rule" x1="4" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>'
    label = edge.label or "→"
    end = ""
    if edge.to == HANGUP:
        end = "⏹ hang up"
    elif edge.to == place:
        end = "↻ again"
    elif Line(place, port, edge.to) in layout.back:
        end = f"↩ {edge.to.name}"
    yield f'<text x="14" y="{y + 15.5:.1f}">{_safe(_cut(label, 20 if not end else 11))}</text>'
    if end:
        yield f'<text x="{WIDTH - 10}" y="{y + 15.5:.1f}" text-anchor="end" class="dim">{_safe(_cut(end, 9))}</text>'
    else:
        yield f'<circle cx="{WIDTH}" cy="{port:.1f}" r="3" fill="var(--line)"/>'


# --- text -------------------------------------------------------------------------------------------


def _wide(text: str) -> float:
    """Its width in em: Chinese characters are square, others about half as wide."""
    return sum(1.0 if unicodedata.east_asian_width(c) in "WF" else 0.55 for c in text)


def _cut(text: str, ems: float, size: float = _EM) -> str:
    room = ems * _EM / size * 0.95
    if _wide(text) <= room:
        return text
    while text and _wide(text) > room - 1:
        text = text[:-1]
    return text.rstrip() + "…"


def _wrapped(text: str, most: int) -> list[str]:
    """At most so many lines as wide as a box; the last one is cut."""
    lines: list[str] = []
    room = (WIDTH - 24) / _EM
    while text and len(lines) < most:
        end = len(text)
        while _wide(text[:end]) > room:
            space = text.rfind(" ", 0, end)
            end = space if space > end * 0.6 else end - 1
        lines.append(text[:end].strip())
        text = text[end:].strip()
    if text and lines:
        lines[-1] = _cut(lines[-1] + text, room)
    return lines


def _safe(text: str) -> str:
    """As text of an SVG: no markup, no control character."""
    return escape("".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cs")), quote=True)
