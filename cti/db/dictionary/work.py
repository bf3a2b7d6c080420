"""Words for messages in mailboxes and for the work that callers leave behind."""

from __future__ import annotations

from ...core.voicemail import MailState
from ...core.work_item import WorkKind, WorkState
from .everywhere import CUSTOMER, DID, NAME, NUMBER, QUEUE
from .said import Said, TableSaid, Unit, words

_VOICEMAIL = "voicemail journal"

WORK = {
    "voicemail_messages": TableSaid(
        en="One message in a mailbox",
        zh="信箱中的一条留言",
        source=_VOICEMAIL,
        for_jobs=True,
        columns={
            "id": Said(Unit.ID, "the message, as Asterisk names it", "留言编号(Asterisk 所定)"),
            "box": Said(Unit.ID, "the mailbox", "信箱"),
            "context": Said(
                Unit.WORD, "agents' boxes or the site's", "坐席信箱或站点信箱", values=("agents", "default")
            ),
            "folder": Said(Unit.WORD, 'Asterisk\'s folder; "" = no longer there', "Asterisk 文件夹;空 = 已不存在"),
            "received": Said(Unit.INSTANT, "when it was left", "留言时刻"),
            "seconds": Said(Unit.SECONDS, "its length", "留言时长"),
            "number": NUMBER,
            "name": NAME,
            "did": DID,
            "queue": QUEUE,
            "conversation": Said(
                Unit.ID,
                'the call that left it: conversations.id; "" = unknown',
                "留言的会话 conversations.id;空 = 未知",
            ),
            "mail_to": Said(Unit.TEXT, 'whom it was mailed to; "" = nobody', "发送的邮箱;空 = 不发送"),
            "mail": Said(Unit.WORD, "what became of the e-mail", "邮件状态", values=words(MailState)),
            "mail_error": Said(Unit.TEXT, "why the e-mail was not taken", "邮件未被接收的原因"),
            "transcript": Said(Unit.TEXT, "its words, where somebody wrote them down", "留言文字(如有人转写)"),
        },
    ),
    "work_items": TableSaid(
        en="One piece of work that a caller left: somebody to call back",
        zh="来电者留下的一项待办:需要回电的人",
        source="fold of conversations, messages and people's actions",
        for_jobs=True,
        columns={
            "id": Said(Unit.ID, "the call or message that made it", "产生该待办的会话或留言"),
            "line": Said(Unit.ID, "the same for every spelling of the number", "号码的统一形式"),
            "kind": Said(Unit.WORD, "what made it", "来由", values=words(WorkKind)),
            "queue": QUEUE,
            "number": NUMBER,
            "name": NAME,
            "customer": CUSTOMER,
            "did": DID,
            "created": Said(Unit.INSTANT, "when it came up", "产生时刻"),
            "due": Said(Unit.INSTANT, "by when somebody should have called", "应回电的时限"),
            "changed": Said(Unit.INSTANT, "when anything about it changed last", "最后变化的时刻"),
            "state": Said(Unit.WORD, "where it is", "状态", values=words(WorkState)),
            "owner": Said(Unit.ID, 'number of the agent who has it; "" = nobody', "负责坐席工号;空 = 无"),
            "calls": Said(Unit.JSON, "ids of all its calls that were not served", "所有未被服务的会话编号"),
            "messages": Said(Unit.JSON, "ids of all messages left", "所有留言编号"),
            "attempts": Said(
                Unit.JSON, "conversations that did not close it, the last 50", "未能了结的会话,最近 50 次"
            ),
            "closed": Said(Unit.INSTANT, "when it was done; NULL = it is not", "完成时刻;NULL = 未完成"),
            "closed_by": Said(
                Unit.ID, 'the conversation that did it; "" = a person said so', "了结它的会话;空 = 由人标记"
            ),
            "by": Said(Unit.ID, "who changed it last", "最后变更者"),
            "note": Said(Unit.TEXT, "what that person noted", "其备注"),
        },
    ),
}
