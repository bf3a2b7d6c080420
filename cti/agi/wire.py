"""FastAGI's bytes, without I/O: the replies, and one command line (the environment is in `environment`).

It knows what Asterisk 22 answers (res_agi.c: `agi_handle_command`) and refuses everything else; it knows nothing of
sockets, time or what a command means. Parsers are bounded: too much without an end raises.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..errors import AgiError
from .environment import Environment, EnvironmentParser, printable

__all__ = [
    "Environment",
    "EnvironmentParser",
    "Hangup",
    "Reply",
    "ReplyParser",
    "checked_line",
    "encode",
    "encode_variables",
]

MAX_REPLY = 64 * 1024  # bytes of one reply, its value's own newlines and a 520 block's lines included
MAX_ASIDES = 64  # `100 Trying` and HANGUP lines in a row without a reply between them
MOST_TOGETHER = 20  # variables of one MSet, which takes 99 (pbx_variables.c: pbx_builtin_setvar_multiple)
MAX_COMMAND = 8_190  # bytes with the newline; from 8,192 on Asterisk runs the tail as a new command (FACTS)

_OUTCOME = re.compile(r"200 result=([^ ()]{0,255})(.*)", re.DOTALL)
_ATTRIBUTES = re.compile(r"(?: \w{1,32}=\S*)*\s*")
_VARIABLE = re.compile(r"[A-Za-z0-9_]{1,80}|(?:CALLERID|CHANNEL|CONNECTEDLINE|REDIRECTING|TIMEOUT|CDR)\([a-z0-9,-]*\)")
_PLAIN = re.compile(
    r"[A-Za-z0-9_]{1,80}=[0-9A-Za-z._:@/+-]{1,200}"
)  # nothing that could part it, quote it or be cut off
_RUNS_SHELL = ("SYSTEM", "TRYSYSTEM", "ORIGINATE", "AGI", "EAGI", "DEADAGI", "EXTERNALIVR", "MIXMONITOR")


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. `code` 200, 510 (no such command), 511 (dead channel), 520 (usage); `result` as text, often a
    number; `value` what stood in parentheses; `text` the explanation of a 5xx."""

    code: int
    result: str = ""
    value: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    text: str = ""

    @property
    def endpos(self) -> int:
        """Samples played or recorded, 0 when the reply names none."""
        number = self.attributes.get("endpos", "0")
        return int(number) if re.fullmatch("[0-9]{1,18}", number) else 0


@dataclass(frozen=True, slots=True)
class Hangup:
    """The `HANGUP` line: the caller is gone, or the session ends. It can come at any time between replies."""


_COMMON = {b"200 result=%d\n" % number: Reply(200, str(number)) for number in (-1, 0, 1)}


