"""One message of AMI as a value: its raw bytes, and its headers when they are asked for.

It knows lines of `Key: value` and what Asterisk never says twice. It refuses to know what a message means, and where it
begins and ends in the stream (that is wire.py).
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

IDENTITY: Final = frozenset({"Event", "Response", "ActionID", "Privilege", "Channel", "DestChannel"})
IDENTITY_ENDS: Final = ("Uniqueid", "Linkedid")  # also with the prefixes Dest, Bridge, LocalOne, Transferee …
# Said once by Asterisk; said twice in one message, somebody else spoke (FACTS: injection by the caller's number).
_SNAPSHOT = b"ChannelState: "  # near the beginning of each channel that an event describes …
_SNAPSHOT_END = re.compile(rb"Priority: -?\d+\r\n\w*Uniqueid: [^\r\n]+\r\n\w*Linkedid: [^\r\n]")  # … and its end


MAX_SHAPES = 256
MAX_SHAPE = 4_096  # characters of one shape's keys
_SHAPES: dict[tuple[str, int], _Shape] = {}  # by first line and number of lines
_value = str.removeprefix


class _Shape(NamedTuple):
    """Keys in their order, as the last message with this first line and so many lines had them.

    Asterisk gives an event the same keys nearly always, so they are tried first, in loops that run in C. `removeprefix`
    leaves a line whole that does not begin with its key, so the lengths add up only when each line did: another message
    is read line by line, and the result is the same.
    """

    keys: tuple[str, ...]
    prefixes: tuple[str, ...]  # `Key: `
    rest: int  # characters of a message that are in no value


class Message:
    """One event, response or list row. Keys are exact, as Asterisk spells them; values are text.

    Nothing is parsed before it is asked for. `name` is the event's name, "" for a response. Bytes that are not UTF-8
    become lone surrogates, so that nothing is lost; they are not printable, and translate drops them.
    """

    __slots__ = ("_before", "_cut", "_fields", "_repeated", "name", "raw")

    def __init__(self, raw: bytes, name: str, before: bytes = b"") -> None:
        self.raw = raw
        self.name = name
        self._before = before  # the message before it in the stream, looked at only by `forged`
        self._fields: dict[str, str] | None = None

    def get(self, key: str, default: str = "") -> str:
        """The first value of `key`, or `default`."""
        return (self._fields or self._parse()).get(key, default)

    @property
    def headers(self) -> dict[str, str]:
        """All headers in their order; of a repeated key the first value. Lines without a colon are left out."""
        return self._fields or self._parse()

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Every header with its repetitions, in order."""
        return [pair for line in str(self.raw, "utf-8", "surrogateescape").split("\r\n") for pair in split_line(line)]

    def all(self, key: str) -> list[str]:
        """Every value of `key`, in order (`ChanVariable` may come many times)."""
        return [value for name, value in self.pairs if name == key]

    @property
    def forged(self) -> str:
        """Why this message must not be believed, "" when nothing speaks against it."""
        if self._fields is None:
            self._parse()
        if self._repeated:
            seen: set[str] = set()
            for key, _ in self.pairs:
                if key in seen and (key in IDENTITY or key.endswith(IDENTITY_ENDS)):
                    return f"{key} stands in it twice"
                seen.add(key)
        begin = self._before.rfind(_SNAPSHOT)
        torn = begin >= 0 and _SNAPSHOT_END.search(self._before, begin) is None
        return "it stands inside an event that was cut in two" if torn or hasattr(self, "_cut") else ""

    def cut(self) -> None:
        """Called by the decoder: the tail of an event that was cut in two follows this message."""
        self._cut = True

    def _parse(self) -> dict[str, str]:
        text = str(self.raw, "utf-8", "surrogateescape")
        lines = text.split("\r\n")
        shape = _SHAPES.get((lines[0], len(lines)))
        if shape is not None:
            keys, prefixes, rest = shape
            values = [*map(_value, lines, prefixes)]
            if len("".join(values)) + rest == len(text):
                fields = dict(zip(keys, values))  # noqa: B905  # there are as many
                self._repeated = False
                self._fields = fields
                return fields
        return self._parse_new(lines)

    def _parse_new(self, lines: list[str]) -> dict[str, str]:
        """The same line by line."""
        fields: dict[str, str] = {}
        for line in lines:
            key, colon, value = line.partition(": ")
            if not colon:
                return self._parse_odd(lines)
            fields[key] = value
        if len(fields) != len(lines):
            return self._parse_odd(lines)
        self._repeated = False
        self._fields = fields
        _remember(lines[0], tuple(fields))
        return fields

    def _parse_odd(self, lines: list[str]) -> dict[str, str]:
        """The same for lines without `: ` and repeated keys."""
        fields = self._fields = {}
        pairs = [pair for line in lines for pair in split_line(line)]
        for key, value in pairs:
            fields.setdefault(key, value)
        self._repeated = len(fields) != len(pairs)
        return fields

    def __repr__(self) -> str:
        return f"<Message {self.raw[:200]!r}>"  # bytes are escaped: a log line cannot be forged


def _remember(head: str, keys: tuple[str, ...]) -> None:
    prefixes = tuple(f"{key}: " for key in keys)
    rest = len("\r\n".join(prefixes))
    if rest + len(head) > MAX_SHAPE:
        return
    if len(_SHAPES) >= MAX_SHAPES:  # somebody makes keys up
        _SHAPES.clear()
    _SHAPES[head, len(keys)] = _Shape(keys, prefixes, rest)


def split_line(line: str) -> list[tuple[str, str]]:
    """`Key: value`, or `Key:value` as old modules write it; nothing for a line without a colon."""
    key, colon, value = line.partition(": ")
    if not colon:
        key, colon, value = line.partition(":")
    return [(key, value)] if colon else []
