"""The report `survey`: a line for each question, of a queue, an agent or a survey: asked, answered, mean, distribution.

It knows columns; the arithmetic is `core.metrics`. Keys of two questions are never added up: the last line counts only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from ..core.metrics.catalogue import METRICS
from ..core.metrics.counters import count
from ..core.metrics.facts import SurveyAnswer
from .build import Asked, about_of, column_of, definitions
from .catalogue import REPORTS
from .document import Column, Report, Value
from .lines import head_columns, head_values, in_order, line_key

_OF_ALL = ("survey_asked", "survey_answered", "survey.answer_rate")  # these can be told of different questions together
_Key = tuple[str, str, str, str]  # survey, question, worst and best


def survey_report(asked: Asked, facts: Sequence[SurveyAnswer], *, per: str, titles: Mapping[str, str]) -> Report:
    """`per`: queue, agent or survey, which is in every line anyway. A question whose scale was changed is two lines."""
    who = "" if per == "survey" else per
    kind, keys = REPORTS[asked.name], _keys(facts)
    metrics = [METRICS[name] for name in kind.metrics]
    lines: dict[tuple[float, str, _Key], list[SurveyAnswer]] = defaultdict(list)
    heads: dict[tuple[float, str], list[Value]] = {}
    for fact in facts:
        key = line_key(asked, fact.at, getattr(fact, who) if who else "")
        heads[in_order(key)] = head_values(asked, who, key, titles)
        lines[*in_order(key), _question(fact)].append(fact)
    rows = []
    for (at, name, question), some in sorted(lines.items()):
        counts = count(some, asked.thresholds)
        given = [sum(fact.answer == key for fact in some) for key in keys]
        scale = f"{question[2]}–{question[3]}"
        values = [metric.printed(counts) for metric in metrics]
        rows.append((*heads[at, name], question[0], question[1], scale, *values, *given))
    columns = (*head_columns(asked, who), *_WHAT, *map(column_of, metrics), *map(_answered, keys))
    return Report(
        name=asked.name,
        title=kind.says,
        title_zh=kind.says_zh,
        columns=columns,
        rows=tuple(rows),
        total=_total(asked, facts, columns) if rows else (),
        about=about_of(asked),
        definitions=tuple(definitions(asked.name)),
    )


_WHAT = (
    Column(name="survey", title="survey", title_zh="问卷"),
    Column(name="question", title="question", title_zh="问题"),
    Column(name="scale", title="worst–best", title_zh="最差–最好"),
)


def _question(fact: SurveyAnswer) -> _Key:
    return fact.survey, fact.question, str(fact.worst), str(fact.best)


def _keys(facts: Sequence[SurveyAnswer]) -> list[int]:
    """The keys of all the scales that occur."""
    return sorted({key for f in facts for key in range(min(f.worst, f.best), max(f.worst, f.best) + 1)})


def _answered(key: int) -> Column:
    return Column(
        name=f"answered_{key}", unit="count", metric="survey_answered v1", title=f"key {key}", title_zh=f"按键 {key}"
    )


def _total(asked: Asked, facts: Sequence[SurveyAnswer], columns: Sequence[Column]) -> tuple[Value, ...]:
    counts = count(facts, asked.thresholds)
    told = {METRICS[name].column: METRICS[name].printed(counts) for name in _OF_ALL}
    return tuple(told.get(column.name) for column in columns)
