"""A report as one HTML file that needs nothing else: charts, table, definitions; to look at, send on and print.

It knows which columns make a chart. Every value goes through the template's escaping: names come from people.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from .chart import Series, bars
from .document import Report, Value, shown

_STACK = (("answered", "good"), ("abandoned", "bad"), ("sent_on", "other"), ("callback_requested", "blue"))
_WORK = (
    ("talking_seconds", "good"),
    ("wrap_up_seconds", "other"),
    ("ready_seconds", "blue"),
    ("paused_seconds", "bad"),
)
_SHARES = ("service_level_offered_percent", "occupancy_percent")


def as_html(report: Report) -> str:
    """The whole page."""
    template = _environment().get_template("page.html.j2")
    return template.render(
        report=report,
        charts=_charts(report),
        shown=shown,
    )


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("cti.reports", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )


def _charts(report: Report) -> list[dict[str, Any]]:
    names = [column.name for column in report.columns]
    heads = [n for n, column in enumerate(report.columns) if not column.metric and column.name != "agent_name"]
    labels = [" ".join(_label(row[n]) for n in heads) or "all" for row in report.rows]
    found = []
    for group in (_STACK, _WORK):
        series = [_series(report, names, name, colour) for name, colour in group if name in names]
        if len(series) > 1:
            found.append(_chart(labels, series, stacked=True))
    shares = [_series(report, names, name, "blue") for name in _SHARES if name in names]
    found += [_chart(labels, [share], stacked=False, unit="%") for share in shares]
    return [chart for chart in found if chart["svg"]]


def _label(value: Value) -> str:
    """Short: the year stands above the chart."""
    return value.strftime("%m-%d %H:%M").removesuffix(" 00:00") if isinstance(value, datetime) else str(value)


def _series(report: Report, names: Sequence[str], name: str, colour: str) -> Series:
    place = names.index(name)
    values = [value if isinstance(value := row[place], int | float) else None for row in report.rows]
    return Series(name=report.columns[place].title, colour=colour, values=values)


def _chart(labels: Sequence[str], series: Sequence[Series], *, stacked: bool, unit: str = "") -> dict[str, Any]:
    return {
        "svg": bars(labels, series, stacked=stacked, unit=unit),
        "legend": [(one.name, one.colour) for one in series],
    }
