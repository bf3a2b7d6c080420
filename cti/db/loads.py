"""Rows of a batch as bytes: one process makes them, another stores them, and what lies between costs next to nothing.

For SQLite they are the driver's tuples as `marshal` writes them (a tenth of what `pickle` takes); for PostgreSQL the
text that COPY reads, so that what a row costs is paid by whoever makes it. This knows how a value is written for
either; what the rows mean it does not know.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import chain, compress
from typing import Any

import orjson
from sqlalchemy import JSON, Boolean, Float, Integer

from .months import PARTED, Month, months_of
from .plain import Driver, Form, said
from .tables import Table, UtcInstant

Values = Sequence[Any]
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Rows of one table in parts, of which some may be left out. `months`: those that PostgreSQL must have room for."""

    form: Form
    parts: bytes
    months: frozenset[Month] = frozenset()

    async def store(self, driver: Driver, wanted: Iterable[object] | None = None) -> None:
        """Store these rows, which are not there yet; only the parts beside which `wanted` has something true."""
        parts = marshal.loads(self.parts)  # noqa: S302 -- our own process made it
        chosen = parts if wanted is None else compress(parts, wanted)
        if driver.sqlite:
            await driver.insert(self.form, list(chain.from_iterable(chosen)))
        else:
            await driver.copy(self.form, b"".join(chosen), self.months)


def load(table: type[Table], form: Form, parts: Sequence[Sequence[Values]], *, sqlite: bool) -> Load:
    """Values in the order of the form's columns, part by part."""
    if sqlite:
        return Load(form=form, parts=marshal.dumps([form.rows(part) for part in parts]))
    writers = _writers(table, form.columns)
    texts = ["".join([_row(writers, row) for row in part]).encode() for part in parts]
    return Load(form=form, parts=marshal.dumps(texts), months=months_in(form, chain.from_iterable(parts)))


def months_in(form: Form, rows: Iterable[Values]) -> frozenset[Month]:
    """The months that these rows lie in, if their table is parted by months."""
    column = PARTED.get(form.table)
    if column is None:
        return frozenset()
    at = form.columns.index(column)
    return months_of(row[at] for row in rows)


# --- the text that COPY reads (PostgreSQL's documentation, "COPY", "Text Format") ------------------------


def _row(writers: tuple[Callable[[Any], str], ...], values: Values) -> str:
    told = [r"\N" if value is None else write(value) for write, value in zip(writers, values, strict=True)]
    return "\t".join(told) + "\n"


@cache
def _writers(table: type[Table], columns: tuple[str, ...]) -> tuple[Callable[[Any], str], ...]:
    return tuple(_writer(table.__table__.columns[name].type) for name in columns)


def _writer(kind: Any) -> Callable[[Any], str]:
    if isinstance(kind, JSON):
        return json_text
    if isinstance(kind, UtcInstant):
        return instant_text
    if isinstance(kind, Boolean):
        return _flag
    return str if isinstance(kind, Integer | Float) else text


def text(value: str) -> str:
    """Escaped where it must be."""
    return value if value.isprintable() and "\\" not in value else value.translate(_ESCAPES)


def json_text(value: Any) -> str:
    """A value of a JSON column; what breaks lines is an escape there already."""
    found = said(value)
    return found.replace("\\", r"\\") if "\\" in found else found


def instant_text(value: datetime) -> str:
    """In ISO's form, UTC."""
    return orjson.dumps(value if value.tzinfo is UTC else value.astimezone(UTC)).decode()[1:-1]


def _flag(value: bool) -> str:
    return "t" if value else "f"
