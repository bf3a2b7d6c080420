"""Folds conversations anew from the lines that are stored, for the calls that new lines touched.

It knows how lines find each other (two that share a call or a leg belong together, which joins the two linkedids of an
attended transfer) and how a folded conversation becomes rows. What a conversation is, `core.conversation` knows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ..core.conversation import Conversation, Segment, fold
from ..core.journal import JournalLine, Source
from ..core.metrics.facts import Offer, Visit
from ..core.metrics.visits import offers_of, visits_of
from .fact_tables import OfferRow, VisitRow
from .rollups import touch
from .tables import ConversationRow, JournalLineRow, SegmentRow

_MANY = 400  # values in one IN list
_OWN_ROWS = ("segments", "wrap_ups", "turned_away")
_COLUMNS = tuple(field.name for field in fields(Conversation) if field.name not in _OWN_ROWS)
_SEGMENT_COLUMNS = tuple(field.name for field in fields(Segment))
_VISIT_COLUMNS = tuple(field.name for field in fields(Visit))
_OFFER_COLUMNS = tuple(field.name for field in fields(Offer))
_LINE = JournalLineRow.__table__.c
_PAIRS = select(_LINE.call, _LINE.leg).distinct()
_BY_KEY = or_(
    _LINE.call.in_(bindparam("keys", expanding=True)),
    _LINE.leg.in_(bindparam("keys", expanding=True)),
)


async def refold(connection: AsyncConnection, touched: Iterable[str]) -> list[Conversation]:
    """Replace the rows of every conversation that one of these calls or legs belongs to; the conversations."""
    groups = await together(connection, {key for key in touched if key})
    if not groups:
        return []
    owner = {key: number for number, group in enumerate(groups) for key in group}
    lines: dict[int, list[JournalLine]] = defaultdict(list)
    for line in await _lines(connection, owner):
        lines[owner[line.call]].append(line)
    folded = [conversation for number in range(len(groups)) if (conversation := fold(lines[number]))]
    await _replace(connection, list(owner), folded)
    return folded


async def together(connection: AsyncConnection, keys: set[str]) -> list[set[str]]:
    """The groups of calls and legs that belong to one conversation, for each of `keys`."""
    parent = {key: key for key in keys}

    def root(key: str) -> str:
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    fresh = set(keys)
    while fresh:
        found: set[str] = set()
        for some in _pieces(sorted(fresh)):
            for call, leg in await connection.execute(_PAIRS.where(_BY_KEY), {"keys": some}):
                found |= {key for key in (call, leg) if key and key not in parent}
                for key in (call, leg):
                    parent.setdefault(key, key)
                parent[root(call)] = root(leg or call)
        fresh = found
    groups: dict[str, set[str]] = defaultdict(set)
    for key in parent:
        groups[root(key)].add(key)
    return list(groups.values())


async def _lines(connection: AsyncConnection, keys: Iterable[str]) -> list[JournalLine]:
    columns = (_LINE.source, _LINE.file_id, _LINE.offset, _LINE.at, _LINE.kind, _LINE.call, _LINE.leg, _LINE.data)
    wanted = select(*columns).where(_LINE.call.in_(bindparam("keys", expanding=True)))
    found: list[JournalLine] = []
    for some in _pieces(sorted(keys)):
        for source, file_id, offset, at, kind, call, leg, data in await connection.execute(wanted, {"keys": some}):
            line = JournalLine(
                source=Source(source), file_id=file_id, offset=offset, at=at, kind=kind, call=call, leg=leg, data=data
            )
            found.append(line)
    return found


async def _replace(connection: AsyncConnection, keys: list[str], conversations: list[Conversation]) -> None:
    touched: set[datetime] = set()
    for some in _pieces(keys):
        await connection.execute(delete(SegmentRow).where(SegmentRow.call.in_(some)))
        for fact, at in ((VisitRow, VisitRow.entered), (OfferRow, OfferRow.offered)):
            touched.update((await connection.execute(delete(fact).where(fact.call.in_(some)).returning(at))).scalars())
        await connection.execute(delete(ConversationRow).where(ConversationRow.id.in_(some)))
    if conversations:
        await connection.execute(insert(ConversationRow), [row_of(conversation) for conversation in conversations])
    for table, rows_of in ((SegmentRow, _segments_of), (VisitRow, _visit_rows), (OfferRow, _offer_rows)):
        rows = [row for conversation in conversations for row in rows_of(conversation)]
        if rows:
            await connection.execute(insert(table), rows)
            touched.update(row[at] for at in ("entered", "offered") for row in rows if at in row)
    await touch(connection, touched)


def row_of(conversation: Conversation) -> dict[str, Any]:
    """Its columns; `asdict` would copy every instant deeply."""
    return {name: getattr(conversation, name) for name in _COLUMNS}


def _segments_of(conversation: Conversation) -> Iterator[dict[str, Any]]:
    for segment in conversation.segments:
        values = {name: getattr(segment, name) for name in _SEGMENT_COLUMNS}
        yield values | {"call": conversation.id, "kind": segment.kind.value}


def _visit_rows(conversation: Conversation) -> list[dict[str, Any]]:
    return [_numbered(visit, _VISIT_COLUMNS, n) for n, visit in enumerate(visits_of(conversation))]


def _offer_rows(conversation: Conversation) -> list[dict[str, Any]]:
    return [_numbered(offer, _OFFER_COLUMNS, n) for n, offer in enumerate(offers_of(conversation))]


def _numbered(fact: Visit | Offer, columns: tuple[str, ...], position: int) -> dict[str, Any]:
    return {name: getattr(fact, name) for name in columns} | {"position": position}


def _pieces(values: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(values), _MANY):
        yield list(values[start : start + _MANY])
