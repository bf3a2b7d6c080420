"""One conversation -> the facts that are counted of it: its stays in queues and the rings at agents.

It knows which talk, transfer and wrap-up belong to which stay. It knows no metric and no row. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from ..conversation import Conversation, Segment
from ..stretches import Kind
from ..words import Miss, Outcome
from .facts import Channel, Offer, Visit
from .intervals import milliseconds

_TALK = (Kind.TALK, Kind.HOLD)
_OUTCOMES = frozenset(word.value for word in Outcome)
_MISSES = {"canceled": Miss.CALLER_GONE.value, **{word.value: word.value for word in Miss}}


def visits_of(conversation: Conversation, now: datetime | None = None) -> list[Visit]:
    """Its stays in queues, in the order of entry; `now` is how long an open one has lasted (None: since it began)."""
    if conversation.callback_of:
        visit = _called_back(conversation)
        return [visit, *_taken_over(conversation, visit, 0, len(conversation.segments), now)]
    away = [_turned_away(conversation, index) for index in range(len(conversation.turned_away))]
    waits = [n for n, segment in enumerate(conversation.segments) if segment.kind is Kind.WAIT and segment.queue]
    nexts = [*waits[1:], len(conversation.segments)] if waits else []
    stays = []
    for wait, until in zip(waits, nexts, strict=True):
        stay = _stay(conversation, wait, until, now)
        stays += [stay, *_taken_over(conversation, stay, wait, until, now)]
    return sorted([*away, *stays], key=lambda visit: visit.entered)


def offers_of(conversation: Conversation, now: datetime | None = None) -> list[Offer]:
    """The rings at agents, in order."""
    return [
        Offer(
            call=conversation.id,
            queue=ring.queue,
            agent=ring.agent,
            offered=ring.started,
            outcome="" if ring.ended is None else _MISSES.get(ring.outcome, ring.outcome),
            ring_ms=_length(ring, now),
        )
        for ring in conversation.segments
        if ring.kind is Kind.RING and ring.queue
    ]


def _stay(conversation: Conversation, index: int, until: int, now: datetime | None) -> Visit:
    wait, after = conversation.segments[index], conversation.segments[index + 1 : until]
    talks = [segment for segment in after if segment.kind in _TALK and segment.agent]
    rings = [segment for segment in after if segment.kind is Kind.RING and segment.queue == wait.queue]
    visit = Visit(
        call=conversation.id,
        queue=wait.queue,
        entered=wait.started,
        outcome=_outcome(conversation, wait, is_last=until == len(conversation.segments)),
        wait_ms=_length(wait, now),
        ring_ms=sum(_length(ring, now) for ring in rings),
    )
    first = talks[0].agent if talks else ""
    return _with_work(visit, conversation, [talk for talk in talks if talk.agent == first], now)


def _taken_over(
    conversation: Conversation, stay: Visit, index: int, until: int, now: datetime | None
) -> Iterator[Visit]:
    """What each further agent did for this caller: passed on, or taken up where the first had parked them."""
    after = conversation.segments[index:until]
    talks = [segment for segment in after if segment.kind in _TALK and segment.agent not in ("", stay.agent)]
    for agent in dict.fromkeys(talk.agent for talk in talks if stay.agent):
        mine = [talk for talk in talks if talk.agent == agent]
        began = mine[0].started
        passed = [one.started for one in after if one.kind is Kind.TRANSFER and one.target == agent]
        entered = max((at for at in passed if at <= began), default=began)
        rings = [one for one in after if one.kind is Kind.RING and one.agent == agent and one.started <= began]
        visit = Visit(
            call=conversation.id,
            queue=stay.queue,
            entered=entered,
            outcome=Outcome.ANSWERED.value,
            channel=Channel.TRANSFER,
            wait_ms=milliseconds(began - entered),
            ring_ms=sum(_length(ring, now) for ring in rings if not ring.queue),
        )
        yield _with_work(visit, conversation, mine, now)


def _outcome(conversation: Conversation, wait: Segment, *, is_last: bool) -> str:
    """As the queue told it; an abandon is the conversation's own word for it where this was its last stay."""
    if wait.ended is None:
        return ""
    if wait.outcome == Outcome.ABANDONED and is_last and conversation.outcome == Outcome.SHORT_ABANDON:
        return Outcome.SHORT_ABANDON.value
    return (
        wait.outcome if wait.outcome in _OUTCOMES else Outcome.FAILED.value
    )  # interrupted: no queue told how it ended


def _called_back(conversation: Conversation) -> Visit:
    agent = conversation.agent
    rings = [segment for segment in conversation.segments if segment.kind is Kind.RING and segment.agent == agent]
    visit = Visit(
        call=conversation.id,
        queue=conversation.queue,
        entered=conversation.started,
        outcome=conversation.outcome,
        channel=Channel.CALLBACK,
        wait_ms=0,
        ring_ms=sum(_length(ring, None) for ring in rings),
    )
    talks = [segment for segment in conversation.segments if segment.kind in _TALK and segment.agent == agent]
    return _with_work(visit, conversation, talks if conversation.outcome == Outcome.ANSWERED else [], None)


def _turned_away(conversation: Conversation, index: int) -> Visit:
    away = conversation.turned_away[index]
    return Visit(call=conversation.id, queue=away.queue, entered=away.at, outcome=away.outcome.value, wait_ms=0)


def _with_work(visit: Visit, conversation: Conversation, talks: Sequence[Segment], now: datetime | None) -> Visit:
    """With talk, hold and wrap-up of the agent of these talks, and whether the caller was passed on."""
    if not talks:
        return visit
    agent = talks[0].agent
    passed = talks[-1].outcome == "transferred" or any(
        segment.kind is Kind.TRANSFER and segment.agent == agent for segment in conversation.segments
    )
    return visit._replace(
        agent=agent,
        talk_ms=sum(_length(talk, now) for talk in talks if talk.kind is Kind.TALK),
        hold_ms=sum(_length(talk, now) for talk in talks if talk.kind is Kind.HOLD),
        wrap_ms=sum(_wraps(conversation, talks, now)),
        transferred=passed,
    )


def _wraps(conversation: Conversation, talks: Sequence[Segment], now: datetime | None) -> Iterator[int]:
    """The wrap-ups that this agent began after these talks and before the next talk of theirs in the conversation."""
    agent, began = talks[0].agent, talks[0].started
    later = (s.started for s in conversation.segments if s.kind in _TALK and s.agent == agent and s not in talks)
    until = min((at for at in later if at > began), default=None)
    for wrap in conversation.wrap_ups:
        ended = wrap.ended or now
        if wrap.agent == agent and wrap.started >= began and ended and (until is None or wrap.started < until):
            yield milliseconds(ended - wrap.started)


def _length(segment: Segment, now: datetime | None) -> int:
    ended = segment.ended or now
    return milliseconds(ended - segment.started) if ended else 0
