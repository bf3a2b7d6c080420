"""A report as one HTML file that needs nothing else: charts, table, definitions; to look at, send on and print.

It knows which columns make a chart. Every value goes through the template's escaping: names come from people.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from .chart import bars
from .curve import curve
from .document import Bars, Chart, Curve, Funnel, Heat, Report, Series, label, shown
from .funnel_svg import funnel
from .heat import heat
from .words import asked_in_both

_STACK = (("answered", "good"), ("abandoned", "bad"), ("sent_on", "other"), ("callback_requested", "blue"))
_WORK = (
    ("talking_seconds", "good"),
    ("wrap_up_seconds", "other"),
    ("ready_seconds", "blue"),
    ("paused_seconds", "bad"),
)
_SOUND = (("whole", "good"), ("short", "other"), ("missing", "bad"), ("empty", "bad"), ("growing", "blue"))
_KEPT = (("kept", "good"), ("broken", "bad"), ("unknown", "other"))
_PLAN = (("as_planned_seconds", "good"), ("absent_seconds", "bad"), ("break_worked_seconds", "other"))
_LINE = (("waiting_most", "bad"), ("waiting_mean", "other"))
_THERE = (("ready_mean", "blue"), ("talking_mean", "good"), ("wrap_up_mean", "other"), ("paused_mean", "bad"))
_STAFF = (("agents", "blue"), ("needed_erlang_a", "other"))
_THEORY = (
    ("service_level_percent", "blue"),
    ("service_level_erlang_a_percent", "other"),
    ("service_level_simulated_percent", "good"),
)
_STACKED = (_STACK, _WORK, _SOUND, _KEPT, _PLAN, _THERE)
_BESIDE = ((_LINE, ""), (_STAFF, ""), (_THEORY, "%"))  # each with its unit
_SHARES = (
    *("service_level_offered_percent", "occupancy_percent", "repeat_rate_percent", "first_call_resolution_percent"),
    *("recorded_share_percent", "wait_kept_percent", "adherence_percent"),
)


def as_html(report: Report) -> str:
    """The whole page."""
    template = _environment().get_template("page.html.j2")
    return template.render(
        report=report,
        charts=_charts(report),
        shown=shown,
        about=[asked_in_both(asked) for asked in report.about.items()],
    )


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("cti.reports", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )


def _charts(report: Report) -> list[dict[str, Any]]:
    charts = _of_columns(report) if report.charts is None else report.charts
    drawn = [_drawn(chart) for chart in charts]
    return [chart for chart in drawn if chart["svg"]]


def _of_columns(report: Report) -> list[Bars]:
    """What can be drawn of counts and shares that every report of plain metrics may have."""
    names = [column.name for column in report.columns]
    heads = [n for n, c in enumerate(report.columns) if c.unit in ("text", "instant") and c.name != "agent_name"]
    labels = [" ".join(label(row[n]) for n in heads) or "all" for row in report.rows]
    found = []
    for group, stacked, unit in (*((g, True, "") for g in _STACKED), *((g, False, u) for g, u in _BESIDE)):
        series = [_series(report, names, name, colour) for name, colour in group if name in names]
        if len(series) > 1:
            found.append(Bars(labels=labels, series=series, stacked=stacked, unit=unit))
    shares = [_series(report, names, name, "blue") for name in _SHARES if name in names]
    return [*found, *(Bars(labels=labels, series=[share], unit="%") for share in shares)]


def _series(report: Report, names: Sequence[str], name: str, colour: str) -> Series:
    place = names.index(name)
    values = [value if isinstance(value := row[place], int | float) else None for row in report.rows]
    column = report.columns[place]
    return Series(name=column.title, name_zh=column.title_zh, colour=colour, values=values)


def _drawn(chart: Chart) -> dict[str, Any]:
    legend: list[tuple[str, str, str]] = []
    match chart:
        case Bars():
            svg = bars(chart.labels, chart.series, stacked=chart.stacked, unit=chart.unit)
            legend = [(one.name, one.name_zh, one.colour) for one in chart.series]
        case Curve():
            svg = curve(chart)
            legend = [(one.name, one.name_zh, one.colour) for one in chart.series]
        case Heat():
            svg = heat(chart)
        case Funnel():
            svg, legend = funnel(chart), list(chart.legend)
    return {"title": chart.title, "title_zh": chart.title_zh, "svg": svg, "legend": legend}
