"""The engine's own append-only journal: one JSON object a line, written with one `write`, read back as typed lines.

It survives `kill -9` of the engine at any instant: a line is there whole or it is torn, and a torn one is ended at the
next start and refused by the reader. It knows the kinds of lines; it knows nothing of what they mean for a call.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson

from ..core.journal import JournalLine, Source
from ..errors import StoreError
from .refusal import LineError

LONGEST_LINE = 65_536
ROTATE_BYTES = 64 * 1024 * 1024
_DEEPEST = 200  # brackets of one line; orjson writes 254 levels
_HUGE = 1 << 63
_ID = re.compile(r"[^\x00-\x20|\"\\]{0,150}")


class Kind(StrEnum):
    """What the engine journals. Fields: `call` and `agent` wherever there is one, the rest as listed."""

    OPENED = "opened"  # a file begins: file (random id)
    JOINED = "joined"  # queue, entered (ISO), caller {number, name, language, customer, did, path}, need, priority
    OFFER = "offer"  # agent, queue, phone, ring_seconds, waited_seconds
    POP = "pop"  # agent, pushed (ISO): when the screen pop left for the browser
    ANSWERED = "answered"  # agent
    MISSED = "missed"  # agent, why
    TALK_ENDED = "talk_ended"  # agent
    DISPOSITION = "disposition"  # agent, code, note: how the call ended, in the agent's words; the last one counts
    PRESENCE = "presence"  # agent, presence, reason; call: rings, is talked on, wrapped up, or was until now;
    # paused for a known reason: billable, payable, over_time
    TOLD = "told"  # queue, position (0 = none), wait_minutes (0 = more than is said; null = none), expected_seconds
    LEFT = "left"  # the caller no longer waits with us
    RELEASED = "released"  # queue, outcome
    PRIORITY = "priority"  # priority: what a supervisor gave the caller
    QUEUES = "queues"  # closed [queue, …]: all that are closed by hand; a standing line
    MOVED = "moved"  # queue: where a supervisor sent the caller
    EXPLAIN = "explain"  # decision, ring, chosen, candidates [[agent, why], …], why (where a rule decided)
    LEG_ENDED = "leg_ended"  # leg, cause: what we saw of a channel that a dying Asterisk never closed
    HELD = "held"  # leg, held (bool): CEL has no hold, so what AMI tells of it is kept here
    CALLBACK = (
        "callback"  # a kept place: the fields of core.callback.Callback; leg (dialled, or the attempt), failed, why
    )
    CALLBACK_ENDED = "callback_ended"  # of, why, by (the call that served it otherwise, or has the place)
    CALLBACKS_TOLD = "callbacks_told"  # count: so many `callback` lines before this one are all that there are
    INTERRUPTED = "interrupted"  # the conversation was cut by a dying Asterisk
    WORK = "work"  # item, signal, by, owner, note: what a person did with a work item; call is the one that made it
    # in the ledger of scheduled reports, beside this one
    REPORT = "report"  # what (planned, dropped, sent, failed, gave_up, by_hand), report, to, when, due, attempts, error
    # in the journal of messages, beside this one; each with `message`, its id
    MESSAGE = "message"  # found: box, context, folder, received (ISO), seconds, number, name, did, queue, conversation,
    # mail_to
    MESSAGE_MOVED = "message_moved"  # folder, "" = it is gone
    MAILED = "mailed"  # sent (bool), error


_OF_MESSAGES = frozenset({Kind.MESSAGE, Kind.MESSAGE_MOVED, Kind.MAILED})
_KINDS = {kind.value: kind for kind in Kind}
_LEGS = {Kind.CALLBACK: "leg", **dict.fromkeys(_OF_MESSAGES, "message")}


class EngineJournal:
    """Append lines to `path`; at `rotate_bytes` it becomes `engine-<UTC instant>.jsonl` and a new file begins."""

    def __init__(self, path: Path, *, rotate_bytes: int = ROTATE_BYTES) -> None:
        self.path = path
        self._limit = rotate_bytes
        self._torn = False
        self._file = -1
        self._size = 0
        self._standing: dict[Kind, dict[str, Any]] = {}

    def stand(self, kind: Kind, at: datetime, **values: Any) -> None:
        """Append a line that holds until the next one of its kind; every new file begins with it. Raises StoreError."""
        self._standing[kind] = values
        self.append(kind, at, **values)

    def append(self, kind: Kind | str, at: datetime, **values: Any) -> None:
        """Write one line. `at` must be aware; dataclasses, enums, instants and durations in `values` become plain.

        Raises StoreError when the disk refuses or the line is too long; the journal stays usable and whole.
        """
        self.put(at, line_of(kind if isinstance(kind, Kind) else Kind(kind), at, values))

    def put(self, at: datetime, lines: bytes) -> None:
        """Write lines of `line_of`, the last one's instant `at`, with one write. Raises StoreError as `append` does."""
        if self._file < 0:
            self._open(at)
        elif self._size + len(lines) > self._limit:
            self._rotate(at)
        self._write(lines)

    def close(self) -> None:
        """Close the file; a later append opens it again."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _open(self, at: datetime) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
            self._size = os.fstat(self._file).st_size
            self._torn = self._size > 0 and os.pread(self._file, 1, self._size - 1) != b"\n"
        except OSError as error:
            raise StoreError(f"cannot open the engine's journal {self.path}: {error.strerror}") from error
        if self._size == 0:
            self._write(line_of(Kind.OPENED, at, {"file": secrets.token_hex(8)}))
            for kind, values in self._standing.items():
                self._write(line_of(kind, at, values))

    def _rotate(self, at: datetime) -> None:
        self.close()
        stamp = at.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%f")
        target = self.path.with_name(f"{self.path.stem}-{stamp}{self.path.suffix}")
        while target.exists():
            target = self.path.with_name(f"{self.path.stem}-{stamp}.{secrets.randbelow(10**6)}{self.path.suffix}")
        try:
            self.path.rename(target)
        except OSError as error:
            raise StoreError(f"cannot rotate the engine's journal {self.path}: {error.strerror}") from error
        self._open(at)

    def _write(self, line: bytes) -> None:
        """One write. After one that was cut short (disk full) the next first ends the line that was torn."""
        data = b"\n" + line if self._torn else line
        try:
            written = os.write(self._file, data)
        except OSError as error:
            raise StoreError(f"cannot write the engine's journal {self.path}: {error.strerror}") from error
        self._size += written
        self._torn = written < len(data) if written != 0 else self._torn
        if written < len(data):
            raise StoreError(f"the engine's journal {self.path} took only half a line: is the disk full?")


def line_of(kind: Kind, at: datetime, values: dict[str, Any]) -> bytes:
    """One line of the journal, see `EngineJournal.append`. Raises StoreError when it is too long."""
    if at.tzinfo is None:
        raise ValueError("an instant without a time zone cannot be journalled")
    record = {"kind": kind.value, "at": at if at.tzinfo is UTC else at.astimezone(UTC), **values}
    try:
        data = orjson.dumps(record, default=plain, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # half a surrogate pair, which UTF-8 cannot say: an escape in ASCII can
        data = _ENCODER.encode(record).encode("ascii") + b"\n"
    if len(data) >= LONGEST_LINE:
        raise StoreError(f"a {kind.value} line of {len(data)} bytes is too long for the engine's journal")
    return data


def plain(value: Any) -> Any:
    """What JSON can say instead: instants as ISO text in UTC, durations as seconds, frozen values as objects.

    Raises TypeError for anything else.
    """
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, set | frozenset):
        return list(value)
    raise TypeError(f"{type(value).__name__} cannot be journalled")


# Made once; it asks `plain` only for what JSON has no word for.
_ENCODER = json.JSONEncoder(allow_nan=False, separators=(",", ":"), default=plain)


def parse_message(raw: bytes, file_id: str, offset: int) -> JournalLine | None:
    """Read one line of the journal of messages, which is written in the same way."""
    return parse(raw, file_id, offset, Source.VOICEMAIL)


def parse(raw: bytes, file_id: str, offset: int, source: Source = Source.ENGINE) -> JournalLine | None:
    """Read one line. None for `opened`. Raises LineError for a torn or foreign line."""
    if len(raw) > LONGEST_LINE:
        raise LineError("a line that is too long")
    try:
        record = _loads(raw)
        kind, at = _KINDS[record.pop("kind")], datetime.fromisoformat(record.pop("at"))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise LineError("not a line of the engine's journal") from error
    if at.tzinfo is None:
        raise LineError("an instant without a time zone")
    call = record.pop("call", None) or ""
    if not isinstance(call, str) or not _is_id(call):
        raise LineError("a strange call id")
    if kind in (Kind.OPENED, Kind.CALLBACKS_TOLD):
        return None
    if (kind in _OF_MESSAGES) is not (source is Source.VOICEMAIL):
        raise LineError("a line of another journal")
    return JournalLine(
        source=source,
        file_id=file_id,
        offset=offset,
        at=at if at.tzinfo is UTC else at.astimezone(UTC),
        kind=kind.value,
        call=call,
        leg=_leg(kind, record) or call,
        data=record,
    )


def _loads(raw: bytes) -> Any:
    """orjson takes a third of the time; it refuses escapes of half a surrogate pair. What it read can be stored as it
    is, unless it holds a NUL or is nested deeper than it writes itself."""
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return _storable(json.loads(raw))
    if raw.count(b"[") + raw.count(b"{") > _DEEPEST:
        orjson.dumps(found)
    return _storable(found) if b"\\u0000" in raw else found


def _leg(kind: Kind, record: dict[str, Any]) -> str:
    """What else the line is of: an attempt to call back, the channel that was dialled for it, a message."""
    leg = record.get(_LEGS[kind]) if kind in _LEGS else ""
    return leg if isinstance(leg, str) and _is_id(leg) else ""


@lru_cache(maxsize=4_096)  # each call's lines name it again and again
def _is_id(text: str) -> bool:
    return bool(_ID.fullmatch(text))


def _storable(value: Any) -> Any:
    """No lone surrogates, no NUL, no number that JSON's writer has no room for, in any depth."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8").replace("\x00", "\ufffd")
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    if isinstance(value, int) and not -_HUGE <= value < _HUGE:
        return str(value)
    return [_storable(item) for item in value] if isinstance(value, list) else value
