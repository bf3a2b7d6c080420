"""Rows that are not what the stored lines say: conversations of a period are folded once more and held against them.

It finds calls both by their lines and by their rows, so that a row too many is seen as well as one that is missing.
It goes call by call in batches, and keeps nothing. Whether the lines are those of the files,
`journal` knows.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, bindparam, exists, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from ..core.conversation import Conversation
from ..core.journal import Source
from ..core.metrics.asked import survey_answers_of
from ..core.metrics.visits import offers_of, visits_of
from .connection import Database
from .copied import announcement_of, presence_of
from .fact_tables import AnnouncementRow, OfferRow, PresenceRow, SurveyRow, VisitRow
from .pieces import MANY, in_pieces
from .retold import Retelling, Retold, paged, retold
from .span import Span
from .tables import ConversationRow, JournalLineRow, SegmentRow

_LINE = JournalLineRow
_Key = tuple[str, int]
_Rows = dict[_Key, dict[str, Any]]
_Filter = Callable[[Span, Mapping[str, Any]], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowDifference:
    """One value of one row that the lines contradict; `column` "" = the row itself, which is there or is not."""

    table: str
    row: str
    column: str
    found: Any
    expected: Any


def _of_both(span: Span, row: Mapping[str, Any]) -> bool:
    return span.wants(row["queue"], row["agent"])


def _of_agents(span: Span, row: Mapping[str, Any]) -> bool:
    return not span.agents or row["agent"] in span.agents


def _of_queues(span: Span, row: Mapping[str, Any]) -> bool:
    return not span.queues or row["queue"] in span.queues


def _any(span: Span, row: Mapping[str, Any]) -> bool:  # noqa: ARG001 -- as the others
    return True


@dataclass(frozen=True, slots=True)
class _Folded:
    """Rows that are folded. `key`: their column with the conversation; `at`: the one with their instant; `facts`: what
    they are rows of, in the order of their positions; `wanted`: whether they are asked for."""

    table: Any
    key: str
    at: str
    facts: Callable[[Conversation], Iterable[Any]]
    wanted: _Filter = _of_both


@dataclass(frozen=True, slots=True)
class _Copied:
    """Rows that are lines of the engine's journal as they stand."""

    table: Any
    kind: str
    row_of: Callable[[Any], dict[str, Any]]
    wanted: _Filter


_FOLDED: Mapping[str, _Folded] = {
    # Who is told of is decided when they are counted: a report of one agent's calls may need everybody's.
    "conversations": _Folded(ConversationRow, "id", "started", lambda conversation: (conversation,), _any),
    "segments": _Folded(SegmentRow, "call", "started", lambda conversation: conversation.segments, _any),
    "visits": _Folded(VisitRow, "call", "entered", visits_of),
    "offers": _Folded(OfferRow, "call", "offered", offers_of),
    "surveys": _Folded(SurveyRow, "call", "at", survey_answers_of),
}
_COPIED: Mapping[str, _Copied] = {
    "agent_times": _Copied(PresenceRow, "presence", presence_of, _of_agents),
    "announcements": _Copied(AnnouncementRow, "told", announcement_of, _of_queues),
}


async def row_differences(
    database: Database, retelling: Retelling, span: Span, facts: Collection[str]
) -> AsyncIterator[RowDifference]:
    """Of the facts of these kinds that begin in the span, by the rows or by the lines."""
    folded = [name for name in facts if name in _FOLDED]
    async with database.reading() as connection:
        if folded:
            async for told, keys in _told(connection, retelling, span, folded):
                conversations = [one.conversation for one in told if one.conversation is not None]
                for name in folded:
                    for difference in await _unlike(connection, span, name, conversations, keys):
                        yield difference
        for name in facts:
            if name in _COPIED:
                async for difference in _unlike_copies(connection, span, _COPIED[name]):
                    yield difference


