"""CDR, as cdr_custom's Master.csv gives it: one record -> one accepted line, or a refusal.

The columns, in this order and all quoted; more at the end are ignored (cdr_custom.conf must print exactly these):

    uniqueid, linkedid, src, dst, dcontext, channel, dstchannel, lastapp, start, answer, end, duration, billsec,
    disposition, userfield, sequence

One queue call makes several rows (one for each leg rung); none is written for a call that Asterisk died with.
"""

from __future__ import annotations

from datetime import datetime

from ..core.journal import JournalLine, Source
from .fields import PROBE, duration, fields, instant, moment, plain
from .queue_log import is_call
from .refusal import LineError

COLUMNS = (
    "uniqueid",
    "linkedid",
    "src",
    "dst",
    "dcontext",
    "channel",
    "dstchannel",
    "lastapp",
    "start",
    "answer",
    "end",
    "duration",
    "billsec",
    "disposition",
    "userfield",
    "sequence",
)
_DISPOSITIONS = frozenset({"NO ANSWER", "FAILED", "BUSY", "ANSWERED", "CONGESTION", "CANCEL", "NULL"})


def parse(raw: bytes, file_id: str, offset: int) -> JournalLine | None:
    """Read one record; `at` is its end. `data`: src, dst, context, channel, peer, app, start, answer, end (ISO),
    duration_seconds, talk_seconds, disposition, user, sequence; empty values are left out. Raises LineError. The
    seconds are counted from the instants: the columns have whole ones from Asterisk 22.9 on.
    """
    values = fields(raw, len(COLUMNS))
    if PROBE.match(values[5]):
        return None
    leg, linked = values[0], values[1]
    if not is_call(leg) or not is_call(linked or leg):
        raise LineError("a channel id that Asterisk does not make")
    if values[13] not in _DISPOSITIONS:
        raise LineError("an unknown disposition")
    start, end = instant(values[8]), instant(values[10])
    answer = moment(values[9])
    names = ("src", "dst", "context", "channel", "peer", "app")
    data: dict[str, object] = {name: value for name, value in zip(names, map(plain, values[2:8]), strict=True) if value}
    data |= {"start": start.isoformat(), "end": end.isoformat(), "disposition": values[13]}
    data |= {"answer": answer.isoformat()} if answer else {}
    for column in values[11:13]:
        duration(column, below=10**8)
    data |= {"duration_seconds": _seconds(start, end), "talk_seconds": _seconds(answer, end) if answer else 0.0}
    data |= {name: plain(value) for name, value in zip(("user", "sequence"), values[14:16], strict=True) if value}
    return JournalLine(
        source=Source.CDR,
        file_id=file_id,
        offset=offset,
        at=end,
        kind="CDR",
        call=linked or leg,
        leg=leg,
        data=data,
    )


def _seconds(since: datetime, until: datetime) -> float:
    return max(0.0, (until - since).total_seconds())
