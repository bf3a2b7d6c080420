"""Definitions of what agents missed and how they paused. (See `beyond`.) It knows formulas; it counts nothing."""

from __future__ import annotations

from .definition import Definition


def _missed(name: str, formula: str, says: str, says_zh: str) -> Definition:
    return Definition(name=f"missed.{name}", formula=formula, says=says, says_zh=says_zh, made_by="reports.missed")


def _pause(name: str, formula: str, says: str, says_zh: str) -> Definition:
    return Definition(name=f"pauses.{name}", formula=formula, says=says, says_zh=says_zh, made_by="reports.pauses")


OF_AGENTS = (
    _missed("offers", "offers - offers_withdrawn", "rings that the caller waited for", "主叫未先挂断的振铃"),
    _missed("rings", "offers_missed", "of them, not answered by the agent", "座席未接的振铃"),
    _missed(
        "rate", "missed.rings / missed.offers", "missed of all rings that the caller waited for", "漏接 / 有效振铃"
    ),
    _missed("no_answer", "missed rings whose outcome is no_answer", "rang until the offer ended", "振铃至超时"),
    _missed("busy", "missed rings whose outcome is busy", "the phone was busy, or declined", "话机忙或拒接"),
    _missed("unreachable", "missed rings whose outcome is unreachable", "no phone could be rung", "话机不可达"),
    _missed(
        "lost",
        "missed rings whose outcome is lost",
        "never learned; the safety timer ended it",
        "结果未知，由安全定时器结束",
    ),
    _missed("ring_lost", "ring_ms of the missed rings", "how long callers waited for nothing", "漏接振铃总时长"),
    _missed(
        "callers",
        "different conversations among the missed rings",
        "a caller whom two lines met counts in each, and once in the total",
        "受影响来电；各行可重复，合计去重",
    ),
    _missed(
        "callers_unserved", "of missed.callers, not answered", "talked with nobody in the end", "其中最终未接通的来电"
    ),
    _pause(
        "begun",
        "pauses that began in the interval",
        "0 with time beside it is a pause that went on from before",
        "按开始时刻计次；为 0 而有时长者为延续",
    ),
    _pause("time", "paused_ms", "cut at the borders of the interval", "按时段边界切分"),
    _pause("longest", "the longest pause", "cut in the same way", "最长一次，同样切分"),
    _pause(
        "over",
        "pauses that came to their reason's maximum in the interval",
        "as the site had it then (pause_reasons: max_seconds)",
        "达到当时规定上限的次数",
    ),
    _pause("over_time", "time after the maximum", "cut likewise", "超过上限后的时长"),
    _pause("payable", "paused_payable_ms", "time that is paid", "计薪时长"),
    _pause("billable", "paused_billable_ms", "time that the client pays", "可向客户计费时长"),
    _pause("share", "pauses.time / pauses.time of all lines", "of all that the question is about", "占全部暂停时长"),
)
