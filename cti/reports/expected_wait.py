"""The report `expected-wait`: from announcements to lines. What kept means, `core.metrics.promises` knows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from ..core.metrics.promises import Kept, Promise, Told, judge, summed
from .build import Asked, about_of, report_of
from .document import Report, Value
from .lines import LineKey, column, head_columns, head_values, in_order, line_key, percent

_COLUMNS = (
    column("told", "count", "told a wait", "播报次数"),
    column("judged", "count", "kept or broken", "可判定", "wait_kept"),
    column("kept", "count", "kept", "兑现"),
    column("broken", "count", "broken", "超时"),
    column("wait_kept", "percent", "kept share", "兑现率", "wait_kept", of="judged"),
    column("unknown", "count", "left before", "提前离开"),
    column("open_ended", "count", "more than 30 min", "三十分钟以上"),
    column("compared", "count", "answered", "接通"),
    column("expected", "seconds", "mean estimate", "平均预计", "wait_error", of="compared"),
    column("came", "seconds", "mean came", "平均实际", "wait_error", of="compared"),
    column("error", "seconds", "mean error", "平均误差", "wait_error", of="compared"),
)


def expected_wait_report(asked: Asked, announcements: Iterable[Told], now: datetime) -> Report:
    """One line for each queue, and interval where there are any (by when it was said)."""
    lines: dict[LineKey, list[Told]] = defaultdict(list)
    for told in announcements:
        lines[line_key(asked, told.at, told.queue)].append(told)
    rows = [
        (*head_values(asked, "queue", key, {}), *_values(summed(lines[key], now)))
        for key in sorted(lines, key=in_order)
    ]
    head = head_columns(asked, "queue")
    everything = summed([told for some in lines.values() for told in some], now)
    return report_of(
        asked,
        columns=(*head, *_COLUMNS),
        rows=tuple(rows),
        total=(*[None] * len(head), *_values(everything)),
        about=about_of(asked, thresholds=False),
    )


def _values(of: Kept) -> tuple[Value, ...]:
    fates = of.by_fate
    return (
        of.told,
        of.judged,
        fates[Promise.KEPT],
        fates[Promise.BROKEN],
        percent(fates[Promise.KEPT], of.judged),
        fates[Promise.UNKNOWN],
        fates[Promise.OPEN_ENDED],
        of.compared,
        _mean(of.expected_ms, of.compared),
        _mean(of.came_ms, of.compared),
        _mean(of.error_ms, of.compared),
    )


def _mean(ms: int, of: int) -> float | None:
    return round(ms / 1000 / of, 3) if of else None


def expected_wait_rows(announcements: Iterable[Told], now: datetime) -> list[dict[str, Any]]:
    """Each announcement and what came."""
    return [
        {
            "call": told.call,
            "queue": told.queue,
            "told": told.at,
            "said_minutes": told.minutes or "more than 30",
            "expected_seconds": None if told.expected_ms is None else told.expected_ms / 1000,
            "came_seconds": None if told.came_ms is None else told.came_ms / 1000,
            "promise": judge(told, now).value,
        }
        for told in announcements
    ]
