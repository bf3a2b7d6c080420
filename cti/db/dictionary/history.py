"""Words for conversations, their segments, recordings and explanations."""

from __future__ import annotations

from ...core.stretches import Kind
from ...core.words import Outcome
from .everywhere import AGENT, CALL, CUSTOMER, DID, ENGINE, FILE, FOLD, NUMBER, OFFSET, POSITION, QUEUE
from .said import Said, TableSaid, Unit, words

STARTED = Said(Unit.INSTANT, "when it began", "开始时刻")
ENDED = Said(
    Unit.INSTANT, "when it ended; NULL = it goes on, or nobody saw its end", "结束时刻;NULL = 进行中或未见结束"
)
OUTCOME = Said(
    Unit.WORD,
    'how it ended for the customer, exactly one word; "" = it goes on',
    "对客户而言的唯一结果;空 = 进行中",
    values=words(Outcome),
)
DIRECTION = Said(Unit.WORD, "who called whom", "呼叫方向", values=("inbound", "outbound", "internal"))

TARGET = Said(
    Unit.ID,
    'of a transfer or a talk with the outside: an agent, or the number dialled; of a menu: the key; "" = none',
    "转接或外呼的对象:坐席或所拨号码;菜单为按键;空 = 无",
)
DETAIL = Said(
    Unit.TEXT,
    "menu: its name (the path, where its askings were not told); transfer: blind, attended, blonde or conference; "
    "voicemail: the box",
    "菜单为名称(未记录逐次询问时为路径);转接为盲转、询问转、半询问转或会议;留言为信箱",
)

