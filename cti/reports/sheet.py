"""A report as a spreadsheet: numbers stay numbers, instants are the site's local time, definitions on a second sheet.

It writes no formula, and a text that looks like one stays a text.
"""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]  # it has no stubs

from .document import Report, Value
from .words import asked_in_both

_FORMS = {"percent": '0.0"%"', "seconds": "0.0", "count": "#,##0", "number": "#,##0.##", "instant": "yyyy-mm-dd hh:mm"}


def as_xlsx(report: Report) -> bytes:
    """The file's bytes."""
    data = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(data, options) as book:
        head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        forms = {unit: book.add_format({"num_format": form}) for unit, form in _FORMS.items()}
        sheet = book.add_worksheet(report.name[:31])
        for place, column in enumerate(report.columns):
            sheet.write_string(0, place, column.name, head)
            sheet.set_column(place, place, 18 if column.unit in ("text", "instant") else 13)
        for line, row in enumerate(report.rows, 1):
            for place, (value, column) in enumerate(zip(row, report.columns, strict=True)):
                _write(sheet, line, place, value, forms.get(column.unit))
        sheet.freeze_panes(1, 0)
        if report.rows:
            sheet.autofilter(0, 0, len(report.rows), len(report.columns) - 1)
        _about(book.add_worksheet("definitions"), report, head)
    return data.getvalue()


def _write(sheet: Any, line: int, place: int, value: Value, form: Any) -> None:
    if value is None:
        return
    if isinstance(value, datetime):
        sheet.write_datetime(line, place, value.replace(tzinfo=None), form)
    elif isinstance(value, str):
        sheet.write_string(line, place, value)
    else:
        sheet.write_number(line, place, value, form)


def _about(sheet: Any, report: Report, head: Any) -> None:
    sheet.set_column(0, 3, 42)
    line = 0
    above = [(report.title, report.title_zh), *map(asked_in_both, report.about.items())]
    for said, value in (*above, *((note.says, note.says_zh) for note in report.notes)):
        sheet.write_string(line, 0, said)
        sheet.write_string(line, 1, value)
        line += 1
    for place, title in enumerate(("metric", "formula", "means", "含义")):
        sheet.write_string(line + 1, place, title, head)
    for offset, row in enumerate(report.definitions, line + 2):
        for place, text in enumerate(row):
            sheet.write_string(offset, place, text)
