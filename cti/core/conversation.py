"""Journal lines of one conversation -> one conversation with its ordered segments. A pure fold.

It knows which journal to believe for what, and which exclusive outcome that makes (DESIGN §6). It knows no file, no
row, no clock; lines may come in any order and the result is the same. Time that nobody saw is left open, not guessed.

Definitions, for everybody who counts:
    wait_seconds   the waits before the first talk (all waits, when there was none); ringing is part of waiting
    ring_seconds   what phones rang, answered or not        talk_seconds   talks without their holds, each second once
    hold_seconds   holds within talks, by the agent          agent, queue  of the first talk (else the last queue)
    outcome        answered > engine's release > voicemail reached > the queue's exit > hung up (short: wait <= 5 s)
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from .billed import billed
from .journal import JournalLine, Source, apart, once
from .passing import passing
from .retelling import tell
from .sharpen import sharpen
from .stretches import FINAL, Answer, Kind, Stretch, TurnedAway, instant
from .whose import (
    Told,
    agent_of,
    did_of,
    direction_of,
    listen,
    name_of,
    number_of,
    path_of,
    source_of,
)
from .words import Outcome, Presence

SHORT_ABANDON_SECONDS = 5.0
_ORDER = {kind: place for place, kind in enumerate(Kind)}


class Segment(NamedTuple):
    """One `Stretch` in its place: `position` counts from 0 in the order of beginning; `ended` None = open.

    Of a transfer, `agent` passed the customer on to `target` (an agent, or the number that was dialled), `detail` says
    how: blind, attended, blonde (before the target answered), conference (all three talked, then the agent left).
    """

    position: int
    kind: Kind
    started: datetime
    ended: datetime | None
    agent: str = ""
    queue: str = ""
    outcome: str = ""
    detail: str = ""
    target: str = ""


class WrapUp(NamedTuple):
    """An agent's work after the talk; the customer is gone, so it is no segment. `ended` None = open, or never seen."""

    agent: str
    started: datetime
    ended: datetime | None


class Conversation(NamedTuple):
    """The customer's view of one call. Seconds are floats; `outcome` "" = still going on; numbers "" = withheld.

    `direction` is inbound, outbound or internal; `source` engine, fallback (native queue) or direct (never queued).
    `disposition` and `note`: how it ended in the agent's words, the last that were given.
    `callback_of`: the call that asked to be called back ("" = this is no callback).
    """

    id: str
    started: datetime
    ended: datetime | None
    direction: str
    number: str = ""
    name: str = ""
    did: str = ""
    path: str = ""
    language: str = ""
    customer: str = ""
    queue: str = ""
    agent: str = ""
    outcome: str = ""
    wait_seconds: float = 0.0
    ring_seconds: float = 0.0
    talk_seconds: float = 0.0
    hold_seconds: float = 0.0
    interrupted: bool = False
    callback_of: str = ""
    source: str = "direct"
    disposition: str = ""
    note: str = ""
    segments: tuple[Segment, ...] = ()
    wrap_ups: tuple[WrapUp, ...] = ()
    turned_away: tuple[TurnedAway, ...] = ()
    answers: tuple[Answer, ...] = ()


def fold(lines: Iterable[JournalLine], *, short_abandon_seconds: float = SHORT_ABANDON_SECONDS) -> Conversation | None:
    """Fold all lines of one conversation (see `conversation_id` for its name). None: nothing tells of a beginning."""
    told = listen(once(apart(lines)))
    started = _started(told)
    if started is None:
        return None
    ended = _ended(told)
    stretches = _bounded(_stretches(told, started, ended), started, ended)
    if told.of(Source.ENGINE, "interrupted"):
        stretches = [s._replace(outcome=s.outcome or "interrupted") for s in stretches]
    draft = _summary(told, started, ended, stretches)
    outcome = _outcome(told, draft, stretches, short_abandon_seconds)
    segments = tuple(Segment(position, *stretch) for position, stretch in enumerate(stretches))
    turned_away = tuple(told.story.turned_away)
    return draft._replace(
        outcome=outcome,
        segments=segments,
        wrap_ups=_wrap_ups(told),
        turned_away=turned_away,
        answers=_answers(told, stretches),
    )


