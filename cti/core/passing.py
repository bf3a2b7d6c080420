"""What became of a customer among our phones: talks, holds, consultations, transfers, parking, as the bridges tell it.

It knows what a transfer is to the people in it; it refuses to know queues and outcomes. Talk with an agent ends at the
transfer. What the agent says to a colleague before it is a consultation, the agent's own, and the customer is on hold
meanwhile. Pure. How CEL tells it (Asterisk 22, each tried with real phones; tests/traces/shapes):

    blind       BLINDTRANSFER of the agent's channel, `extension`; the customer's leaves its bridge and dials on. (To
                the number of parking it is no transfer but PARK_START.) The dialplan rings at the agent's again when
                nobody takes it: then the transfer's outcome is `returned`.
    attended    ATTENDEDTRANSFER of the agent's first channel, `channel2` the second, `bridge2_id` where the colleague
                is; the customer's channel changes bridges. By keys it is one channel, the colleague behind a Local one.
    blonde      the same before the colleague answers. By REFER: `app` (Dial) instead of `bridge2_id`, and the
                customer's channel goes on with the other's Dial. By keys it looks like attended: only that nobody has
                answered yet tells them apart.
    conference  by keys ATTENDEDTRANSFER, but the agent comes back into the customer's bridge. In a phone nothing is
                told: two calls of one agent, the customer's off hold; without a transfer they are two conversations. So
                they stay: CEL and AMI tell the same of a phone that left its first call open beside a second one, and
                what was not seen is not told. Recordings of both have the mix, as far as the phone let each hear it.
    pickup      PICKUP of the channel that rang; the two channels change their uniqueids, so that whoever picked up goes
                on with their own; the one that rang ends with cause 26.
    parking     PARK_START, PARK_END of the customer's channel, with who parked and why it ended; a holding bridge
                between.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .legs import Leg, Legs, Passed, endpoint_of
from .meetings import Meeting, left, meetings
from .stretches import Kind, Stretch

_INSTANT = timedelta(milliseconds=500)  # what belongs together is told within this
_NEAR = timedelta(seconds=2)
_PARK_ENDS = {"ParkedCallUnparked": "taken_up", "ParkedCallTimeOut": "returned", "ParkedCallGiveUp": "hung_up"}
Span = tuple[datetime, datetime | None]


@dataclass(slots=True)
class _With:
    """One agent and the customer: when they were joined, and when the customer waited for the agent."""

    agent: str
    met: list[Span] = field(default_factory=list)
    away: list[Span] = field(default_factory=list)
    passed: list[Stretch] = field(default_factory=list)


def passing(legs: Legs, customer: str) -> list[Stretch]:
    """Talks, holds, consultations, transfers and parking of this leg, unordered; [] when it met nobody."""
    met = meetings(legs, customer)
    people: dict[str, _With] = {}
    outside: list[Stretch] = []
    for one in met:
        agent = who(legs, one)
        if agent:
            people.setdefault(agent, _With(agent)).met.append((one.started, one.ended))
        else:
            outside.append(_talk("", one.started, one.ended, target=legs.legs[one.leg].number))
    parked = _parked(legs, customer)
    consults: list[Stretch] = []
    for person in people.values() if len(legs.legs) > 2 else ():  # two channels speak to each other only
        consults += _consults(legs, customer, person, met)
        _alone(legs, customer, person, met)
    told = [*outside, *parked]
    for person in people.values():
        mine = [consult for consult in consults if consult.agent == person.agent]
        mine = _told_apart(legs, person, mine, told)
        person.passed = _transfers(legs, person, mine, people, parked)
        told += [*mine, *person.passed, *_talks(legs, person, parked)]
    return told


def who(legs: Legs, met: Meeting) -> str:
    """The agent whose phone it was; "" for somebody outside."""
    return "" if legs.is_outside(met.leg) else legs.agent_on(met.channel)


def _talk(agent: str, started: datetime, ended: datetime | None, target: str = "") -> Stretch:
    outcome = "ended" if ended else ""
    return Stretch(kind=Kind.TALK, started=started, ended=ended, agent=agent, outcome=outcome, target=target)


# --- who waited for whom ----------------------------------------------------------------------------------


def _consults(legs: Legs, customer: str, person: _With, met: Sequence[Meeting]) -> list[Stretch]:
    """What the agent said to others since they had this customer, without the customer being there."""
    since = min(begin for begin, _ in person.met)
    found = []
    for leg in legs.legs:
        if leg == customer or not legs.is_of(leg, person.agent):
            continue
        for other in meetings(legs, leg):
            if other.leg == customer or other.started < since or who(legs, other) == person.agent:
                continue
            there = [(one.started, one.ended) for one in met if one.leg == other.leg]
            for begin, end in _without([(other.started, other.ended)], there):
                target = who(legs, other) or legs.legs[other.leg].number
                found.append(Stretch(kind=Kind.CONSULT, started=begin, ended=end, agent=person.agent, target=target))
    return found


def _alone(legs: Legs, customer: str, person: _With, met: Sequence[Meeting]) -> None:
    """After a meeting the customer stayed in the bridge with nobody, while the agent was on a phone: on hold."""
    legs_of = [leg for name, leg in legs.legs.items() if legs.is_of(name, person.agent)]
    for _, end in person.met:
        if end is None or any(one.started <= end and (one.ended is None or one.ended > end + _INSTANT) for one in met):
            continue
        stay = next((s for s in legs.stays_of(customer) if s.entered <= end and _after(left(legs, s), end)), None)
        if stay is None or not any(leg.started and leg.started <= end and _after(leg.ended, end) for leg in legs_of):
            continue
        until = [one.started for one in met if one.started >= end] + [
            passed.at for passed in legs.passed if passed.at >= end and legs.agent_on(passed.channel) == person.agent
        ]
        until += [at for at in (left(legs, stay), _last_end(legs_of, end)) if at]
        person.away.append((end, min(until, default=None)))


def _last_end(legs_of: Iterable[Leg], since: datetime) -> datetime | None:
    ends = [leg.ended for leg in legs_of if leg.ended and leg.ended >= since]
    return max(ends, default=None)


def _after(at: datetime | None, than: datetime) -> bool:
    return at is None or at > than + _INSTANT


def _told_apart(legs: Legs, person: _With, consults: list[Stretch], told: list[Stretch]) -> list[Stretch]:
    """While the agent's phone has the customer off hold, a consultation is a conference of three: the colleague talks
    too. A phone that never told of a hold has not got that far: the customer waits while the agent speaks to others."""
    held = _holds(legs, person)
    if not held:
        person.away += [(begin, end) for one in consults for begin, end in _shared([_span(one)], person.met)]
        return consults
    result = []
    for one in consults:
        together = _without(_shared([_span(one)], person.met), held)
        told += [_talk(one.target, begin, end) for begin, end in together]
        result += [one._replace(started=begin, ended=end) for begin, end in _without([_span(one)], together)]
    return result


def _holds(legs: Legs, person: _With) -> list[Span]:
    """What the phone told of holds, while the agent had the customer. One that is joined again (by keys Asterisk never
    says that such a hold is over) has ended."""
    held = []
    for leg, since, until in legs.holds():
        if legs.is_of(leg, person.agent):
            again = [begin for begin, _ in person.met if begin > since and (until is None or begin < until)]
            held.append((since, min(again, default=until)))
    return _shared(_joined(held), _joined([*person.met, *person.away]))


# --- what follows -------------------------------------------------------------------------------------------


def _transfers(
    legs: Legs, person: _With, consults: Sequence[Stretch], people: dict[str, _With], parked: Sequence[Stretch]
) -> list[Stretch]:
    had = _joined([*person.met, *person.away])
    found = []
    for passed in legs.passed:
        if passed.kind not in ("BLINDTRANSFER", "ATTENDEDTRANSFER") or legs.agent_on(passed.channel) != person.agent:
            continue
        if any(abs(place.started - passed.at) <= _NEAR for place in parked):
            continue
        detail, target = _how(legs, passed, consults)
        stays = [end for begin, end in had if begin <= passed.at + _INSTANT and _after(end, passed.at + _INSTANT)]
        if detail == "blind" or not stays:
            ends = [end for _, end in had if end and abs(end - passed.at) <= _NEAR]
            at = min(ends, key=lambda end: abs(end - passed.at), default=passed.at)
            found.append(_came_back(_transfer(person.agent, at, detail, target), people))
            continue
        go_on = [other.agent for other in people.values() if stays[0] and _has(other, stays[0])]
        if stays[0] and go_on:
            found.append(_transfer(person.agent, stays[0], "conference", go_on[0]))
    return found


def _came_back(passed: Stretch, people: dict[str, _With]) -> Stretch:
    """Returned, when the next whom the customer met was the one who had passed them on."""
    later = [(begin, one.agent) for one in people.values() for begin, _ in one.met if begin > passed.started]
    back = bool(later) and min(later)[1] == passed.agent
    return passed._replace(outcome="returned") if back else passed


def _has(person: _With, at: datetime) -> bool:
    """Whether the agent goes on talking with the customer at that instant."""
    return any(begin <= at and _after(end, at) for begin, end in person.met)


def _transfer(agent: str, at: datetime, detail: str, target: str) -> Stretch:
    return Stretch(kind=Kind.TRANSFER, started=at, ended=at, agent=agent, target=target, detail=detail)


def _how(legs: Legs, passed: Passed, consults: Sequence[Stretch]) -> tuple[str, str]:
    """blind, attended or blonde; and to whom: the agent who was consulted, else the number that was dialled."""
    if passed.kind == "BLINDTRANSFER":
        return "blind", passed.told.get("extension", "")
    spoken = [one for one in consults if one.started <= passed.at and _after(one.ended, passed.at - _NEAR)]
    if spoken:
        return "attended", spoken[-1].target
    names = (passed.told.get("transfer_target_channel_uniqueid", ""), passed.told.get("channel2_uniqueid", ""))
    dialled = [legs.legs[name].exten for name in names if name in legs.legs]
    dialled += [_number(legs, leg) for leg in legs.legs.values() if _rings(leg, passed.at)]
    return "blonde", next((exten for exten in dialled if exten not in ("", "s")), "")


def _rings(leg: Leg, at: datetime) -> bool:
    """Whether this phone was dialled and had not answered by then."""
    if leg.started is None or leg.started > at or leg.origin == leg.leg or leg.channel.startswith("Local/"):
        return False
    return all(end is None or end > at for end in (leg.answered, leg.ended))


def _number(legs: Legs, leg: Leg) -> str:
    return leg.number if legs.is_outside(leg.leg) else legs.agent_on(leg.channel)


def _talks(legs: Legs, person: _With, parked: Sequence[Stretch]) -> list[Stretch]:
    """The agent's talks, cut around the holds; each ends with what ended it."""
    had = _joined([*person.met, *person.away])
    held = _joined([*_holds(legs, person), *person.away])
    ends = {place.started: "parked" for place in parked if place.agent == person.agent}
    ends |= {transfer.started: "transferred" for transfer in person.passed}
    found = []
    for begin, end in _without(had, held):
        why = "held" if any(end == since for since, _ in held) else ""
        why = why or next((word for at, word in ends.items() if end and abs(end - at) <= _NEAR), "")
        why = why or ("ended" if end else "")
        found.append(_talk(person.agent, begin, end)._replace(outcome=why))
    for begin, end in held:
        why = next((word for at, word in ends.items() if end and abs(end - at) <= _INSTANT), "")
        found.append(Stretch(kind=Kind.HOLD, started=begin, ended=end, agent=person.agent, outcome=why))
    return found


