"""Asterisk's queue_log: `epoch|callid|queue|agent|event|data1|…`, one line -> one accepted line, or a refusal.

It knows the events that our dialplan writes with `QueueLog()` and those that app_queue writes itself in the fallback,
and what their fields must look like. A line that our dialplan and app_queue cannot have written is refused whole:
a caller's number can forge lines where the dialplan forgets to filter it (FACTS: injection). It knows no files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from ..core.journal import JournalLine, Source
from .refusal import LineError

_EARLIEST, _LATEST = 946_684_800, 4_102_444_800  # 2000-01-01 .. 2100-01-01
_LONGEST_SECONDS = 7 * 86_400  # nobody waits or talks longer than a week
# channel_internal_api.c makes a uniqueid as [systemname-]epoch.sequence; we check it, we never take it apart.
CALL = re.compile(r"(?:[A-Za-z0-9_.-]{1,100}-)?[0-9]{1,12}\.[0-9]{1,10}", re.ASCII)
_EPOCH = re.compile(r"[0-9]{9,10}(?:\.[0-9]{1,9})?", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@/-]{0,79}", re.ASCII)
_FOREIGN_NAME = re.compile(r"[^|\x00-\x1f\x7f]{1,80}")  # members with names: `Li Na`, `李娜`, `Agent/7 (late)`
_OURS = re.compile(r"[a-z][a-z0-9_-]{0,39}", re.ASCII)
_NUMBER = re.compile(r"[+0-9*#A-Za-z]{0,80}", re.ASCII)  # all that FILTER() lets pass; AST_CHANNEL_NAME is 80
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")

Values = dict[str, Any]
Reader = Callable[[list[str]], Values]


def parse(raw: bytes, file_id: str, offset: int) -> JournalLine | None:
    """Read one line (without its newline). None: valid, but not about a call. Raises LineError with the reason.

    `data` always holds `queue` and `agent` ("" for NONE); the rest by event, seconds and milliseconds as int.
    """
    return _parse(raw, file_id, offset, _NAME)


def parse_foreign(raw: bytes, file_id: str, offset: int) -> JournalLine | None:
    """The same of another installation's file, whose queues and agents may be called anything that fits a line."""
    return _parse(raw, file_id, offset, _FOREIGN_NAME)


def _parse(raw: bytes, file_id: str, offset: int, names: re.Pattern[str]) -> JournalLine | None:
    text = raw.rstrip(b"\r").decode("utf-8", "replace")
    if not text.isprintable() and _CONTROL.search(text):
        raise LineError("a control character")
    fields = text.split("|")
    if len(fields) < 5 or len(fields) > 20:
        raise LineError("not epoch|callid|queue|agent|event|…")
    epoch, call, queue, agent, event = fields[:5]
    at = _instant(epoch)
    if event not in _READERS:
        raise LineError("an unknown event")
    reader = _READERS[event]
    if reader is None:
        return None
    if not is_call(call):
        raise LineError("a call id that Asterisk does not make")
    values = {"queue": _name(queue, "queue", names), "agent": _name(agent, "agent", names)}
    return JournalLine(
        source=Source.QUEUE_LOG,
        file_id=file_id,
        offset=offset,
        at=at,
        kind=event,
        call=call,
        leg=call,
        data=_checked(event, values | reader(fields[5:])),
    )


@lru_cache(maxsize=4_096)  # each call's lines name it again and again
def is_call(text: str) -> bool:
    """Whether this can be a uniqueid."""
    return bool(CALL.fullmatch(text))


@lru_cache(maxsize=1_024)
def _instant(text: str) -> datetime:
    """Epoch seconds; a build may write a fraction (logger.c: queue_log's own time format)."""
    if not _EPOCH.fullmatch(text):
        raise LineError("an instant that is no epoch")
    if not _EARLIEST <= float(text) <= _LATEST:
        raise LineError("an instant out of range")
    return datetime.fromtimestamp(float(text), UTC)


@lru_cache(maxsize=4_096)
def _name(text: str, what: str, names: re.Pattern[str]) -> str:
    if text in ("NONE", ""):
        return ""
    if not names.fullmatch(text):
        raise LineError(f"a strange {what} name")
    return text


_AGENT_NEEDED = frozenset(
    {"CONNECT", "COMPLETEAGENT", "COMPLETECALLER", "RINGNOANSWER", "RINGCANCELED", "BLINDTRANSFER", "ATTENDEDTRANSFER"}
)


def _checked(event: str, values: Values) -> Mapping[str, Any]:
    if event in _AGENT_NEEDED and not values["agent"]:
        raise LineError("no agent")
    if event not in ("DID", "CLOSED", "BLOCKED", "VOICEMAIL") and not values["queue"]:
        raise LineError("no queue")
    return values


def _count(fields: list[str], index: int, most: int = _LONGEST_SECONDS) -> int:
    """A non-negative whole number; an absent field is 0."""
    text = fields[index] if index < len(fields) else ""
    if text == "":
        return 0
    if not (text.isascii() and text.isdigit() and len(text) <= 10) or int(text) > most:
        raise LineError("a count that cannot be")
    return int(text)


