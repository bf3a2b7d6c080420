"""How calls ended, in exclusive words: every one stands in exactly one line, and the shares add up to 100.0 %.

Per queue it is about stays in queues (a caller who was sent on stands in both); per number dialled, about calls from
outside, those too that never came to a queue. It knows which counter is which word; it counts nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from ..core.metrics.beyond_calls import OUTCOMES
from ..core.metrics.metric import Terms, terms, total
from .build import Asked, Counted, about_of, report_of
from .document import Bars, Report, Series
from .lines import LineKey, column, head_columns, head_values, in_order, labelled, line_key, shares

_TERMS: Mapping[str, Terms] = {word: terms(counters) for word, counters, _, _ in OUTCOMES}
_COLOURS = {
    "answered": "good", "abandoned": "bad", "short_abandon": "pink", "overflow": "other", "timeout": "brown",
    "exit_key": "olive", "full": "violet", "voicemail": "sky", "callback_requested": "blue", "closed": "grey",
    "blocked": "dark", "hung_up_before": "bad", "failed": "dark", "open": "teal",
}  # fmt: skip
_COLUMNS = (
    column("outcome", "text", "outcome", "结果"),
    column("outcome_zh", "text", "", "含义"),
    column("calls", "count", "calls", "来电", "outcome.calls"),
    column("share", "percent", "share", "占比", "outcome.share"),
)
Lines = Mapping[LineKey, Mapping[str, int]]


def outcome_report(asked: Asked, counted: Iterable[Counted], *, per: str) -> Report:
    """`counted`: (quarter, (queue or did,), counts) of stays, or of calls. `per` is queue, did or all."""
    lines: dict[LineKey, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for quarter, keys, counts in counted:
        line = lines[line_key(asked, quarter, keys[0] if keys and per != "all" else "")]
        for word, which in _TERMS.items():
            if calls := total(which, counts):
                line[word] += calls
    named = "" if per == "all" else per
    keys_ = sorted((key for key, line in lines.items() if line), key=in_order)
    heads = head_columns(asked, named)
    calls = sum(sum(line.values()) for line in lines.values())
    return report_of(
        asked,
        columns=(*heads, *_COLUMNS),
        rows=tuple((*head_values(asked, named, key, {}), *told) for key in keys_ for told in _rows(lines[key])),
        total=(*[None] * (len(heads) + 2), calls, 100.0 if calls else None),
        about=about_of(asked) | {"per": per},
        charts=(_chart(asked, lines, keys_),),
    )


def _rows(line: Mapping[str, int]) -> list[tuple[str, str, int, float]]:
    told = [(word, says_zh, line[word]) for word, _, _, says_zh in OUTCOMES if word in line]
    parts = shares([calls for _, _, calls in told])
    return [(*one, share) for one, share in zip(told, parts, strict=True)]


def _chart(asked: Asked, lines: Lines, keys: list[LineKey]) -> Bars:
    parts = {key: {word: share for word, _, _, share in _rows(lines[key])} for key in keys}
    series = [
        Series(name=word, name_zh=says_zh, colour=_COLOURS[word], values=[parts[key].get(word) for key in keys])
        for word, _, _, says_zh in OUTCOMES
        if any(word in part for part in parts.values())
    ]
    labels = [labelled(asked, *key) for key in keys]
    return Bars(labels=labels, series=series, stacked=True, unit="%", title="share of outcomes", title_zh="结果占比")
