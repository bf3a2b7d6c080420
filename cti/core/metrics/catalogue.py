"""The metrics, by name: what the published definitions say, and where they were published. It counts nothing.

Whoever prints a number prints its name with it, so that nobody compares 75 % with 30 % of the same calls.

A change of meaning is a new version; the old one stays as long as somebody may have printed it.
Sources: Asterisk `app_queue` ("ServiceLevelPerf", "ServiceLevelPerf2"), Wazo's queue statistics, Genesys' and Cisco's
reporting guides for their service level variants, COPC and ITU-T E.423 for the rest.
"""

from __future__ import annotations

from collections.abc import Mapping

from .metric import Metric, Unit, terms


def _percent(name: str, top: str, bottom: str, says: str, says_zh: str, source: str = "") -> Metric:
    return Metric(
        name=name, unit=Unit.PERCENT, top=terms(top), bottom=terms(bottom), says=says, says_zh=says_zh, source=source
    )


def _seconds(name: str, top: str, bottom: str, says: str, says_zh: str, source: str = "") -> Metric:
    return Metric(
        name=name, unit=Unit.SECONDS, top=terms(top), bottom=terms(bottom), says=says, says_zh=says_zh, source=source
    )


def _count(counter: str, says: str, says_zh: str) -> Metric:
    return Metric(name=counter, unit=Unit.COUNT, top=terms(counter), says=says, says_zh=says_zh)


def _time(name: str, counter: str, says: str, says_zh: str) -> Metric:
    return Metric(name=name, unit=Unit.SECONDS, top=terms(counter), says=says, says_zh=says_zh)


_ACD_HANDLED = "talk_ms + hold_ms + wrap_ms"
_CALLBACK_HANDLED = "callback_talk_ms + callback_hold_ms + callback_wrap_ms"
_TAKEN_OVER_HANDLED = "taken_over_talk_ms + taken_over_hold_ms + taken_over_wrap_ms"
_CISCO_OFFERED = "answered_in_time + abandoned_after_short_in_time + late"