def _parked(legs: Legs, customer: str) -> list[Stretch]:
    found: list[Stretch] = []
    for passed in legs.passed:
        if passed.leg != customer:
            continue
        if passed.kind == "PARK_START":
            agent = legs.agent_on(passed.told.get("parker_dial_string", "") + "-")
            found.append(Stretch(kind=Kind.PARKED, started=passed.at, agent=agent))
        elif passed.kind == "PARK_END" and found and found[-1].ended is None:
            why = _PARK_ENDS.get(passed.told.get("reason", ""), "ended")
            taker = passed.told.get("retriever", "")
            target = legs.agent_on(taker) if endpoint_of(taker) else ""
            found[-1] = found[-1]._replace(ended=passed.at, outcome=why, target=target)
    ended = legs.legs[customer].ended if customer in legs.legs else None
    return [place if place.ended else place._replace(ended=ended) for place in found]


# --- spans of time ------------------------------------------------------------------------------------------


def _span(stretch: Stretch) -> Span:
    return stretch.started, stretch.ended


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Spans that touch (a change of bridge takes milliseconds) are one."""
    found: list[Span] = []
    for begin, end in sorted(spans, key=lambda span: span[0]):
        if found and (found[-1][1] is None or begin <= found[-1][1] + _INSTANT):
            last = found[-1][1]
            found[-1] = (found[-1][0], max(last, end) if last and end else None)
        else:
            found.append((begin, end))
    return found


def _shared(some: Iterable[Span], more: Iterable[Span]) -> list[Span]:
    """What lies in both."""
    more = list(more)
    found = []
    for begin, end in some:
        for since, until in more:
            start, stop = max(begin, since), min(end, until) if end and until else end or until
            if stop is None or stop > start:
                found.append((start, stop))
    return found


def _without(some: Iterable[Span], less: Iterable[Span]) -> list[Span]:
    """What of `some` lies in none of `less`."""
    found = list(some)
    for since, until in less:
        rest: list[Span] = []
        for begin, end in found:
            if (end is not None and end <= since) or (until is not None and until <= begin):
                rest.append((begin, end))
                continue
            if begin < since:
                rest.append((begin, since))
            if until is not None and (end is None or end > until):
                rest.append((until, end))
        found = rest
    return found
