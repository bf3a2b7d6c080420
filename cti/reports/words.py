"""Chinese for what stands above a report: the names of what was asked, and the words that answer them.

A name that it does not know is printed as it is; names of queues, agents and zones are nobody's to translate.
"""

from __future__ import annotations

from collections.abc import Mapping

from .build import S_TOLD, T_TOLD

_NAMES: Mapping[str, str] = {
    "from": "起始",
    "to": "截止",
    "then from": "对比期起始",
    "then to": "对比期截止",
    "timezone": "时区",
    "by": "时段",
    "per": "分组",
    T_TOLD: "及时接通阈值",
    S_TOLD: "短时放弃阈值",
    "queue": "队列",
    "agent": "座席",
    "calls": "来电",
    "N (window)": "重复来电窗口",
    "a repeat is": "何为重复",
    "target": "目标",
    "mean patience": "平均耐心",
}
_INTERVALS: Mapping[str, str] = {
    "period": "整个时段",
    "minute": "分钟",
    "15min": "15 分钟",
    "hour": "小时",
    "day": "天",
    "week": "周",
    "month": "月",
}
_LINES: Mapping[str, str] = {
    "queue": "队列",
    "agent": "座席",
    "did": "被叫号码",
    "all": "全部",
    "bucket": "时长区间",
    "path": "路径",
    "place": "位置",
    "pair": "转出座席与对象",
    "reason": "原因",
    "agent and reason": "座席与原因",
    "hour": "小时",
    "survey": "问卷",
}
_ANSWERS: Mapping[str, Mapping[str, str]] = {
    "by": _INTERVALS,
    "per": _LINES,
    "a repeat is": {"a call to the same queue": "再次来电且进入同一队列"},
    "mean patience": {"no end (nobody gave up)": "无限（无人放弃）"},
}


def asked_in_both(asked: tuple[str, str]) -> tuple[str, str]:
    """A name and its answer, each in English and then in Chinese where that says something else."""
    name, answer = asked
    return _both(name, _NAMES.get(name, "")), _both(answer, _ANSWERS.get(name, {}).get(answer, ""))


def _both(said: str, chinese: str) -> str:
    return f"{said} {chinese}".rstrip()