def _number(fields: list[str], index: int) -> str:
    text = fields[index] if index < len(fields) else ""
    if not _NUMBER.fullmatch(text):
        raise LineError("a number that FILTER() would not let through")
    return text


def _did(fields: list[str]) -> Values:
    return {"did": _number(fields, 0)}


def _enter(fields: list[str]) -> Values:
    return {"number": _number(fields, 1)}  # app_queue.c: url|callerid|position


def _connect(fields: list[str]) -> Values:
    peer = fields[1] if len(fields) > 1 else ""
    if peer and not is_call(peer):
        raise LineError("a channel id that Asterisk does not make")
    return {"wait_seconds": _count(fields, 0), "peer": peer, "ring_seconds": _count(fields, 2)}


def _complete(fields: list[str]) -> Values:
    return {"wait_seconds": _count(fields, 0), "talk_seconds": _count(fields, 1)}


def _left(fields: list[str]) -> Values:
    return {"wait_seconds": _count(fields, 2)}  # app_queue.c: position|original position|wait


def _key(fields: list[str]) -> Values:
    return {"key": _number(fields, 0), "wait_seconds": _count(fields, 3)}  # key|position|original position|wait


def _rang(fields: list[str]) -> Values:
    return {"ring_ms": _count(fields, 0, _LONGEST_SECONDS * 1000)}


def _blind(fields: list[str]) -> Values:
    return {"target": _number(fields, 0)}  # app_queue.c: extension|context|wait|talk|original position


def _attended(fields: list[str]) -> Values:
    """app_queue.c: BRIDGE|id, APP|name or LINK|channel|channel, then wait|talk|position. The target has no number."""
    method = fields[0] if fields else ""
    return {"target": method if method in ("BRIDGE", "APP", "LINK") else _number(fields, 0)}


def _survey(fields: list[str]) -> Values:
    return {"survey": _word(fields, 0)}


def _survey_end(fields: list[str]) -> Values:
    return {"survey": _word(fields, 0), "outcome": _word(fields, 1)}


def _question(fields: list[str]) -> Values:
    """survey|question|place|answer, or why there is none|worst|best: see dialplan/_surveys.j2."""
    place, worst, best = _count(fields, 2, 9), _count(fields, 4, 9), _count(fields, 5, 9)
    answer = fields[3] if len(fields) > 3 else ""
    values = {"survey": _word(fields, 0), "question": _word(fields, 1), "place": place, "worst": worst, "best": best}
    if answer in ("invalid", "silent", "hung_up"):
        return values | {"outcome": answer}
    key = _count([answer], 0, 9)
    if answer == "" or place == 0 or not min(worst, best) <= key <= max(worst, best):
        raise LineError("an answer off its scale")
    return values | {"outcome": "answered", "answer": key}


def _word(fields: list[str], index: int) -> str:
    text = fields[index] if index < len(fields) else ""
    if not _OURS.fullmatch(text):
        raise LineError("a name that no site can give")
    return text


def _nothing(_: list[str]) -> Values:
    return {}


_READERS: dict[str, Reader | None] = {
    "DID": _did,
    "ENTERQUEUE": _enter,
    "CONNECT": _connect,
    "COMPLETEAGENT": _complete,
    "COMPLETECALLER": _complete,
    "ABANDON": _left,
    "EXITWITHTIMEOUT": _left,
    "EXITEMPTY": _left,
    "EXITWITHKEY": _key,
    "RINGNOANSWER": _rang,
    "RINGCANCELED": _rang,
    "BLINDTRANSFER": _blind,
    "TRANSFER": _blind,
    "ATTENDEDTRANSFER": _attended,
    # written by our dialplan only: how a caller left whom no agent could be found for
    "OVERFLOW": _left,
    "VOICEMAIL": _nothing,
    "CALLBACK": _left,
    "CLOSED": _left,  # without fields where a schedule says so before anybody waits
    "FULL": _left,
    "BLOCKED": _nothing,
    # the questions after the talk
    "SURVEYBEGIN": _survey,
    "SURVEY": _question,
    "SURVEYEND": _survey_end,
    # not about a call: members and Asterisk itself; presence belongs to the engine's journal
    **dict.fromkeys(
        (
            "QUEUESTART",
            "CONFIGRELOAD",
            "ADDMEMBER",
            "REMOVEMEMBER",
            "PAUSE",
            "UNPAUSE",
            "PAUSEALL",
            "UNPAUSEALL",
            "PENALTY",
            "RINGINUSE",
            "PAUSEREASON",
            "AGENTLOGIN",
            "AGENTLOGOFF",
            "AGENTCALLBACKLOGIN",
            "AGENTCALLBACKLOGOFF",
            "AGENTDUMP",
            "SYSCOMPAT",
            "INFO",
        )
    ),
}
