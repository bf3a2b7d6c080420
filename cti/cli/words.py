"""The words of the terminal's floor in the languages that its readers speak. It knows words and nothing else."""

from __future__ import annotations

import os
from collections.abc import Mapping

LANGUAGES = ("en", "zh")
_ZH = {
    "queue": "队列",
    "waiting": "等候",
    "longest": "最长",
    "ready": "空闲",
    "unreachable": "话机离线",
    "ringing": "振铃",
    "talking": "通话",
    "wrap_up": "话后",
    "paused": "暂停",
    "offline": "离线",
    "talk": "通话",
    "wrap": "话后",
    "pause": "暂停",
    "service": "{0:g}秒内",
    "in_time": "T 内",
    "answered": "接通",
    "abandoned": "放弃",
    "closed": "关闭",
    "agent": "座席",
    "name": "姓名",
    "doing": "状态",
    "since": "时长",
    "with": "来电/备注",
    "then": "之后",
    "place": "#",
    "caller": "来电",
    "waited": "已等",
    "priority": "优先",
    "score": "得分",
    "ring": "圈",
    "next ring": "下一圈",
    "withheld": "号码隐藏",
    "nobody waits": "无人等候",
    "nobody is at work": "无座席在岗",
    "live": "实时",
    "away": "引擎无应答，正在重连",
    "Ctrl-C ends": "Ctrl-C 退出",
    "own call": "自己的通话",
    "over time": "超时",
    "more": "未显示:",
}
_EN = {
    "wrap_up": "wrap-up",
    "away": "the engine is away, trying again",
    "service": "in {0:g} s",
    "in_time": "in T",
    "place": "#",
    "more": "not shown:",
}
_WORDS: Mapping[str, Mapping[str, str]] = {"zh": _ZH, "en": _EN}


def language_of(wanted: str, environment: Mapping[str, str] = os.environ) -> str:
    """`wanted`, or what the terminal's locale says, or English."""
    locale = environment.get("LC_ALL") or environment.get("LC_MESSAGES") or environment.get("LANG") or ""
    return wanted or ("zh" if locale.startswith("zh") else "en")


def word(name: str, language: str) -> str:
    """The word for `name`; a reason or a name that somebody else made up stays as it is."""
    return _WORDS[language].get(name, name)
