"""What the makers of reports share: the columns that say what a line is about, and shares that may not exist.

It knows columns; it counts nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from ..core.metrics.beyond import BEYOND
from ..core.metrics.catalogue import METRICS
from ..core.metrics.intervals import start_of
from .build import Asked
from .document import Column, Value, label

_TITLES = {
    "queue": ("queue", "队列"),
    "agent": ("agent", "座席"),
    "agent_name": ("name", "姓名"),
    "call": ("call", "通话"),
    "did": ("number dialled", "被叫号码"),
    "reason": ("reason", "原因"),
    "hour": ("hour", "时"),
}
LineKey = tuple[datetime | None, str]


def line_key(asked: Asked, at: datetime, name: str) -> LineKey:
    """Which line something that happened at `at` stands in."""
    return (start_of(at, asked.by, asked.zone) if asked.by is not None else None, name)


def in_order(key: LineKey) -> tuple[float, str]:
    """By time, then by name."""
    return (key[0].timestamp() if key[0] else 0.0, key[1])


def head_columns(asked: Asked, per: str) -> list[Column]:
    """The interval's beginning where there are intervals, then who the line is about; an agent's name beside it."""
    names = [per, *(["agent_name"] if per == "agent" else [])] if per else []
    head = [Column(name="from", unit="instant", title="from", title_zh="开始")] if asked.by is not None else []
    return head + [Column(name=name, title=_TITLES[name][0], title_zh=_TITLES[name][1]) for name in names]


def head_values(asked: Asked, per: str, key: LineKey, titles: Mapping[str, str]) -> list[Value]:
    """The values of those columns."""
    start, name = key
    head: list[Value] = [start.astimezone(asked.zone)] if start is not None else []
    return head + ([name] if per else []) + ([titles.get(name, "")] if per == "agent" else [])


def column(name: str, unit: str, title: str, title_zh: str, definition: str = "", *, of: str = "") -> Column:
    """One column; `definition` is a name of `core.metrics.beyond` or of a metric, `of` the column it is a share of."""
    suffix = {"percent": "_percent", "seconds": "_seconds"}.get(unit, "")
    metric = BEYOND[definition].titled if definition in BEYOND else ""
    if definition in METRICS:
        metric = f"{definition} v{METRICS[definition].version}"
    return Column(name=name + suffix, unit=unit, metric=metric, title=title, title_zh=title_zh, of=of)


def percent(part: float, whole: float) -> float | None:
    """Rounded for print; None: nothing to divide by."""
    return round(100 * part / whole, 2) if whole else None


def seconds(ms: float) -> float:
    """Milliseconds as they are printed."""
    return round(ms / 1000, 3)


def labelled(asked: Asked, start: datetime | None, *names: str) -> str:
    """What a chart calls a line."""
    known = [] if start is None else [label(start.astimezone(asked.zone))]
    return " ".join(filter(None, (*known, *names))) or "all 全部"


def shares(counts: Sequence[int]) -> list[float]:
    """Percent with one digit, which add up to 100.0 exactly: the largest remainders are rounded up (Hamilton)."""
    whole = sum(counts)
    if not whole:
        return [0.0] * len(counts)
    tenths = [1000 * count // whole for count in counts]
    rest = [1000 * count % whole for count in counts]
    for n in sorted(range(len(counts)), key=lambda n: -rest[n])[: 1000 - sum(tenths)]:
        tenths[n] += 1
    return [tenth / 10 for tenth in tenths]
