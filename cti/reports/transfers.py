"""Who passed callers on, to whom, how, and what became of it. It knows passings; it reads nothing itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ..core.metrics.passings import HOWS, Became, Passing
from .build import Asked, about_of, report_of
from .document import Bars, Column, Report, Series, Value
from .lines import column, head_columns, labelled, line_key, percent, seconds

_WORDS = {"blind": ("盲转", "blue"), "attended": ("咨询转", "good"), "blonde": ("半咨询转", "teal"),
          "conference": ("三方后转", "violet"), "other": ("其他", "grey")}  # fmt: skip
_BECAME = {Became.ANSWERED: "接通", Became.RETURNED: "退回", Became.LOST: "挂断", Became.ELSEWHERE: "转往他处"}
_NUMBERS = (
    column("transfers", "count", "transfers", "转接", "transfers.count"),
    *(column(how, "count", how, zh, "transfers.how") for how, (zh, _) in _WORDS.items()),
    *(column(word.value, "count", word.value, zh, f"transfers.{word.value}") for word, zh in _BECAME.items()),
    column("answered_share", "percent", "answered %", "接通率", "transfers.answered_share"),
    column("talked_before", "seconds", "talk before", "转前通话", "transfers.talked_before"),
    column("waited", "seconds", "wait", "转接等待", "transfers.waited"),
    column("talked_after", "seconds", "talk after", "转后通话", "transfers.talked_after"),
)
_QUEUES = (column("queue", "text", "queue", "队列"), column("to_queue", "text", "to queue", "转入队列"))
_TO = column("passed_to", "text", "passed to", "转给")
Key = tuple[datetime | None, str, str]


@dataclass(slots=True)
class _Line:
    count: int = 0
    how: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    became: dict[Became, int] = field(default_factory=lambda: defaultdict(int))
    before_ms: int = 0
    waited_ms: int = 0
    after_ms: int = 0

    def add(self, one: Passing) -> None:
        self.count += 1
        self.how[one.how if one.how in HOWS else "other"] += 1
        self.became[one.became] += 1
        self.before_ms += one.talked_ms
        self.waited_ms += one.waited_ms
        self.after_ms += one.talked_after_ms

    def values(self) -> tuple[Value, ...]:
        answered = self.became[Became.ANSWERED]
        talked = answered + self.became[Became.RETURNED]
        return (
            self.count,
            *(self.how[how] for how in _WORDS),
            *(self.became[word] for word in _BECAME),
            percent(answered, self.count),
            _mean(self.before_ms, self.count),
            _mean(self.waited_ms, self.count),
            _mean(self.after_ms, talked),
        )


def _mean(ms: int, count: int) -> float | None:
    return seconds(ms / count) if count else None


class TransfersReport:
    """Transfers come one by one, in any order; then `made`. `per` is pair (agent, and to whom), agent, or queue (from
    which into which)."""

    def __init__(self, asked: Asked, *, per: str) -> None:
        self.asked, self.per = asked, per
        self.lines: dict[Key, _Line] = defaultdict(_Line)
        self.whole = _Line()

    def add(self, one: Passing) -> None:
        first, second = _names(one, self.per)
        self.lines[line_key(self.asked, one.at, "")[0], first, second].add(one)
        self.whole.add(one)

    def made(self, titles: Mapping[str, str]) -> Report:
        """`titles`: what agents are called."""
        return _made(self.asked, self.per, self.lines, self.whole, titles)


def _made(asked: Asked, per: str, lines: Mapping[Key, _Line], whole: _Line, titles: Mapping[str, str]) -> Report:
    heads = _heads(asked, per)
    keys = sorted(lines, key=lambda key: (key[0].timestamp() if key[0] else 0.0, -lines[key].count, *key[1:]))
    rows = [(*_told(asked, per, key, titles), *lines[key].values()) for key in keys]
    return report_of(
        asked,
        columns=(*heads, *_NUMBERS),
        rows=tuple(rows),
        total=(*[None] * len(heads), *whole.values()) if rows else (),
        about=about_of(asked, thresholds=False) | {"per": per},
        charts=(_chart(asked, keys, lines),),
    )


def _names(one: Passing, per: str) -> tuple[str, str]:
    if per == "queue":
        return one.queue, one.to_queue
    to = one.to_agent if one.to_agent and one.to_agent != one.agent else one.target
    return one.agent, (f"queue {one.to_queue}" if one.to_queue else to) if per == "pair" else ""


def _heads(asked: Asked, per: str) -> tuple[Column, ...]:
    if per == "queue":
        return (*head_columns(asked, ""), *_QUEUES)
    return (*head_columns(asked, "agent"), *((_TO,) if per == "pair" else ()))


def _told(asked: Asked, per: str, key: Key, titles: Mapping[str, str]) -> tuple[Value, ...]:
    start, first, second = key
    begun = () if start is None else (start.astimezone(asked.zone),)
    if per == "queue":
        return (*begun, first, second)
    to = f"{second} {titles[second]}" if second in titles else second
    return (*begun, first, titles.get(first, ""), *((to,) if per == "pair" else ()))


def _chart(asked: Asked, keys: Sequence[Key], lines: Mapping[Key, _Line]) -> Bars:
    labels = [labelled(asked, start, first, *((f"→ {second}",) if second else ())) for start, first, second in keys]
    series = [
        Series(name=how, name_zh=zh, colour=colour, values=[lines[key].how.get(how) for key in keys])
        for how, (zh, colour) in _WORDS.items()
        if any(lines[key].how.get(how) for key in keys)
    ]
    return Bars(labels=labels, series=series, stacked=True, title="transfers by kind", title_zh="转接（按方式）")


def transfer_row(call: str, one: Passing) -> dict[str, Value]:
    """One transfer, as `--drill` shows it."""
    return {
        "call": call,
        "at": one.at,
        "how": one.how,
        "agent": one.agent,
        "queue": one.queue,
        "target": one.target,
        "to_queue": one.to_queue,
        "to_agent": one.to_agent,
        "became": one.became.value,
        "talked_before_seconds": seconds(one.talked_ms),
        "waited_seconds": seconds(one.waited_ms),
        "talked_after_seconds": seconds(one.talked_after_ms),
    }
