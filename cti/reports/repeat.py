"""The report `repeat`: from judged contacts to lines. It knows columns; who repeats is `core.metrics.repeats`'."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from ..core.metrics.repeats import Judged, Line, Repeats
from .build import Asked, about_of, report_of
from .document import Note, Report, Value
from .lines import LineKey, column, head_columns, head_values, in_order, line_key, percent

_FIRST = "first_call_resolution"
_COLUMNS = (
    column("contacts", "count", "contacts", "来电", "contacts"),
    column("repeated", "count", "called again", "再次来电"),
    column("repeat_rate", "percent", "repeat rate", "重复来电率", "repeat_rate", of="contacts"),
    column("first_calls", "count", "first calls", "首次接通"),
    column("resolved", "count", "settled", "一次解决"),
    column(
        "first_call_resolution",
        "percent",
        "first-call resolution",
        "首次解决率",
        "first_call_resolution",
        of="first_calls",
    ),
    column("censored", "count", "too early to say", "观察期未满", "censored"),
    column("withheld", "count", "number withheld", "号码隐藏"),
)


class RepeatReport:
    """Contacts come one by one, in any order; then `made`. `per` is queue or agent."""

    def __init__(self, asked: Asked, *, per: str, window: timedelta, same_queue: bool = False) -> None:
        self.asked, self.per, self.window, self.same_queue = asked, per, window, same_queue
        self._lines: dict[LineKey, Line] = defaultdict(Line)
        self._everything = Line()

    def add(self, one: Judged, name: str) -> None:
        """`name`: the queue or the agent whose line it is in."""
        self._lines[line_key(self.asked, one.contact.at, name)].add(one)
        self._everything.add(one)

    def add_withheld(self, at: datetime, name: str) -> None:
        """Somebody whom nobody can recognise."""
        self._lines[line_key(self.asked, at, name)].withheld += 1
        self._everything.withheld += 1

    def made(self, titles: Mapping[str, str]) -> Report:
        """`titles`: what agents are called."""
        asked, per = self.asked, self.per
        rows = [
            (*head_values(asked, per, key, titles), *_values(self._lines[key].repeats))
            for key in sorted(self._lines, key=in_order)
        ]
        head, everything = head_columns(asked, per), self._everything.repeats
        about = about_of(asked, thresholds=False) | {"N (window)": f"{self.window / timedelta(days=1):g} d"}
        return report_of(
            asked,
            columns=(*head, *_COLUMNS),
            rows=tuple(rows),
            total=(*[None] * len(head), *_values(everything)),
            about=about | ({"a repeat is": "a call to the same queue"} if self.same_queue else {}),
            notes=_too_early(everything, self.window),
        )


def _too_early(of: Repeats, window: timedelta) -> tuple[Note, ...]:
    """Where more is not known yet than known: what to ask instead."""
    if of.censored <= of.contacts:
        return ()
    days = f"{window / timedelta(days=1):g}"
    says = f"{of.censored} contacts are younger than {days} days: ask for a period that ended so long ago"
    return (Note(says=says, says_zh=f"{of.censored} 次来电距今不足 {days} 天：请查询更早结束的时段"),)


def _values(one: Repeats) -> tuple[Value, ...]:
    return (
        one.contacts,
        one.repeated,
        percent(one.repeated, one.contacts),
        one.first_calls,
        one.resolved,
        percent(one.resolved, one.first_calls),
        one.censored,
        one.withheld,
    )


def repeat_row(one: Judged, names: Mapping[str, tuple[str, str]]) -> dict[str, Any] | None:
    """A contact that was followed, with the one that followed it; None: it was not. `names`: call -> (queue, agent)."""
    if one.followed is None:
        return None
    queue, agent = names[one.contact.call]
    return {
        "call": one.contact.call,
        "number": one.contact.number,
        "started": one.contact.at,
        "queue": queue,
        "agent": agent,
        "answered": one.contact.answered,
        "followed_by": one.followed.call,
        "hours_later": round((one.followed.at - one.contact.at) / timedelta(hours=1), 2),
        "then_queue": names[one.followed.call][0],
    }
