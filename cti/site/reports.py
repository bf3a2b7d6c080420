"""`reports:` of site.yaml: what is sent to whom, when. It knows options and limits; it makes and sends no report."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import time

import yaml

from ..core.metrics.catalogue import METRICS
from ..core.metrics.due import WRITTEN, Every, When, read_when
from ..core.metrics.intervals import By
from ..core.metrics.periods import Against
from ..core.metrics.report_names import PER, REPORT_NAMES, intervals_of
from .fields import NAME, NAME_HINT, Context, Fields, items, scalar
from .reading import first_at, line_of, nearest, shown
from .report_values import Reports, ScheduledReport

FORMATS = ("html", "xlsx", "csv", "json", "parquet")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190}")
_FOLDER = re.compile(r"[^~\x00-\x1f][^\x00-\x1f]{0,199}")
_AGENT = re.compile(r"[0-9]{2,20}")
_NONE = "none"
_ALL_PER = sorted({word for words in PER.values() for word in words})
SERVICE_LEVELS = [name.partition(".")[2] for name in METRICS if name.startswith("service_level.")]


def read_reports(ctx: Context, key: yaml.Node, node: yaml.Node) -> Reports:
    """The whole section."""
    fields = Fields(ctx, node, "reports", key)
    reports = Reports(
        within_seconds=fields.decimal("within_seconds", 20.0, 0, 3600),
        short_seconds=fields.decimal("short_seconds", 5.0, 0, 3600),
        service_level=fields.one_of("service_level", SERVICE_LEVELS, "offered"),
        scheduled=_scheduled(ctx, fields),
    )
    fields.done()
    return reports


def _scheduled(ctx: Context, section: Fields) -> dict[str, ScheduledReport]:
    found: dict[str, ScheduledReport] = {}
    lines: dict[str, int] = {}
    for number, node in enumerate(items(ctx, section.get("scheduled"), "reports: scheduled"), 1):
        one = _read(ctx, node, f"reports: scheduled {number}")
        if one.name in found:
            ctx.wrong(node, f"reports: scheduled: {one.name} is there twice", first_at(lines[one.name], node))
        found[one.name], lines[one.name] = one, line_of(node)
    return found


def _read(ctx: Context, node: yaml.Node, what: str) -> ScheduledReport:
    fields = Fields(ctx, node, what, node)
    name = fields.matching("name", NAME, NAME_HINT, required=True)
    fields.what = f"scheduled report {name or what}"
    report = ScheduledReport(
        name=name,
        report=_report(ctx, fields),
        when=_when(fields),
        to=_texts(ctx, fields, "to", _EMAIL, "an address such as leads@example.com"),
        folder=fields.matching("folder", _FOLDER, "a folder, absolute or beside site.yaml"),
        formats=_texts(ctx, fields, "formats", re.compile("|".join(FORMATS)), ", ".join(FORMATS)) or ("html",),
        languages=_languages(ctx, fields),
        by=_chosen(ctx, fields, "by", [by.value for by in By], lambda name: [by.value for by in intervals_of(name)]),
        queues=_queues(ctx, fields),
        agents=_texts(ctx, fields, "agents", _AGENT, 'agents\' numbers in quotes, such as "1001"'),
        against=fields.one_of("against", [*Against, _NONE], _NONE).replace(_NONE, ""),
        per=_chosen(ctx, fields, "per", _ALL_PER, lambda name: PER.get(name, ())),
        window_days=fields.number("window_days", 7, 1, 90),
        target_percent=fields.number("target_percent", 80, 1, 99),
    )
    fields.done()
    if name and not report.to and not report.folder and not fields.broken:
        ctx.wrong(node, f"{fields.what} goes nowhere", "add to: [leads@example.com] or folder: reports")
    return report


def _report(ctx: Context, fields: Fields) -> str:
    name = fields.text("report", required=True)
    fields.takes("report", enum=list(REPORT_NAMES))
    if name and name not in REPORT_NAMES:
        where = fields.values["report"][1]
        ctx.wrong(where, f"{fields.what}: there is no report {shown(name)}", nearest(name, REPORT_NAMES))
    return name


def _chosen(ctx: Context, fields: Fields, option: str, known: Sequence[str], of: Callable[[str], Sequence[str]]) -> str:
    """One of the words that this option has for the report; "" = the report's own."""
    found = fields.one_of(option, [*known, _NONE], _NONE).replace(_NONE, "")
    report = fields.values["report"][1].value if "report" in fields.values else ""
    if found and report in REPORT_NAMES and found not in of(report):
        may = f"known: {', '.join(of(report))}" if of(report) else "leave it out"
        ctx.wrong(fields.line(option), f"{fields.what}: {option} {shown(found)} is not for the report {report}", may)
        return ""
    return found


def _when(fields: Fields) -> When:
    hint = '"daily 07:00", "weekly mon 07:00" or "monthly 1 07:00"'
    text = fields.matching("when", WRITTEN, hint, required=True)
    return read_when(text) or When(every=Every.DAILY, clock=time(7))


def _texts(ctx: Context, fields: Fields, name: str, form: re.Pattern[str], hint: str) -> tuple[str, ...]:
    found: list[str] = []
    for node in items(ctx, fields.get(name), f"{fields.what}: {name}"):
        text = scalar(ctx, node, f"{fields.what}: {name}")
        if text and (not form.fullmatch(text) or text in found):
            ctx.wrong(node, f"{fields.what}: {name}: {shown(text)}", f"each once: {hint}")
        elif text:
            found.append(text)
    return tuple(found)


def _languages(ctx: Context, fields: Fields) -> tuple[str, ...]:
    """Of the letter; the site's when nothing is said."""
    found = _texts(ctx, fields, "languages", re.compile(r"zh|en"), "zh, en")
    return found or tuple(dict.fromkeys("zh" if one.startswith("zh") else "en" for one in ctx.languages))


def _queues(ctx: Context, fields: Fields) -> tuple[str, ...]:
    found: list[str] = []
    for node in items(ctx, fields.get("queues"), f"{fields.what}: queues"):
        name = scalar(ctx, node, f"{fields.what}: queues")
        known = ctx.known.get("queues", {})
        if name and name not in known:
            ctx.wrong(node, f"{fields.what}: there is no queue {shown(name)}", nearest(name, known))
        elif name:
            found.append(name)
    return tuple(found)
