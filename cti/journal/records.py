"""Cuts bytes into records: by line, or by CSV record where a quoted value may hold newlines. Sans-IO and bounded.

The result depends on where records begin, never on how the bytes were cut into chunks. It knows no file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from operator import eq
from typing import NamedTuple, overload

LONGEST = 65_536  # bytes of one record; a longer one is given as it is and refused by its reader
# Inside a quoted value every quote is doubled, so a newline followed by a lone quote cannot be inside one:
# there a torn record (a full disk, a dead Asterisk) ends and a new one begins.
_FRESH = re.compile(rb'\n(?="[A-Za-z0-9])')
_NOT_FRESH = re.compile(rb'\n(?!"[A-Za-z0-9])')


class Record(NamedTuple):
    """One record without its newline, and the byte it begins at in its file."""

    offset: int
    raw: bytes


class Records(Sequence[Record]):
    """Records in their order, as a column of offsets and one of bytes: who only hands them on, in one process or to
    another, has two lists at hand instead of thousands of records, which he would have to make and Python to look
    through for cycles."""

    __slots__ = ("offsets", "raws")

    def __init__(self, offsets: Sequence[int] = (), raws: Sequence[bytes] = ()) -> None:
        self.offsets, self.raws = offsets, raws

    @property
    def size(self) -> int:
        """Bytes of all of them."""
        return sum(map(len, self.raws))

    def __len__(self) -> int:
        return len(self.raws)

    @overload
    def __getitem__(self, at: int) -> Record: ...
    @overload
    def __getitem__(self, at: slice) -> Records: ...
    def __getitem__(self, at: int | slice) -> Record | Records:
        if isinstance(at, slice):
            return Records(self.offsets[at], self.raws[at])
        return Record(self.offsets[at], self.raws[at])

    def __iter__(self) -> Iterator[Record]:
        return map(Record, self.offsets, self.raws)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(eq, self, other))


Splitter = Callable[[bytes, int], tuple[Records, int]]


def split_lines(data: bytes, offset: int) -> tuple[Records, int]:
    """Cut `data`, which stands at `offset`, into complete lines; returns them and the offset after the last one."""
    *raws, _ = data[: data.rfind(b"\n") + 1].split(b"\n")
    *offsets, end = accumulate(map(len, raws), lambda at, length: at + length + 1, initial=offset)
    if b"" in raws:
        return Records([at for at, raw in zip(offsets, raws, strict=True) if raw], [raw for raw in raws if raw]), end
    return Records(offsets, raws), end


def split_csv(data: bytes, offset: int) -> tuple[Records, int]:
    """The same for CSV: a newline ends a record when its quotes are even, or where a fresh record begins."""
    if _is_by_line(data):
        return split_lines(data, offset)
    records: list[Record] = []
    start = 0
    while (end := data.find(b"\n", start)) >= 0:
        if data.count(b'"', start, end) % 2 and (end := _csv_end(data, start)) < 0:
            break
        if end > start:
            records.append(Record(offset + start, data[start:end]))
        start = end + 1
    return Records([record.offset for record in records], [record.raw for record in records]), offset + start


def _is_by_line(data: bytes) -> bool:
    """A fresh record begins after every newline, as nearly always; only the last complete one must be looked at."""
    last = data.rfind(b"\n")
    before = data.rfind(b"\n", 0, max(last, 0))
    return data.count(b'"', before + 1, max(last, 0)) % 2 == 0 and not _NOT_FRESH.search(data, 0, before + 3)


def _csv_end(data: bytes, start: int) -> int:
    """The newline that ends the record at `start`, or -1 when it has not ended yet."""
    quotes, seen = 0, start
    while (end := data.find(b"\n", seen)) >= 0:
        quotes += data.count(b'"', seen, end)
        if quotes % 2 == 0 or _FRESH.match(data, end):
            return end
        seen = end + 1
    return -1
