"""Cuts the next chunks of several journals at one instant, so that a call's lines are read together.

Whole calls in one batch are folded once; whatever is cut elsewhere is still right, as it is then folded again. It knows
when a record was written only by asking its reader, a few times for each chunk.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from .reading import Parser, parser_of
from .refusal import LineError
from .tail import Chunk

_TRIES = 20  # records in a row that may tell no instant


def abreast(chunks: Sequence[Chunk]) -> list[Chunk]:
    """Each chunk up to the instant at which the first of those ends whose journals go on. A chunk of which nothing is
    left is left out; at least one is whole."""
    ends = [_instant(chunk, len(chunk.records) - 1, -1) for chunk in chunks if chunk.more]
    until = min((end for end in ends if end is not None), default=None)
    if until is None:
        return list(chunks)
    return [cut for chunk in chunks if (cut := _until(chunk, until))]


def parted(chunks: Sequence[Chunk], parts: int) -> Iterator[list[Chunk]]:
    """The same records as so many batches, each up to an instant, where they tell enough of them; at least one."""
    rest = list(chunks)
    for left in range(parts, 1, -1):
        longest = max(rest, key=lambda chunk: len(chunk.records))
        until = _instant(longest, len(longest.records) // left, 1)
        first = {} if until is None else {chunk.position.source: _until(chunk, until) for chunk in rest}
        after = [after for chunk in rest if (after := _after(chunk, first.get(chunk.position.source)))]
        if not after or not any(first.values()):
            break
        yield [cut for cut in first.values() if cut]
        rest = after
    yield rest


def _after(chunk: Chunk, first: Chunk | None) -> Chunk | None:
    """What `first` leaves of it; None: nothing."""
    begin = len(first.records) if first else 0
    return replace(chunk, records=chunk.records[begin:]) if begin < len(chunk.records) else None


def _until(chunk: Chunk, until: datetime) -> Chunk | None:
    """By halves: a journal is written in the order of its instants, but for a clock that was set back."""
    low, high = 0, len(chunk.records)
    while low < high:
        middle = (low + high) // 2
        at = _instant(chunk, middle, 1)
        if at is None or at > until:
            high = middle
        else:
            low = middle + 1
    if low == len(chunk.records):
        return chunk
    if low == 0:
        return None
    position = replace(chunk.position, offset=chunk.records.offsets[low])
    return Chunk(position=position, records=chunk.records[:low], more=True)


def _instant(chunk: Chunk, index: int, step: int) -> datetime | None:
    """When this record was written, or the next one by `step` that tells it."""
    parser: Parser = parser_of(chunk.position.source)
    for _ in range(_TRIES):
        if not 0 <= index < len(chunk.records):
            return None
        try:
            line = parser(chunk.records.raws[index], "", 0)
        except LineError:
            line = None
        if line is not None:
            return line.at
        index += step
    return None
