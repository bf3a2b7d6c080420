"""Words for the journals as they are stored: what everything else is made of."""

from __future__ import annotations

from ...core.journal import Source
from .everywhere import FILE, OFFSET
from .said import Said, TableSaid, Unit, words

_SOURCE = Said(Unit.WORD, "which journal", "日志种类", values=words(Source))

JOURNALS = {
    "journal_files": TableSaid(
        en="How far one journal file was read",
        zh="一个日志文件的读取进度",
        source="the reader of the journals",
        for_jobs=False,
        columns={
            "source": _SOURCE,
            "file_id": FILE,
            "path": Said(Unit.TEXT, "where it lay when it was read last", "最近读取时的位置"),
            "offset": Said(Unit.BYTES, "everything before it was read", "此前的内容均已读取"),
        },
    ),
    "journal_lines": TableSaid(
        en="One accepted line of a journal; all history is made of these. It may hold what callers typed",
        zh="一行被接受的日志,一切历史由此得出;可能含来电者按键内容",
        source="the journal files",
        for_jobs=False,
        columns={
            "source": _SOURCE,
            "file_id": FILE,
            "offset": OFFSET,
            "at": Said(Unit.INSTANT, "what the line says of its time", "该行所记时刻"),
            "kind": Said(Unit.WORD, "the event, as its journal calls it", "事件名称(按该日志)"),
            "call": Said(Unit.ID, 'whose call, as the line itself says; "" = none', "该行所指的呼叫;空 = 无"),
            "leg": Said(Unit.ID, 'the channel or message it is about; "" = none', "所涉通道或留言;空 = 无"),
            "data": Said(Unit.JSON, "its values by name", "各字段的值"),
        },
    ),
}
