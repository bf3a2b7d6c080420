"""CDR and CEL of another installation -> accepted lines, as `cdr` and `cel` make them of our own.

It knows what such values mean elsewhere: clocks are local (`zone`), durations are counted by Asterisk and so are right
where clocks change, contexts are FreePBX's. What it cannot know it leaves out. A CDR without uniqueid gets
a name from its own content, so that it is the same call however often it is read.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo

from ..core.journal import JournalLine, Source
from .cel import EVENTS, JOINS, extra_of
from .fields import duration, number, plain
from .queue_log import CALL
from .refusal import LineError

Values = Mapping[str, str]
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_EPOCH = re.compile(r"([0-9]{9,10})(?:\.([0-9]{1,9}))?", re.ASCII)
_CLOCK = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9:]{2,6})?", re.ASCII
)
_WORD = re.compile(r"[A-Z0-9][A-Z0-9_]{0,39}", re.ASCII)
# cdr.h; cdr_adaptive_odbc and others store the number where the column is one.
_DISPOSITIONS = {"0": "NO ANSWER", "1": "NO ANSWER", "2": "FAILED", "4": "BUSY", "8": "ANSWERED", "16": "CONGESTION"}
_DISPOSITIONS |= {"32": "CANCEL", "NULL": "NO ANSWER", "UNKNOWN": "NO ANSWER", "NOANSWER": "NO ANSWER"}
_DISPOSITIONS |= {word: word for word in ("NO ANSWER", "FAILED", "BUSY", "ANSWERED", "CONGESTION", "CANCEL")}
# FreePBX and Issabel; ours are the words that the fold knows.
_CONTEXTS = (
    (re.compile(r"from-internal"), "from-agent"),
    (re.compile(r"from-(?:trunk|pstn|did|dahdi|zaptel|sip-external)"), "from-trunk"),
)
_DIGITS = re.compile(r"[^0-9]")


def moment(text: str, zone: tzinfo) -> datetime | None:
    """An instant in UTC: epoch seconds, or a clock of `zone` unless it names its own offset. None: there is none.

    A clock that comes twice (the night that clocks go back) is the first one. Raises LineError.
    """
    if not text or text.startswith("0000-00-00"):
        return None
    try:
        if epoch := _EPOCH.fullmatch(text):
            found = datetime.fromtimestamp(int(epoch[1]), UTC).replace(
                microsecond=int(((epoch[2] or "") + "000000")[:6])
            )
        elif _CLOCK.fullmatch(text):
            local = datetime.fromisoformat(text)
            found = (local if local.tzinfo else local.replace(tzinfo=zone)).astimezone(UTC)
        else:
            raise LineError("an instant that cannot be read")
    except (ValueError, OverflowError) as error:
        raise LineError("an instant that cannot be read") from error
    if not _EARLIEST <= found < _LATEST:
        raise LineError("an instant out of range")
    return found


def cdr_line(values: Values, zone: tzinfo, file_id: str, offset: int) -> JournalLine | None:
    """One CDR. None for a Local channel's own row without linkedid: it is a part of a call that another row tells.

    `data` as `cdr.parse` gives it, and `direction` and `did` where they can be told. Raises LineError.
    """
    start = moment(values.get("start", ""), zone)
    if start is None:
        raise LineError("no start")
    disposition = _DISPOSITIONS.get(values.get("disposition", "").upper())
    if disposition is None:
        raise LineError("an unknown disposition")
    linked, leg = values.get("linkedid", ""), values.get("uniqueid", "")
    if values.get("channel", "").startswith("Local/") and not linked:
        return None
    leg = leg or _named(values, start)
    if not CALL.fullmatch(leg) or not CALL.fullmatch(linked or leg):
        raise LineError("a channel id that Asterisk does not make")
    end = start + timedelta(seconds=duration(values.get("duration", ""), below=10**7))
    talk = min(timedelta(seconds=duration(values.get("billsec", ""), below=10**7)), end - start)
    told = {
        name: plain(values.get(name, "")) for name in ("dst", "context", "channel", "peer", "app", "user", "sequence")
    }
    told |= {
        "src": number(values.get("src", "")),
        "did": number(values.get("did", "")),
        "direction": _direction(values),
    }
    told |= {"start": start.isoformat(), "end": end.isoformat(), "disposition": disposition}
    if disposition == "ANSWERED" and (talk or values.get("answer")):
        told["answer"] = (end - talk).isoformat()
    return JournalLine(
        source=Source.CDR,
        file_id=file_id,
        offset=offset,
        at=end,
        kind="CDR",
        call=linked or leg,
        leg=leg,
        data={name: value for name, value in told.items() if value}
        | {
            "duration_seconds": (end - start).total_seconds(),
            "talk_seconds": talk.total_seconds() if "answer" in told else 0.0,
        },
    )


def _named(values: Values, start: datetime) -> str:
    told = "\x1f".join(f"{name}={value}" for name, value in sorted(values.items()) if not name.startswith("-"))
    return f"cdr{hashlib.sha256(told.encode()).hexdigest()[:16]}-{int(start.timestamp())}.0"


def _direction(values: Values) -> str:
    """Who called: somebody of the house shows the number that the phone is called by, a trunk is not called so."""
    phone = endpoint(values.get("channel", ""))
    if not phone or phone not in (values.get("src"), values.get("extension")):
        return "inbound"
    dialled = values.get("dst", "")
    inside = dialled == endpoint(values.get("peer", "")) or len(_DIGITS.sub("", dialled)) < 7
    return "internal" if inside else "outbound"


def endpoint(channel: str) -> str:
    """`PJSIP/1001-0000002a` and `Local/1001@from-queue-00000001;1` -> `1001`."""
    return channel.rpartition("-")[0].rpartition("/")[2].partition("@")[0]


def cel_line(values: Values, zone: tzinfo, file_id: str, offset: int) -> JournalLine | None:
    """One CEL event, as `cel.parse` gives it. Raises LineError."""
    kind, at = values.get("event", ""), moment(values.get("time", ""), zone)
    if at is None:
        raise LineError("no instant")
    if not _WORD.fullmatch(kind.upper()):
        raise LineError("an event that nobody writes")
    leg, linked = values.get("uniqueid", ""), values.get("linkedid", "")
    if not CALL.fullmatch(leg) or not CALL.fullmatch(linked or leg):
        raise LineError("a channel id that Asterisk does not make")
    told: dict[str, object] = {
        "number": number(values.get("number", "")),
        "exten": number(values.get("exten", "")),
        "context": _context(plain(values.get("context", ""))),
        **{name: plain(values.get(name, "")) for name in ("name", "channel", "app", "peer", "user")},
        "extra": (extra := extra_of(values.get("extra", ""))),
    }
    if kind in JOINS and CALL.fullmatch(other := extra.get(JOINS[kind], "")):
        told["of"], leg = leg, other
    if kind == "USER_DEFINED" or kind not in EVENTS:
        told["user_event"] = plain(values.get("user_event", "")) or kind
        kind = "USER_DEFINED"
    data = {name: value for name, value in told.items() if value}
    return JournalLine(
        source=Source.CEL, file_id=file_id, offset=offset, at=at, kind=kind, call=linked or leg, leg=leg, data=data
    )


def _context(theirs: str) -> str:
    return next((ours for like, ours in _CONTEXTS if like.match(theirs)), theirs)
