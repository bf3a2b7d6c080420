"""Tables wider than the terminal: several below each other, each with the columns that say what a line is about.

It knows widths; it knows no report.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

GAP = 2  # cells between two columns


def pieces(widths: Sequence[int], heads: int, width: int) -> list[list[int]]:
    """Which columns stand in each table: the first `heads` in all of them, the others in order, as many as fit."""
    first = list(range(heads))
    room = width + GAP - sum(widths[n] + GAP for n in first)  # nothing follows the last one
    found: list[list[int]] = []
    left = 0
    for place in range(heads, len(widths)):
        if not found or widths[place] + GAP > left:
            found.append(list(first))
            left = room
        found[-1].append(place)
        left -= widths[place] + GAP
    return found or [first]


def widths_of(names: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    """What each column needs: its longest value, and of its name the longest word (names are broken at blanks)."""
    return [
        max([cell_len(word) for word in name.split()] + [cell_len(row[n]) for row in rows], default=0)
        for n, name in enumerate(names)
    ]
