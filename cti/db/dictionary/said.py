"""How the data dictionary speaks of a table and of a column: unit, meaning in English and Chinese, where it comes from.

It knows the form; the words are in the files beside it, the names and types in `tables`, `fact_tables` and `views`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Unit(StrEnum):
    """What a value counts, or is. A duration's and a size's unit is in the column's name too."""

    INSTANT = "instant, UTC"
    MILLISECONDS = "milliseconds"
    SECONDS = "seconds"
    MINUTES = "minutes"
    BYTES = "bytes"
    COUNT = "count"
    PLACE = "place"
    SCORE = "key, 0-9"
    LEVEL = "level, 1-100"
    YES_NO = "yes/no"
    ID = "id"
    PHONE = "phone number"
    WORD = "word"
    TEXT = "text"
    JSON = "JSON"


@dataclass(frozen=True, slots=True)
class Said:
    """One column in words. `source` "" = the table's; `values`: all words that may stand there ("" = none yet)."""

    unit: Unit
    en: str
    zh: str
    source: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSaid:
    """One table or view in words: what one row is, where it comes from, whether reporting jobs may read it."""

    en: str
    zh: str
    source: str
    for_jobs: bool
    columns: Mapping[str, Said] = field(default_factory=dict)


def words(values: Iterable[StrEnum]) -> tuple[str, ...]:
    """All words of an enumeration of the core, for `Said.values`."""
    return tuple(value.value for value in values)


def taken(column: Said, source: str) -> Said:
    """The same words for a column that comes from elsewhere."""
    return replace(column, source=source)
