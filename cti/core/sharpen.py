"""queue_log knows whole seconds; CEL and the engine know microseconds: takes the sharper of two instants of one thing.

It knows which boundary of a stretch is which leg's doing. It moves nothing further than rounding explains, so a line
that tells of something else stays as it was written. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import overload

from .legs import Leg, Legs
from .stretches import Kind, Stretch
from .words import Outcome

# app_queue.c and app_dial.c take time(NULL) before or after the event itself; with the floor that is within:
EARLY, LATE = timedelta(seconds=1), timedelta(seconds=2)


def sharpen(
    queued: list[Stretch], legs: Legs, customer: str, entered: Iterable[datetime], bridged: Sequence[Stretch]
) -> list[Stretch]:
    """`queued` (from queue_log) with instants of `bridged` (CEL's), of legs, and of the engine's entry times."""
    met: dict[datetime, datetime] = {}  # apart from the partings: one second may hold a join, an answer and a hang-up
    parted: dict[datetime, datetime] = {}
    talks = [other for other in bridged if other.kind is Kind.TALK]
    for talk in (stretch for stretch in queued if stretch.kind is Kind.TALK):
        seen = [other for other in talks if other.agent == talk.agent] or _unbridged(legs, talk)
        if not seen and any(passed.kind in ("PICKUP", "FORWARD") for passed in legs.passed):
            seen = talks  # somebody else's, who took what this agent was offered
        _note(met, talk.started, (other.started for other in seen))
        _note(parted, talk.ended, (other.ended for other in seen))
    mine = legs.legs.get(customer)
    entries = list(entered)
    result = []
    for stretch in queued:
        started, ended = _moved(parted, stretch.started), _moved(met, stretch.ended)
        match stretch.kind:
            case Kind.WAIT:
                started = _nearest(stretch.started, entries) or started
                if stretch.outcome not in ("", Outcome.ANSWERED):  # gone on to another queue, or gone
                    later = _nearest(stretch.ended, [at for at in entries if at > started])
                    ended = later or _nearest(stretch.ended, [mine.ended if mine else None]) or stretch.ended
                elif stretch.ended not in met:
                    ended = _nearest(stretch.ended, [mine.ended if mine else None]) or ended
                if ended is not None and started > ended:  # that parting came later in the same second
                    started = min(stretch.started, ended)
            case Kind.RING:
                started, ended = _ring(stretch, ended, _rung(legs, stretch))
            case Kind.SURVEY:
                over = [talk.ended for talk in talks if talk.ended and _near(talk.ended, stretch.started)]
                started = max(over, default=started)  # after a transfer too it is the last talk that it follows
                ended = _nearest(stretch.ended, [mine.ended if mine else None]) or stretch.ended
            case Kind.TALK:
                started, ended = _moved(met, stretch.started), _moved(parted, stretch.ended)
        ended = max(started, ended) if ended else None
        moved = started != stretch.started or ended != stretch.ended
        result.append(stretch._replace(started=started, ended=ended) if moved else stretch)
    return result


def _unbridged(legs: Legs, talk: Stretch) -> list[Stretch]:
    """The agent's answers, for a talk that was over before the customer's leg had come into the bridge."""
    answered = [(leg.answered, leg.ended) for leg in legs.legs.values() if leg.endpoint == talk.agent]
    return [talk._replace(started=started, ended=ended) for started, ended in answered if started]


def _rung(legs: Legs, ring: Stretch) -> Leg | None:
    """The leg that this ring was, when there is just one that fits."""
    fit = [leg for leg in legs.legs.values() if leg.endpoint == ring.agent and _near(leg.started, ring.started)]
    return fit[0] if len(fit) == 1 else None


def _ring(ring: Stretch, ended: datetime | None, leg: Leg | None) -> tuple[datetime, datetime | None]:
    if leg is None or leg.started is None:
        return ring.started, ended
    over = leg.answered or leg.ended
    return leg.started, over if over is not None and _near(over, ring.ended) else ended


def _note(moved: dict[datetime, datetime], written: datetime | None, seen: Iterable[datetime | None]) -> None:
    near = _nearest(written, seen)
    if written is not None and near is not None:
        moved.setdefault(written, near)


def _nearest(written: datetime | None, seen: Iterable[datetime | None]) -> datetime | None:
    near = [at for at in seen if at is not None and written is not None and _near(at, written)]
    return min(near, key=lambda at: abs(at - written), default=None) if written is not None else None


@overload
def _moved(moved: dict[datetime, datetime], at: datetime) -> datetime: ...
@overload
def _moved(moved: dict[datetime, datetime], at: datetime | None) -> datetime | None: ...
def _moved(moved: dict[datetime, datetime], at: datetime | None) -> datetime | None:
    return moved.get(at, at) if at is not None else None


def _near(seen: datetime | None, written: datetime | None) -> bool:
    return seen is not None and written is not None and written - EARLY <= seen <= written + LATE