def _answers(told: Told, stretches: list[Stretch]) -> tuple[Answer, ...]:
    """In their order, each of the talk before it: after a transfer that is not the agent whom the queue had found."""
    found = sorted(told.story.answers.items())
    talks = sorted((s for s in stretches if s.kind is Kind.TALK and s.agent), key=lambda s: s.started)
    begun = min((s.started for s in stretches if s.kind is Kind.SURVEY), default=None)
    agent = next((s.agent for s in reversed(talks) if begun is None or s.started <= begun), "")
    return tuple(answer._replace(agent=agent) for _, answer in found)


def _wrap_ups(told: Told) -> tuple[WrapUp, ...]:
    """From the presence that begins it to the same agent's next one."""
    found: list[WrapUp] = []
    for line in told.of(Source.ENGINE, "presence"):
        agent, begins = str(line.data.get("agent", "")), line.data.get("presence") == Presence.WRAP_UP
        last = next((n for n in reversed(range(len(found))) if found[n].agent == agent), None)
        if last is not None and found[last].ended is None and not begins:
            found[last] = found[last]._replace(ended=max(line.at, found[last].started))
        elif begins and (last is None or found[last].ended is not None):
            found.append(WrapUp(agent=agent, started=line.at, ended=None))
    return tuple(found)


def _started(told: Told) -> datetime | None:
    """The customer's channel knows best; then the first line that can begin a conversation. A callback begins when
    phones are dialled for it the first time: a promise is not a conversation yet.
    """
    if told.promise:
        return min((line.at for line in told.of(Source.ENGINE, "offer")), default=None)
    leg = told.legs.legs.get(told.customer_leg)
    if leg is not None and leg.started:
        return leg.started
    begins = [line.at for line in told.of(Source.QUEUE_LOG, "ENTERQUEUE", "DID", "CLOSED", "BLOCKED", "FULL")]
    begins += [instant(line.data.get("entered")) or line.at for line in told.of(Source.ENGINE, "joined")]
    begins += [instant(line.data.get("start")) or line.at for line in told.of(Source.CDR)]
    begins += [leg.started for leg in told.legs.legs.values() if leg.started]
    return min(begins, default=None)


def _ended(told: Told) -> datetime | None:
    """CEL's last leg; else what the engine saw of a dying Asterisk; else, without CEL, CDR or the queue's last word.

    A callback goes on until the engine says that it is over: between two attempts no leg is left.
    """
    if told.promise and not told.of(Source.ENGINE, "callback_ended", "interrupted"):
        return None
    if end := told.legs.all_ended:
        return end
    if closed := [line.at for line in told.of(Source.ENGINE, "interrupted")]:
        return max(closed)
    own = [line.at for line in told.of(Source.ENGINE, "leg_ended") if _is_customer(line, told)]
    if own:
        return max(own)
    if told.legs.legs:
        return None
    if rows := told.of(Source.CDR):
        return max(instant(line.data.get("end")) or line.at for line in rows)
    queued = told.of(Source.QUEUE_LOG)
    last = max(queued, key=lambda line: (line.file_id, line.offset), default=None)
    return last.at if last and last.kind in FINAL else None


def _is_customer(line: JournalLine, told: Told) -> bool:
    return str(line.data.get("leg") or line.call) == told.customer_leg


def _stretches(told: Told, started: datetime, ended: datetime | None) -> list[Stretch]:
    entered = [at for line in told.of(Source.ENGINE, "joined") if (at := instant(line.data.get("entered")))]
    bridged = passing(told.legs, told.talker)
    known = sharpen(told.story.close(), told.legs, told.customer_leg, entered, bridged)
    known = tell(known, bridged, told) + billed(told.rows)
    known = _ending_waits(known + told.legs.voicemail)
    return known + _menu(told, known, started, ended)


def _ending_waits(known: list[Stretch]) -> list[Stretch]:
    """A wait whose end no line tells ends where the talk begins that the engine or CEL saw."""
    talks = sorted(stretch.started for stretch in known if stretch.kind is Kind.TALK)
    result = []
    for stretch in known:
        if stretch.kind is Kind.WAIT and stretch.ended is None:
            after = next((at for at in talks if at >= stretch.started), None)
            stretch = stretch._replace(ended=after, outcome=Outcome.ANSWERED.value) if after else stretch
        result.append(stretch)
    return result


