"""Words for what reports count: stays in queues, rings at agents, agents' time."""

from __future__ import annotations

from ...core.metrics.facts import Channel
from ...core.words import Miss, Outcome, Presence
from .everywhere import CALL, ENGINE, FILE, FOLD, OFFSET, POSITION, QUEUE
from .said import Said, TableSaid, Unit, words

_PRESENCE = Said(Unit.WORD, "what the agent was doing", "坐席状态", values=words(Presence))
_REASON = Said(Unit.WORD, 'why the agent was paused; "" = not paused', "暂停原因;空 = 未暂停")
_PAYABLE = Said(
    Unit.YES_NO, "the agent is paid for this time, as the reason counted then", "按当时规则,该时段计入坐席薪酬"
)
_BILLABLE = Said(
    Unit.YES_NO, "the client pays for this time, as the reason counted then", "按当时规则,该时段向客户计费"
)
_WHO = Said(Unit.ID, "number of the agent", "坐席工号")

FACTS = {
    "visits": TableSaid(
        en="One stay of one caller in one queue; a conversation has as many as queues were entered",
        zh="一位来电者在一个队列中的一次停留;一次会话进入几个队列就有几行",
        source=FOLD,
        for_jobs=True,
        columns={
            "call": CALL,
            "position": POSITION,
            "queue": QUEUE,
            "entered": Said(Unit.INSTANT, "when the caller entered the queue", "进入队列的时刻"),
            "outcome": Said(
                Unit.WORD, 'how the stay ended; "" = still waiting', "停留的结果;空 = 仍在等待", values=words(Outcome)
            ),
            "channel": Said(
                Unit.WORD,
                "how the customer came: on the line, or called back",
                "客户来源:在线等待或被回呼",
                values=words(Channel),
            ),
            "agent": Said(Unit.ID, 'number of the agent who answered; "" = nobody', "接听坐席工号;空 = 无人"),
            "wait_ms": Said(
                Unit.MILLISECONDS, "from entry to the talk or the exit, ringing included", "自进入至通话或离开,含振铃"
            ),
            "ring_ms": Said(Unit.MILLISECONDS, "agents' phones rang for this stay", "为此停留坐席话机振铃的时长"),
            "talk_ms": Said(
                Unit.MILLISECONDS, "talk of the agent who answered, without holds", "接听坐席的通话时长,不含保持"
            ),
            "hold_ms": Said(Unit.MILLISECONDS, "holds within that talk", "该通话中的保持时长"),
            "wrap_ms": Said(Unit.MILLISECONDS, "the agent's work after that talk", "该通话后的整理时长"),
            "transferred": Said(Unit.YES_NO, "that agent passed the caller on", "该坐席将来电转出"),
        },
    ),
    "offers": TableSaid(
        en="One ring at one agent for a queued caller",
        zh="为排队来电向一位坐席的一次振铃",
        source=FOLD,
        for_jobs=True,
        columns={
            "call": CALL,
            "position": POSITION,
            "queue": QUEUE,
            "agent": _WHO,
            "offered": Said(Unit.INSTANT, "when the phone began to ring", "开始振铃的时刻"),
            "outcome": Said(
                Unit.WORD,
                'answered, or why not; "" = still ringing',
                "已接听或未接原因;空 = 仍在振铃",
                values=("answered", *words(Miss)),
            ),
            "ring_ms": Said(Unit.MILLISECONDS, "how long it rang", "振铃时长"),
        },
    ),
    "surveys": TableSaid(
        en="One question that a caller was asked after the talk, answered or not",
        zh="通话后向客户提出的一个问题,不论是否回答",
        source="queue_log",
        for_jobs=True,
        columns={
            "call": CALL,
            "position": Said(Unit.PLACE, "its place in the survey, from 1", "在问卷中的次序,自 1 起"),
            "queue": QUEUE,
            "agent": Said(Unit.ID, 'number of the agent who talked last; "" = nobody', "最后通话的坐席工号;空 = 无人"),
            "survey": Said(Unit.ID, "the survey, as site.yaml names it", "问卷名称(见 site.yaml)"),
            "question": Said(Unit.ID, "the question, as site.yaml names it", "问题名称(见 site.yaml)"),
            "at": Said(Unit.INSTANT, "when the answer or its absence was written down", "记录时刻"),
            "outcome": Said(
                Unit.WORD,
                "answered, or why there is no answer",
                "已回答,或未答原因",
                values=("answered", "silent", "invalid", "hung_up"),
            ),
            "answer": Said(Unit.SCORE, "the key that was pressed; NULL unless answered", "所按的键;NULL = 未回答"),
            "worst": Said(Unit.SCORE, "the key that stands for the worst", "代表最差的键"),
            "best": Said(
                Unit.SCORE,
                "the key that stands for the best; may be the lower one",
                "代表最好的键,可小于最差的键",
            ),
            "top_two": Said(Unit.YES_NO, "the answer is the best or the one next to it", "答案为最好或次好"),
        },
    ),
    "announcements": TableSaid(
        en="The numbers in one announcement to a waiting caller",
        zh="向等候者播报的一次数字(位次、预计等待)",
        source=ENGINE,
        for_jobs=True,
        columns={
            "file_id": FILE,
            "offset": OFFSET,
            "call": CALL,
            "at": Said(Unit.INSTANT, "when it was said", "播报时刻"),
            "queue": QUEUE,
            "place": Said(
                Unit.PLACE, "the place in line that was said, from 1; 0 = none", "播报的位次,自 1 起;0 = 未播"
            ),
            "wait_minutes": Said(
                Unit.MINUTES,
                "the wait that was said: at most so many minutes; 0 = more than 30; NULL = none",
                "播报的等待:至多若干分钟;0 = 三十分钟以上;NULL = 未播",
            ),
            "expected_ms": Said(Unit.MILLISECONDS, "the estimate behind it; NULL = none", "其依据的估计;NULL = 无"),
        },
    ),
    "presences": TableSaid(
        en="One change of an agent's presence, which holds until the agent's next row",
        zh="坐席状态的一次变化,持续到该坐席的下一行",
        source=ENGINE,
        for_jobs=True,
        columns={
            "file_id": FILE,
            "offset": OFFSET,
            "agent": _WHO,
            "at": Said(Unit.INSTANT, "since when", "起始时刻"),
            "presence": _PRESENCE,
            "reason": _REASON,
            "payable": _PAYABLE,
            "billable": _BILLABLE,
            "over_time": Said(
                Unit.YES_NO, "told again: paused for longer than the reason allows", "再次记录:暂停超过该原因上限"
            ),
        },
    ),
    "agent_states": TableSaid(
        en="One stretch of an agent's time in one presence, with its end",
        zh="坐席处于某一状态的一段时间,含结束时刻",
        source="view of presences",
        for_jobs=True,
        columns={
            "agent": _WHO,
            "presence": _PRESENCE,
            "reason": _REASON,
            "started": Said(Unit.INSTANT, "since when", "起始时刻"),
            "ended": Said(Unit.INSTANT, "until when; NULL = it is still so", "结束时刻;NULL = 仍在持续"),
            "duration_ms": Said(Unit.MILLISECONDS, "from started to ended; NULL = open", "自开始至结束;NULL = 未结束"),
            "payable": _PAYABLE,
            "billable": _BILLABLE,
        },
    ),
}
