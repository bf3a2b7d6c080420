"""A line that is refused: why, and how it is written to the log so that it cannot forge one.

It knows nothing of the formats; the readers raise `LineError`, the importer counts and logs.
"""

from __future__ import annotations

from ..errors import WireError

_SHOWN = 200  # bytes of a refused line that are worth a line in our own log


class LineError(WireError):
    """The line is malformed or cannot have been written by Asterisk or by us; nothing of it was taken."""


def escaped(raw: bytes) -> str:
    """The beginning of a line as printable ASCII on one line: no newline, escape sequence or bidi mark survives."""
    text = raw[:_SHOWN].decode("utf-8", "backslashreplace").encode("unicode_escape").decode("ascii")
    return text + ("…" if len(raw) > _SHOWN else "")
