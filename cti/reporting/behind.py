"""The numbers of a report that must be as many as the rows behind it (`--drill`), or as those of a kind among them.

It knows, of each report, which column counts which rows; how a report adds up its lines it does not use. Reports of
nothing but shares and of time have none. A long period is gone through week by week.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from ..core.words import Outcome
from ..db.report_rows import ABANDONS, TURNED_AWAY
from ..db.store import Store
from ..reports.document import Report
from .answer import drilled
from .question import Question, Row

_WEEK = timedelta(days=7)
_Count = Callable[[Sequence[Row], Question], int]


async def unlike_rows(report: Report, store: Store, question: Question) -> AsyncIterator[tuple[str, float, int]]:
    """(place, the number there, how many rows) where they are not the same; of all lines together, and of the total."""
    counts = {name: count for name, count in BEHIND.get(report.name, {}).items() if name in _names(report)}
    behind = dict.fromkeys(counts, 0)
    for week in _weeks(question) if counts else ():
        rows = await drilled(store, week)
        for name, count in counts.items():
            behind[name] += count(rows, week)
    for name, many in behind.items():
        place = _names(report).index(name)
        lines = sum(_number(row[place]) for row in report.rows)
        total = _number(report.total[place]) if report.total else lines
        if lines != many:
            yield f"all lines together: {name}", lines, many
        if total != many:
            yield f"total: {name}", total, many


def _weeks(question: Question) -> Iterator[Question]:
    since, until = question.span.since, question.span.until
    while since < until:
        end = min(since + _WEEK, until)
        asked = replace(question.asked, since=since, until=end)
        yield replace(question, asked=asked, span=replace(question.span, since=since, until=end))
        since = end


def _names(report: Report) -> list[str]:
    return [column.name for column in report.columns]


def _number(value: object) -> float:
    return value if isinstance(value, int | float) else 0


def _all(rows: Sequence[Row], question: Question) -> int:  # noqa: ARG001 -- as the others
    return len(rows)


def _where(name: str, *values: object) -> _Count:
    return lambda rows, _: sum(row[name] in values for row in rows)


def _stays(*outcomes: str) -> _Count:
    """Callers on the line who left the queue with one of these; none: with any, unless they were turned away."""

    def counted(rows: Sequence[Row], _: Question) -> int:
        live = [row["outcome"] for row in rows if row["channel"] == "live" and row["outcome"] not in TURNED_AWAY]
        return sum(outcome in outcomes for outcome in live) if outcomes else len(live)

    return counted


def _begun(rows: Sequence[Row], question: Question) -> int:
    """Pauses that began in the period; a further part of one goes on where the part before it ended."""
    ends = {(row["agent"], row["reason"], row["ended"]) for row in rows}
    since, until = question.span.since, question.span.until
    firsts = [row for row in rows if (row["agent"], row["reason"], row["started"]) not in ends]
    return sum(since <= row["started"] < until for row in firsts)


def _of_state(state: str) -> _Count:
    """Calls whose recording is so; a report of agents has none that no agent had."""

    def counted(rows: Sequence[Row], question: Question) -> int:
        per_agent = question.more.get("per") == "agent"
        return sum(row["state"] == state for row in rows if row["agent"] or not per_agent)

    return counted


_ANSWERED, _ABANDONED = _stays(Outcome.ANSWERED.value), _stays(*ABANDONS)
_TRAFFIC = {"entered": _stays(), "answered": _ANSWERED, "abandoned": _ABANDONED}
BEHIND: Mapping[str, Mapping[str, _Count]] = {
    "queue": _TRAFFIC,
    "interval": _TRAFFIC,
    "heatmap": _TRAFFIC,
    "staffing": {"entered": _stays()},
    "abandoned": {"abandoned": _ABANDONED},
    "agent": {"offers": _all, "offers_answered": _where("outcome", "answered")},
    "outcome": {"calls": _all},
    "waits": {"calls": _stays()},
    "missed": {"missed": _all},
    "transfers": {"transfers": _all, "blind": _where("how", "blind"), "answered": _where("became", "answered")},
    "pauses": {"pauses": _begun},
    "survey": {"survey_asked": _all, "survey_answered": _where("outcome", "answered")},
    "repeat": {"repeated": _all},
    "recordings": {state: _of_state(state) for state in ("short", "missing", "empty", "growing")},
    "expected-wait": {"told": _all, "kept": _where("promise", "kept"), "broken": _where("promise", "broken")},
}
