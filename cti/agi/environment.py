"""The environment that opens every FastAGI session, as bytes, without I/O.

It knows the keys that Asterisk 22 sends and their order (res_agi.c: `launch_netscript`, `setup_env`; read in the
strings of the 22.10.1 build too) and refuses everything else: a caller's number may try to end the environment
early and forge what follows (FACTS). It knows nothing of sockets, replies or routes. Text is UTF-8; a byte that is
not, and every control or direction character, becomes U+FFFD, so that nothing from here can forge a log line, turn a
screen's text around or break a database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import AgiRefused

MAX_ENVIRONMENT = 64 * 1024  # bytes
MAX_LINE = 8_192 + 32  # bytes of one line: an argument and its key (pbx.c: EXT_DATA_SIZE)
MAX_ARGUMENTS = 128  # res_agi.c: MAX_ARGS

# In the order they are sent; only the second may be missing (a URL without a path).
_NAMES = """network network_script request channel language type uniqueid version callerid calleridname callingpres
    callingani2 callington callingtns dnid rdnis context extension priority enhanced accountcode threadid"""
KEYS = tuple(f"agi_{name}" for name in _NAMES.split())
_OPTIONAL = "agi_network_script"
_DIRECTIONS = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
SHORTEST = sum(len(key) + 3 for key in KEYS if key != _OPTIONAL) + 1  # bytes, all values empty
_UNPRINTABLE = {code: "\ufffd" for code in (*range(32), *range(127, 160), 0x2028, 0x2029, *_DIRECTIONS) if code != 9}
_FIRST = b"agi_network: "
_PREFIXES = (*(f"{key}: " for key in KEYS), *(f"agi_arg_{number}: " for number in range(1, MAX_ARGUMENTS + 1)))
_END = b"\n\n"
_HANGUP = b"HANGUP\n"


@dataclass(frozen=True, slots=True)
class Environment:
    """What Asterisk says of the call: `values` by their wire name (`agi_uniqueid` …), `args` those of `AGI()`."""

    values: Mapping[str, str]
    args: tuple[str, ...] = ()


class EnvironmentParser:
    """Reads the environment; `feed` returns it once the blank line is there.

    Raises AgiRefused for an unknown, doubled, missing or misplaced key, for too much, and for any byte after the
    blank line that is not a `HANGUP`: Asterisk says nothing else before our first command, so the rest is a
    reply forged by a caller's number (FACTS). Bytes of a `HANGUP` that came early are left in `rest`.
    """

    def __init__(self) -> None:
        self.rest = b""
        self._buffer = bytearray()
        self._taken = 0
        self._next = 0  # index in KEYS of the earliest key that may come now
        self._values: dict[str, str] = {}
        self._args: list[str] = []
        self._done = False

    @property
    def missing(self) -> int:
        """Bytes that must still come at least."""
        return max(1, SHORTEST - self._taken)

    def feed(self, data: bytes) -> Environment | None:
        if self._done:
            self._keep(data)
            return None
        self._buffer += data
        self._taken += len(data)
        if (end := self._buffer.find(_END)) > 0 and self._at_once(bytes(self._buffer[:end])):
            self._keep(bytes(self._buffer[end + len(_END) :]))
            return self._finish()
        if (end := self._buffer.rfind(b"\n")) > 0 and self._at_once(bytes(self._buffer[:end])):
            del self._buffer[: end + 1]  # the first half of it
        start = 0
        while (end := self._buffer.find(b"\n", start)) >= 0:
            if end == start:
                self._keep(bytes(self._buffer[end + 1 :]))
                return self._finish()
            self._line(bytes(self._buffer[start:end]))
            start = end + 1
        del self._buffer[:start]
        if not self._values and not _FIRST.startswith(self._buffer[: len(_FIRST)]):
            raise AgiRefused(f"it does not speak FastAGI: {bytes(self._buffer[:40])!a}")
        if self._taken > MAX_ENVIRONMENT or len(self._buffer) > MAX_LINE:
            raise AgiRefused("the environment is too long")
        return None

    def _at_once(self, lines: bytes) -> bool:
        """Take these lines, whole ones, if they are just what Asterisk sends; False: nothing was taken, look at each.

        `removeprefix` leaves a line whole that does not begin with its key, and then the lengths do not add up.
        """
        if len(lines) > MAX_LINE:
            return False
        text = lines.decode("utf-8", "replace")
        left, prefixes = text.split("\n"), _PREFIXES[self._next + len(self._args) :]
        values = [*map(str.removeprefix, left, prefixes)]
        joined = "".join(values)
        keys = sum(map(len, prefixes[: len(left)]))
        if len(values) < len(left) or len(joined) + keys + len(left) - 1 != len(text) or not joined.isprintable():
            return False
        named = len(KEYS) - self._next
        self._values.update(zip(KEYS[self._next :], values, strict=False))
        self._args += values[named:]
        self._next += min(named, len(values))
        return True

    def _line(self, line: bytes) -> None:
        key, colon, value = line.partition(b": ")
        if not colon or len(line) > MAX_LINE:
            raise AgiRefused(f"not an environment line: {line[:80]!a}")
        name, text = key.decode("ascii", "replace"), printable(value)
        if self._next == len(KEYS):
            return self._argument(name, text)
        while name != KEYS[self._next] and KEYS[self._next] == _OPTIONAL:
            self._next += 1
        if name != KEYS[self._next]:
            raise AgiRefused(f"environment key {name[:40]!a} where {KEYS[self._next]} must be")
        self._values[name] = text
        self._next += 1
        return None

    def _argument(self, name: str, text: str) -> None:
        if name != f"agi_arg_{len(self._args) + 1}" or len(self._args) >= MAX_ARGUMENTS:
            raise AgiRefused(f"environment key {name[:40]!a} where agi_arg_{len(self._args) + 1} must be")
        self._args.append(text)

    def _finish(self) -> Environment:
        if self._next != len(KEYS):
            raise AgiRefused(f"the environment ended before {KEYS[self._next]}")
        if self._taken - len(self.rest) > MAX_ENVIRONMENT:
            raise AgiRefused("the environment is too long")
        self._done = True
        return Environment(self._values, tuple(self._args))

    def _keep(self, data: bytes) -> None:
        self.rest += data
        if not (_HANGUP * 3).startswith(self.rest):
            raise AgiRefused(f"bytes before our first command: {self.rest[:80]!a}")


def printable(data: bytes) -> str:
    """`data` as text that cannot forge a line: bad UTF-8 and control characters become U+FFFD."""
    text = data.decode("utf-8", "replace")
    return text if text.isprintable() else text.translate(_UNPRINTABLE)