HISTORY = {
    "conversations": TableSaid(
        en="One call as the customer lived through it, whatever channels, queues and agents it took",
        zh="一次会话:以客户视角的一通来往电话,不论经过多少通道、队列与坐席",
        source=FOLD,
        for_jobs=True,
        columns={
            "id": Said(
                Unit.ID, "uniqueid of the customer's channel; opaque", "客户通道的 uniqueid,不可拆解", "CEL, queue_log"
            ),
            "started": STARTED,
            "ended": ENDED,
            "direction": DIRECTION,
            "number": NUMBER,
            "name": Said(Unit.TEXT, "the name that was shown with the number", "随号码显示的姓名"),
            "did": DID,
            "path": Said(
                Unit.TEXT, "the way through the menus: menu:key>menu:key", "菜单路径:菜单:按键>菜单:按键", ENGINE
            ),
            "language": Said(Unit.WORD, "language of the prompts that were played", "所播提示音的语言", ENGINE),
            "customer": CUSTOMER,
            "queue": Said(
                Unit.ID, "the queue of the first talk, else the last queue", "首次通话所在队列,否则为最后的队列"
            ),
            "agent": Said(Unit.ID, 'number of the agent of the first talk; "" = none', "首次通话的坐席工号;空 = 无"),
            "outcome": OUTCOME,
            "wait_seconds": Said(
                Unit.SECONDS,
                "waiting in queues before the first talk (all waits where there was none), ringing included",
                "首次通话前的排队时长(无通话则为全部排队),含振铃",
            ),
            "ring_seconds": Said(Unit.SECONDS, "agents' phones rang, answered or not", "坐席话机振铃时长,不论是否接听"),
            "talk_seconds": Said(Unit.SECONDS, "talks of all agents, without holds", "所有坐席的通话时长,不含保持"),
            "hold_seconds": Said(
                Unit.SECONDS, "the customer was on hold within talks", "通话中客户被保持的时长", "CEL"
            ),
            "interrupted": Said(
                Unit.YES_NO,
                "Asterisk died during it: what came after is unknown, not guessed",
                "期间 Asterisk 中断,其后情况未知且不作猜测",
                ENGINE,
            ),
            "callback_of": Said(
                Unit.ID,
                'the call that asked for this callback; "" = no callback',
                "要求此次回呼的会话;空 = 非回呼",
                ENGINE,
            ),
            "source": Said(
                Unit.WORD,
                "who distributed it: our engine, the native queue, nobody",
                "由谁分配:引擎、原生队列、未排队",
                values=("engine", "fallback", "direct"),
            ),
            "disposition": Said(
                Unit.WORD, 'how it ended in the agent\'s words; "" = none given', "坐席填写的结果;空 = 未填", ENGINE
            ),
            "note": Said(Unit.TEXT, "what the agent noted", "坐席备注", ENGINE),
        },
    ),
    "segments": TableSaid(
        en="One stretch of a conversation: menu, wait, ring, talk, hold, transfer, voicemail; gaps are left open",
        zh="会话中的一段:菜单、等待、振铃、通话、保持、转接、留言;未见的时间留空",
        source=FOLD,
        for_jobs=True,
        columns={
            "call": CALL,
            "position": POSITION,
            "kind": Said(Unit.WORD, "what the customer was living through", "客户所处的阶段", values=words(Kind)),
            "started": STARTED,
            "ended": ENDED,
            "agent": AGENT,
            "queue": QUEUE,
            "target": TARGET,
            "outcome": Said(
                Unit.WORD,
                "how this stretch ended: a wait by an outcome, a ring by answered or a miss, a talk by who ended it, "
                "a menu by chosen, invalid, timeout or left",
                "本段如何结束:等待为结果词,振铃为接听或未接原因,通话为谁结束,菜单为选择、错键、超时或离开",
            ),
            "detail": DETAIL,
        },
    ),
    "conversation_segments": TableSaid(
        en="Each segment with its length and what a report needs of its conversation",
        zh="各段及其时长,并附所属会话的常用列",
        source="view of segments and conversations",
        for_jobs=True,
        columns={
            "call": CALL,
            "position": POSITION,
            "kind": Said(Unit.WORD, "what the customer was living through", "客户所处的阶段", values=words(Kind)),
            "started": STARTED,
            "ended": ENDED,
            "duration_ms": Said(Unit.MILLISECONDS, "from started to ended; NULL = open", "自开始至结束;NULL = 未结束"),
            "agent": AGENT,
            "queue": QUEUE,
            "target": TARGET,
            "outcome": Said(Unit.WORD, "how this stretch ended", "本段如何结束"),
            "detail": DETAIL,
            "conversation_started": Said(Unit.INSTANT, "when the conversation began", "会话开始时刻"),
            "conversation_outcome": Said(
                Unit.WORD, "how the conversation ended for the customer", "会话对客户而言的结果", values=words(Outcome)
            ),
            "direction": DIRECTION,
            "number": NUMBER,
            "did": DID,
            "customer": CUSTOMER,
        },
    ),
    "recordings": TableSaid(
        en="One sound file of a recorded conversation",
        zh="一个会话录音文件",
        source="the recordings folder",
        for_jobs=True,
        columns={
            "path": Said(Unit.ID, "the file, relative to the recordings folder", "相对于录音目录的文件路径"),
            "call": Said(
                Unit.ID,
                "the conversation, or the channel of it, that the file is named after",
                "文件名所示的会话或其通道",
            ),
            "started": Said(Unit.INSTANT, "when the recording began; NULL = unknown", "录音开始时刻;NULL = 未知"),
            "seconds": Said(Unit.SECONDS, "its length by its size", "按文件大小计算的时长"),
            "bytes": Said(Unit.BYTES, "its size", "文件大小"),
            "channels": Said(Unit.COUNT, "2 = each side has its own", "2 = 双方各占一声道"),
            "state": Said(
                Unit.WORD,
                "growing while the call goes on, then whole; empty or missing",
                "通话中为增长,之后为完整;或为空、缺失",
                values=("growing", "whole", "empty", "missing"),
            ),
        },
    ),
    "explanations": TableSaid(
        en="Why one decision about a call was taken: who was in, who was out, and the reason",
        zh="一次分配决策的依据:谁入选、谁落选及原因",
        source=ENGINE,
        for_jobs=True,
        columns={
            "file_id": FILE,
            "offset": OFFSET,
            "call": CALL,
            "at": Said(Unit.INSTANT, "when it was decided", "决策时刻"),
            "decision": Said(
                Unit.JSON,
                "ring, candidates, why each was in or out, who was chosen",
                "圈层、候选人、入选或落选原因、选中者",
            ),
        },
    ),
}
