"""Words for the sums by quarter of an hour. What a counter counts `core.metrics.counters` says; here is the Chinese."""

from __future__ import annotations

from ...core.metrics.counters import COUNTERS
from ..rollup_tables import SUMS
from .said import Said, TableSaid, Unit

_FROM = "sums of visits, offers and presences"
_QUARTER = Said(
    Unit.COUNT, "quarters of an hour since 1970, UTC: times 900 = epoch seconds", "自 1970 年起的刻数(UTC),乘 900 为秒"
)
_KEYS = {
    "quarter": _QUARTER,
    "queue": Said(Unit.ID, "the queue, as it was called then", "队列(当时的名称)"),
    "agent": Said(Unit.ID, 'number of the agent; "" = nobody', "坐席工号;空 = 无人"),
}
_ZH = {
    "entered": "进入队列的来电,不含关闭时段",
    "closed": "队列关闭时的来电",
    "answered": "其中与坐席通话的",
    "answered_in_time": "等待不超过 T 即接听",
    "answered_under_time": "等待少于 T 即接听",
    "abandoned": "等待或振铃中挂断",
    "abandoned_in_time": "不超过 T 即放弃",
    "short_abandoned": "不超过 S 即放弃",
    "under_short_abandoned": "少于 S 即放弃",
    "abandoned_after_short_in_time": "超过 S 但在 T 内放弃",
    "late": "等待超过 T,不论结果",
    "sent_on": "因时限、人数、比例、按键或人工转出",
    "callback_requested": "挂断并保留位置",
    "overflowed": "溢出转出:过忙、无人或人工",
    "timed_out": "等待超限转出",
    "left_by_key": "按键离开",
    "found_full": "队列已满",
    "left_for_voicemail": "转语音信箱",
    "failed": "异常结束,或因 Asterisk 中断",
    "found_closed": "非营业时间来电",
    "blocked": "被拦截",
    "still_waiting": "期末仍在等待",
    "called_back": "经回呼与坐席通话",
    "transferred": "已接听中被转出的",
    "called_back_transferred": "回呼中被转出的",
    "wait_ms": "所有进入者的等待",
    "answered_wait_ms": "已接听者的等待",
    "abandoned_wait_ms": "放弃者的等待",
    "abandoned_after_short_wait_ms": "超过 S 后放弃者的等待",
    "talk_ms": "已接听的通话,不含保持",
    "hold_ms": "已接听中的保持",
    "wrap_ms": "其后的整理",
    "callback_talk_ms": "回呼的通话",
    "callback_hold_ms": "回呼中的保持",
    "callback_wrap_ms": "回呼后的整理",
    "taken_over": "同事转来并与之通话的",
    "taken_over_transferred": "其中再次被转出的",
    "taken_over_talk_ms": "转来者的通话,不含保持",
    "taken_over_hold_ms": "转来者通话中的保持",
    "taken_over_wrap_ms": "转来者之后的整理",
    "offers": "向坐席的振铃次数",
    "offers_answered": "其中被接听",
    "offers_missed": "其中坐席未接",
    "offers_withdrawn": "其中来电者先挂断,或由他人代接、被前转",
    "ring_ms": "坐席振铃时长",
    "ready_ms": "就绪时长",
    "ringing_ms": "振铃时长",
    "talking_ms": "通话时长,含保持",
    "wrap_up_ms": "整理时长",
    "paused_ms": "暂停时长",
    "paused_payable_ms": "计薪的暂停",
    "paused_billable_ms": "向客户计费的暂停",
    "at_work_ms": "登录且未暂停的时长",
    "logged_in_ms": "登录时长",
}
_TABLES = {
    "rollup_visits": ("All stays in queues that began in a quarter", "一刻钟内开始的全部排队"),
    "rollup_queue_visits": ("The stays in one queue that began in a quarter", "一刻钟内在某队列开始的排队"),
    "rollup_agent_visits": ("The stays that ended with one agent, by when they began", "由某坐席接听的排队,按开始时刻"),
    "rollup_queue_offers": ("The rings for one queue's callers that began in a quarter", "一刻钟内为某队列的振铃"),
    "rollup_agent_offers": ("The rings at one agent that began in a quarter", "一刻钟内向某坐席的振铃"),
    "rollup_agent_times": ("What one agent did in a quarter, logged out left out", "某坐席一刻钟内的时间分布,不含登出"),
}


def _column(name: str) -> Said:
    if name in _KEYS:
        return _KEYS[name]
    return Said(Unit.MILLISECONDS if name.endswith("_ms") else Unit.COUNT, COUNTERS[name].says, _ZH[name])


SUMS_SAID = {
    "rolled_quarters": TableSaid(
        en="One quarter of an hour whose sums are right; of others the sums may be old, count their rows instead",
        zh="汇总已就绪的一刻钟;其余时段的汇总可能已旧,请改用明细",
        source="the engine's upkeep",
        for_jobs=True,
        columns={
            "quarter": _QUARTER,
            "thresholds": Said(
                Unit.WORD,
                "for which T (in time) and S (short), in milliseconds; then the queues that have their own",
                "对应的 T(及时)与 S(短)毫秒数;其后为自定义阈值的队列",
            ),
        },
    ),
    **{
        name: TableSaid(
            en=en,
            zh=zh,
            source=_FROM,
            for_jobs=True,
            columns={
                c.name: _column(c.name) for table in SUMS if table.__tablename__ == name for c in table.__table__.c
            },
        )
        for name, (en, zh) in _TABLES.items()
    },
}
