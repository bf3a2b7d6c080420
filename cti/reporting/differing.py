"""What a check says of one place where two ways to the same number part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """`place` is not the same everywhere: `told` says by what it is found in (rollups, rows, journals …) what it is."""

    place: str
    told: Mapping[str, object]

    def __str__(self) -> str:
        return f"{self.place} is {', '.join(f'{what} in {where}' for where, what in self.told.items())}"
