"""Cuts bytes into records: by line, or by CSV record where a quoted value may hold newlines. Sans-IO and bounded.

The result depends on where records begin, never on how the bytes were cut into chunks. It knows no file.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

LONGEST = 65_536  # bytes of one record; a longer one is given as it is and refused by its reader
# Inside a quoted value every quote is doubled, so a newline followed by a lone quote cannot be inside one:
# there a torn record (a full disk, a dead Asterisk) ends and a new one begins.
_FRESH = re.compile(rb'\n(?="[A-Za-z0-9])')


class Record(NamedTuple):
    """One record without its newline, and the byte it begins at in its file."""

    offset: int
    raw: bytes


Splitter = Callable[[bytes, int], tuple[list[Record], int]]


def split_lines(data: bytes, offset: int) -> tuple[list[Record], int]:
    """Cut `data`, which stands at `offset`, into complete lines; returns them and the offset after the last one."""
    records: list[Record] = []
    for raw in data[: data.rfind(b"\n") + 1].split(b"\n")[:-1]:
        if raw:
            records.append(Record(offset, raw))
        offset += len(raw) + 1
    return records, offset


def split_csv(data: bytes, offset: int) -> tuple[list[Record], int]:
    """The same for CSV: a newline ends a record when its quotes are even, or where a fresh record begins."""
    records: list[Record] = []
    start = 0
    while (end := data.find(b"\n", start)) >= 0:
        if data.count(b'"', start, end) % 2 and (end := _csv_end(data, start)) < 0:
            break
        if end > start:
            records.append(Record(offset + start, data[start:end]))
        start = end + 1
    return records, offset + start


def _csv_end(data: bytes, start: int) -> int:
    """The newline that ends the record at `start`, or -1 when it has not ended yet."""
    quotes, seen = 0, start
    while (end := data.find(b"\n", seen)) >= 0:
        quotes += data.count(b'"', seen, end)
        if quotes % 2 == 0 or _FRESH.match(data, end):
            return end
        seen = end + 1
    return -1