def _menu(told: Told, known: list[Stretch], started: datetime, ended: datetime | None) -> list[Stretch]:
    """Each time a menu was asked; without such events, from the beginning to the first thing that happened."""
    if asked := told.menus.told((stretch.started for stretch in known), ended):
        return asked
    if direction_of(told) != "inbound":
        return []
    until = min((stretch.started for stretch in known), default=ended)
    if until is not None and (until - started).total_seconds() < 1 and known:
        return []
    return [Stretch(kind=Kind.MENU, started=started, ended=until, detail=path_of(told))]


def _bounded(stretches: list[Stretch], started: datetime, ended: datetime | None) -> list[Stretch]:
    """Nothing begins before or ends after its conversation (queue_log floors to whole seconds); in order."""
    result = []
    for stretch in stretches:
        begin = max(stretch.started, started)
        end = stretch.ended
        if ended is not None:
            begin, end = min(begin, ended), min(end or ended, ended)
        end = max(begin, end) if end else None
        moved = begin != stretch.started or end != stretch.ended
        result.append(stretch._replace(started=begin, ended=end) if moved else stretch)
    return sorted(result, key=lambda s: (s.started, _ORDER[s.kind], s.ended is None, s.ended or s.started, s.agent))


def _summary(told: Told, started: datetime, ended: datetime | None, stretches: list[Stretch]) -> Conversation:
    talk = next((stretch for stretch in stretches if stretch.kind in (Kind.TALK, Kind.HOLD)), None)
    waits = [stretch for stretch in stretches if stretch.kind is Kind.WAIT]
    before = [wait for wait in waits if talk is None or wait.started <= talk.started]
    direction = direction_of(told)
    disposed = told.of(Source.ENGINE, "disposition")
    return Conversation(
        id=told.id,
        started=started,
        ended=ended,
        direction=direction,
        number=number_of(told),
        name=name_of(told),
        did=did_of(told),
        path=path_of(told),
        language=str(told.caller.get("language", "")),
        customer=str(told.caller.get("customer", "")),
        queue=(talk.queue if talk and talk.queue else "") or (waits[-1].queue if waits else ""),
        agent=agent_of(told, direction, talk),
        wait_seconds=_seconds(before),
        ring_seconds=_seconds([stretch for stretch in stretches if stretch.kind is Kind.RING]),
        talk_seconds=_at_once([stretch for stretch in stretches if stretch.kind is Kind.TALK]),
        hold_seconds=_at_once([stretch for stretch in stretches if stretch.kind is Kind.HOLD]),
        interrupted=bool(told.of(Source.ENGINE, "interrupted")),
        callback_of=str(told.promise.get("of", "")),
        source=source_of(told, waits, talk),
        disposition=str(disposed[-1].data.get("code", "")) if disposed else "",
        note=str(disposed[-1].data.get("note", "")) if disposed else "",
    )


def _seconds(stretches: list[Stretch]) -> float:
    return round(sum((s.ended - s.started).total_seconds() for s in stretches if s.ended), 3)


def _at_once(stretches: list[Stretch]) -> float:
    """Seconds in which there was at least one of them: two agents in a conference talk with one customer."""
    total, until = 0.0, None
    for stretch in sorted(stretches, key=lambda one: one.started):
        if stretch.ended is None or (until is not None and stretch.ended <= until):
            continue
        since = max(stretch.started, until) if until else stretch.started
        total += (stretch.ended - since).total_seconds()
        until = stretch.ended
    return round(total, 3)


def _outcome(told: Told, draft: Conversation, stretches: list[Stretch], short: float) -> str:
    kinds = {stretch.kind for stretch in stretches}
    if kinds & {Kind.TALK, Kind.HOLD}:
        return Outcome.ANSWERED.value
    if draft.ended is None:
        return ""
    if Kind.VOICEMAIL in kinds:
        return Outcome.VOICEMAIL.value
    released = [str(line.data.get("outcome", "")) for line in told.of(Source.ENGINE, "released")]
    if released and released[-1] in set(Outcome) - {Outcome.ANSWERED, Outcome.ABANDONED, Outcome.SHORT_ABANDON}:
        return Outcome(released[-1]).value
    if told.story.last_exit not in (None, Outcome.ABANDONED):
        return str(told.story.last_exit.value if told.story.last_exit else "")
    if draft.direction != "inbound":
        return Outcome.FAILED.value
    waited = draft.wait_seconds if Kind.WAIT in kinds else (draft.ended - draft.started).total_seconds()
    return (Outcome.SHORT_ABANDON if waited <= short else Outcome.ABANDONED).value
