"""Rings that agents missed: by whom, why, at what hour; the time lost by it, and how many callers it met.

A ring that ended because the caller hung up is nobody's miss. It knows rings that were missed one by one (a caller may
be met by several) and the counts of all rings; it reads nothing itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from ..core.words import Miss
from .build import Asked, Counted, about_of, report_of
from .document import Bars, Column, Report, Series, Value
from .lines import LineKey, column, head_columns, head_values, in_order, labelled, line_key, percent, seconds

_WHY = {  # an agent's misses; `caller_gone` is none
    Miss.NO_ANSWER.value: ("no answer", "无人应答", "bad"),
    Miss.BUSY.value: ("busy", "忙", "other"),
    Miss.UNREACHABLE.value: ("unreachable", "不可达", "violet"),
    Miss.LOST.value: ("lost", "失联", "grey"),
}
_RINGS = column("missed", "count", "missed", "漏接", "missed.rings")
_OFFERED = (
    column("offers", "count", "offers", "振铃", "missed.offers"),
    _RINGS,
    column("missed_rate", "percent", "missed %", "漏接率", "missed.rate"),
)
_REASONS = tuple(column(word, "count", title, zh, f"missed.{word}") for word, (title, zh, _) in _WHY.items())
_COST = (
    column("ring_lost", "seconds", "ring lost", "振铃损失", "missed.ring_lost"),
    column("callers", "count", "callers", "受影响来电", "missed.callers"),
    column("callers_unserved", "count", "unserved", "最终未接通", "missed.callers_unserved"),
)
_COLUMNS: Mapping[str, tuple[Column, ...]] = {
    "agent": (*_OFFERED, *_REASONS, *_COST),
    "hour": (*_OFFERED, *_COST),
    "reason": (column("reason_zh", "text", "", "含义"), _RINGS, *_COST),
}


class Missed(NamedTuple):
    """One ring that was missed. `served`: the caller talked with somebody in the end."""

    call: str
    agent: str
    offered: datetime
    outcome: str
    ring_ms: int
    served: bool


@dataclass(slots=True)
class _Line:
    offers: int = 0
    why: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    ring_ms: int = 0
    callers: set[str] = field(default_factory=set)
    unserved: set[str] = field(default_factory=set)

    def add(self, ring: Missed) -> None:
        self.why[ring.outcome] += 1
        self.ring_ms += ring.ring_ms
        self.callers.add(ring.call)
        if not ring.served:
            self.unserved.add(ring.call)

    def values(self, columns: Sequence[Column], name: str = "") -> list[Value]:
        missed = sum(self.why.values())
        told: dict[str, Value] = {
            "offers": self.offers,
            "missed": missed,
            "missed_rate_percent": percent(missed, self.offers),
            "reason_zh": _WHY[name][1] if name in _WHY else None,
            "ring_lost_seconds": seconds(self.ring_ms),
            "callers": len(self.callers),
            "callers_unserved": len(self.unserved),
        }
        return [told[one.name] if one.name in told else self.why.get(one.name, 0) for one in columns]


def missed_report(
    asked: Asked, counted: Iterable[Counted], rings: Iterable[Missed], *, per: str, titles: Mapping[str, str]
) -> Report:
    """`counted`: (quarter, (agent,), counts) of all rings; `rings`: the missed ones. `per` is agent, reason or hour."""
    lines: dict[LineKey, _Line] = defaultdict(_Line)
    whole = _Line()
    for quarter, (agent, *_), counts in counted:
        offers = counts.get("offers", 0) - counts.get("offers_withdrawn", 0)
        whole.offers += offers
        if per != "reason" and offers:
            lines[line_key(asked, quarter, _name(asked, per, agent, quarter, ""))].offers += offers
    for ring in rings:
        lines[line_key(asked, ring.offered, _name(asked, per, ring.agent, ring.offered, ring.outcome))].add(ring)
        whole.add(ring)
    keys, heads, columns = sorted(lines, key=in_order), head_columns(asked, per), _COLUMNS[per]
    return report_of(
        asked,
        columns=(*heads, *columns),
        rows=tuple((*head_values(asked, per, key, titles), *lines[key].values(columns, key[1])) for key in keys),
        total=(*[None] * len(heads), *whole.values(columns)),
        about=about_of(asked, thresholds=False) | {"per": per},
        charts=(_chart(asked, keys, lines),),
    )


def _name(asked: Asked, per: str, agent: str, at: datetime, reason: str) -> str:
    """What the line of this ring is called."""
    if per == "hour":
        return f"{at.astimezone(asked.zone):%H}:00"
    return reason if per == "reason" else agent


def _chart(asked: Asked, keys: Sequence[LineKey], lines: Mapping[LineKey, _Line]) -> Bars:
    series = [
        Series(name=title, name_zh=zh, colour=colour, values=[lines[key].why.get(word) for key in keys])
        for word, (title, zh, colour) in _WHY.items()
        if any(lines[key].why.get(word) for key in keys)
    ]
    labels = [labelled(asked, *key) for key in keys]
    return Bars(
        labels=labels, series=series, stacked=True, title="missed rings by reason", title_zh="漏接振铃（按原因）"
    )
