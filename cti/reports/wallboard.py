"""The report `wallboard`: from stretches of time to the most and the mean of each interval.

It knows columns; who was there at a moment is counted by `core.metrics.moments`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from ..core.metrics.moments import Level, Span, levels, longest
from .build import Asked, about_of, report_of
from .document import Column, Report, Value
from .lines import column, seconds

Waits = Sequence[tuple[datetime, datetime, datetime]]  # entered, from, to
PRESENCES = (("ready", "空闲"), ("talking", "通话"), ("wrap_up", "整理"), ("paused", "暂停"))


def wallboard_report(
    asked: Asked, intervals: Sequence[Span], waits: Waits, presences: Mapping[str, Iterable[Span]]
) -> Report:
    """`intervals` are cut to the period; `presences`: word -> everybody's stretches of it."""
    waiting, ages = levels([(since, until) for _, since, until in waits], intervals), longest(waits, intervals)
    agents = {word: levels(presences.get(word, ()), intervals) for word, _ in PRESENCES}
    rows = tuple(
        (start.astimezone(asked.zone), *_waiting(waiting[n], ages[n]), *_agents({w: agents[w][n] for w in agents}))
        for n, (start, _) in enumerate(intervals)
    )
    return report_of(
        asked,
        columns=(
            Column(name="from", unit="instant", title="from", title_zh="开始"),
            column("waiting_most", "count", "waiting: most", "等候最多", "waiting"),
            column("waiting_mean", "number", "waiting: mean", "等候平均", "waiting"),
            column("longest_wait", "seconds", "longest wait", "最长等候", "longest_wait"),
            column("ready_least", "count", "ready: fewest", "空闲最少", "agents_by_presence"),
            *_presence_columns(),
        ),
        rows=rows,
        total=_total(waits, presences, intervals) if intervals else (),
        about=about_of(asked, thresholds=False),
    )


def _presence_columns() -> list[Column]:
    found = []
    for word, chinese in PRESENCES:
        name = word.replace("_", "-")
        found.append(column(f"{word}_most", "count", f"{name}: most", f"{chinese}最多", "agents_by_presence"))
        found.append(column(f"{word}_mean", "number", f"{name}: mean", f"{chinese}平均", "agents_by_presence"))
    return found


def _waiting(level: Level, age_ms: int | None) -> tuple[Value, ...]:
    return level.most, round(level.mean, 3), None if age_ms is None else seconds(age_ms)


def _agents(found: Mapping[str, Level]) -> tuple[Value, ...]:
    values: list[Value] = [found["ready"].least]
    for word, _ in PRESENCES:
        values += [found[word].most, round(found[word].mean, 3)]
    return tuple(values)


def _total(waits: Waits, presences: Mapping[str, Iterable[Span]], intervals: Sequence[Span]) -> tuple[Value, ...]:
    """The whole period as one interval."""
    whole = [(intervals[0][0], intervals[-1][1])]
    waiting = levels([(since, until) for _, since, until in waits], whole)[0]
    agents = {word: levels(presences.get(word, ()), whole)[0] for word, _ in PRESENCES}
    return (None, *_waiting(waiting, longest(waits, whole)[0]), *_agents(agents))
