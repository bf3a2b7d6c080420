"""The report `recordings`: from covered calls to lines. What covered means, `core.metrics.coverage` knows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..core.metrics.coverage import Coverage, Covered, Sound
from .build import Asked, about_of, report_of
from .document import Note, Report, Value
from .lines import LineKey, column, head_columns, head_values, in_order, line_key, percent, seconds

DIRECT = "(direct)"  # where a queue would stand
_COLUMNS = (
    column("calls", "count", "calls to record", "应录通话"),
    column("talk", "seconds", "talk", "应录时长"),
    column("recorded", "seconds", "recorded", "已录时长"),
    column("recorded_share", "percent", "recorded share", "覆盖率", "recorded_share", of="calls"),
    column("whole", "count", "whole", "完整", "recording_states"),
    column("short", "count", "short", "偏短", "recording_states"),
    column("missing", "count", "missing", "缺失", "recording_states"),
    column("empty", "count", "empty", "空文件", "recording_states"),
    column("growing", "count", "growing", "进行中", "recording_states"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCall:
    """One call that should be recorded. `queue` "" = direct."""

    call: str
    started: datetime
    queue: str
    agent: str
    covered: Covered
    sounds: Sequence[Sound] = ()


def recordings_report(
    asked: Asked, calls: Iterable[RecordedCall], *, per: str, titles: Mapping[str, str], notes: tuple[Note, ...] = ()
) -> Report:
    """`titles`: what agents are called."""
    lines: dict[LineKey, list[Covered]] = defaultdict(list)
    for call in calls:
        name = call.agent if per == "agent" else call.queue or DIRECT
        lines[line_key(asked, call.started, name)].append(call.covered)
    rows = [(*head_values(asked, per, key, titles), *_values(lines[key])) for key in sorted(lines, key=in_order)]
    head = head_columns(asked, per)
    everything = [one for some in lines.values() for one in some]
    return report_of(
        asked,
        columns=(*head, *_COLUMNS),
        rows=tuple(rows),
        total=(*[None] * len(head), *_values(everything)),
        about=about_of(asked, thresholds=False),
        notes=notes,
    )


def _values(calls: Sequence[Covered]) -> tuple[Value, ...]:
    talk, recorded = sum(one.talk_ms for one in calls), sum(one.recorded_ms for one in calls)
    states = [sum(one.state is state for one in calls) for state in Coverage]
    return (len(calls), seconds(talk), seconds(recorded), percent(recorded, talk), *states)


def recordings_rows(calls: Iterable[RecordedCall]) -> list[dict[str, Any]]:
    """Every call whose recording is not whole, in order of time."""
    return [
        {
            "call": one.call,
            "started": one.started,
            "queue": one.queue or DIRECT,
            "agent": one.agent,
            "state": one.covered.state.value,
            "talk_seconds": seconds(one.covered.talk_ms),
            "recorded_seconds": seconds(one.covered.recorded_ms),
            "lost_seconds": seconds(one.covered.lost_ms),
            "files": " ".join(sound.path for sound in one.sounds),
        }
        for one in sorted(calls, key=lambda call: (call.started, call.call))
        if one.covered.state is not Coverage.WHOLE
    ]
