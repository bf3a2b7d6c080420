"""Customers: who calls, and what their calls are to be like. Rows are the truth; a file adds and changes many at once.

It knows columns, limits and every mistake of a file with its line. It knows no call. The variables that a look-up sets
are `engine.caller`'s.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from ..errors import NotFound, UsageError
from .connection import Database
from .plain import Driver
from .tables import CustomerRow

MOST = 100_000  # rows of one answer
_BATCH = 500
_LONGEST = 64_000_000  # bytes of a file: a million customers
_ID = re.compile(r"[A-Za-z0-9_.@-]{1,60}", re.ASCII)
_NUMBER = re.compile(r"\+?[0-9]{2,20}", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?", re.ASCII)
_PREFER = re.compile(r"[0-9]{1,20}", re.ASCII)
_NEED = re.compile(
    r"[a-z][a-z0-9_-]{0,39}=(?:[1-9][0-9]?|100)(?:,[a-z][a-z0-9_-]{0,39}=(?:[1-9][0-9]?|100))*", re.ASCII
)
_PRIORITY = re.compile(r"-?[0-9]{1,3}", re.ASCII)
_NEEDED = ("id", "name", "number")
_COLUMNS = tuple(CustomerRow.__table__.columns.keys())
# Asked twice a second for each engine under load; SQLAlchemy would write the statement anew for each count of numbers.
_BY_NUMBERS = f"SELECT {', '.join(_COLUMNS)} FROM customers WHERE number {{among}} ORDER BY id DESC"  # noqa: S608 -- ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """`number` as callers show it. `prefer` is an agent's number; `need` is `engine=60,language_en=50`; "" = none."""

    id: str
    name: str
    number: str
    note: str = ""
    priority: int = 0  # each point counts like a minute of waiting, -100 to 100
    language: str = ""
    prefer: str = ""
    need: str = ""


_COLUMNS = tuple(field.name for field in fields(Customer))


def mistakes_of(customer: Customer) -> list[str]:
    """What cannot be stored, in words; [] when all is well."""
    checks = (
        (_ID.fullmatch(customer.id), f"id {customer.id[:60]!r}: letters, digits and _ . @ -, at most 60"),
        (_NUMBER.fullmatch(customer.number), f"number {customer.number[:40]!r}: digits, with a leading + or without"),
        (1 <= len(customer.name.strip()) <= 80, "name: 1 to 80 characters"),
        (len(customer.note) <= 500, "note: at most 500 characters"),
        (-100 <= customer.priority <= 100, f"priority {customer.priority}: from -100 to 100"),
        (not customer.language or _LANGUAGE.fullmatch(customer.language), "language: such as zh, en or pt_BR"),
        (not customer.prefer or _PREFER.fullmatch(customer.prefer), "prefer: an agent's number"),
        (not customer.need or _NEED.fullmatch(customer.need), "need: skills such as engine=60,language_en=50"),
        ((customer.name + customer.note).isprintable(), "name and note: one line of text"),
    )
    return [text for right, text in checks if not right]


def read_customers(path: Path) -> list[Customer]:
    """A CSV file's customers: id,name,number and maybe note, priority, language, prefer, need.

    Raises UsageError with every mistake (the first hundred), one `file:line: …` a line.
    """
    try:
        if path.stat().st_size > _LONGEST:
            raise UsageError(f"{path}: {path.stat().st_size:,} bytes are too many; split the file")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {getattr(error, 'strerror', None) or 'not UTF-8; save it as UTF-8'}") from error
    found: list[Customer] = []
    wrong: list[str] = []
    seen: dict[str, int] = {}
    for line, row in _rows(text, path.name):
        customer, mistakes = _customer(row)
        if customer.id in seen:
            mistakes.append(f"id {customer.id!r} stands on line {seen[customer.id]} already")
        seen.setdefault(customer.id, line)
        wrong += [f"{path.name}:{line}: {mistake}" for mistake in mistakes]
        found.append(customer)
    if wrong:
        more = [f"… and {len(wrong) - 100:,} more"] if len(wrong) > 100 else []
        raise UsageError("\n".join([*wrong[:100], *more]))
    return found


def _rows(text: str, name: str) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(text.splitlines(keepends=True), strict=True)
    try:
        columns = [column.strip() for column in reader.fieldnames or ()]
        unknown = [column for column in columns if column not in _COLUMNS]
        missing = [column for column in _NEEDED if column not in columns]
        if unknown or missing:
            said = f"unknown column {unknown[0]!r}" if unknown else f"column {missing[0]!r} is missing"
            raise UsageError(f"{name}:1: {said}; columns are {', '.join(_COLUMNS)}")
        reader.fieldnames = columns
        for row in reader:
            if None in row or None in row.values():
                raise UsageError(f"{name}:{reader.line_num}: not {len(columns)} values")
            yield reader.line_num, {key: value.strip() for key, value in row.items()}
    except csv.Error as error:
        raise UsageError(f"{name}:{reader.line_num}: not CSV: {error}") from error


