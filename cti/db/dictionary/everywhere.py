"""Columns that mean the same wherever they stand: said once. It knows no table."""

from __future__ import annotations

from .said import Said, Unit

FOLD = "fold of queue_log, CEL, CDR and the engine's journal"
ENGINE = "engine's journal"

CALL = Said(Unit.ID, "the conversation: conversations.id", "所属会话:conversations.id")
POSITION = Said(Unit.PLACE, "its place among those of its conversation, from 0", "在该会话中的次序,自 0 起")
QUEUE = Said(Unit.ID, 'the queue, as it was called then; "" = none', "队列(当时的名称);空 = 无")
AGENT = Said(Unit.ID, 'number of the agent; "" = none', "坐席工号;空 = 无")
NUMBER = Said(Unit.PHONE, 'the other side as it was shown; "" = withheld', "对方号码(按来电显示);空 = 隐藏")
NAME = Said(Unit.TEXT, "the name that was shown with the number, or the customer's", "随号码显示的姓名,或客户姓名")
DID = Said(Unit.PHONE, "the number of ours that was dialled", "被叫的本方号码")
CUSTOMER = Said(Unit.ID, 'customers.id as it was known then; "" = unknown', "当时识别的客户 customers.id;空 = 未知")
FILE = Said(
    Unit.ID, "fingerprint of the journal file, the same wherever the file is moved", "日志文件指纹,文件移动后不变"
)
OFFSET = Said(Unit.BYTES, "where in that file the line begins", "该行在文件中的起始字节")
