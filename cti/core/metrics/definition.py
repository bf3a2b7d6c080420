"""The shape of a definition of a number that no sum of counters can give. It knows no number."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What a number is. `formula` names columns or facts; `made_by` is the function that makes it."""

    name: str
    formula: str
    says: str
    says_zh: str
    made_by: str
    version: int = 1

    @property
    def titled(self) -> str:
        """`repeat_rate v1`."""
        return f"{self.name} v{self.version}"
