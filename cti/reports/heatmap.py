"""Weekday by hour of the asker's clock: who came, how many were answered in time, how many hung up.

It knows how long each hour of the week was within the period: a week that is not whole, and a day with 23 or 25 hours,
make some hours rarer or more frequent than others, so what came is told for one hour of each. It reads nothing itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from ..core.metrics.catalogue import METRICS
from ..core.metrics.counters import add
from ..core.metrics.intervals import QUARTER, By, milliseconds, start_of
from .build import Asked, Counted, Counts, about_of, column_of, report_of
from .catalogue import REPORTS
from .document import Heat, Report, Value, shown
from .lines import column, head_columns

WEEKDAYS = tuple(
    zip(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), (f"周{day}" for day in "一二三四五六日"), strict=True)
)
_METRICS = [METRICS[name] for name in REPORTS["heatmap"].metrics]
_COLUMNS = (
    column("weekday", "text", "weekday", "星期"),
    column("weekday_zh", "text", "", "星期"),
    column("hour", "text", "hour", "时"),
    column("hours", "number", "such hours", "小时数", "heatmap.hours"),
    column("entered_per_hour", "number", "entered each hour", "每小时进入", "heatmap.per_hour"),
    *map(column_of, _METRICS),
)
_SHOWN = (  # column, its title, colour
    ("entered_per_hour", "entered each hour", "每小时进入", "blue"),
    ("service_level_offered_percent", "service level (offered)", "服务水平", "good"),
    ("abandon_offered_percent", "abandoned of those who entered", "放弃率", "bad"),
)


class Cell(NamedTuple):
    """An hour of the week, in an interval of the report."""

    start: datetime | None
    weekday: int
    hour: int


def heatmap_report(asked: Asked, counted: Iterable[Counted], *, known_until: datetime) -> Report:
    """`counted`: (quarter, (), counts) of stays in queues; nothing is told of hours after `known_until`."""
    long: dict[Cell, int] = defaultdict(int)
    for first, last in _quarters(asked.since, min(asked.until, known_until)):
        long[_cell(asked, first)] += milliseconds(last - first)
    counts: dict[Cell, Counts] = defaultdict(dict)
    total: Counts = {}
    for quarter, _, some in counted:
        cell = _cell(asked, max(quarter, asked.since))
        counts[cell], total = add(counts[cell], some), add(total, some)
    cells = sorted(long, key=lambda cell: (cell.start or asked.since, cell.weekday, cell.hour))
    heads = head_columns(asked, "")
    rows = [(*_start(asked, cell), *_row(cell, long[cell], counts.get(cell, {}))) for cell in cells]
    whole = _numbers(sum(long.values()), total) if total else ()
    matrices = _Matrices(long, counts)
    return report_of(
        asked,
        columns=(*heads, *_COLUMNS),
        rows=tuple(rows),
        total=(*[None] * (len(heads) + 3), *whole) if whole else (),
        about=about_of(asked),
        charts=matrices.charts() if asked.by is None else (),
        compact=matrices.tables(asked.name) if asked.by is None and total else (),
    )


def _quarters(first: datetime, last: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Quarters of an hour (UTC) cut to [first, last): every zone's hours are made of whole ones."""
    start = start_of(first, By.QUARTER, UTC)
    while start < last:
        yield max(start, first), min(start + QUARTER, last)
        start += QUARTER


def _cell(asked: Asked, at: datetime) -> Cell:
    local = at.astimezone(asked.zone)
    start = None if asked.by is None else start_of(at, asked.by, asked.zone)
    return Cell(start, local.weekday(), local.hour)


def _start(asked: Asked, cell: Cell) -> tuple[Value, ...]:
    return () if cell.start is None else (cell.start.astimezone(asked.zone),)


def _row(cell: Cell, ms: int, counts: Counts) -> tuple[Value, ...]:
    return (*WEEKDAYS[cell.weekday], f"{cell.hour:02}:00", *_numbers(ms, counts))


def _numbers(ms: int, counts: Counts) -> tuple[Value, ...]:
    hours = timedelta(milliseconds=ms) / timedelta(hours=1)
    per_hour = round(counts.get("entered", 0) / hours, 2) if hours else None
    return (round(hours, 2), per_hour, *(metric.printed(counts) for metric in _METRICS))


class _Matrices:
    """Hours by weekdays, one matrix for each of `_SHOWN`; hours in which nobody ever came are left out of tables."""

    def __init__(self, long: Mapping[Cell, int], counts: Mapping[Cell, Counts]) -> None:
        names = [one.name for one in _COLUMNS]
        self._values = {
            cell: dict(zip(names, _row(cell, ms, counts.get(cell, {})), strict=True)) for cell, ms in long.items()
        }
        self._hours = sorted({cell.hour for cell in counts})

    def tables(self, name: str) -> tuple[Report, ...]:
        heads = (column("hour", "text", "", ""), *(column(day, "number", day, zh) for day, zh in WEEKDAYS))
        found = []
        for key, title, _, _ in _SHOWN:
            unit = next(one.unit for one in _COLUMNS if one.name == key)
            rows = [
                (f"{hour:02}:00", *(shown(self._at(key, day, hour), unit) for day in range(7))) for hour in self._hours
            ]
            found.append(Report(name=name, title=title, columns=heads, rows=tuple(rows)))
        return tuple(found)

    def charts(self) -> tuple[Heat, ...]:
        hours = [f"{hour:02}" for hour in range(24)]
        return tuple(
            Heat(
                rows=[f"{day} {zh}" for day, zh in WEEKDAYS],
                columns=hours,
                values=[[self._at(key, day, hour) for hour in range(24)] for day in range(7)],
                colour=colour,
                unit="%" if key.endswith("_percent") else "",
                title=title,
                title_zh=title_zh,
            )
            for key, title, title_zh, colour in _SHOWN
        )

    def _at(self, key: str, day: int, hour: int) -> float | None:
        value = self._values.get(Cell(None, day, hour), {}).get(key)
        return float(value) if isinstance(value, int | float) else None
