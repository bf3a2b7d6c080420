"""The facts of reports out of the journals: conversations folded once more, counted and picked out by Python.

Each method gives what the SQL of the same name gives of the rows (`facts.Rows`), and says in Python what that says in
SQL: no row of a fold is read, and no sum. It remembers from when to when it was asked.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ..core.arrivals import Recorded
from ..core.conversation import Conversation
from ..core.journal import JournalLine, Source
from ..core.metrics.asked import survey_answers_of
from ..core.metrics.facts import AgentTime, Channel, Offer, SurveyAnswer, Visit
from ..core.metrics.intervals import milliseconds
from ..core.metrics.passings import Passing, Piece, passings
from ..core.metrics.pauses import Pause, pauses_of
from ..core.metrics.promises import Told
from ..core.metrics.thresholds import Thresholds
from ..core.metrics.visits import offers_of, visits_of
from ..core.recorded import Noted
from ..core.stretches import Kind
from ..core.words import Outcome
from ..db.agent_time import times_of
from ..db.connection import Database
from ..db.contacts import ContactRow
from ..db.floor_history import LONGEST_WAIT, InLine, between
from ..db.journeys import KINDS, Call, stops_of
from ..db.quarters import instant_of, quarter_of
from ..db.recorded import caller_of, recorded_presences
from ..db.report_rows import ABANDONS, COUNTERS_OF, MISSED, TURNED_AWAY, told_of
from ..db.retold import Retelling, Tell
from ..db.span import Span
from ..db.talked import TalkedRow
from ..db.tally import Counted, Tally
from .facts import Row
from .recount import Recount

_MONTH = timedelta(days=31)  # so much of everybody's time is held at once


class Journals:
    """Facts of the stored lines of a database. `tell` hears how far it is; `retelling` is what folds them."""

    def __init__(self, database: Database, tell: Tell) -> None:
        self._database = database
        self.retelling = Retelling(database, tell)
        self._since: datetime | None = None
        self._until: datetime | None = None

    def reach(self, span: Span) -> Span:
        """The span, and beyond it as far as facts were asked for."""
        since, until = self._since or span.since, self._until or span.until
        return replace(span, since=min(span.since, since), until=max(span.until, until))

    async def tally(self, wanted: Tally, now: datetime) -> list[Counted]:
        found = Recount(wanted)
        if {"visits", "offers"} & set(wanted.facts):
            async for conversation in self._conversations(wanted.span):
                for name, facts in (("visits", visits_of(conversation)), ("offers", offers_of(conversation))):
                    for fact in facts if name in wanted.facts else ():
                        if _is_in(fact, wanted.span):
                            found.add(fact)
        at = wanted.span.since
        while "agent_times" in wanted.facts and at < wanted.span.until:
            piece = replace(wanted.span, since=at, until=min(at + _MONTH, wanted.span.until))
            for time in await self.agent_times(piece, now):
                found.add_time(time)
            at = piece.until
        return found.counted()

    async def outcomes_by_number(self, span: Span, thresholds: Thresholds) -> list[Counted]:
        found: dict[tuple[datetime, str], Counter[str]] = defaultdict(Counter)
        async for call in self._from_outside(span):
            counts = found[instant_of(quarter_of(call.started)), call.did]
            if call.outcome not in ABANDONS:
                counts[COUNTERS_OF.get(call.outcome, "failed")] += 1
            elif not call.queue:
                counts["hung_up_before"] += 1
            else:
                counts["abandoned"] += 1
                counts["short_abandoned"] += call.wait_seconds <= thresholds.of(call.queue).short_ms / 1000
        return [(at, (did,), dict(counts)) for (at, did), counts in found.items()]

    async def waits(self, span: Span, *, by_quarter: bool) -> list[tuple[datetime, str, str, int, int]]:
        found: Counter[tuple[datetime, str, str, int]] = Counter()
        async for conversation in self._conversations(span):
            for visit in visits_of(conversation):
                waited = visit.channel is Channel.LIVE and visit.outcome not in TURNED_AWAY
                if waited and _is_in(visit, span):
                    at = max(span.since, instant_of(quarter_of(visit.entered))) if by_quarter else span.since
                    found[at, visit.queue, visit.outcome, visit.wait_ms] += 1
        return [(*key, stays) for key, stays in found.items()]

    async def missed_rings(self, span: Span) -> list[Row]:
        found: list[tuple[Any, Row]] = []
        async for conversation in self._conversations(span):
            served = {"served": conversation.outcome == Outcome.ANSWERED}
            for place, ring in enumerate(offers_of(conversation)):
                if ring.outcome in MISSED and _is_in(ring, span):
                    row = {name: getattr(ring, name) for name in Offer._fields}
                    found.append(((ring.offered, ring.call, place), row | served))
        return [row for _, row in sorted(found, key=lambda one: one[0])]

    async def pauses(self, span: Span, now: datetime) -> list[Pause]:
        told = map(told_of, await self._presences(span))
        return [pause for pause in pauses_of(told, min(span.until, now)) if pause.ended > span.since]

    async def travelled(self, span: Span) -> AsyncIterator[Call]:
        async for call in self._from_outside(span):
            stops = [stop for one in call.segments if one.kind in KINDS for stop in stops_of(one)]
            yield Call(started=call.started, did=call.did, outcome=call.outcome, stops=stops)

    async def passed_on(self, span: Span) -> AsyncIterator[tuple[str, Passing]]:
        async for call in self._conversations(span):
            passed = (one.started for one in call.segments if one.kind is Kind.TRANSFER)
            if any(span.since <= at < span.until for at in passed):
                pieces = [Piece(*(getattr(one, name) for name in Piece._fields)) for one in call.segments]
                for one in passings(pieces, call.ended):
                    yield call.id, one

    async def talked_calls(self, span: Span) -> list[TalkedRow]:
        found: list[TalkedRow] = []
        async for call in self._begun(span):
            talks = [one for one in call.segments if one.kind in (Kind.TALK, Kind.HOLD)]
            lengths = [milliseconds(one.ended - one.started) for one in talks if one.ended]
            if talks:
                about = {"call": call.id, "started": call.started, "queue": call.queue, "agent": call.agent}
                found.append(TalkedRow(**about, ended=call.ended is not None, talk_ms=sum(lengths)))  # type: ignore[arg-type]
        return sorted(found, key=lambda row: (row.started, row.call))

    async def contacts(self, since: datetime, until: datetime) -> AsyncIterator[ContactRow]:
        found: list[ContactRow] = []
        async for call in self._begun(Span(since=since, until=until)):
            if call.direction == "inbound" and not call.callback_of and call.outcome != Outcome.BLOCKED:
                about = {"number": call.number, "queue": call.queue, "agent": call.agent}
                answered = call.outcome == Outcome.ANSWERED
                found.append(ContactRow(call=call.id, started=call.started, answered=answered, **about))
        for row in sorted(found, key=lambda row: (row.number, row.started, row.call)):
            yield row

    async def answers(self, span: Span) -> list[SurveyAnswer]:
        found: list[SurveyAnswer] = []
        async for call in self._conversations(span):
            given = survey_answers_of(call)
            found += [one for one in given if span.since <= one.at < span.until and span.wants(one.queue, one.agent)]
        return sorted(found, key=lambda one: (one.at, one.call, one.position))

    async def in_line(self, span: Span, now: datetime) -> list[InLine]:
        found: list[InLine] = []
        wide = Span(since=span.since - LONGEST_WAIT, until=span.until, queues=span.queues)
        async for call in self._conversations(wide):
            rings = sorted((one for one in offers_of(call) if _is_in(one, wide)), key=lambda ring: ring.offered)
            rung: Mapping[str, list[tuple[datetime, datetime]]] = defaultdict(list)
            for ring in rings:
                ended = ring.offered + timedelta(milliseconds=ring.ring_ms) if ring.outcome else now
                rung[ring.queue].append((ring.offered, ended))
            for visit in visits_of(call):
                gone = visit.entered + timedelta(milliseconds=visit.wait_ms) if visit.outcome else now
                if visit.channel is Channel.LIVE and _is_in(visit, wide) and gone > span.since:
                    found += between(visit, gone, rung[visit.queue])
        return sorted(found, key=lambda one: (one.entered, one.call, one.started))

    async def agent_times(self, span: Span, now: datetime) -> list[AgentTime]:
        return list(times_of(await self._presences(span), span.since, min(span.until, now)))

    async def announced_waits(self, span: Span) -> list[Told]:
        self._asked(span.since, span.until)
        stays: dict[tuple[str, str], list[Visit]] = defaultdict(list)
        async for call in self._conversations(span):
            for visit in visits_of(call):
                stays[visit.call, visit.queue].append(visit)
        found: list[Told] = []
        for row in await self.retelling.announcements(span.since, span.until):
            if row.wait_minutes is not None and (not span.queues or row.queue in span.queues):
                before = [one for one in stays[row.call, row.queue] if one.entered <= row.at]
                found.append(_announced(row, max(before, key=lambda one: one.entered, default=None)))
        return found

    async def recorded_callers(self, since: datetime, until: datetime) -> Sequence[Recorded]:
        found: list[Recorded] = []
        self._asked(since, until)
        async for one in self.retelling.told(since, until):
            call = one.conversation
            if call and since <= call.started < until and call.queue and call.ended and call.outcome:
                caller = caller_of(call, call.segments, _asked_for(call, one.lines), since)
                found += [caller] if caller else []
        return sorted(found, key=lambda caller: (caller.at, caller.call))

    async def recorded_presences(self, since: datetime, until: datetime) -> Sequence[Noted]:
        return await recorded_presences(self._database, since, until)  # these are read from the lines anyway

    # --- which of them ----------------------------------------------------------------------------

    async def _conversations(self, span: Span) -> AsyncIterator[Conversation]:
        """All that were going on in the span, of whatever queue and agent."""
        self._asked(span.since, span.until)
        async for call in self.retelling.conversations(span.since, span.until):
            yield call

    async def _begun(self, span: Span) -> AsyncIterator[Conversation]:
        """Those that began in the span, of its queues and agents."""
        async for call in self._conversations(span):
            if span.since <= call.started < span.until and span.wants(call.queue, call.agent):
                yield call

    async def _from_outside(self, span: Span) -> AsyncIterator[Conversation]:
        async for call in self._begun(span):
            if call.direction == "inbound":
                yield call

    async def _presences(self, span: Span) -> list[Any]:
        self._asked(span.since, span.until)
        rows = await self.retelling.presences(span.since, span.until)
        return [row for row in rows if not span.agents or row.agent in span.agents]

    def _asked(self, since: datetime, until: datetime) -> None:
        self._since = min(since, self._since or since)
        self._until = max(until, self._until or until)


def _is_in(fact: Visit | Offer, span: Span) -> bool:
    at = fact.entered if isinstance(fact, Visit) else fact.offered
    return span.since <= at < span.until and span.wants(fact.queue, fact.agent)


def _announced(row: Any, stay: Visit | None) -> Told:
    """An announcement with the stay that it was about; one that nobody knows of did not end."""
    gone = stay.entered + timedelta(milliseconds=stay.wait_ms) if stay and stay.outcome else None
    answered = bool(stay and stay.outcome == Outcome.ANSWERED)
    about = {"call": row.call, "queue": row.queue, "at": row.at}
    return Told(**about, minutes=row.wait_minutes, expected_ms=row.expected_ms, gone=gone, answered=answered)


def _asked_for(call: Conversation, lines: Sequence[JournalLine]) -> Mapping[str, Any]:
    """What the caller asked for when first joining."""
    joined = [one for one in lines if one.source is Source.ENGINE and one.kind == "joined" and one.call == call.id]
    return min(joined, key=lambda line: (line.at, line.offset)).data if joined else {}
