"""SIPp's message trace as it grows: bytes in, timed SIP messages out.

It knows the format that `-trace_msg` writes (SIPp src/socket.cpp) and how to read a SIP message's header lines. It
refuses to know what a message means for a call. Sans-IO and bounded: a body is taken by the length that SIPp prints
before it, so what a message says cannot pass for another one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ..errors import WireError

LONGEST = 1 << 20  # bytes without a message's end; SIPp itself stops at 64 kB
_HEAD = re.compile(
    rb"-{47} (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6})(Z|[+-]\d\d:?\d\d)\n"
    rb"\w+ (?:control )?message (sent|received) \[(\d+)\] bytes ?:\n\n"
)
_DASHES = b"-" * 47 + b" "


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """One SIP message on the wire. `at` is SIPp's clock, UTC, in microseconds."""

    at: datetime
    sent: bool
    start: str
    headers: dict[str, str] = field(repr=False)  # first value of each, names in lower case
    body: str = field(repr=False)

    @property
    def call_id(self) -> str:
        return self.headers.get("call-id", "")

    @property
    def sequence(self) -> tuple[str, str]:
        """CSeq's number and method."""
        number, _, method = self.headers.get("cseq", "").partition(" ")
        return number, method.strip()

    @property
    def method(self) -> str:
        """The request's method; empty for a response."""
        return "" if self.start.startswith("SIP/2.0 ") else self.start.partition(" ")[0]

    @property
    def status(self) -> int:
        """The response's code; 0 for a request."""
        code = self.start[8:11]
        return int(code) if self.start.startswith("SIP/2.0 ") and code.isdigit() else 0


class TraceReader:
    """feed(data) -> the messages that became whole. Text between messages (SIPp's remarks) is skipped."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> list[Traced]:
        """Raises WireError when a message says that it is longer than LONGEST."""
        self._buffer += data
        found: list[Traced] = []
        while (head := _HEAD.search(self._buffer)) is not None:
            size = int(head[4])
            if size > LONGEST:
                raise WireError(f"SIPp's trace announces a message of {size} bytes")
            if len(self._buffer) < head.end() + size:
                self._buffer = self._buffer[head.start() :]
                return found
            found.append(_read(head, self._buffer[head.end() : head.end() + size]))
            self._buffer = self._buffer[head.end() + size :]
        self._drop_remarks()
        return found

    def close(self) -> None:
        """Raises WireError when the trace ended inside a message."""
        if _HEAD.search(self._buffer):
            raise WireError("SIPp's trace ended inside a message")

    def _drop_remarks(self) -> None:
        start = self._buffer.rfind(_DASHES)
        keep = len(self._buffer) - start if start >= 0 else len(_DASHES)
        self._buffer = self._buffer[-min(keep, 512) :]


def _read(head: re.Match[bytes], message: bytes) -> Traced:
    stamp = head[1].decode() + ("+00:00" if head[2] == b"Z" else head[2].decode())
    top, _, body = message.decode("utf-8", "replace").partition("\r\n\r\n")
    start, *lines = top.split("\r\n")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            headers.setdefault(name.strip().lower(), value.strip())
    at = datetime.fromisoformat(stamp).astimezone(UTC)
    return Traced(at=at, sent=head[3] == b"sent", start=start, headers=headers, body=body)
