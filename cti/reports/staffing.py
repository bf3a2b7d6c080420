"""The report `staffing`: of each interval what was there, what theory needs and says, and what a simulation gave.

It knows columns and how counts of an interval become a demand; Erlang is `core.metrics.staffing`'s.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ..core.metrics.counters import add
from ..core.metrics.moments import Span
from ..core.metrics.staffing import Demand, Staffed, patience_seconds, staffed
from .build import Asked, Counted, Counts, about_of, report_of
from .document import Column, Note, Report, Value
from .lines import column, percent

ENOUGH_ABANDONED = 20
Tell = Callable[[int, int], None]
_COLUMNS = (
    column("entered", "count", "calls", "来电", "entered"),
    column("aht", "seconds", "AHT", "平均处理时长", "aht.live"),
    column("load", "number", "erlangs", "话务量"),
    column("agents", "number", "agents there", "在岗座席", "agents_there"),
    column("needed_erlang_c", "count", "needed: Erlang C", "所需座席 C", "needed_erlang_c"),
    column("needed_erlang_a", "count", "needed: Erlang A", "所需座席 A", "needed_erlang_a"),
    column("spare", "number", "there - needed (A)", "富余座席", "needed_erlang_a"),
    column("service_level", "percent", "service level", "服务水平", "service_level.offered", of="entered"),
    column("service_level_erlang_c", "percent", "by Erlang C", "理论 C", "theory_beside", of="entered"),
    column("service_level_erlang_a", "percent", "by Erlang A", "理论 A", "theory_beside", of="entered"),
    column("abandoned", "percent", "abandoned", "放弃率", "abandon.offered", of="entered"),
    column("abandoned_erlang_a", "percent", "by Erlang A", "理论 A", "theory_beside", of="entered"),
)
_SIMULATED = (
    column("service_level_simulated", "percent", "service level: simulated", "模拟服务水平", "simulated", of="entered"),
    column("abandoned_simulated", "percent", "abandoned: simulated", "模拟放弃率", "simulated", of="entered"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """What became of the simulated callers who entered in one interval, all runs together."""

    entered: int = 0
    in_time: int = 0
    abandoned: int = 0


def staffing_report(
    asked: Asked,
    spans: Sequence[Span],
    counted: Iterable[Counted],
    *,
    target: float,
    within_ms: int,
    simulated: Mapping[datetime, Simulated] | None = None,
    notes: tuple[Note, ...] = (),
    tell: Tell = lambda _done, _all: None,
) -> Report:
    """`spans` are intervals cut to the period; `within_ms` is the T of theory, which knows one; `simulated` by their
    beginning; `tell` hears how far it is."""
    by_span, total = _summed(spans, counted)
    patience = patience_seconds(total.get("wait_ms", 0), total.get("abandoned", 0))
    rows: list[tuple[Value, ...]] = []
    for n, (start, end) in enumerate(spans):
        tell(n, len(spans))
        counts = by_span[n]
        handling, seconds = _handling(counts) or _handling(total), (end - start).total_seconds()
        values = _values(counts, handling, seconds, patience, target, within_ms / 1000)
        extra = _simulated(simulated.get(start, Simulated())) if simulated is not None else ()
        rows.append((start.astimezone(asked.zone), *values, *extra))
    return report_of(
        asked,
        columns=(
            Column(name="from", unit="instant", title="from", title_zh="开始"),
            *_COLUMNS,
            *(_SIMULATED if simulated is not None else ()),
        ),
        rows=tuple(rows),
        about=about_of(asked) | _about(target, within_ms, patience),
        notes=(*notes, *_patience_note(total)),
    )


def _summed(spans: Sequence[Span], counted: Iterable[Counted]) -> tuple[list[Counts], Counts]:
    """Counts of each interval, which quarters of an hour make up, and of the whole."""
    found: list[Counts] = [{} for _ in spans]
    total: Counts = {}
    places = _places(spans)
    for quarter, _, counts in counted:
        place = places(quarter)
        if place is not None:
            found[place], total = add(found[place], counts), add(total, counts)
    return found, total


def _places(spans: Sequence[Span]) -> Callable[[datetime], int | None]:
    """The first interval may begin within a quarter that was counted from its own beginning on."""
    starts = [start for start, _ in spans]

    def place(quarter: datetime) -> int | None:
        return max(0, bisect_right(starts, quarter) - 1) if starts else None

    return place


def _handling(counts: Counts) -> float | None:
    answered = counts.get("answered", 0)
    work = sum(counts.get(name, 0) for name in ("talk_ms", "hold_ms", "wrap_ms"))
    return work / 1000 / answered if answered and work else None


def _values(
    counts: Counts, handling: float | None, seconds: float, patience: float, target: float, within_seconds: float
) -> tuple[Value, ...]:
    entered, there = counts.get("entered", 0), counts.get("at_work_ms", 0) / 1000 / seconds
    measured = percent(counts.get("answered_in_time", 0), entered)
    abandoned = percent(counts.get("abandoned", 0), entered)
    if not entered or handling is None:
        none = None if entered else 0
        spare = None if entered else round(there, 2)
        said: tuple[Value, ...] = (none, round(there, 2), none, none, spare)
        return (entered, _own(counts), *said, measured, None, None, abandoned, None)
    demand = Demand(
        rate=entered / seconds,
        handling_seconds=handling,
        patience_seconds=patience,
        within_seconds=within_seconds,
    )
    told = staffed(demand, round(there), target)
    theory = _theory(told)
    return (
        entered,
        _own(counts),
        round(demand.load, 3),
        round(there, 2),
        told.needed_erlang_c,
        told.needed_erlang_a,
        round(there - told.needed_erlang_a, 2),
        measured,
        theory[0],
        theory[1],
        abandoned,
        theory[2],
    )


def _own(counts: Counts) -> float | None:
    """The interval's own AHT, None where nobody was answered; then the period's is reckoned with."""
    handling = _handling(counts)
    return None if handling is None else round(handling, 3)


def _theory(told: Staffed) -> tuple[float | None, float | None, float | None]:
    """Service level by C and by A, abandonment by A, percent; without anybody there nobody is answered."""
    if told.with_erlang_c is None or told.with_erlang_a is None:
        return 0.0, 0.0, 100.0
    level_c, level_a = told.with_erlang_c.service_level, told.with_erlang_a.service_level
    return round(100 * level_c, 2), round(100 * level_a, 2), round(100 * told.with_erlang_a.abandoned, 2)


def _simulated(found: Simulated) -> tuple[Value, ...]:
    return percent(found.in_time, found.entered), percent(found.abandoned, found.entered)


def _about(target: float, within_ms: int, patience: float) -> dict[str, str]:
    mean = "no end (nobody gave up)" if math.isinf(patience) else f"{patience:.0f} s"
    return {"target": f"{100 * target:g} % ≤ {within_ms / 1000:g} s", "mean patience": mean}


def _patience_note(total: Counts) -> tuple[Note, ...]:
    gone = total.get("abandoned", 0)
    if gone >= ENOUGH_ABANDONED or not total.get("entered"):
        return ()
    says = f"callers who gave up: {gone}; so few that the patience behind Erlang A is a guess"
    return (Note(says=says, says_zh=f"放弃的来电仅 {gone} 个，Erlang A 所用的平均耐心只是估计"),)
