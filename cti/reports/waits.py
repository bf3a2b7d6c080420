"""How long callers waited: percentiles, exact from the rows; the distribution; and the service level at every T.

It knows waits by who waited and how it ended; it reads nothing itself. Who still waits is among those who entered, and
in no percentile: how long it will be nobody knows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from ..core.metrics.catalogue import METRICS
from ..core.metrics.distribution import Distribution
from ..core.words import Outcome
from .build import Asked, about_of, column_of, report_of
from .document import Bars, Curve, Note, Report, Series, Value
from .lines import LineKey, column, head_columns, head_values, in_order, line_key, percent, seconds

ANSWERED, ABANDONED, OTHER = "answered", "abandoned", "other"
_CLASSES = {
    Outcome.ANSWERED.value: ANSWERED,
    Outcome.ABANDONED.value: ABANDONED,
    Outcome.SHORT_ABANDON.value: ABANDONED,
    "": "",
}
_ENDS = {ANSWERED: ("接通", "good"), ABANDONED: ("放弃", "bad"), OTHER: ("其他离开", "other")}
_PERCENTILES = (50, 80, 90, 95)
EDGES = (*range(5, 61, 5), *range(75, 121, 15), *range(150, 301, 30), *range(360, 601, 60), 900, 1800, 3600)
_LEVELS = (METRICS["service_level.offered"], METRICS["service_level.offered_minus_short"])
_OF_QUEUE = (
    column("ended", "text", "ended", "结果"),
    column("ended_zh", "text", "", "含义"),
    column("calls", "count", "calls", "来电", "waits.calls"),
    column("mean", "seconds", "mean", "平均", "waits.mean"),
    *(column(f"p{p}", "seconds", f"p{p}", f"{p} 分位", "waits.percentile") for p in _PERCENTILES),
    column("longest", "seconds", "longest", "最长", "waits.longest"),
)
_OF_BUCKET = (
    column("over_seconds", "number", "over s", "大于（秒）"),
    column("up_to_seconds", "number", "up to s (T)", "至多（秒，T）"),
    *(column(name, "count", name, zh, "waits.calls") for name, (zh, _) in _ENDS.items()),
    column("answered_so_far", "percent", "answered so far", "累计接通", "waits.so_far"),
    column("abandoned_so_far", "percent", "abandoned so far", "累计放弃", "waits.so_far"),
    *map(column_of, _LEVELS),
)


_MORE = Note(
    says="the distribution, and the service level at every T: --per bucket",
    says_zh="等待时长分布及各 T 下的服务水平：--per bucket",
)


class Wait(NamedTuple):
    """So many stays in a queue that ended alike after the same time. `at` is within the interval of their entry."""

    at: datetime
    queue: str
    outcome: str
    ms: int
    stays: int


Counted = list[tuple[int, int]]
Ended = dict[str, Counted]  # how it ended -> (milliseconds, how many); "" = not yet
_SHORT = "short"  # who abandoned within the S of the queue; they are among the abandoned, too


def waits_report(asked: Asked, waits: Iterable[Wait], *, per: str) -> Report:
    """`per` is queue (percentiles of each), all (of everything), or bucket (the distribution and T)."""
    lines: dict[LineKey, Ended] = defaultdict(lambda: defaultdict(list))
    whole: Ended = defaultdict(list)
    for wait in waits:
        line = lines[line_key(asked, wait.at, wait.queue if per == "queue" else "")]
        for ended in _ended(asked, wait):
            line[ended].append((wait.ms, wait.stays))
            whole[ended].append((wait.ms, wait.stays))
    keys, named = sorted(lines, key=in_order), "queue" if per == "queue" else ""
    heads = head_columns(asked, named)
    columns, make = (_OF_BUCKET, _buckets) if per == "bucket" else (_OF_QUEUE, _percentiles)
    rows = [(*head_values(asked, named, key, {}), *told) for key in keys for told in make(lines[key])]
    return report_of(
        asked,
        columns=(*heads, *columns),
        rows=tuple(rows),
        total=(*[None] * len(heads), *_total(columns is _OF_BUCKET, whole)) if rows else (),
        about=about_of(asked) | {"per": per},
        notes=() if per == "bucket" else (_MORE,),
        charts=_charts(asked, whole),
    )


def _ended(asked: Asked, wait: Wait) -> tuple[str, ...]:
    ended = _CLASSES.get(wait.outcome, OTHER)
    is_short = ended == ABANDONED and wait.ms <= asked.thresholds.of(wait.queue).short_ms
    return (ended, _SHORT) if is_short else (ended,)


def _percentiles(ended: Mapping[str, Counted]) -> list[tuple[Value, ...]]:
    return [(name, zh, *_told(ended[name])) for name, (zh, _) in _ENDS.items() if ended.get(name)]


def _told(counted: Counted) -> tuple[Value, ...]:
    spread = Distribution(counted)
    whole = sum(ms * stays for ms, stays in counted)
    told = (*(spread.percentile(p) for p in _PERCENTILES), spread.longest)
    mean = seconds(whole / spread.total) if spread.total else None
    return (spread.total, mean, *(None if ms is None else seconds(ms) for ms in told))


def _total(of_buckets: bool, whole: Mapping[str, Counted]) -> tuple[Value, ...]:
    counts = {name: sum(stays for _, stays in whole.get(name, [])) for name in _ENDS}
    if of_buckets:
        return (None, None, *counts.values(), None, None, *[None] * len(_LEVELS))
    return (None, None, *_told([one for name in _ENDS for one in whole.get(name, [])]))


def _buckets(ended: Mapping[str, Counted]) -> list[tuple[Value, ...]]:
    """A line for each bucket, up to the one of the longest wait."""
    spreads = {name: Distribution(ended.get(name, [])) for name in _ENDS}
    longest = max((spread.longest or 0 for spread in spreads.values()), default=0)
    found: list[tuple[Value, ...]] = []
    for low, high in zip((0, *EDGES), (*EDGES, None), strict=True):
        top = longest if high is None else high * 1000
        within = [spread.at_most(top) - (spread.at_most(low * 1000) if low else 0) for spread in spreads.values()]
        so_far = [percent(spreads[name].at_most(top), spreads[name].total) for name in (ANSWERED, ABANDONED)]
        found.append((low, high, *within, *so_far, *_levels(ended, spreads, top)))
        if top >= longest:
            break
    return found


def _levels(ended: Mapping[str, Counted], spreads: Mapping[str, Distribution], top: int) -> list[float | int | None]:
    """What the service level would be with T = `top` milliseconds in every queue."""
    still = sum(stays for _, stays in ended.get("", []))
    counts = {
        "answered_in_time": spreads[ANSWERED].at_most(top),
        "entered": sum(spread.total for spread in spreads.values()) + still,
        "short_abandoned": sum(stays for _, stays in ended.get(_SHORT, [])),
    }
    return [metric.printed(counts) for metric in _LEVELS]


def _charts(asked: Asked, whole: Mapping[str, Counted]) -> tuple[Bars | Curve, ...]:
    rows = _buckets(whole) if any(whole.get(name) for name in _ENDS) else []
    labels = [f"≤ {_length(high)}" if high else f"> {_length(low)}" for low, high, *_ in rows]
    series = [
        Series(name=name, name_zh=zh, colour=colour, values=[_number(row[2 + n]) or None for row in rows])
        for n, (name, (zh, colour)) in enumerate(_ENDS.items())
    ]
    spreads = {name: Distribution(whole.get(name, [])) for name in _ENDS}
    last = (spreads[ANSWERED].percentile(95) or 0) // 1000
    every = range(max(last + 10, asked.thresholds.within_ms // 1000 + 10) + 1)
    levels = [_levels(whole, spreads, t * 1000) for t in every] if rows else []
    curves = [
        Series(name=metric.name, name_zh=metric.says_zh, colour=colour, values=[level[n] for level in levels])
        for n, (metric, colour) in enumerate(zip(_LEVELS, ("blue", "teal"), strict=True))
    ]
    mark = asked.thresholds.within_ms / 1000  # of the queues that have none of their own
    return (
        Bars(labels=labels, series=series, stacked=True, title="waits", title_zh="等待时长分布"),
        Curve(steps=list(every), series=curves, unit="%", mark=mark, title="service level at every T (seconds)",
              title_zh="不同 T（秒）下的服务水平"),
    )  # fmt: skip


def _length(value: Value) -> str:
    number = int(_number(value) or 0)
    return f"{number} s" if number <= 120 else f"{number / 60:g} min"


def _number(value: Value) -> float | None:
    return float(value) if isinstance(value, int | float) else None
