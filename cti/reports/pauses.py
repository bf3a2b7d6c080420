"""Pauses of agents by reason: how many, how long, over the maximum, paid, billable; cut at the borders of intervals.

A pause is counted where it began; its time counts where it passed, so a pause over midnight is time of both days. It
knows whole pauses; it reads nothing itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..core.metrics.intervals import intervals, milliseconds
from ..core.metrics.pauses import Pause
from .build import Asked, about_of, report_of
from .document import Bars, Report, Series, Value
from .lines import column, head_columns, head_values, in_order, labelled, percent, seconds

_REASON = column("reason", "text", "reason", "原因")
_COLUMNS = (
    column("pauses", "count", "pauses", "次数", "pauses.begun"),
    column("time", "seconds", "time", "时长", "pauses.time"),
    column("longest", "seconds", "longest", "最长", "pauses.longest"),
    column("over_maximum", "count", "over max", "超时次数", "pauses.over"),
    column("over_time", "seconds", "over time", "超出时长", "pauses.over_time"),
    column("payable", "seconds", "payable", "计薪", "pauses.payable"),
    column("billable", "seconds", "billable", "可计费", "pauses.billable"),
    column("share", "percent", "of all", "占比", "pauses.share"),
)
_COLOURS = ("blue", "other", "good", "violet", "bad", "teal", "brown", "pink", "olive", "grey")
Key = tuple[datetime | None, str, str]  # interval, agent, reason


@dataclass(slots=True)
class _Line:
    begun: int = 0
    ms: int = 0
    longest: int = 0
    over: int = 0
    over_ms: int = 0
    payable_ms: int = 0
    billable_ms: int = 0

    def add(self, pause: Pause, first: datetime, last: datetime) -> None:
        """The part of this pause that passed within [first, last)."""
        mine = 0
        for part in pause.parts:
            ms = milliseconds(min(part.ended, last) - max(part.started, first))
            mine += ms
            self.payable_ms += ms * part.payable
            self.billable_ms += ms * part.billable
            self.over_ms += ms * part.over_time
        self.ms += mine
        self.longest = max(self.longest, mine)
        self.begun += first <= pause.started < last
        over = next((part.started for part in pause.parts if part.over_time), None)
        self.over += over is not None and first <= over < last

    def values(self, whole: int) -> tuple[Value, ...]:
        times = (self.over_ms, self.payable_ms, self.billable_ms)
        return (
            self.begun,
            seconds(self.ms),
            seconds(self.longest),
            self.over,
            *map(seconds, times),
            percent(self.ms, whole),
        )


def pauses_report(
    asked: Asked, told: Iterable[Pause], *, per: str, titles: Mapping[str, str], known_until: datetime
) -> Report:
    """`told`: every pause that touches the period, whole. `per` is both (agent and reason), agent or reason."""
    lines: dict[Key, _Line] = defaultdict(_Line)
    whole, until = _Line(), min(asked.until, known_until)
    for pause in told:
        agent, reason = ("" if per == "reason" else pause.agent), ("" if per == "agent" else pause.reason)
        whole.add(pause, asked.since, until)
        for start, first, last in _pieces(asked, pause, until):
            lines[start, agent, reason].add(pause, first, last)
    who = "" if per == "reason" else "agent"
    why = () if per == "agent" else (_REASON,)
    heads = (*head_columns(asked, who), *why)
    keys = sorted(lines, key=lambda key: (*in_order(key[:2]), key[2]))
    rows = (
        (*head_values(asked, who, key[:2], titles), *(key[2] for _ in why), *lines[key].values(whole.ms))
        for key in keys
    )
    return report_of(
        asked,
        columns=(*heads, *_COLUMNS),
        rows=tuple(rows),
        total=(*[None] * len(heads), *whole.values(whole.ms)),
        about=about_of(asked, thresholds=False) | {"per": "agent and reason" if per == "both" else per},
        charts=(_chart(asked, keys, lines, titles),),
    )


def _pieces(asked: Asked, pause: Pause, until: datetime) -> list[tuple[datetime | None, datetime, datetime]]:
    """(name of the interval, its borders within the period) for each interval that the pause touches."""
    started, ended = max(pause.started, asked.since), min(pause.ended, until)
    if ended <= started:
        return []
    if asked.by is None:
        return [(None, asked.since, until)]
    whole = intervals(started, ended, asked.by, asked.zone)
    return [(start, max(start, asked.since), min(end, until)) for start, end in whole]


def _chart(asked: Asked, keys: list[Key], lines: Mapping[Key, _Line], titles: Mapping[str, str]) -> Bars:
    """Minutes of each reason, on top of each other, for each agent and interval."""
    labels = {key[:2]: labelled(asked, key[0], key[1], titles.get(key[1], "")) for key in keys}
    series = [
        Series(
            name=reason or "all",
            colour=_COLOURS[n % len(_COLOURS)],
            values=[lines[*key, reason].ms / 60_000 if (*key, reason) in lines else None for key in labels],
        )
        for n, reason in enumerate(sorted({reason for _, _, reason in keys}))
    ]
    return Bars(
        labels=list(labels.values()), series=series, stacked=True, title="minutes paused", title_zh="暂停分钟数"
    )


def pause_rows(told: Iterable[Pause]) -> list[dict[str, Any]]:
    """A row for each part of each pause in which it counted as the same."""
    return [
        {
            "agent": pause.agent,
            "reason": pause.reason,
            "started": part.started,
            "ended": part.ended,
            "seconds": seconds(milliseconds(part.ended - part.started)),
            "payable": part.payable,
            "billable": part.billable,
            "over_time": part.over_time,
        }
        for pause in told
        for part in pause.parts
    ]
