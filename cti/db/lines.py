"""Journal lines as rows: stored once each, with the rows that are copies of them.

It knows which lines are there already. What they mean for a conversation it does not know.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ..core.journal import JournalLine, Source
from .copied import copied, copies, presences_in
from .loads import Load, Values, load
from .plain import Driver, Form, Plain, form_of
from .rollups import touch_presences
from .tables import JournalLineRow

# A look at the key from there on: asked for the highest offset, PostgreSQL reads all that is stored of the file as long
# as it has no statistics, as in a database that is being filled.
_FROM = 'SELECT 1 FROM journal_lines WHERE source = {0} AND file_id = {1} AND "offset" >= {2} LIMIT 1'
_BETWEEN = """
SELECT "offset" FROM journal_lines WHERE source = '{source}' AND file_id {{among}} AND "offset" BETWEEN {low} AND {high}
"""


async def unknown(driver: Driver, lines: Iterable[JournalLine]) -> list[JournalLine]:
    """Those that are not stored yet, each once. Most stand after all that is stored of their file, and cost nothing."""
    by_file: dict[tuple[Source, str], dict[int, JournalLine]] = {}
    for line in lines:
        by_file.setdefault((line.source, line.file_id), {})[line.offset] = line
    fresh: list[JournalLine] = []
    for (source, file_id), own in by_file.items():
        known = await _known(driver, source, file_id, min(own), max(own))
        fresh += [line for offset, line in own.items() if offset not in known]
    return fresh


async def is_new(driver: Driver, source: Source, file_id: str, offset: int) -> bool:
    """Whether no line of this file is stored from this offset on."""
    return await driver.first(_FROM, source.value, file_id, offset) is None


async def _known(driver: Driver, source: Source, file_id: str, low: int, high: int) -> set[int]:
    if await is_new(driver, source, file_id, low):
        return set()
    found = await driver.rows(_BETWEEN.format(source=source.value, low=low, high=high), [file_id])
    return {offset for (offset,) in found}


async def keep_lines(driver: Driver, lines: Sequence[JournalLine]) -> None:
    """Store lines that are not there yet, and their copies."""
    for form, rows in line_rows(lines, sqlite=driver.sqlite):
        await driver.insert(form, rows)
    await touch_presences(driver.connection, presences_in(lines))


def line_rows(lines: Sequence[JournalLine], *, sqlite: bool) -> Iterator[tuple[Form, list[Plain]]]:
    """Their rows and those of their copies, table by table."""
    form = form_of(JournalLineRow, sqlite=sqlite)
    yield form, form.rows(_values(lines))
    yield from copies(lines, sqlite=sqlite)


def _values(lines: Iterable[JournalLine]) -> Iterator[Values]:
    for line in lines:
        yield line.source._value_, line.file_id, line.offset, line.at, line.kind, line.call, line.leg, line.data


def line_loads(lines: Sequence[JournalLine], *, sqlite: bool) -> Iterator[Load]:
    """The same as bytes for another process to store."""
    form = form_of(JournalLineRow, sqlite=sqlite)
    yield load(JournalLineRow, form, [list(_values(lines))], sqlite=sqlite)
    for table, values in copied(lines):
        yield load(table, form_of(table, sqlite=sqlite), [values], sqlite=sqlite)
