"""The call flow for other programs: Graphviz' dot, and Mermaid as wikis draw it. It knows their quoting."""

from __future__ import annotations

import json

from ..core.flow import HANGUP, Flow, Node, Place, Why

_SHAPES = {
    "did": "cds",
    "menu": "box",
    "queue": "box3d",
    "survey": "note",
    "voicemail": "tab",
    "external": "house",
    "hangup": "circle",
}
_DASHED = frozenset({Why.SILENT, Why.ERRED, Why.WAITED, Why.REFUSED, Why.NOBODY, Why.HOURS})


def dot(flow: Flow, title: str) -> str:
    """For Graphviz: `cti dialplan graph --format dot | dot -Tpdf`."""
    lines = [f"digraph {_quoted(title)} {{", "  rankdir=LR;", '  node [fontname="sans-serif"];']
    for place, node in _shown(flow):
        label = f"{place}\n{', '.join(node.says)}".strip()
        lines.append(f"  {_quoted(str(place))} [shape={_SHAPES.get(place.kind, 'box')}, label={_quoted(label)}];")
    for place, node in _shown(flow):
        for edge in node.edges():
            style = ", style=dashed" if edge.why in _DASHED else ""
            lines.append(f"  {_quoted(str(place))} -> {_quoted(str(edge.to))} [label={_quoted(edge.label)}{style}];")
    return "\n".join([*lines, "}", ""])


def mermaid(flow: Flow) -> str:
    """A `flowchart`, to paste between ```mermaid fences."""
    names = {place: f"n{index}" for index, place in enumerate(flow.nodes)}
    lines = ["flowchart LR"]
    lines += [f'  {names[place]}["{_plain(str(place))}"]' for place, _ in _shown(flow)]
    for place, node in _shown(flow):
        for edge in node.edges():
            arrow = "-.->" if edge.why in _DASHED else "-->"
            label = f'|"{_plain(edge.label)}"|' if edge.label else ""
            lines.append(f"  {names[place]} {arrow}{label} {names[edge.to]}")
    return "\n".join([*lines, ""])


def _shown(flow: Flow) -> list[tuple[Place, Node]]:
    used = {edge.to for node in flow.nodes.values() for edge in node.edges()}
    return [(place, node) for place, node in flow.nodes.items() if place != HANGUP or HANGUP in used]


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _plain(text: str) -> str:
    """Mermaid has entities of its own; `#` begins one."""
    return text.replace("#", "#35;").replace('"', "#quot;")
