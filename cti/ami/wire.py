"""AMI's bytes as values, sans-IO and bounded: `Decoder` cuts a stream into messages, `encode` prints one action.

It knows the manager protocol of Asterisk 12 and newer (AMI 2 to 11): one banner line, then messages of `Key: value`
lines, each ended by CRLF, the message by an empty line. It refuses to know what any event means. Only CRLF ends a
line that comes in; a lone LF or CR is part of a value. What goes out is stricter, because Asterisk ends a line at a
lone LF too (manager.c: get_input).

A caller can put CR and LF into CallerIDNum, ConnectedLineNum, Exten and AccountCode over SIP (FACTS: injection), so a
stream may contain whole messages that Asterisk did not mean. They stand inside an event that they cut in two, so what
follows a head without its end, or is followed by a tail without a name, is marked (`Message.forged`). A number has at
most 80 characters, too few to write the end of the head and a false event too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from ..errors import AmiError
from .message import Message as Message  # one place to import the codec from

EOL: Final = b"\r\n"
END: Final = b"\r\n\r\n"
BANNER: Final = b"Asterisk Call Manager/"

MAX_BANNER = 128  # bytes before the first CRLF
MAX_LINE = 65_536  # bytes in one incoming line
MAX_HEADERS = 1_024  # lines in one incoming message
MAX_MESSAGE = 262_144  # bytes in one incoming message
MAX_HEAD = 128  # bytes of an event's first line; a longer one is looked at anew each time
MAX_HEADS = 1_024  # first lines that are remembered
MAX_LINE_OUT = 1_024  # bytes with the CRLF; manager.c: inbuf[1025], longer lines are discarded
MAX_HEADERS_OUT = 128  # manager.h: AST_MAX_MANHEADERS

_UNCHECKED = 3 * MAX_HEADERS  # a shorter message can have neither too many headers nor too long a line
_CONTROL = re.compile("[\r\n\0]")


class Decoder:
    """A byte stream cut into messages, in order, holding at most `MAX_MESSAGE` bytes.

    `wanted` are the event names to keep; None keeps all. Responses are always kept. Other events cost one search for
    their end and a look at their first line. While `own` is set (the start of our ActionIDs), events that answer one
    of our actions are kept too, whatever their name.

    After an AmiError the stream has no meaning any more: drop the connection.
    """

    def __init__(self, wanted: frozenset[bytes] | None = None) -> None:
        self.wanted = wanted
        self._heads: dict[bytes, str | None] = {}  # an event's first line: its name, None when nobody wants it
        self.own: bytes | None = None
        self.version = ""  # AMI's version, known once the banner has come
        self.skipped = 0  # messages that nobody wanted
        self.nameless = 0  # messages that were neither event nor response
        self._tail = bytearray()
        self._before = b""  # the message before, wanted or not
        self._last: Message | None = None  # the last one that was kept

    def feed(self, data: bytes) -> list[Message]:
        """The messages that `data` completes. Raises AmiError for what is not AMI or goes over a limit."""
        if not self.version:
            data = self._banner(data)
        tail = self._tail
        if tail:
            seam = max(0, len(tail) - 3)
            tail += data
            if tail.find(END, seam) < 0:
                return self._hold()
            data = bytes(tail)
        parts = data.split(END)
        self._tail = bytearray(parts.pop())
        messages = self._keep(parts)
        self._hold()
        return messages

    def close(self) -> None:
        """The stream has ended. Raises AmiError when that was inside a message: something was lost."""
        if self._tail.strip(EOL):
            raise AmiError(f"Asterisk's stream ended inside a message, after {len(self._tail)} bytes of it")
        if not self.version:
            raise AmiError("the peer closed the connection without AMI's banner")

    def _hold(self) -> list[Message]:
        if len(self._tail) > MAX_MESSAGE:
            raise AmiError(f"a message from Asterisk has more than {MAX_MESSAGE} bytes and no end")
        if len(self._tail) > MAX_LINE and len(self._tail) - self._tail.rfind(EOL) > MAX_LINE + 4:
            raise AmiError(f"a line from Asterisk has more than {MAX_LINE} bytes and no end")
        return []

    def _keep(self, parts: list[bytes]) -> list[Message]:
        messages: list[Message] = []
        heads, own, before = self._heads, self.own, self._before
        for part in parts:
            if len(part) > _UNCHECKED:
                _check(part)
            head = part.partition(EOL)[0]
            name = heads.get(head)
            if name is None and head not in heads and not self._learn(head):
                self._before = before
                messages += self._odd(part)
            elif name is not None or (name := heads[head]) is not None or (own is not None and own in part):
                self._last = message = Message(part, _event_name(head) if name is None else name, before)
                messages.append(message)
            else:
                self.skipped += 1
            before = part
        self._before = before
        return messages

    def _learn(self, head: bytes) -> bool:
        """The first line of an event, seen for the first time: is it wanted? False: not what an event begins with."""
        if not head.startswith(b"Event: ") or len(head) > MAX_HEAD:
            return False
        if len(self._heads) >= MAX_HEADS:  # somebody makes names up
            self._heads.clear()
        wanted = self.wanted is None or head[7:] in self.wanted
        self._heads[head] = _event_name(head) if wanted else None
        return True

    def _odd(self, part: bytes) -> list[Message]:
        """A response, an event that does not begin with `Event: `, or the nameless tail of an event cut in two."""
        if part.startswith(EOL) or not part:  # some actions end with a blank line too many (PJSIPShowContacts)
            return self._keep([rest]) if (rest := part.lstrip(EOL)) else []
        message = Message(part, "", self._before)
        if "Event" in message.headers:
            message.name = message.get("Event")
            wanted = self.wanted is None or message.name.encode("utf-8", "surrogateescape") in self.wanted
            self._last = message
            return [message] if wanted else []
        if "Response" in message.headers:
            return [message]
        self.nameless += 1
        if self._last is not None and self._last.raw is self._before:
            self._last.cut()
        return []

    def _banner(self, data: bytes) -> bytes:
        self._tail += data
        line, eol, rest = bytes(self._tail).partition(EOL)
        if not line.startswith(BANNER[: len(line)]) or len(line) > MAX_BANNER:
            raise AmiError(f"this is not AMI but {_guess(line)}; check the manager's port")
        if not eol:
            return b""
        self._tail.clear()
        version = line[len(BANNER) :].decode("ascii", "replace").strip()
        if not re.fullmatch(r"\d{1,4}(\.\d{1,4}){0,3}", version):
            raise AmiError(f"this is not AMI: its banner says version {version!r}")
        if int(version.split(".")[0]) < 2:
            raise AmiError(f"AMI {version} is older than Asterisk 12; this needs Asterisk 18 or newer")
        self.version = version
        return rest


def _check(part: bytes) -> None:
    lines = part.split(EOL)
    if len(lines) > MAX_HEADERS:
        raise AmiError(f"a message from Asterisk has {len(lines)} headers; the limit is {MAX_HEADERS}")
    if len(part) > MAX_MESSAGE or max(map(len, lines)) > MAX_LINE:
        raise AmiError(f"a message of {len(part)} bytes from Asterisk, or a line of it, is over the limit")


def _event_name(head: bytes) -> str:
    return str(head[7:], "utf-8", "surrogateescape")


def _guess(line: bytes) -> str:
    if line[:1] in (b"\x15", b"\x16") and line[1:2] in (b"\x03", b""):
        return "TLS"
    if line.startswith(b"HTTP/"):
        return "HTTP"
    if line.startswith(b"SSH-"):
        return "SSH"
    return repr(line[:40])


Headers = Mapping[str, str | Sequence[str]] | Iterable[tuple[str, str]]


def encode(action: str, headers: Headers, action_id: str) -> bytes:
    """The bytes of one action. A mapping's value may be a list: the key is then sent once for each.

    Raises AmiError (one line) for an empty action, for CR, LF or NUL anywhere, for a key that is empty, has a colon or
    a blank, or is Action or ActionID again, for a line over 1,024 bytes, and for more than 128 headers.
    """
    if not action.strip():
        raise AmiError("an action needs a name")
    lines = [_line("Action", action), _line("ActionID", action_id)]
    for key, value in _pairs(headers):
        if key.lower() in ("action", "actionid"):
            raise AmiError(f"{action}: {key} cannot be given as a header")
        lines.append(_line(key, value))
    if len(lines) > MAX_HEADERS_OUT:
        raise AmiError(f"{action}: {len(lines)} headers; Asterisk takes {MAX_HEADERS_OUT}")
    return b"".join(lines) + EOL


def _pairs(headers: Headers) -> Iterable[tuple[str, str]]:
    for key, value in headers.items() if isinstance(headers, Mapping) else headers:
        if isinstance(value, str):
            yield key, value
        else:
            yield from ((key, one) for one in value)


def _line(key: str, value: str) -> bytes:
    if not key or ":" in key or any(c.isspace() for c in key) or _CONTROL.search(key):
        raise AmiError(f"{key[:60]!r} cannot be the key of an action's header")
    if _CONTROL.search(value):
        raise AmiError(f"{key}: a value with CR, LF or NUL cannot be sent: {value[:60]!r}")
    try:
        line = f"{key}: {value}\r\n".encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise AmiError(f"{key}: a value that is not text cannot be sent: {value[:60]!r}") from error
    if len(line) > MAX_LINE_OUT:
        raise AmiError(f"{key}: a line of {len(line)} bytes cannot be sent; Asterisk takes {MAX_LINE_OUT}")
    return line
