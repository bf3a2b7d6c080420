"""Definitions of numbers that no sum of counters can give: each a name, a version, a formula in words.

It knows what such a number means; the code that makes it is named in `made_by`, so that whoever prints it can be held
to one text. A change of meaning is a new version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What a number is. `formula` names columns or facts; `made_by` is the function that makes it."""

    name: str
    formula: str
    says: str
    says_zh: str
    made_by: str
    version: int = 1

    @property
    def titled(self) -> str:
        """`repeat_rate v1`."""
        return f"{self.name} v{self.version}"


_REPEATS = "core.metrics.repeats"
_COVERAGE = "core.metrics.coverage"
_MOMENTS = "core.metrics.moments"
_ALL = (
    Definition(
        name="contacts",
        formula="calls from outside with a number, whose window of N days is over",
        says="customers got in touch; calls that we made back are none of theirs",
        says_zh="客户来电（号码可见，且 N 天观察期已满）",
        made_by=_REPEATS,
    ),
    Definition(
        name="censored",
        formula="contacts whose window is not over yet",
        says="nobody can know yet whether they call again; in no rate, whether they did already or not",
        says_zh="观察期未满，不计入任何比率",
        made_by=_REPEATS,
    ),
    Definition(
        name="repeat_rate",
        formula="contacts that the same number followed by another within N days / contacts",
        says="who had to call again; exactly N days later still counts",
        says_zh="N 天内同号码再次来电 / 来电",
        made_by=_REPEATS,
    ),
    Definition(
        name="first_call_resolution",
        formula="first calls that nobody followed within N days / first calls",
        says="first calls are answered contacts that did not follow another one within N days",
        says_zh="首次解决率：N 天内未再来电的首次接通 / 首次接通",
        made_by=_REPEATS,
    ),
    Definition(
        name="recorded_share",
        formula="seconds of sound / seconds of talk, holds included, of the calls that should be recorded",
        says="sound is written only while two sides are bridged; what is longer than its talk counts as the talk",
        says_zh="录音秒数 / 应录通话秒数（含保持）",
        made_by=_COVERAGE,
    ),
    Definition(
        name="recording_states",
        formula="whole; short: more than 2 s of the talk are not there; missing: no file; empty; growing: not over",
        says="each call that should be recorded has one of them; the worst are listed by --drill",
        says_zh="完整、偏短（缺 2 秒以上）、缺失、空文件、进行中",
        made_by=_COVERAGE,
    ),
    Definition(
        name="waiting",
        formula="callers in line at a moment: entered, not gone, and no phone rings for them",
        says="as the live floor counts them; most and mean over every moment of the interval",
        says_zh="等候人数（不含正在振铃的），时段内最大与平均",
        made_by=_MOMENTS,
    ),
    Definition(
        name="longest_wait",
        formula="the most that anybody in line had waited since entering, at any moment of the interval",
        says="the number that the wallboard showed as the longest wait, at its worst",
        says_zh="时段内出现过的最长等候",
        made_by=_MOMENTS,
    ),
    Definition(
        name="agents_by_presence",
        formula="agents whose presence was this one, at a moment",
        says="most and mean over every moment of the interval; of ready agents also the fewest",
        says_zh="各状态座席人数，时段内最大与平均（空闲另有最少）",
        made_by=_MOMENTS,
    ),
)
BEYOND: Mapping[str, Definition] = {definition.name: definition for definition in _ALL}
