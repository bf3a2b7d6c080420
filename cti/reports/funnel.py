"""The menu funnel: how callers went from the number they dialled through menus to queues, and where they were lost.

Per path every line is a place as it was come to (so the callers of a line are those of the lines below it, and who
ended there); per place, a place by whatever path. It knows journeys; it reads nothing itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from ..core.metrics.journeys import Step
from ..core.words import Outcome
from .build import Asked, about_of, report_of
from .catalogue import REPORTS
from .document import Column, Funnel, Note, Report, Tier, Value, shown
from .lines import column, head_columns, line_key, percent, seconds

_MOST_SHOWN = 40  # places in a terminal and in a chart
_NUMBERS = (
    column("callers", "count", "callers", "来电", "funnel.callers"),
    column("share", "percent", "of all", "占比", "funnel.share"),
    column("went_on", "count", "went on", "继续", "funnel.went_on"),
    column("hung_up", "count", "hung up", "挂断", "funnel.hung_up"),
    column("hung_up_share", "percent", "hung up %", "挂断率", "funnel.hung_up_share"),
    column("wrong_keys", "count", "wrong keys", "错误按键", "funnel.wrong_keys"),
    column("timeouts", "count", "no key", "超时未按", "funnel.timeouts"),
    column("mean", "seconds", "mean s", "平均停留", "funnel.mean"),
    column("answered", "count", "answered", "最终接通", "funnel.answered"),
    column("answered_share", "percent", "answered %", "接通率", "funnel.answered_share"),
)
_PLACE = column("place", "text", "place", "位置")
_PATH = (column("step", "count", "step", "步"), column("path", "text", "path", "路径"), _PLACE)
_COMPACT = ("callers", "share_percent", "hung_up", "wrong_keys", "timeouts", "answered_share_percent")
_LEGEND = (
    ("went on", "继续", "blue"),
    ("hung up here", "在此挂断", "bad"),
    ("ended here otherwise", "在此结束", "good"),
)
Path = tuple[str, ...]


class Travelled(NamedTuple):
    """One call from outside."""

    at: datetime
    outcome: str
    steps: Sequence[Step]


@dataclass(slots=True)
class _Node:
    callers: int = 0
    went_on: int = 0
    hung_up: int = 0
    invalid: int = 0
    timeouts: int = 0
    ms: int = 0
    answered: int = 0

    def add(self, step: Step, *, last: bool, answered: bool, again: bool) -> None:
        """`again`: the call has been here already, and is one caller all the same."""
        self.callers += not again
        self.answered += answered and not again
        self.went_on += not last
        self.hung_up += step.hung_up
        self.invalid += step.invalid
        self.timeouts += step.timeouts
        self.ms += step.ms

    def values(self, everybody: int, *, menu: bool) -> tuple[Value, ...]:
        mean = seconds(self.ms / self.callers) if menu and self.callers else None
        return (
            self.callers,
            percent(self.callers, everybody),
            self.went_on,
            self.hung_up,
            percent(self.hung_up, self.callers),
            self.invalid if menu else None,
            self.timeouts if menu else None,
            mean,
            self.answered,
            percent(self.answered, self.callers),
        )


Tree = Mapping[Path, _Node]


class FunnelReport:
    """Calls come one by one, in any order; then `made`. `per` is path or place."""

    def __init__(self, asked: Asked, *, per: str) -> None:
        self.asked, self.per = asked, per
        self.trees: dict[datetime | None, dict[Path, _Node]] = defaultdict(lambda: defaultdict(_Node))
        self.whole: dict[Path, _Node] = defaultdict(_Node)
        self.everybody: dict[datetime | None, int] = defaultdict(int)

    def add(self, call: Travelled) -> None:
        start = line_key(self.asked, call.at, "")[0]
        self.everybody[start] += 1
        _add(self.trees[start], call, self.per)
        _add(self.whole, call, self.per)

    def made(self) -> Report:
        return _made(self.asked, self.per, self.trees, self.whole, self.everybody)


def _made(
    asked: Asked,
    per: str,
    trees: Mapping[datetime | None, Tree],
    whole: Tree,
    everybody: Mapping[datetime | None, int],
) -> Report:
    heads = (*head_columns(asked, ""), *(_PATH if per == "path" else (_PLACE,)))
    rows = [
        row for start in sorted(trees, key=_when) for row in _rows(asked, start, trees[start], everybody[start], per)
    ]
    total = sum(everybody.values())
    return report_of(
        asked,
        columns=(*heads, *_NUMBERS),
        rows=tuple(rows),
        about=about_of(asked) | {"per": per, "calls": f"{total:,}"},
        notes=_left_out(whole),
        charts=(_chart(whole, per),),
        compact=(_compact(whole, total, per),) if asked.by is None and rows else (),
    )


def _when(start: datetime | None) -> float:
    return start.timestamp() if start else 0.0


def _add(tree: dict[Path, _Node], call: Travelled, per: str) -> None:
    answered = call.outcome == Outcome.ANSWERED
    path: Path = ()
    been: set[Path] = set()
    for number, step in enumerate(call.steps):
        path = (*path, _entered(step)) if per == "path" else (step.place,)
        last = number == len(call.steps) - 1
        tree[path].add(step, last=last, answered=answered, again=path in been)
        been.add(path)


def _entered(step: Step) -> str:
    return f"{step.key} > {step.place}" if step.key else step.place


def _in_order(tree: Tree) -> Iterator[Path]:
    """Depth first; of each place the way that most took before the others."""
    below: dict[Path, list[Path]] = defaultdict(list)
    for path in tree:
        below[path[:-1]].append(path)

    def walk(path: Path) -> Iterator[Path]:
        for child in sorted(below.get(path, ()), key=lambda child: (-tree[child].callers, child)):
            yield child
            if len(child) > len(path):
                yield from walk(child)

    return walk(())


def _rows(asked: Asked, start: datetime | None, tree: Tree, everybody: int, per: str) -> Iterator[tuple[Value, ...]]:
    begun = () if start is None else (start.astimezone(asked.zone),)
    for path in _in_order(tree):
        place = path[-1].rpartition(" > ")[2]
        told = (len(path), _spelled(path), place) if per == "path" else (place,)
        yield (*begun, *told, *tree[path].values(everybody, menu=place.startswith("menu ")))


def _spelled(path: Path) -> str:
    return " / ".join(path)


def _label(path: Path, per: str) -> str:
    return "  " * (len(path) - 1) + path[-1].replace(" > ", ": ") if per == "path" else path[-1]


def _biggest(tree: Tree) -> list[Path]:
    """Those that most came to, in order; a place never without the one before it."""
    kept = set(sorted(tree, key=lambda path: (-tree[path].callers, len(path), path))[:_MOST_SHOWN])
    return [path for path in _in_order(tree) if path in kept]


def _left_out(tree: Tree) -> tuple[Note, ...]:
    more = len(tree) - len(_biggest(tree))
    says = f"{more} rarer ways are not shown here: --format csv has them all"
    return (Note(says=says, says_zh=f"另有 {more} 条较少走的路径未显示：--format csv 全部列出"),) if more else ()


def _compact(tree: Tree, everybody: int, per: str) -> Report:
    names = [one.name for one in _NUMBERS]
    chosen: list[Column] = [one for one in _NUMBERS if one.name in _COMPACT]
    rows = []
    for path in _biggest(tree):
        place = path[-1].rpartition(" > ")[2]
        values = dict(zip(names, tree[path].values(everybody, menu=place.startswith("menu ")), strict=True))
        told = ("" if values[one.name] is None else shown(values[one.name], one.unit) for one in chosen)
        rows.append((_label(path, per), *told))
    columns = (
        _PLACE,
        *(Column(name=one.name, unit=one.unit, title=one.title, title_zh=one.title_zh) for one in chosen),
    )
    return Report(name="funnel", title=REPORTS["funnel"].says, columns=columns, rows=tuple(rows))


def _chart(tree: Tree, per: str) -> Funnel:
    tiers = []
    for path in _biggest(tree):
        node = tree[path]
        on = min(node.went_on, node.callers)
        parts = ((on, "blue"), (node.hung_up, "bad"), (max(node.callers - on - node.hung_up, 0), "good"))
        tiers.append(Tier(depth=len(path) - 1, label=_label(path, per).strip(), parts=parts))
    legend = (
        ("went on", "继续", "blue"),
        ("hung up here", "在此挂断", "bad"),
        ("ended here otherwise", "在此结束", "good"),
    )
    return Funnel(tiers=tiers, legend=legend, title="callers at each place", title_zh="各位置来电数")