class ReplyParser:
    """Reads replies; `feed` returns those that are complete, in order. Raises AgiError for anything else.

    A parenthesised value may contain newlines: such a reply ends at the first line that closes it (`)` and then
    only ` name=value` pairs). Asterisk writes a reply in one piece, so a `HANGUP` inside one is part of the value.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._open: list[bytes] = []  # lines of an unfinished 520 block or value
        self._size = 0
        self._asides = 0

    @property
    def idle(self) -> bool:
        """Whether nothing is half read."""
        return not self._buffer and not self._open

    def feed(self, data: bytes) -> list[Reply | Hangup]:
        common = _COMMON.get(data)
        if common is not None and self.idle:  # nine of ten replies, and three times as fast
            self._asides = 0
            return [common]
        self._buffer += data
        items: list[Reply | Hangup] = []
        start = 0
        while (end := self._buffer.find(b"\n", start)) >= 0:
            item = self._line(bytes(self._buffer[start:end]))
            start = end + 1
            if item is not None:
                items.append(item)
        del self._buffer[:start]
        if self._size + len(self._buffer) > MAX_REPLY:
            raise AgiError("a reply without an end")
        return items

    def _line(self, line: bytes) -> Reply | Hangup | None:
        if len(line) >= MAX_REPLY:
            raise AgiError("a reply without an end")
        if self._open:
            return self._continue(line)
        if line == b"HANGUP" or line.startswith(b"100 "):
            self._asides += 1
            if self._asides > MAX_ASIDES:
                raise AgiError("asides without a reply")
            return Hangup() if line == b"HANGUP" else None
        if line.startswith(b"200 "):
            return self._reply(_outcome(line), line)
        if line.startswith(b"520-"):
            return self._reply(None, line)
        if line[:4] in (b"510 ", b"511 ", b"520 "):
            return self._reply(Reply(int(line[:3]), text=printable(line[4:])), line)
        raise AgiError(f"not a reply: {line[:80]!a}")

    def _continue(self, line: bytes) -> Reply | None:
        block = self._open[0].startswith(b"520-")
        ended = line.startswith(b"520 ") if block else _closes(line)
        if not ended:
            return self._reply(None, line)
        whole = b"\n".join((*self._open, line))
        return self._reply(Reply(520, text=whole.decode("utf-8", "replace")) if block else _outcome(whole), line)

    def _reply(self, reply: Reply | None, line: bytes) -> Reply | None:
        self._size += len(line) + 1
        if self._size > MAX_REPLY:
            raise AgiError("a reply without an end")
        if reply is None:
            self._open.append(line)
            return None
        self._open.clear()
        self._size = self._asides = 0
        return reply


def encode(command: str, *args: object) -> bytes:
    """One command line: `command` as it is (`SET VARIABLE`), each of `args` quoted and escaped.

    res_agi.c `parse_args`: a backslash escapes `"`, a blank and itself, inside quotes too. Raises AgiError for CR,
    LF or NUL, text that is not UTF-8, a line over 8,190 bytes, and what could run a program with outside data:
    `GET FULL VARIABLE` (evaluates `${}`), dialplan functions as a variable's name beyond a few harmless ones,
    `EXEC` of an application that starts programs.
    """
    words, texts = _words(command), [str(arg) for arg in args]
    if words == "SET VARIABLE" and texts:
        _check_variable(texts[0])
    else:
        _check_harmless(words, texts)
    quoted = ('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' for text in texts)
    return checked_line(" ".join((words, *quoted)))


@functools.lru_cache(maxsize=256)
def _words(command: str) -> str:
    words = " ".join(filter(None, command.upper().split(" ")))
    if re.fullmatch("[A-Z]+( [A-Z]+)*", words) is None:
        raise AgiError(f"not a command that we send: {command[:80]!a}")
    return words


def encode_variables(pairs: Iterable[tuple[str, str]]) -> list[bytes]:
    """The lines that set these variables in their order. Raises as `encode`.

    One line where all are plain words: each command costs Asterisk two messages to its bus and a packet for its reply.
    """
    pairs = list(pairs)
    together = [f"{name}={value}" for name, value in pairs]
    if 1 < len(pairs) <= MOST_TOGETHER and all(map(_PLAIN.fullmatch, together)):
        return [encode("EXEC", "MSet", ",".join(together))]
    return [encode("SET VARIABLE", name, value) for name, value in pairs]


def _check_harmless(words: str, args: list[str]) -> None:
    # Asterisk strips the quotes before it looks for the command: `GET "FULL" "VARIABLE"` is one too.
    whole = [*words.split(), *(arg.upper() for arg in args[:2])]
    if whole[:2] == ["GET", "FULL"]:
        raise AgiError("GET FULL VARIABLE is never sent: it evaluates its argument; use GET VARIABLE")
    if whole[0] == "EXEC" and whole[1:] and whole[1] in _RUNS_SHELL:
        raise AgiError(f"EXEC {whole[1]} is never sent: it starts programs")
    if whole[1:2] == ["VARIABLE"]:
        _check_variable(args[0] if words.endswith(" VARIABLE") and args else "")


@functools.lru_cache(maxsize=256)
def _check_variable(name: str) -> None:
    if _VARIABLE.fullmatch(name) is None:
        raise AgiError(f"not the name of a variable: {name[:80]!a}")


def checked_line(text: str) -> bytes:
    """`text` as one line on the wire, newline added. Raises AgiError when Asterisk would read it as anything else."""
    if "\r" in text or "\n" in text or "\0" in text:
        raise AgiError(f"a command cannot carry CR, LF or NUL: {text[:80]!a}")
    try:
        line = text.encode() + b"\n"
    except UnicodeEncodeError:
        raise AgiError(f"a command must be UTF-8: {text[:80]!a}") from None
    if len(line) > MAX_COMMAND:
        raise AgiError(f"a command of {len(line)} bytes; Asterisk takes {MAX_COMMAND}: {text[:40]!a}")
    return line


def _closes(line: bytes) -> bool:
    _, mark, after = line.rpartition(b")")
    return bool(mark) and _ATTRIBUTES.fullmatch(after.decode("utf-8", "replace")) is not None


def _outcome(line: bytes) -> Reply | None:
    """A `200` reply, None while its value is still open. The text of a value keeps its newlines."""
    found = _OUTCOME.fullmatch(line.decode("utf-8", "replace"))
    if found is None:
        raise AgiError(f"not a reply: {line[:80]!a}")
    result, tail = found.groups()
    if not tail.startswith(" ("):
        if _ATTRIBUTES.fullmatch(tail) is None:
            raise AgiError(f"not a reply: {line[:80]!a}")
        return Reply(200, result, attributes=_attributes(tail))
    value, mark, after = tail[2:].rpartition(")")
    if not mark or _ATTRIBUTES.fullmatch(after) is None:
        return None
    return Reply(200, result, value, _attributes(after))


def _attributes(tail: str) -> dict[str, str]:
    return dict(pair.partition("=")[::2] for pair in tail.split())
