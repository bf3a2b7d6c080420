"""Many values in pieces, each few enough for one IN list. It knows how many that is, and nothing of what they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")
MANY = 400  # both databases take more; a statement this long is still planned in no time


def in_pieces(values: Sequence[T]) -> Iterator[list[T]]:
    """All of them in their order, at most MANY at a time."""
    for start in range(0, len(values), MANY):
        yield list(values[start : start + MANY])
