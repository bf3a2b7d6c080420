"""From counts by quarter of an hour to a report: intervals of the asker's zone, one line for each queue or agent.

It knows how counts are put together and which columns a report has. It counts nothing itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from ..core.metrics.beyond import BEYOND
from ..core.metrics.catalogue import METRICS, Metric, Terms
from ..core.metrics.catalogue import total as total_of
from ..core.metrics.counters import Thresholds
from ..core.metrics.intervals import By, start_of
from .catalogue import REPORTS, Kind
from .document import Column, Report, Value

Counts = Mapping[str, int]
Counted = tuple[datetime, tuple[str, ...], Counts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a report is to be about. `by` None: the whole period is one line for each queue or agent."""

    name: str
    since: datetime
    until: datetime
    zone: ZoneInfo
    thresholds: Thresholds
    by: By | None = None
    filters: Mapping[str, str] | None = None


def build(asked: Asked, counted: Iterable[Counted], titles: Mapping[str, str] | None = None) -> Report:
    """`counted` holds (quarter, (line,), counts) of everything the report needs; `titles` names agents."""
    kind = REPORTS[asked.name]
    lines, total = _summed(asked, kind, counted)
    metrics = [METRICS[name] for name in kind.metrics]
    counted_by = [_counted_by(metric) for metric in metrics]
    rows, bases = [], []
    for (start, line), counts in sorted(lines.items(), key=lambda item: (item[0][0] or asked.since, item[0][1])):
        head: list[Value] = [start.astimezone(asked.zone)] if start is not None else []
        head += [line] if kind.line else []
        head += [(titles or {}).get(line, "")] if kind.line == "agent" else []
        rows.append((*head, *(metric.printed(counts) for metric in metrics)))
        bases.append((*[None] * len(head), *(_base(terms, counts) for terms in counted_by)))
    columns = (*_head(asked, kind), *map(column_of, metrics))
    padding: list[Value] = [None] * (len(columns) - len(metrics))
    return Report(
        name=asked.name,
        title=kind.says,
        columns=columns,
        rows=tuple(rows),
        total=(*padding, *(metric.printed(total) for metric in metrics)),
        about=about_of(asked),
        title_zh=kind.says_zh,
        definitions=tuple(definitions(asked.name)),
        bases=(*bases, (*[None] * len(padding), *(_base(terms, total) for terms in counted_by))),
    )


def _summed(
    asked: Asked, kind: Kind, counted: Iterable[Counted]
) -> tuple[Mapping[tuple[datetime | None, str], Counts], Counts]:
    lines: dict[tuple[datetime | None, str], dict[str, int]] = defaultdict(dict)
    total: dict[str, int] = {}
    starts: dict[datetime, datetime] = {}
    for quarter, keys, counts in counted:
        start = None
        if asked.by is not None:
            start = starts.get(quarter) or starts.setdefault(quarter, start_of(quarter, asked.by, asked.zone))
        line = keys[0] if kind.line and keys else ""
        if kind.line == "agent" and not line:
            continue  # calls that no agent had are no agent's line
        _add(lines[start, line], counts)
        _add(total, counts)
    return lines, total


def _add(into: dict[str, int], counts: Counts) -> None:
    """As `core.metrics.counters.add`, without a new mapping for each of a year's hours."""
    for name, count in counts.items():
        into[name] = into.get(name, 0) + count


def _head(asked: Asked, kind: Kind) -> list[Column]:
    head = [Column(name="from", unit="instant", title="from", title_zh="开始")] if asked.by is not None else []
    if kind.line == "queue":
        head.append(Column(name="queue", title="queue", title_zh="队列"))
    if kind.line == "agent":
        head.append(Column(name="agent", title="agent", title_zh="座席"))
        head.append(Column(name="agent_name", title="name", title_zh="姓名"))
    return head


def column_of(metric: Metric) -> Column:
    """Its column: the name carries the unit."""
    return Column(
        name=metric.column,
        unit=metric.unit.value,
        metric=metric.titled,
        title=metric.name.replace("_", " ").replace(".", ": "),
        title_zh=metric.says_zh,
    )


def _counted_by(metric: Metric) -> Terms:
    """What this number is made of; of a sum of time nobody asks."""
    return () if any(name.endswith("_ms") for _, name in metric.bottom) else metric.bottom


def _base(terms: Terms, counts: Counts) -> int | None:
    return total_of(terms, counts) if terms else None


def about_of(asked: Asked, *, thresholds: bool = True) -> dict[str, str]:
    """What stands with every report: period, zone, filters, and the thresholds where its numbers know them."""
    about = {
        "from": asked.since.astimezone(asked.zone).isoformat(sep=" ", timespec="minutes"),
        "to": asked.until.astimezone(asked.zone).isoformat(sep=" ", timespec="minutes"),
        "timezone": asked.zone.key,
        "by": asked.by.value if asked.by else "period",
    }
    if thresholds:
        about["T (answered in time)"] = f"{asked.thresholds.within_ms / 1000:g} s"
        about["S (short abandon)"] = f"{asked.thresholds.short_ms / 1000:g} s"
    return about | dict(asked.filters or {})


def definitions(name: str) -> list[tuple[str, str, str, str]]:
    """(metric and version, formula, English, Chinese) of everything that stands in a report."""
    metrics = [METRICS[metric] for metric in REPORTS[name].metrics]
    others = [BEYOND[other] for other in REPORTS[name].beyond]
    found = [(f"{metric.name} v{metric.version}", metric.formula, metric.says, metric.says_zh) for metric in metrics]
    return found + [(other.titled, other.formula, other.says, other.says_zh) for other in others]