_ALL = (
    _count("entered", "callers who entered the queue", "进入队列的来电"),
    _count("answered", "callers who talked with an agent", "接通的来电"),
    _count("abandoned", "callers who hung up while waiting", "放弃的来电"),
    _count("short_abandoned", "of them, after at most S", "其中等待不超过 S 的"),
    _count(
        "sent_on", "callers who left by time, number, ratio, key or hand", "因超时、已满、过忙、按键或人工转出的来电"
    ),
    _count("callback_requested", "callers who hung up and kept their place", "预约回拨的来电"),
    _count("failed", "callers cut by a dying Asterisk, or gone in a way that no rule foresees", "异常结束的来电"),
    _count("still_waiting", "callers who waited still at the end", "期末仍在等待的来电"),
    _count("called_back", "callbacks that reached an agent and the customer", "回拨成功的来电"),
    _count("taken_over", "callers whom a colleague passed on and the agent talked with", "同事转来并接待的来电"),
    _count("closed", "callers who came while the queue was closed", "关闭期间的来电"),
    _percent(
        "service_level.offered",
        "answered_in_time",
        "entered",
        "answered within T of all who entered; everything else counts against it",
        "T 内接通 / 全部进入",
    ),
    _percent(
        "service_level.offered_minus_short",
        "answered_in_time",
        "entered - short_abandoned",
        "the same, without those who hung up within S",
        "T 内接通 /(全部进入 - 短时放弃)",
    ),
    _percent(
        "service_level.offered_strict_threshold",
        "answered_under_time",
        "entered",
        "as offered, but answered in less than T",
        "严格小于 T 接通 / 全部进入",
    ),
    _percent(
        "service_level.asterisk_perf",
        "answered_in_time",
        "answered",
        "answered within T of the answered; who hung up is not seen at all",
        "T 内接通 / 接通",
        "app_queue ServiceLevelPerf",
    ),
    _percent(
        "service_level.asterisk_perf_strict_threshold",
        "answered_under_time",
        "answered",
        "the same, in less than T",
        "严格小于 T 接通 / 接通",
    ),
    _percent(
        "service_level.asterisk_perf2",
        "answered_in_time + abandoned_in_time",
        "answered + abandoned",
        "answered or abandoned within T of both; who hangs up fast makes it better",
        "(T 内接通 + T 内放弃)/(接通 + 放弃)",
        "app_queue ServiceLevelPerf2",
    ),
    _percent(
        "service_level.wazo",
        "answered_in_time",
        "answered",
        "answered within T of the answered",
        "T 内接通 / 接通",
        "Wazo",
    ),
    _percent(
        "service_level.genesys_abandons_off",
        "answered_in_time",
        "answered",
        "abandons not counted",
        "不计放弃",
        "Genesys",
    ),
    _percent(
        "service_level.genesys_short_on",
        "answered_in_time",
        "answered + abandoned",
        "abandons counted, short ones too",
        "计放弃（含短时）",
        "Genesys",
    ),
    _percent(
        "service_level.genesys_short_off",
        "answered_in_time",
        "answered + abandoned - short_abandoned",
        "abandons counted, without short ones",
        "计放弃（不含短时）",
        "Genesys",
    ),
    _percent(
        "service_level.genesys_flow_on_short_off",
        "answered_in_time",
        "answered + abandoned + sent_on - short_abandoned",
        "abandons and those sent on counted, without short ones",
        "计放弃与转出（不含短时）",
        "Genesys",
    ),
    _percent(
        "service_level.genesys_flow_on_short_on",
        "answered_in_time",
        "answered + abandoned + sent_on",
        "abandons and those sent on counted, short ones too",
        "计放弃与转出（含短时）",
        "Genesys",
    ),
    _percent(
        "service_level.cisco_ignore",
        "answered_in_time",
        "answered_in_time + late",
        "of those whose fate within T was an answer or to wait longer; abandons within T are ignored",
        "忽略 T 内放弃",
        "Cisco",
    ),
    _percent(
        "service_level.cisco_negative",
        "answered_in_time",
        _CISCO_OFFERED,
        "abandons between S and T count against it",
        "T 内放弃计为未达标",
        "Cisco",
    ),
    _percent(
        "service_level.cisco_positive",
        "answered_in_time + abandoned_after_short_in_time",
        _CISCO_OFFERED,
        "abandons between S and T count for it",
        "T 内放弃计为达标",
        "Cisco",
    ),
    _seconds(
        "asa", "answered_wait_ms", "answered", "mean wait of the answered, ringing included", "平均应答速度（含振铃）"
    ),
    _seconds("mean_wait", "wait_ms", "entered", "mean wait of all who entered", "全部进入者的平均等待"),
    _seconds(
        "aht.live",
        _ACD_HANDLED,
        "answered",
        "talk, hold and wrap-up for each answered",
        "平均处理时长（通话+保持+整理）",
    ),
    _seconds(
        "aht.with_callback",
        f"{_ACD_HANDLED} + {_CALLBACK_HANDLED}",
        "answered + called_back",
        "the same, with those who were called back",
        "平均处理时长（含回拨）",
    ),
    _seconds(
        "aht.with_transfers",
        f"{_ACD_HANDLED} + {_CALLBACK_HANDLED} + {_TAKEN_OVER_HANDLED}",
        "answered + called_back + taken_over",
        "the same, with those whom a colleague passed on; each agent's own part",
        "平均处理时长（含回拨与转入，各计本人部分）",
    ),
    _percent("abandon.offered", "abandoned", "entered", "abandoned of all who entered", "放弃 / 进入"),
    _percent(
        "abandon.without_short",
        "abandoned - short_abandoned",
        "entered - short_abandoned",
        "without those who hung up within S",
        "不含短时放弃",
    ),
    _percent(
        "abandon.answered_plus_abandoned_without_short",
        "abandoned - short_abandoned",
        "answered + abandoned - short_abandoned",
        "abandoned after S of the answered and abandoned",
        "放弃 /(接通 + 放弃)，不含短时",
    ),
    _percent(
        "abandon.without_short_strict",
        "abandoned - under_short_abandoned",
        "entered - under_short_abandoned",
        "without those who hung up in less than S",
        "不含严格短时放弃",
    ),
    _seconds("time_to_abandon.all", "abandoned_wait_ms", "abandoned", "mean wait of the abandoned", "放弃者平均等待"),
    _seconds(
        "time_to_abandon.without_short",
        "abandoned_after_short_wait_ms",
        "abandoned - short_abandoned",
        "mean wait of those who abandoned after S",
        "放弃者平均等待（不含短时）",
    ),
    _percent("answer_rate.live", "answered", "entered", "answered of all who entered", "接通率"),
    _percent(
        "answer_rate.with_callback",
        "answered + called_back",
        "entered",
        "answered on the line or called back, of all who entered",
        "接通率（含回拨）",
    ),
    _percent("transfer.of_answered", "transferred", "answered", "passed on, of the answered", "转接率（占接通）"),
    _percent(
        "transfer.of_handled",
        "transferred + called_back_transferred",
        "answered + called_back",
        "passed on, of the answered and called back",
        "转接率（占处理）",
    ),
    _percent(
        "occupancy",
        "talking_ms + wrap_up_ms",
        "talking_ms + wrap_up_ms + ready_ms + ringing_ms",
        "talk, hold and wrap-up of the time at work (logged in, not paused)",
        "占用率：通话与整理 / 在岗时间",
        "COPC",
    ),
    _percent(
        "utilisation",
        "talking_ms + wrap_up_ms",
        "logged_in_ms",
        "talk, hold and wrap-up of all the time logged in, pauses included",
        "利用率：通话与整理 / 登录时间",
    ),
    _percent(
        "offer_answer_rate",
        "offers_answered",
        "offers - offers_withdrawn",
        "rings answered, of those the caller waited for",
        "座席应答率",
    ),
    _count("offers", "rings at agents", "振铃次数"),
    _count("offers_answered", "rings that agents answered", "应答次数"),
    _count("offers_missed", "rings that agents missed", "漏接次数"),
    _time("logged_in", "logged_in_ms", "time logged in", "登录时长"),
    _time("ready", "ready_ms", "time ready for calls", "空闲时长"),
    _time("talking", "talking_ms", "time talking, holds included", "通话时长（含保持）"),
    _time("wrap_up", "wrap_up_ms", "time in wrap-up", "整理时长"),
    _time("paused", "paused_ms", "time paused", "暂停时长"),
    _time("paused_payable", "paused_payable_ms", "pauses that are paid", "计薪暂停"),
    _time("paused_billable", "paused_billable_ms", "pauses that the client pays", "可计费暂停"),
    _seconds("mean_ring", "ring_ms", "offers", "how long a phone rang", "平均振铃"),
    _count(
        "survey_asked", "questions put to callers after the talk (counted from the rows: no sums are kept)", "提问次数"
    ),
    _count("survey_answered", "of them, answered with a key of their scale", "有效回答"),
    _percent("survey.answer_rate", "survey_answered", "survey_asked", "answered of all that were put", "回答率"),
    Metric(
        name="survey.mean",
        unit=Unit.POINTS,
        top=terms("survey_points"),
        bottom=terms("survey_answered"),
        says="mean of the keys pressed; compare it with its own scale only",
        says_zh="平均分（按键值）",
    ),
    _percent(
        "survey.top_two_box",
        "survey_top_two",
        "survey_answered",
        "the best answer or the one next to it, of the answered",
        "前两档满意率",
        "top-2-box",
    ),
)
METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _ALL}