async def _told(
    connection: AsyncConnection, retelling: Retelling, span: Span, facts: Collection[str]
) -> AsyncIterator[tuple[list[Retold], list[str]]]:
    """The conversations of the period with their calls and legs, some at a time; then those that only rows know."""
    some: list[Retold] = []
    async for one in retelling.told(span.since, span.until):
        some.append(one)
        if len(some) == MANY:
            yield some, _keys(some)
            some = []
    yield some, _keys(some)
    for name in facts:
        kind = _FOLDED[name]
        call, at = getattr(kind.table, kind.key), getattr(kind.table, kind.at)
        written = exists().where(_LINE.call == call, _LINE.at >= span.since, _LINE.at < span.until)
        alone = select(call).where(at >= span.since, at < span.until, ~written)
        async for calls in paged(connection, alone, call):
            some = await retold(connection, calls)
            yield some, sorted({*calls, *_keys(some)})


def _keys(told: Iterable[Retold]) -> list[str]:
    return sorted({key for one in told for line in one.lines for key in (line.call, line.leg) if key})


async def _unlike(
    connection: AsyncConnection, span: Span, name: str, folded: list[Conversation], keys: list[str]
) -> list[RowDifference]:
    kind = _FOLDED[name]
    columns = [column.name for column in kind.table.__table__.columns if column.name not in ("call", "position")]
    told: _Rows = {
        (conversation.id, getattr(fact, "position", place)): {column: getattr(fact, column) for column in columns}
        for conversation in folded
        for place, fact in enumerate(kind.facts(conversation))
    }
    found: _Rows = {}
    for some in in_pieces(keys):
        wanted = select(kind.table.__table__).where(getattr(kind.table, kind.key).in_(some))
        for row in (await connection.execute(wanted)).mappings():
            found[row[kind.key], row.get("position", 0)] = dict(row)
    return list(_compared(name, _asked(told, kind, span), _asked(found, kind, span)))


def _asked(rows: _Rows, kind: _Folded, span: Span) -> _Rows:
    """Those that were asked for."""
    return {k: row for k, row in rows.items() if span.since <= row[kind.at] < span.until and kind.wanted(span, row)}


def _compared(table: str, told: _Rows, found: _Rows) -> Iterator[RowDifference]:
    for key in sorted(told.keys() | found.keys()):
        row = key[0] if table == "conversations" else f"{key[0]} {key[1]}"
        if key not in found or key not in told:
            states = ("missing", "told of") if key in told else ("there", "not told of")
            yield RowDifference(table=table, row=row, column="", found=states[0], expected=states[1])
            continue
        for column, value in told[key].items():
            if found[key][column] != value:
                there = found[key][column]
                yield RowDifference(table=table, row=row, column=column, found=there, expected=value)


async def _unlike_copies(connection: AsyncConnection, span: Span, kind: _Copied) -> AsyncIterator[RowDifference]:
    """Such rows are their lines, one by one."""
    row, name = kind.table, kind.table.__tablename__
    is_one = and_(_LINE.source == Source.ENGINE.value, _LINE.kind == kind.kind)
    in_period = and_(_LINE.at >= span.since, _LINE.at < span.until)
    columns = (_LINE.file_id, _LINE.offset, _LINE.call, _LINE.at, _LINE.data)
    beyond = tuple_(_LINE.file_id, _LINE.offset) > tuple_(bindparam("file_id"), bindparam("offset"))
    page = select(*columns).where(is_one, in_period, beyond).order_by(_LINE.file_id, _LINE.offset).limit(MANY)
    last = {"file_id": "", "offset": -1}
    while lines := (await connection.execute(page, last)).all():
        last = {"file_id": lines[-1].file_id, "offset": lines[-1].offset}
        told = {(one.file_id, one.offset): kind.row_of(one) for one in lines}
        there = select(row.__table__).where(tuple_(row.file_id, row.offset).in_(list(told)))
        for difference in _compared(name, _only(told, kind, span), await _copies(connection, there, kind, span)):
            yield difference
    told_of = exists().where(is_one, row.file_id == _LINE.file_id, row.offset == _LINE.offset)
    unknown = select(row.__table__).where(row.at >= span.since, row.at < span.until, ~told_of)
    for difference in _compared(name, {}, await _copies(connection, unknown, kind, span)):
        yield difference


async def _copies(connection: AsyncConnection, wanted: Any, kind: _Copied, span: Span) -> _Rows:
    rows = (await connection.execute(wanted)).mappings()
    return _only({(one["file_id"], one["offset"]): dict(one) for one in rows}, kind, span)


def _only(rows: _Rows, kind: _Copied, span: Span) -> _Rows:
    return {key: row for key, row in rows.items() if kind.wanted(span, row)}
