"""Folds conversations anew, for the calls that new lines touch: from these lines and what is stored of the same calls.

It knows how to find what is stored of a call. Which lines belong together `core.together` knows, what a conversation is
`core.conversation`, and which rows it has `folded`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ..core.conversation import Conversation, fold
from ..core.journal import JournalLine, Source
from ..core.together import Calls, Threads, by_conversation, is_of_a_call, tie_calls
from .by_key import by_key
from .folded import FOLDED
from .plain import Driver
from .rollups import touch
from .tables import JournalLineRow

_MANY = 400  # values in one IN list
_LINE = JournalLineRow.__table__.c
_PAIRS = select(_LINE.call, _LINE.leg).distinct()
_BY_KEY = by_key(bindparam("keys", expanding=True))
_OF_CALLS = 'SELECT source, file_id, "offset", at, kind, call, leg, data FROM journal_lines WHERE call {among}'
_OF_LEGS = "SELECT DISTINCT call, leg FROM journal_lines WHERE leg {among} AND leg <> call"


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """What new lines touch: the lines of each conversation, and every key whose old rows no longer hold; `before`: how
    many conversations these were."""

    lines: list[list[JournalLine]]
    stale: list[str]
    before: int


async def touched_by(driver: Driver, fresh: Iterable[JournalLine], keys: Iterable[str] = ()) -> Touched:
    """The conversations that lines which are about to be stored belong to, and those of these calls and legs."""
    threads, calls = Threads(keys), Calls(list)
    tie_calls(fresh, threads, calls)
    stored = await _stored(driver, threads)
    tie_calls(stored, threads, calls)
    groups = by_conversation(calls, threads)
    old = {threads.root(line.call) for line in stored} | {threads.root(key) for key in keys if key}
    stale = [key for root, group in threads.groups().items() if root in old for key in group]
    return Touched(lines=list(groups.values()), stale=stale, before=len(old))


async def refold(driver: Driver, touched: Touched) -> list[Conversation]:
    """Replace the rows of these conversations; the conversations."""
    folded = [conversation for lines in touched.lines if (conversation := fold(lines))]
    changed: set[datetime] = set()
    if touched.stale:
        changed = await _take_away(driver, touched)
    for kind in FOLDED:
        rows = kind.rows(folded, sqlite=driver.sqlite)
        changed |= rows.began
        await driver.insert(rows.form, rows.rows)
    await touch(driver.connection, changed)
    return folded


async def _take_away(driver: Driver, touched: Touched) -> set[datetime]:
    """The old rows of these keys go; when the facts that are summed up began. Segments and offers begin while their
    conversation lasts, so they are looked for in its months only."""
    changed: set[datetime] = set()
    conversation, *theirs = FOLDED
    old = await driver.delete(conversation.table, conversation.key, touched.stale, returning=("started", "ended"))
    lasted = _lasted(driver, old) if len(old) >= touched.before else None  # somebody may have deleted one by hand
    for kind in theirs:
        tell, within = (kind.began,) if kind.began else (), lasted if kind.within else None
        gone = await driver.delete(kind.table, kind.key, touched.stale, returning=tell, within=within)
        changed.update(driver.instant(at) for (at,) in gone)
    return changed


def _lasted(driver: Driver, conversations: Sequence[Sequence[Any]]) -> tuple[datetime, datetime | None] | None:
    """From the first instant of all of them to the last (None: one goes on)."""
    if not conversations:
        return None
    ends = [ended for _, ended in conversations]
    until = None if None in ends else max(driver.instant(ended) for ended in ends)
    return min(driver.instant(started) for started, _ in conversations), until


async def _stored(driver: Driver, threads: Threads) -> list[JournalLine]:
    """Every stored line of the conversations that have one of these keys; `threads` learns what they tie."""
    found: list[JournalLine] = []
    asked: set[str] = set()
    while ask := threads.keys() - asked:
        asked |= ask
        for row in await driver.rows(_OF_CALLS, sorted(ask)):
            line = _line(driver, row)
            if is_of_a_call(line):
                found.append(line)
                threads.tie(line.call, line.leg)
        for call, leg in await driver.rows(_OF_LEGS, sorted(ask)):
            if call:
                threads.tie(call, leg)
    return found


def _line(driver: Driver, row: Sequence[Any]) -> JournalLine:
    source, file_id, offset, at, kind, call, leg, data = row
    return JournalLine(
        source=Source(source),
        file_id=file_id,
        offset=offset,
        at=driver.instant(at),
        kind=kind,
        call=call,
        leg=leg,
        data=driver.told(data),
    )


async def together(connection: AsyncConnection, keys: set[str]) -> list[set[str]]:
    """The groups of calls and legs that belong to one conversation, for each of `keys`."""
    threads = Threads(keys)
    fresh = set(keys)
    while fresh:
        found: set[str] = set()
        for some in _pieces(sorted(fresh)):
            for call, leg in await connection.execute(_PAIRS.where(_BY_KEY), {"keys": some}):
                if call:
                    found |= {key for key in (call, leg) if key and key not in threads}
                    threads.tie(call, leg)
        fresh = found
    return list(threads.groups().values())


def _pieces(values: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(values), _MANY):
        yield list(values[start : start + _MANY])