def _customer(row: dict[str, str]) -> tuple[Customer, list[str]]:
    priority, wrong = row.pop("priority", "") or "0", []
    if not _PRIORITY.fullmatch(priority):
        wrong, priority = [f"priority {priority[:20]!r}: a whole number"], "0"
    customer = Customer(**row, priority=int(priority))
    return customer, wrong + mistakes_of(customer)


class CustomerBook:
    """The customers of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def who(self, number: str, digits: str = "") -> dict[str, Any] | None:
        """The row of who entered these `digits` (an id, else a number), or without any calls from `number`; or None."""
        if not digits:
            return await self.by_number(number)
        table = CustomerRow.__table__
        wanted = (CustomerRow.id == digits) | (CustomerRow.number == digits)
        async with self._database.reading() as connection:
            found = await connection.execute(
                select(table).where(wanted).order_by(CustomerRow.id != digits, CustomerRow.id).limit(1)
            )
            row = found.mappings().first()
            return dict(row) if row else None

    async def by_number(self, number: str) -> dict[str, Any] | None:
        """The row of who calls from `number`, or None (also for a withheld number)."""
        return (await self.by_numbers([number])).get(number)

    async def by_numbers(self, numbers: Sequence[str]) -> dict[str, dict[str, Any]]:
        """number -> the row, for those of at most some hundred `numbers` that somebody is known by."""
        wanted = [number for number in numbers if number]
        if not wanted:
            return {}
        async with self._database.reading() as connection:
            found = await (await Driver.under(connection)).rows(_BY_NUMBERS, wanted)
        rows = (dict(zip(_COLUMNS, row, strict=True)) for row in found)
        return {row["number"]: row for row in rows}  # of several the first by id

    async def find(self, text: str = "", limit: int = 100) -> list[dict[str, Any]]:
        """Those whose id or number is `text`, or whose name or number holds it; by name. Raises UsageError."""
        if not 1 <= limit <= MOST:
            raise UsageError(f"limit must be from 1 to {MOST:,}")
        table = CustomerRow
        wanted = select(table.__table__).order_by(table.name, table.id).limit(limit)
        if text:
            wanted = wanted.where(
                or_(
                    table.id == text,
                    table.number.contains(text, autoescape=True),
                    table.name.icontains(text, autoescape=True),
                )
            )
        async with self._database.reading() as connection:
            return [dict(row) for row in (await connection.execute(wanted)).mappings()]

    async def save(
        self, customers: Sequence[Customer], *, prune: bool = False, dry_run: bool = False
    ) -> dict[str, int]:
        """Add and change all or none; `prune` removes everybody else. How many: added, changed, same, removed."""
        table = CustomerRow
        async with self._database.writing() as connection:
            rows = (await connection.execute(select(table.__table__))).mappings()
            known = {row["id"]: Customer(**row) for row in rows}
            fresh = [customer for customer in customers if known.get(customer.id) != customer]
            gone = sorted(known.keys() - {customer.id for customer in customers}) if prune else []
            added = sum(customer.id not in known for customer in fresh)
            counts = {
                "added": added,
                "changed": len(fresh) - added,
                "same": len(customers) - len(fresh),
                "removed": len(gone),
            }
            if dry_run:
                return counts
            statement = (sqlite if self._database.is_sqlite else postgresql).insert(table)
            values = {name: statement.excluded[name] for name in _COLUMNS if name != "id"}
            upsert = statement.on_conflict_do_update(index_elements=[table.id], set_=values)
            for start in range(0, len(fresh), _BATCH):
                await connection.execute(upsert, [asdict(customer) for customer in fresh[start : start + _BATCH]])
            for start in range(0, len(gone), _BATCH):
                await connection.execute(delete(table).where(table.id.in_(gone[start : start + _BATCH])))
        return counts

    async def remove(self, customer: str) -> None:
        """Raises NotFound."""
        async with self._database.writing() as connection:
            result = await connection.execute(delete(CustomerRow).where(CustomerRow.id == customer))
            if result.rowcount == 0:
                raise NotFound(f"no customer {customer[:60]!r}; find them with: cti customer list TEXT")

    async def count(self) -> int:
        """How many there are."""
        async with self._database.reading() as connection:
            return int((await connection.execute(select(func.count()).select_from(CustomerRow))).scalar_one())
