"""From counts by quarter of an hour to a report: intervals of the asker's zone, one line for each queue or agent.

It knows how counts are put together and which columns a report has. It counts nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from ..core.metrics.beyond import BEYOND
from ..core.metrics.catalogue import METRICS
from ..core.metrics.intervals import By, start_of
from ..core.metrics.metric import Metric, totals
from ..core.metrics.thresholds import Thresholds
from .catalogue import REPORTS, Kind, counters_of
from .document import Chart, Column, Note, Report, Value

Counts = Mapping[str, int]
Counted = tuple[datetime, tuple[str, ...], Counts]
T_TOLD, S_TOLD = "T (answered in time)", "S (short abandon)"  # in a report's `about`
_Line = tuple[datetime, str]  # the interval (or the period) and whose it is


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
    metrics = [METRICS[name] for name in kind.metrics]
    lines = _summed(asked, kind, counted)
    keys = sorted(lines)
    counts = _in_columns(counters_of(asked.name), [lines[key] for key in keys])
    total = {name: (sum(column),) for name, column in counts.items()}
    heads = _heads(asked, kind, keys, titles or {})
    columns = (*_head(asked, kind), *map(column_of, metrics))
    nothing: list[Value] = [None] * len(heads)
    empty = [[None] * len(keys)] * len(heads)
    return report_of(
        asked,
        columns=columns,
        rows=tuple(zip(*heads, *(metric.printed_of(counts) for metric in metrics), strict=True)),
        total=(*nothing, *(metric.printed_of(total)[0] for metric in metrics)),
        about=about_of(asked),
        bases=(
            *zip(*empty, *(_bases(metric, counts, len(keys)) for metric in metrics), strict=True),
            (*[None] * len(heads), *(_bases(metric, total, 1)[0] for metric in metrics)),
        ),
    )


def _summed(asked: Asked, kind: Kind, counted: Iterable[Counted]) -> dict[_Line, Counts]:
    lines: dict[_Line, list[Counts]] = {}
    starts: dict[datetime, datetime] = {}
    for quarter, keys, counts in counted:
        start = asked.since
        if asked.by is not None:
            start = starts.get(quarter) or starts.setdefault(quarter, start_of(quarter, asked.by, asked.zone))
        name = keys[0] if kind.line and keys else ""
        if kind.line == "agent" and not name:
            continue  # calls that no agent had are no agent's line
        lines.setdefault((start, name), []).append(counts)
    return {key: _together(parts) for key, parts in lines.items()}


def _together(parts: Sequence[Counts]) -> Counts:
    if len(parts) == 1:
        return parts[0]
    found: dict[str, int] = {}
    for part in parts:
        for name, count in part.items():
            found[name] = found.get(name, 0) + count
    return found


def _in_columns(names: Iterable[str], lines: Sequence[Counts]) -> dict[str, list[int]]:
    """By counter, and not by line: a year by hour is two hundred thousand numbers, made column by column."""
    return {name: [counts.get(name, 0) for counts in lines] for name in names}


def _heads(asked: Asked, kind: Kind, keys: Sequence[_Line], titles: Mapping[str, str]) -> list[list[Value]]:
    """The values of `_head`'s columns."""
    heads: list[list[Value]] = [[start.astimezone(asked.zone) for start, _ in keys]] if asked.by is not None else []
    heads += [[name for _, name in keys]] if kind.line else []
    return heads + ([[titles.get(name, "") for _, name in keys]] if kind.line == "agent" else [])


def _head(asked: Asked, kind: Kind) -> list[Column]:
    head = [Column(name="from", unit="instant", title="from", title_zh="开始")] if asked.by is not None else []
    if kind.line == "queue":
        head.append(Column(name="queue", title="queue", title_zh="队列"))
    if kind.line == "agent":
        head.append(Column(name="agent", title="agent", title_zh="座席"))
        head.append(Column(name="agent_name", title="name", title_zh="姓名"))
    return head


def report_of(
    asked: Asked,
    *,
    columns: tuple[Column, ...],
    rows: tuple[tuple[Value, ...], ...],
    about: Mapping[str, str],
    total: tuple[Value, ...] = (),
    notes: tuple[Note, ...] = (),
    bases: tuple[tuple[int | None, ...], ...] = (),
    charts: tuple[Chart, ...] | None = None,
    compact: tuple[Report, ...] = (),
) -> Report:
    """The document of this report, with its titles and definitions; the rest as `Report` has it."""
    kind = REPORTS[asked.name]
    return Report(
        name=asked.name,
        title=kind.says,
        title_zh=kind.says_zh,
        columns=columns,
        rows=rows,
        total=total,
        about=about,
        notes=notes,
        definitions=tuple(definitions(asked.name)),
        bases=bases,
        charts=charts,
        compact=compact,
    )


def column_of(metric: Metric) -> Column:
    """Its column: the name carries the unit."""
    return Column(
        name=metric.column,
        unit=metric.unit.value,
        metric=metric.titled,
        title=metric.name.replace("_", " ").replace(".", ": "),
        title_zh=metric.says_zh,
    )


def _bases(metric: Metric, counts: Mapping[str, Sequence[int]], lines: int) -> Sequence[int | None]:
    """How many this number is made of, line by line; of a sum of time nobody asks."""
    if not metric.bottom or any(name.endswith("_ms") for _, name in metric.bottom):
        return [None] * lines
    return totals(metric.bottom, counts)


def about_of(asked: Asked, *, thresholds: bool = True) -> dict[str, str]:
    """What stands with every report: period, zone, filters, and the thresholds where its numbers know them."""
    about = {
        "from": asked.since.astimezone(asked.zone).isoformat(sep=" ", timespec="minutes"),
        "to": asked.until.astimezone(asked.zone).isoformat(sep=" ", timespec="minutes"),
        "timezone": asked.zone.key,
        "by": asked.by.value if asked.by else "period",
    }
    if thresholds:
        about[T_TOLD] = asked.thresholds.told_within
        about[S_TOLD] = asked.thresholds.told_short
    return about | dict(asked.filters or {})


def definitions(name: str) -> list[tuple[str, str, str, str]]:
    """(metric and version, formula, English, Chinese) of everything that stands in a report."""
    metrics = [METRICS[metric] for metric in REPORTS[name].metrics]
    others = [BEYOND[other] for other in REPORTS[name].beyond]
    found = [(f"{metric.name} v{metric.version}", metric.formula, metric.says, metric.says_zh) for metric in metrics]
    return found + [(other.titled, other.formula, other.says, other.says_zh) for other in others]
