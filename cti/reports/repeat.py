"""The report `repeat`: from judged contacts to lines. It knows columns; who repeats is `core.metrics.repeats`'."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from ..core.metrics.repeats import Contact, Judged, Repeats, summed
from .build import Asked, about_of, definitions
from .catalogue import REPORTS
from .document import Report, Value
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


def repeat_report(
    asked: Asked,
    told: Iterable[Judged],
    withheld: Iterable[Contact],
    *,
    per: str,
    window: timedelta,
    same_queue: bool = False,
    names: Mapping[str, tuple[str, str]],
    titles: Mapping[str, str],
) -> Report:
    """`names`: call -> (queue, agent); `titles`: what agents are called."""
    place = 0 if per == "queue" else 1
    lines: dict[LineKey, list[Judged]] = defaultdict(list)
    hidden: dict[LineKey, int] = defaultdict(int)
    for one in told:
        lines[line_key(asked, one.contact.at, names[one.contact.call][place])].append(one)
    for contact in withheld:
        hidden[line_key(asked, contact.at, names[contact.call][place])] += 1
    rows = [
        (*head_values(asked, per, key, titles), *_values(summed(lines[key], hidden[key])))
        for key in sorted(lines.keys() | hidden.keys(), key=in_order)
    ]
    head = head_columns(asked, per)
    everything = summed([one for some in lines.values() for one in some], sum(hidden.values()))
    about = about_of(asked, thresholds=False) | {"N (window)": f"{window / timedelta(days=1):g} days"}
    return Report(
        name=asked.name,
        title=REPORTS[asked.name].says,
        title_zh=REPORTS[asked.name].says_zh,
        columns=(*head, *_COLUMNS),
        rows=tuple(rows),
        total=(*[None] * len(head), *_values(everything)),
        about=about | ({"a repeat is": "a call to the same queue"} if same_queue else {}),
        notes=_too_early(everything, window),
        definitions=tuple(definitions(asked.name)),
    )


def _too_early(of: Repeats, window: timedelta) -> tuple[str, ...]:
    """Where more is not known yet than known: what to ask instead."""
    if of.censored <= of.contacts:
        return ()
    days = f"{window / timedelta(days=1):g}"
    return (f"{of.censored} contacts are younger than {days} days: ask for a period that ended so long ago",)


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


def repeat_rows(told: Iterable[Judged], names: Mapping[str, tuple[str, str]]) -> list[dict[str, Any]]:
    """The contacts that were followed, each with the one that followed it, in order of time."""
    rows = [
        {
            "call": one.contact.call,
            "number": one.contact.number,
            "started": one.contact.at,
            "queue": names[one.contact.call][0],
            "agent": names[one.contact.call][1],
            "answered": one.contact.answered,
            "followed_by": one.followed.call,
            "hours_later": round((one.followed.at - one.contact.at) / timedelta(hours=1), 2),
            "then_queue": names[one.followed.call][0],
        }
        for one in told
        if one.followed is not None
    ]
    return sorted(rows, key=lambda row: (row["started"], row["call"]))
