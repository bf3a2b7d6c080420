"""One conversation's transfers: who passed the customer on, how, to whom, and what became of it.

It knows segments, by their instants: those that begin together have an order, but no meaning in it. It counts nothing.
Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from ..stretches import Kind
from ..words import Outcome
from .intervals import milliseconds

_FLOOR = timedelta(seconds=1)  # queue_log writes whole seconds
_WRITTEN = {"blindtransfer": "blind", "attendedtransfer": "attended"}  # where only queue_log tells of it
HOWS = ("blind", "attended", "blonde", "conference")


class Piece(NamedTuple):
    """A segment, as far as transfers need it."""

    kind: str
    started: datetime
    ended: datetime | None
    agent: str
    queue: str
    outcome: str
    detail: str
    target: str


class Became(StrEnum):
    """What became of the customer who was passed on."""

    ANSWERED = "answered"  # somebody else talked with them
    RETURNED = "returned"  # the agent who had passed them on talked with them again first
    LOST = "lost"  # they hung up before anybody talked with them
    ELSEWHERE = "elsewhere"  # voicemail, or sent out of a queue
    OPEN = "open"  # not over


@dataclass(frozen=True, slots=True, kw_only=True)
class Passing:
    """`to_agent` talked next ("" = nobody, or somebody outside); `to_queue`: where the customer waited for it."""

    at: datetime
    how: str
    agent: str
    queue: str
    target: str
    to_agent: str
    to_queue: str
    became: Became
    talked_ms: int  # by the agent, until then
    waited_ms: int  # from then to the next talk, or the end
    talked_after_ms: int


def passings(pieces: Sequence[Piece], ended: datetime | None) -> list[Passing]:
    """In order; `ended` is the conversation's end, None while it goes on."""
    transfers = sorted((one for one in pieces if one.kind == Kind.TRANSFER), key=lambda one: one.started)
    borders = [*(one.started for one in transfers[1:]), None]
    return [_passing(one, until, pieces, ended) for one, until in zip(transfers, borders, strict=True)]


def _passing(transfer: Piece, until: datetime | None, pieces: Sequence[Piece], ended: datetime | None) -> Passing:
    at = transfer.started
    word, _, dialled = transfer.detail.partition(" ")
    talks = [one for one in pieces if one.kind == Kind.TALK]
    mine = [one for one in talks if one.agent == transfer.agent and one.started < at]
    later = [one for one in talks if _reaches(one, transfer, until)]
    nxt = min(later, key=lambda one: (max(one.started, at), one.agent != transfer.target), default=None)
    waits = [one for one in pieces if one.kind == Kind.WAIT and _within(one, at - _FLOOR, until)]
    queue = waits[0] if waits and mine and waits[0].started > mine[0].started else None
    over = nxt.started if nxt else until or ended
    return Passing(
        at=at,
        how=_WRITTEN.get(word, word),
        agent=transfer.agent,
        queue=transfer.queue,
        target=transfer.target or dialled,
        to_agent=nxt.agent if nxt else "",
        to_queue=queue.queue if queue else "",
        became=_became(transfer, nxt, queue, pieces, until or ended),
        talked_ms=sum(_length(one, at) for one in mine),
        waited_ms=milliseconds(over - at) if over else 0,
        talked_after_ms=sum(_length(one, ended, at) for one in later if nxt and one.agent == nxt.agent),
    )


def _reaches(talk: Piece, transfer: Piece, until: datetime | None) -> bool:
    """A talk after the transfer (in a conference it had begun before), and before the next transfer."""
    if until is not None and talk.started >= until:
        return False
    if talk.agent == transfer.agent:
        return talk.started > transfer.started
    return talk.ended is None or talk.ended > transfer.started


def _within(piece: Piece, since: datetime, until: datetime | None) -> bool:
    return piece.started >= since and (until is None or piece.started < until)


def _became(
    transfer: Piece, nxt: Piece | None, queue: Piece | None, pieces: Sequence[Piece], ended: datetime | None
) -> Became:
    if nxt is not None:
        return Became.RETURNED if nxt.agent == transfer.agent else Became.ANSWERED
    if ended is None:
        return Became.OPEN
    if any(one.kind == Kind.VOICEMAIL and one.started >= transfer.started for one in pieces):
        return Became.ELSEWHERE
    left = queue.outcome if queue else ""
    gone = left in ("", Outcome.ABANDONED, Outcome.SHORT_ABANDON, Outcome.ANSWERED)
    return Became.LOST if gone else Became.ELSEWHERE


def _length(piece: Piece, ended: datetime | None, since: datetime | None = None) -> int:
    """Of an open one until `ended`; of one that began before `since`, the part after it."""
    until = piece.ended or ended
    return milliseconds(until - max(piece.started, since or piece.started)) if until else 0
