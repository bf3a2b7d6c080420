"""The data dictionary: every table and view with every column, its types, unit and words, assembled from the code.

It knows where each part stands (names and types: the models and `views`; words: the files beside it). It asks no
database; a test holds that a database has just these tables, views, columns and types.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, Boolean, Float
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeEngine

from .. import fact_tables  # noqa: F401 -- its tables are among ours
from ..months import PARTED
from ..tables import Table, UtcInstant
from ..views import VIEWS
from .facts import FACTS
from .history import HISTORY
from .journals import JOURNALS
from .people import PEOPLE
from .said import Said, TableSaid, Unit
from .sums import SUMS_SAID
from .work import WORK

WORDS: dict[str, TableSaid] = {**HISTORY, **FACTS, **SUMS_SAID, **WORK, **PEOPLE, **JOURNALS}
_SQLITE, _POSTGRESQL = sqlite.dialect(), postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's
_UNSAID = TableSaid(en="", zh="", source="", for_jobs=False)
_UNSAID_COLUMN = Said(Unit.TEXT, "", "")
_PLAIN = ((UtcInstant, "instant"), (JSON, "json"), (Boolean, "boolean"), (Float, "float"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column. `type` is ours (text, integer, float, boolean, instant, json); the others are the databases' own."""

    name: str
    type: str
    sqlite: str
    postgresql: str
    unit: Unit
    nullable: bool
    key: bool
    en: str
    zh: str
    source: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One table or view. `parted_by`: the instant by whose month PostgreSQL keeps it in parts; "" = in one piece."""

    name: str
    kind: str
    for_jobs: bool
    en: str
    zh: str
    source: str
    parted_by: str
    columns: tuple[Column, ...]


def dictionary(*, for_jobs_only: bool = False) -> list[Entry]:
    """All of them, in the order of `WORDS`; what has no words yet (a test refuses that) comes last, without."""
    unsaid = dict.fromkeys(sorted((set(Table.metadata.tables) | set(VIEWS)) - set(WORDS)), _UNSAID)
    said = {name: said for name, said in WORDS.items() if name in Table.metadata.tables or name in VIEWS} | unsaid
    return [_entry(name, words) for name, words in said.items() if words.for_jobs or not for_jobs_only]


def readable() -> tuple[str, ...]:
    """Tables and views that reporting jobs may read."""
    return tuple(entry.name for entry in dictionary(for_jobs_only=True))


def _entry(name: str, said: TableSaid) -> Entry:
    if name in VIEWS:
        view = VIEWS[name]
        columns = [(column, kind, column in view.nullable, False) for column, kind in view.columns.items()]
    else:
        table = Table.metadata.tables[name]
        columns = [(c.name, c.type, bool(c.nullable), c.primary_key) for c in table.columns]
    return Entry(
        name=name,
        kind="view" if name in VIEWS else "table",
        for_jobs=said.for_jobs,
        en=said.en,
        zh=said.zh,
        source=said.source,
        parted_by=PARTED.get(name, ""),
        columns=tuple(_column(said, *column) for column in columns),
    )


def _column(table: TableSaid, name: str, kind: TypeEngine[Any], nullable: bool, key: bool) -> Column:
    said = table.columns.get(name, _UNSAID_COLUMN)
    return Column(
        name=name,
        type=_plain(kind),
        sqlite=_type(kind, _SQLITE),
        postgresql=_type(kind, _POSTGRESQL),
        unit=said.unit,
        nullable=nullable,
        key=key,
        en=said.en,
        zh=said.zh,
        source=said.source or table.source,
        values=said.values,
    )


def _plain(kind: TypeEngine[Any]) -> str:
    for of, name in _PLAIN:
        if isinstance(kind, of):
            return name
    return {str: "text", int: "integer"}[kind.python_type]


def _type(kind: TypeEngine[Any], dialect: Any) -> str:
    return kind.compile(dialect=dialect)
