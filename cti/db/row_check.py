"""Rows that are not what the stored lines say: conversations of a period are folded once more and held against them.

It finds calls both by their lines and by their rows, so that a row too many is seen as well as one that is missing.
It goes call by call in batches, in one consistent view, and keeps nothing. Whether the lines are those of the files,
`journal` knows.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, bindparam, exists, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from ..core.conversation import Conversation, fold
from ..core.journal import Source
from ..core.metrics.facts import Offer, Visit
from ..core.metrics.visits import offers_of, visits_of
from .connection import Database
from .copied import presence_of
from .fact_tables import OfferRow, PresenceRow, VisitRow
from .pieces import MANY, in_pieces
from .plain import Driver
from .refold import touched_by
from .span import Span
from .tables import JournalLineRow

_LINE = JournalLineRow
_Key = tuple[str, int]
_Rows = dict[_Key, dict[str, Any]]
_Facts = Callable[[Conversation], Iterable[Visit | Offer]]
_FACTS: Mapping[str, tuple[Any, str, _Facts]] = {
    "visits": (VisitRow, "entered", visits_of),
    "offers": (OfferRow, "offered", offers_of),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RowDifference:
    """One value of one row that the lines contradict; `column` "" = the row itself, which is there or is not."""

    table: str
    row: str
    column: str
    found: Any
    expected: Any


async def row_differences(database: Database, span: Span, facts: Collection[str]) -> AsyncIterator[RowDifference]:
    """Of the facts of these kinds that begin in the span, by the rows or by the lines."""
    async with database.reading() as connection:
        seen: set[str] = set()
        async for calls in _calls(connection, span, facts):
            touched = await touched_by(await Driver.under(connection), (), set(calls) - seen)
            seen = set(touched.stale)  # of the last batch: calls of one conversation lie beside each other
            folded = [conversation for lines in touched.lines if (conversation := fold(lines))]
            for name in facts:
                if name in _FACTS:
                    for difference in await _unlike(connection, span, name, folded, touched.stale):
                        yield difference
        if "agent_times" in facts:
            async for difference in _unlike_presences(connection, span):
                yield difference


async def _calls(connection: AsyncConnection, span: Span, facts: Collection[str]) -> AsyncIterator[list[str]]:
    """The calls of the period, batch by batch: by their lines, then those that only rows know."""
    in_period = and_(_LINE.at >= span.since, _LINE.at < span.until)
    async for calls in _paged(connection, select(_LINE.call).where(in_period, _LINE.call != ""), _LINE.call):
        yield calls
    for name in facts:
        if name in _FACTS:
            table, at, _ = _FACTS[name]
            here = and_(getattr(table, at) >= span.since, getattr(table, at) < span.until)
            told = exists().where(_LINE.call == table.call, in_period)
            async for calls in _paged(connection, select(table.call).where(here, ~told), table.call):
                yield calls


async def _paged(connection: AsyncConnection, wanted: Select[Any], column: Any) -> AsyncIterator[list[str]]:
    last = ""
    page = wanted.distinct().where(column > bindparam("last")).order_by(column).limit(MANY)
    while calls := list((await connection.execute(page, {"last": last})).scalars()):
        yield calls
        last = calls[-1]


async def _unlike(
    connection: AsyncConnection, span: Span, name: str, folded: list[Conversation], calls: list[str]
) -> list[RowDifference]:
    table, at, facts_of = _FACTS[name]
    told: _Rows = {
        (fact.call, position): fact._asdict() | {"position": position}
        for conversation in folded
        for position, fact in enumerate(facts_of(conversation))
    }
    found: _Rows = {}
    for some in in_pieces(sorted(calls)):
        for row in (await connection.execute(select(table.__table__).where(table.call.in_(some)))).mappings():
            found[row["call"], row["position"]] = dict(row)
    return list(_compared(name, _of(told, at, span), _of(found, at, span)))


def _of(rows: _Rows, at: str, span: Span) -> _Rows:
    """Those that were asked for."""
    return {
        key: row
        for key, row in rows.items()
        if span.since <= row[at] < span.until and span.wants(row["queue"], row["agent"])
    }


def _compared(table: str, told: _Rows, found: _Rows) -> Iterator[RowDifference]:
    for key in sorted(told.keys() | found.keys()):
        row = f"{key[0]} {key[1]}"
        if key not in found or key not in told:
            states = ("missing", "told of") if key in told else ("there", "not told of")
            yield RowDifference(table=table, row=row, column="", found=states[0], expected=states[1])
            continue
        for column, value in told[key].items():
            if found[key][column] != value:
                there = found[key][column]
                yield RowDifference(table=table, row=row, column=column, found=there, expected=value)


async def _unlike_presences(connection: AsyncConnection, span: Span) -> AsyncIterator[RowDifference]:
    """Changes of presence are their lines, one by one."""
    row = PresenceRow
    is_one = and_(_LINE.source == Source.ENGINE.value, _LINE.kind == "presence")
    in_period = and_(_LINE.at >= span.since, _LINE.at < span.until)
    columns = (_LINE.file_id, _LINE.offset, _LINE.call, _LINE.at, _LINE.data)
    beyond = tuple_(_LINE.file_id, _LINE.offset) > tuple_(bindparam("file_id"), bindparam("offset"))
    page = select(*columns).where(is_one, in_period, beyond).order_by(_LINE.file_id, _LINE.offset).limit(MANY)
    last = {"file_id": "", "offset": -1}
    while lines := (await connection.execute(page, last)).all():
        last = {"file_id": lines[-1].file_id, "offset": lines[-1].offset}
        told = {(one.file_id, one.offset): presence_of(one) for one in lines}
        there = select(row.__table__).where(tuple_(row.file_id, row.offset).in_(list(told)))
        for difference in _compared("presences", _of_agents(told, span), await _presences(connection, there, span)):
            yield difference
    told_of = exists().where(is_one, row.file_id == _LINE.file_id, row.offset == _LINE.offset)
    unknown = select(row.__table__).where(row.at >= span.since, row.at < span.until, ~told_of)
    for difference in _compared("presences", {}, await _presences(connection, unknown, span)):
        yield difference


async def _presences(connection: AsyncConnection, wanted: Select[Any], span: Span) -> _Rows:
    rows = (await connection.execute(wanted)).mappings()
    return _of_agents({(one["file_id"], one["offset"]): dict(one) for one in rows}, span)


def _of_agents(rows: _Rows, span: Span) -> _Rows:
    return {key: row for key, row in rows.items() if not span.agents or row["agent"] in span.agents}
