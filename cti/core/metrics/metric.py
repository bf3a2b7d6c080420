"""A metric: a name, a version, and a sum of counters over a sum of counters. A definition is executable.

It knows how its number is made and written, of one line or of many at once: `printed` and `printed_of` go through the
same arithmetic, and a test holds them together. Where the lower sum is 0 there is no number: None, never 0 or 100 %. It
knows no definition: those are `catalogue`'s.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

Terms = tuple[tuple[int, str], ...]  # sign and counter
Number = int | float | None


class Unit(StrEnum):
    """What a value is."""

    PERCENT = "percent"
    SECONDS = "seconds"
    COUNT = "count"
    POINTS = "number"  # of whatever scale


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """`top` / `bottom` of counters; without a bottom it is a sum. Seconds are milliseconds of the top / 1000."""

    name: str
    unit: Unit
    says: str
    says_zh: str
    top: Terms
    bottom: Terms = ()
    version: int = 1
    source: str = ""

    def value(self, counts: Mapping[str, int]) -> float | None:
        """The number, unrounded. None: nothing to divide by."""
        top = total(self.top, counts)
        if not self.bottom:
            return top / 1000 if self.unit is Unit.SECONDS else float(top)
        bottom, (times, parts) = total(self.bottom, counts), _SCALES[self.unit]
        return top * times / (bottom * parts) if bottom > 0 else None

    def printed(self, counts: Mapping[str, int]) -> Number:
        """The number as every report and screen has it: percent with two digits, seconds with three."""
        tops, bottoms = (total(self.top, counts),), (total(self.bottom, counts),)
        return self._printed(tops, bottoms)[0]

    def printed_of(self, columns: Mapping[str, Sequence[int]]) -> Sequence[Number]:
        """The same of many lines: for each counter the counts of all lines. There must be a column for each."""
        return self._printed(totals(self.top, columns), totals(self.bottom, columns))

    def _printed(self, tops: Sequence[int], bottoms: Sequence[int]) -> Sequence[Number]:
        if not self.bottom:
            return [round(top / 1000, 3) for top in tops] if self.unit is Unit.SECONDS else tops
        times, parts = _SCALES[self.unit]
        if self.unit is Unit.COUNT:
            return [top // bottom if bottom > 0 else None for top, bottom in zip(tops, bottoms, strict=True)]
        digits = 2 if self.unit is Unit.PERCENT else 3
        # One division of two whole numbers, which Python rounds once and rightly, however big they are.
        return [
            round(top * times / (bottom * parts), digits) if bottom > 0 else None
            for top, bottom in zip(tops, bottoms, strict=True)
        ]

    @property
    def column(self) -> str:
        """Its stable name among others, with its unit: `service_level_offered_percent`."""
        suffix = {Unit.PERCENT: "_percent", Unit.SECONDS: "_seconds"}.get(self.unit, "")
        return self.name.replace(".", "_") + suffix

    @property
    def titled(self) -> str:
        """`service_level.offered v1`."""
        return f"{self.name} v{self.version}"

    @property
    def formula(self) -> str:
        """`answered_in_time / (answered + abandoned)`."""
        top = _written(self.top)
        if not self.bottom:
            return top
        bottom = _written(self.bottom)
        return f"{_grouped(top)} / {_grouped(bottom)}"


_SCALES = {
    Unit.PERCENT: (100, 1),
    Unit.SECONDS: (1, 1000),
    Unit.COUNT: (1, 1),
    Unit.POINTS: (1, 1),
}


def total(terms: Terms, counts: Mapping[str, int]) -> int:
    """The signed sum of these counters."""
    return sum(sign * counts.get(name, 0) for sign, name in terms)


def totals(terms: Terms, columns: Mapping[str, Sequence[int]]) -> Sequence[int]:
    """The same of many lines at once; no terms: no lines."""
    found: Sequence[int] = ()
    for place, (sign, name) in enumerate(terms):
        column = columns[name]
        if place:
            found = list(map(operator.add if sign > 0 else operator.sub, found, column))
        else:
            found = column if sign > 0 else list(map(operator.neg, column))
    return found


def terms(text: str) -> Terms:
    """`"a + b - c"` as Terms."""
    sign, found = 1, []
    for word in text.split():
        if word in ("+", "-"):
            sign = 1 if word == "+" else -1
        else:
            found.append((sign, word))
    return tuple(found)


def _written(terms: Terms) -> str:
    text = " ".join(f"{'+' if sign > 0 else '-'} {name}" for sign, name in terms)
    return text.removeprefix("+ ")


def _grouped(text: str) -> str:
    return f"({text})" if " " in text else text
