"""queue_log, CEL and the engine each tell of the same rings and talks: one story of them, each thing once.

It knows whom to believe. Where CEL saw the customer's channel in bridges, it alone says who talked (`passing`):
queue_log names the agent who was offered, and ends the talk with the customer's call. queue_log then says which queue
it was and who hung up. Where CEL saw nothing, queue_log and the engine tell. Pure.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from .journal import Source
from .legs import Leg
from .stretches import Kind, Stretch, engine_stretches
from .whose import Told

_NEAR, _INSTANT = timedelta(seconds=2), timedelta(milliseconds=500)
_TALKING = (Kind.TALK, Kind.HOLD)


def tell(queued: list[Stretch], bridged: list[Stretch], told: Told) -> list[Stretch]:
    """All stretches of queue_log (already sharp), CEL's bridges (`passing`) and the engine, without doubles."""
    written = [stretch for stretch in queued if stretch.kind is Kind.TALK]
    names = _names(bridged, written, told)
    bridged = [_named(stretch, names) for stretch in bridged] if names else bridged
    talks = [stretch for stretch in bridged if stretch.kind in _TALKING]
    known = [stretch for stretch in queued if stretch.kind not in (Kind.TALK, Kind.TRANSFER)]
    known += [talk for talk in written if not any(_overlap(talk, seen) for seen in talks)]
    passed = any(stretch.kind is Kind.TRANSFER for stretch in bridged)
    parked = [stretch.started for stretch in bridged if stretch.kind is Kind.PARKED]  # app_queue calls it a transfer
    known += [
        stretch
        for stretch in queued
        if stretch.kind is Kind.TRANSFER and not passed and not any(abs(stretch.started - at) <= _NEAR for at in parked)
    ]
    known += [_with_queue(stretch, queued, written) for stretch in bridged]
    more = engine_stretches(told.journals[Source.ENGINE], known)
    known += [stretch for stretch in more if stretch.kind is not Kind.TALK or not _any_overlap(stretch, talks)]
    if not talks:
        known = _with_holds(known, [(since, until) for _, since, until in told.legs.holds()])
    return _with_rings(known, told, names)


def _names(bridged: list[Stretch], written: list[Stretch], told: Told) -> dict[str, str]:
    """What queue_log calls the agents whose phones CEL saw, where that is not the phone's name (another installation's
    members may be called anything)."""
    if any(passed.kind in ("PICKUP", "FORWARD") for passed in told.legs.passed):
        return {}  # then it is somebody else
    found: dict[str, str] = {}
    for talk in written:
        near = [one.agent for one in bridged if one.kind is Kind.TALK and abs(one.started - talk.started) <= _NEAR]
        if near and near[0] and talk.agent not in near:
            found.setdefault(near[0], talk.agent)
    return found


def _named(stretch: Stretch, names: dict[str, str]) -> Stretch:
    agent, target = (names.get(name, name) for name in (stretch.agent, stretch.target))
    return stretch._replace(agent=agent, target=target)


def _with_queue(stretch: Stretch, queued: list[Stretch], written: list[Stretch]) -> Stretch:
    """The queue through which the customer had come, and who ended the last talk."""
    before = [wait for wait in queued if wait.kind is Kind.WAIT and wait.started <= stretch.started]
    queue = before[-1].queue if before else ""
    ended = stretch.ended
    if stretch.kind is not Kind.TALK or stretch.outcome != "ended" or ended is None:
        return stretch._replace(queue=queue)
    by = next((talk.outcome for talk in written if talk.ended and abs(talk.ended - ended) <= _NEAR), "")
    return stretch._replace(queue=queue, outcome=by or stretch.outcome)


def _with_rings(known: list[Stretch], told: Told, names: dict[str, str]) -> list[Stretch]:
    """With every phone that was dialled; one that somebody else picked up never was the other's ring."""
    picked = [passed for passed in told.legs.passed if passed.kind == "PICKUP"]
    takers = {told.legs.agent_on(passed.told.get("pickup_channel", "")): passed for passed in picked}
    rang = {passed.leg: passed.at for passed in picked}
    forwards = [passed.at for passed in told.legs.passed if passed.kind == "FORWARD"]
    result = [stretch for stretch in known if not (stretch.kind is Kind.RING and stretch.agent in takers)]
    for leg in told.legs.legs.values():
        ring = _ring(leg, told, rang.get(leg.leg))
        if ring is None:
            continue
        ring = _named(ring, names) if names else ring
        on = ring.outcome == "no_answer" and any(ring.ended and abs(at - ring.ended) <= _INSTANT for at in forwards)
        ring = ring._replace(outcome="forwarded") if on else ring
        mine = [n for n, other in enumerate(result) if other.kind is Kind.RING and other.agent == ring.agent]
        mine = [n for n in mine if _overlap(result[n], ring)]
        if not mine:
            result.append(ring._replace(queue=_queue_of(ring, known)))
        elif leg.leg in rang or on:
            result[mine[0]] = result[mine[0]]._replace(ended=ring.ended, outcome=ring.outcome)
    return result


def _queue_of(ring: Stretch, known: list[Stretch]) -> str:
    """The queue in which the customer was waiting then: it rang for it."""
    waits = (one for one in known if one.kind is Kind.WAIT and one.started <= ring.started + _INSTANT)
    return next((one.queue for one in waits if one.ended is None or ring.started < one.ended), "")


def _ring(leg: Leg, told: Told, picked: datetime | None) -> Stretch | None:
    """This channel as a phone that was dialled; None for whoever called, for a Local half, and for a callback's."""
    if not leg.started or leg.leg == told.customer_leg or leg.origin == leg.leg or leg.channel.startswith("Local/"):
        return None
    if told.promise and leg.leg == told.talker:
        return None
    outside = told.legs.is_outside(leg.leg)
    ended = picked or leg.answered or leg.ended
    word = "picked_up" if picked else "answered" if leg.answered else "no_answer"
    agent = "" if outside else told.legs.agent_on(leg.channel)
    return Stretch(
        kind=Kind.RING,
        started=leg.started,
        ended=ended,
        agent=agent,
        outcome=word,
        target=leg.number if outside else "",
    )


def _any_overlap(one: Stretch, others: list[Stretch]) -> bool:
    return any(_overlap(one, other) for other in others)


def _overlap(one: Stretch, two: Stretch) -> bool:
    """queue_log floors to seconds, so a little apart still is the same."""
    return (one.ended is None or two.started <= one.ended + _NEAR) and (
        two.ended is None or one.started <= two.ended + _NEAR
    )


def _with_holds(known: list[Stretch], holds: list[tuple[datetime, datetime | None]]) -> list[Stretch]:
    """Cut every talk around the holds within it, so that talk and hold seconds never count the same second."""
    result = [stretch for stretch in known if stretch.kind is not Kind.TALK]
    for talk in (stretch for stretch in known if stretch.kind is Kind.TALK):
        since = talk.started
        for begin, end in holds:
            begin, end = max(begin, since), _earliest(end, talk.ended)
            if (talk.ended and begin >= talk.ended) or (end and end <= begin):
                continue
            if begin > since:
                result.append(talk._replace(started=since, ended=begin, outcome="held"))
            result.append(talk._replace(kind=Kind.HOLD, started=begin, ended=end, outcome=""))
            if end is None:
                break
            since = end
        else:
            if talk.ended is None or since < talk.ended or since == talk.started:
                result.append(talk._replace(started=since))
    return result


def _earliest(one: datetime | None, two: datetime | None) -> datetime | None:
    return min(one, two) if one and two else one or two
