"""Rows of a batch as bytes: one process makes them, another stores them, and what lies between costs next to nothing.

For SQLite they are the driver's tuples as `marshal` writes them (a tenth of what `pickle` takes); for PostgreSQL the
text that COPY reads, so that what a row costs is paid by whoever makes it. This knows how a value is written for
either; what the rows mean it does not know.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, compress, islice
from typing import Any

from sqlalchemy import JSON, Boolean, Float, Integer

from .months import PARTED, Month, months_of
from .plain import Column, Driver, Form, but_none, iso, said
from .tables import Table, UtcInstant

Values = Sequence[Any]
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Rows of one table in parts, of which some may be left out. `months`: those that PostgreSQL must have room for."""

    form: Form
    pieces: tuple[bytes, ...]  # each a list of parts
    months: frozenset[Month] = frozenset()

    async def store(self, driver: Driver, wanted: Iterable[object] | None = None) -> None:
        """Store these rows, which are not there yet; only the parts beside which `wanted` has something true."""
        parts = chain.from_iterable(map(marshal.loads, self.pieces))
        chosen = parts if wanted is None else compress(parts, wanted)
        if driver.sqlite:
            await driver.insert(self.form, list(chain.from_iterable(chosen)))
        else:
            await driver.copy(self.form, b"".join(chosen), self.months)


def load(table: type[Table], form: Form, parts: Sequence[Sequence[Values]], *, sqlite: bool) -> Load:
    """Values in the order of the form's columns, part by part."""
    flat = list(chain.from_iterable(parts))
    if sqlite:
        rows = iter(form.rows(flat))
        return Load(form=form, pieces=(marshal.dumps([list(islice(rows, len(part))) for part in parts]),))
    texts = iter(_texts(table, form, flat))
    told = ["".join(islice(texts, len(part))).encode() for part in parts]
    return Load(form=form, pieces=(marshal.dumps(told),), months=months_in(form, flat))


def joined(loads: Iterable[Load]) -> list[Load]:
    """One for each table, with all of its parts in their order."""
    found: dict[str, list[Load]] = {}
    for one in loads:
        found.setdefault(one.form.table, []).append(one)
    return [
        Load(
            form=own[0].form,
            pieces=tuple(piece for one in own for piece in one.pieces),
            months=frozenset(month for one in own for month in one.months),
        )
        for own in found.values()
    ]


def months_in(form: Form, rows: Iterable[Values]) -> frozenset[Month]:
    """The months that these rows lie in, if their table is parted by months."""
    column = PARTED.get(form.table)
    if column is None:
        return frozenset()
    at = form.columns.index(column)
    return months_of(row[at] for row in rows)


# --- the text that COPY reads (PostgreSQL's documentation, "COPY", "Text Format") ------------------------


def _texts(table: type[Table], form: Form, values: Sequence[Values]) -> list[str]:
    columns = zip(form.columns, zip(*values, strict=True), strict=True) if values else ()
    told = [but_none(column, _writer(table.__table__.columns[name].type), r"\N") for name, column in columns]
    return ["\t".join(row) + "\n" for row in zip(*told, strict=True)]


def _writer(kind: Any) -> Callable[[Column], Iterable[str]]:
    if isinstance(kind, JSON):
        return _json
    if isinstance(kind, UtcInstant):
        return iso
    if isinstance(kind, Boolean):
        return _flags
    return _numbers if isinstance(kind, Integer | Float) else _escaped


def _escaped(column: Column) -> Iterable[str]:
    """Hardly ever there is anything to escape."""
    whole = "".join(column)
    if whole.isprintable() and "\\" not in whole:
        return column
    return [value.translate(_ESCAPES) for value in column]


def _json(column: Column) -> list[str]:
    """What breaks lines is an escape there already."""
    told = (said(value) for value in column)
    return [text.replace("\\", r"\\") if "\\" in text else text for text in told]


def _numbers(column: Column) -> Iterable[str]:
    return map(str, column)


def _flags(column: Column) -> list[str]:
    return ["t" if value else "f" for value in column]
