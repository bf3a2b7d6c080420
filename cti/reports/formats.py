"""A report as CSV, JSON or text for a terminal that is not there. It knows file formats and nothing of calls.

Every format carries the period, the thresholds and the definition of each column: a number on its own can be compared
with nothing.
"""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from typing import Any

from .document import Report, Value


def as_csv(report: Report) -> str:
    """A header line, one line for each row, then `#` lines with the period, thresholds and definitions.

    A text that a spreadsheet would take for a formula is led by an apostrophe.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column.name for column in report.columns])
    writer.writerows([_cell(value) for value in row] for row in report.rows)
    for name, value in report.about.items():
        writer.writerow([f"# {name}", value])
    for column in report.columns:
        if column.metric:
            writer.writerow([f"# {column.name}", column.metric])
    writer.writerows(["# note", note.says] for note in report.notes)
    return text.getvalue()


def as_json(report: Report) -> str:
    """One object: about, columns with units and definitions, rows as objects, the total."""
    names = [column.name for column in report.columns]
    document: dict[str, Any] = {
        "report": report.name,
        "title": report.title,
        "about": dict(report.about),
        "columns": [{"name": c.name, "unit": c.unit, "metric": c.metric} for c in report.columns],
        "rows": [dict(zip(names, map(_plain, row), strict=True)) for row in report.rows],
        "total": dict(zip(names, map(_plain, report.total), strict=True)) if report.total else {},
        "notes": [note.says for note in report.notes],
    }
    return json.dumps(document, ensure_ascii=False)


def _plain(value: Value) -> Value:
    return value.isoformat() if isinstance(value, datetime) else value


def _cell(value: Value) -> str | int | float:
    if value is None:
        return ""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t"):
        return "'" + value
    plain = _plain(value)
    return plain if isinstance(plain, str | int | float) else ""
