"""Definitions of what became of calls: outcomes. (See `beyond`.) It knows words and formulas; it counts nothing."""

from __future__ import annotations

from .definition import Definition

OUTCOMES: tuple[tuple[str, str, str, str], ...] = (  # word, counters, what it means
    ("answered", "answered", "talked with an agent", "接通"),
    ("abandoned", "abandoned - short_abandoned", "hung up while waiting, after more than S", "放弃"),
    ("short_abandon", "short_abandoned", "hung up while waiting, within S", "短时放弃"),
    ("overflow", "overflowed", "sent on: too busy, nobody there, or by hand", "溢出转出"),
    ("timeout", "timed_out", "sent on after the longest wait", "超时转出"),
    ("exit_key", "left_by_key", "left by the exit key", "按键离开"),
    ("full", "found_full", "found the queue full", "队列已满"),
    ("voicemail", "left_for_voicemail", "went on to voicemail", "转语音信箱"),
    ("callback_requested", "callback_requested", "hung up and kept the place", "预约回拨"),
    ("closed", "found_closed", "came while it was closed", "非营业时间"),
    ("blocked", "blocked", "was not let in", "被拦截"),
    ("hung_up_before", "hung_up_before", "hung up before any queue: in a menu, or at once", "进队列前挂断"),
    ("failed", "failed", "no rule foresees it, or cut by a dying Asterisk", "异常结束"),
    ("open", "still_waiting", "was not over when this was counted", "进行中"),
)
"""Every stay in a queue, and every call from outside, has exactly one. `hung_up_before` is no word of a stay."""
_OUTCOME, _WAITS, _SPREAD, _HEAT = "reports.outcome", "reports.waits", "core.metrics.distribution", "reports.heatmap"
_WAYS, _PLACES, _STORY = "core.metrics.journeys", "reports.funnel", "core.menu_story"
_FUNNEL = (
    ("callers", "calls from outside that came to the place", "per path: by this way", "到达此处的来电", _WAYS),
    ("share", "funnel.callers / all calls of the interval", "of all calls from outside", "占全部来电", _PLACES),
    ("went_on", "of them, those who came to another place", "by a key, by time, sent on", "继续前往他处", _WAYS),
    ("hung_up", "of them, those who hung up there", "lost there: in a menu or waiting", "在此挂断", _WAYS),
    ("hung_up_share", "funnel.hung_up / funnel.callers", "how many it loses", "在此挂断 / 到达", _PLACES),
    ("wrong_keys", "keys that the menu does not know", "each wrong try counts", "菜单不认识的按键次数", _STORY),
    ("timeouts", "askings without an answer in time", "each counts", "超时未按键次数", _STORY),
    ("mean", "time in the menu / funnel.callers", "all askings together", "平均停留时长（含重问）", _WAYS),
    ("answered", "of them, those who were answered in the end", "wherever", "最终接通（不论在何处）", _PLACES),
    ("answered_share", "funnel.answered / funnel.callers", "of those who came", "最终接通 / 到达", _PLACES),
)
_PASSED = "core.metrics.passings"
_TRANSFERS = (
    ("count", "transfers in the interval", "each time a caller was passed on; a call may be several times", "转接次数"),
    (
        "how",
        "blind: without a word; attended: after talking with the other; blonde: while the other's phone rang; "
        "conference: after all three talked",
        "as the journals tell it; other: of another installation, not told",
        "盲转、咨询转、半咨询转（振铃中转）、三方通话后转",
    ),
    ("answered", "of them, those with whom somebody else talked next", "an agent or outside", "由他人接听"),
    ("returned", "of them, those with whom the same agent talked next", "nobody took them", "退回原座席"),
    ("lost", "of them, those who hung up before anybody talked with them", "", "无人接听即挂断"),
    ("elsewhere", "of them, those who left for voicemail or out of a queue", "", "转往语音信箱或离开队列"),
    ("answered_share", "transfers.answered / transfers.count", "how many came to somebody", "接通 / 转接"),
    ("talked_before", "talk of the agent before it / transfers.count", "holds not included", "转接前平均通话"),
    (
        "waited",
        "from the transfer to the next talk (or the end) / transfers.count",
        "0 when attended",
        "转接后平均等待",
    ),
    ("talked_after", "talk of whoever came next / (answered + returned)", "holds not included", "转接后平均通话"),
)
OF_CALLS = (
    Definition(
        name="outcome.calls",
        formula="stays in the queue (per did: calls from outside) that ended so",
        says="each has exactly one outcome; callbacks that we make are not among them",
        says_zh="每次排队（或每个来电）只有一种结果；外呼回拨不计",
        made_by=_OUTCOME,
    ),
    Definition(
        name="outcome.share",
        formula="outcome.calls / outcome.calls of all outcomes of the same line",
        says="one digit, by the largest remainder, so that the shares of a line add up to 100.0 exactly",
        says_zh="最大余数法保留一位小数，合计恒为 100.0",
        made_by=_OUTCOME,
    ),
    *(
        Definition(name=f"outcome.{word}", formula=counters, says=says, says_zh=says_zh, made_by=_OUTCOME)
        for word, counters, says, says_zh in OUTCOMES
    ),
    Definition(
        name="waits.calls",
        formula="stays in the queue that ended so, after more than one and at most the other length of time",
        says="from entry to the talk or the exit, ringing included; who still waits is in none",
        says_zh="从进入队列到接通或离开（含振铃）；仍在等待者不计",
        made_by=_WAITS,
    ),
    Definition(
        name="waits.mean", formula="wait_ms / waits.calls", says="mean wait", says_zh="平均等待", made_by=_WAITS
    ),
    Definition(
        name="waits.percentile",
        formula="the shortest wait that at least p % of them do not exceed (nearest rank)",
        says="exact, from every row; nothing is interpolated",
        says_zh="最近秩法，逐行精确计算，不插值",
        made_by=_SPREAD,
    ),
    Definition(name="waits.longest", formula="the longest wait", says="exact", says_zh="最长等待", made_by=_SPREAD),
    Definition(
        name="waits.so_far",
        formula="of all that ended so, those after at most T",
        says="exactly T counts",
        says_zh="至多 T 内结束的累计占比（含等于 T）",
        made_by=_WAITS,
    ),
    Definition(
        name="heatmap.hours",
        formula="how much of the period passed in this hour of this weekday",
        says="skipped: none; repeated: two; what the period cuts counts as what it was; nothing after now",
        says_zh="统计期内该星期该小时实际经过的小时数（夏令时跳过为 0，重复为 2；不足一周或一小时按实际）",
        made_by=_HEAT,
    ),
    Definition(
        name="heatmap.per_hour",
        formula="entered / heatmap.hours",
        says="who entered in one such hour, on average",
        says_zh="平均每个这样的小时进入的来电",
        made_by=_HEAT,
    ),
    *(
        Definition(name=f"funnel.{name}", formula=formula, says=says, says_zh=says_zh, made_by=made_by)
        for name, formula, says, says_zh, made_by in _FUNNEL
    ),
    *(
        Definition(name=f"transfers.{name}", formula=formula, says=says, says_zh=says_zh, made_by=_PASSED)
        for name, formula, says, says_zh in _TRANSFERS
    ),
)
