"""Two periods of any report side by side: each number, what it was, the difference, and how many it was made of.

It knows how lines of two reports find each other (the n-th interval, the same queue or agent) and nothing of what they
are about. A share of seven calls is marked, so that nobody takes its change for news.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ..core.metrics.beyond import BEYOND
from ..core.metrics.intervals import intervals, start_of
from .build import Asked
from .document import HEADS, Column, Report, Value

FEW = 30  # below so many a number is marked
DEFINED = ("difference", "change", "of")
_UNITS = {"percent": "%", "seconds": "s"}
_Key = tuple[int, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two: what was asked and what came."""

    asked: Asked
    report: Report


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    values: Sequence[Value]
    bases: Sequence[int | None]


def compared(now: Side, then: Side) -> Report:
    """`now` beside `then`. Lines that only one side has stand with nothing on the other."""
    numbers = [n for n, column in enumerate(now.report.columns) if column.unit not in HEADS]
    ours, theirs = _lines(now), _lines(then)
    rows = [
        (*_head(key, now, then), *values)
        for key in sorted(ours.keys() | theirs.keys())
        for values in _numbers(now.report, numbers, ours.get(key), theirs.get(key))
    ]
    if len(ours.keys() | theirs.keys()) > 1 and now.report.total and then.report.total:
        totals = _numbers(now.report, numbers, _total(now.report), _total(then.report))
        rows += [(*_head_of_all(now), *values) for values in totals]
    return Report(
        name=now.report.name,
        title=f"{now.report.title}, compared",
        title_zh=f"{now.report.title_zh}（对比）",
        columns=(*_head_columns(now), *_COLUMNS),
        rows=tuple(rows),
        about=_about(now, then),
        notes=now.report.notes,
        definitions=(*now.report.definitions, *compare_definitions()),
    )


_COLUMNS = (
    Column(name="metric", title="number", title_zh="指标"),
    Column(name="metric_zh", title="指标", title_zh="指标"),
    Column(name="unit", title="unit", title_zh="单位"),
    Column(name="now", unit="number", title="now", title_zh="本期"),
    Column(name="of_now", unit="count", metric="of v1", title="of", title_zh="基数"),
    Column(name="then", unit="number", title="then", title_zh="对比期"),
    Column(name="of_then", unit="count", metric="of v1", title="of", title_zh="基数"),
    Column(name="difference", unit="number", metric="difference v1", title="difference", title_zh="差值"),
    Column(name="change_percent", unit="percent", metric="change v1", title="change", title_zh="变化率"),
    Column(name="few", title="few", title_zh="样本少"),
)


def _lines(side: Side) -> dict[_Key, _Line]:
    asked, report = side.asked, side.report
    starts: dict[datetime, int] = {}
    if asked.by is not None:
        spans = intervals(asked.since, asked.until, asked.by, asked.zone)
        starts = {start: n for n, (start, _) in enumerate(spans)}
    found = {}
    for n, row in enumerate(report.rows):
        words = tuple(str(v) for v, c in zip(row, report.columns, strict=True) if c.unit == "text")
        instants = [value for value in row if isinstance(value, datetime)]
        place = starts.get(start_of(instants[0], asked.by, asked.zone), -1) if instants and asked.by else 0
        found[place, words] = _Line(values=row, bases=_bases(report, n, row))
    return found


def _total(report: Report) -> _Line:
    return _Line(values=report.total, bases=_bases(report, len(report.rows), report.total))


def _bases(report: Report, place: int, row: Sequence[Value]) -> list[int | None]:
    """How many each number of a row is made of: as the report says, else what its column is a share of."""
    if place < len(report.bases):
        return list(report.bases[place])
    names = [column.name for column in report.columns]
    counts = [row[names.index(column.of)] if column.of in names else None for column in report.columns]
    return [value if isinstance(value, int) else None for value in counts]


def _head_columns(side: Side) -> list[Column]:
    heads = [column for column in side.report.columns if column.unit in HEADS]
    then = Column(name="then_from", unit="instant", title="beside", title_zh="对比开始")
    return [wanted for column in heads for wanted in ((column, then) if column.unit == "instant" else (column,))]


def _head(key: _Key, now: Side, then: Side) -> Iterator[Value]:
    place, words = key
    left = list(words)
    for column in _head_columns(now):
        if column.name == "then_from":
            yield _start(then.asked, place)
        else:
            yield _start(now.asked, place) if column.unit == "instant" else left.pop(0)


def _start(asked: Asked, place: int) -> datetime | None:
    if asked.by is None or place < 0:
        return None
    for n, (start, _) in enumerate(intervals(asked.since, asked.until, asked.by, asked.zone)):
        if n == place:
            return start.astimezone(asked.zone)
    return None


def _head_of_all(side: Side) -> list[Value]:
    heads: list[Value] = [None if column.unit == "instant" else "" for column in _head_columns(side)]
    texts = [n for n, value in enumerate(heads) if value == ""]
    if texts:
        heads[texts[0]] = "all"
    return heads


def _numbers(
    report: Report, numbers: Sequence[int], ours: _Line | None, theirs: _Line | None
) -> Iterator[tuple[Value, ...]]:
    for n in numbers:
        column = report.columns[n]
        now, of_now = _one(ours, n, column)
        then, of_then = _one(theirs, n, column)
        difference = round(now - then, 3) if now is not None and then is not None else None
        change = round(100 * difference / then, 2) if difference is not None and then else None
        few = "few" if _is_few(column, now, of_now) or _is_few(column, then, of_then) else ""
        unit = _UNITS.get(column.unit, "")
        yield column.title, column.title_zh, unit, now, of_now, then, of_then, difference, change, few


def _one(line: _Line | None, n: int, column: Column) -> tuple[int | float | None, int | None]:
    """The number and what it is made of. A line that is not there had nothing to count, so counts are 0."""
    if line is None:
        return (0 if column.unit == "count" else None), None
    value = line.values[n]
    return (value if isinstance(value, int | float) else None), line.bases[n]


def _is_few(column: Column, value: int | float | None, base: int | None) -> bool:
    if column.unit == "count":
        return value is not None and value < FEW
    return base is not None and base < FEW


def _about(now: Side, then: Side) -> Mapping[str, str]:
    before = {f"then {name}": then.report.about[name] for name in ("from", "to") if name in then.report.about}
    return {**now.report.about, **before}


def compare_definitions() -> list[tuple[str, str, str, str]]:
    """What the columns of a comparison are, beside those of its report."""
    found = [BEYOND[name] for name in DEFINED]
    return [(one.titled, one.formula, one.says, one.says_zh) for one in found]
