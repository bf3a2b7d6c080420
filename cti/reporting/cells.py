"""Two documents of one report, cell by cell: which numbers are not the same, by line and column.

It knows how lines find each other (by what they are about) and nothing of how a document came about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from ..reports.document import HEADS, Column, Report, Value

_Line = Mapping[str, object]
_MISSING = "missing"


def numbers_in(report: Report) -> int:
    """How many cells of it are numbers."""
    numbers = sum(column.unit not in HEADS for column in report.columns)
    return numbers * (len(report.rows) + bool(report.total))


def unlike(reports: Sequence[Report]) -> Iterator[tuple[str, list[object]]]:
    """(line: column, what each of the reports has there) of every cell that is not the same in all of them, then of
    lines that some don't have and of charts."""
    lines = [_lines(report) for report in reports]
    for name in dict.fromkeys(name for some in lines for name in some):
        found = [some.get(name) for some in lines]
        if None in found:
            yield f"the line {name}", ["there" if line else _MISSING for line in found]
        present = [line for line in found if line is not None]
        for column in dict.fromkeys(column for line in present for column in line) if len(present) > 1 else ():
            values = [_MISSING if line is None else line.get(column, _MISSING) for line in found]
            if any(value != values[0] for value in values):
                yield f"{name}: {column}", values
    for place, charts in enumerate(zip(*(report.charts or () for report in reports), strict=False), 1):
        if any(chart != charts[0] for chart in charts):
            yield f"chart {place} ({charts[0].title})", [_numbered(charts, chart) for chart in charts]


def _lines(report: Report) -> dict[str, _Line]:
    """What each line is about -> its cells by column; lines about the same are numbered."""
    names = [column.name for column in report.columns]
    seen: Counter[str] = Counter()
    found: dict[str, _Line] = {}
    for row in report.rows:
        said = [_said(value) for value, one in zip(row, report.columns, strict=True) if _is_about(one)]
        about = " ".join(filter(None, said)) or "all"
        seen[about] += 1
        found[about if seen[about] == 1 else f"{about} ({seen[about]})"] = dict(zip(names, row, strict=True))
    if report.total:
        found["total"] = dict(zip(names, report.total, strict=True))
    return found


def _is_about(column: Column) -> bool:
    """Words, instants and the borders of a range say what a line is about; the same in Chinese says nothing more."""
    return (column.unit in HEADS or (column.unit == "number" and not column.metric)) and not column.name.endswith("_zh")


def _said(value: Value) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    return "" if value is None else str(value)


def _numbered(charts: Sequence[object], chart: object) -> str:
    return f"drawing {list(charts).index(chart) + 1}"
