"""Agents' presence against what was planned for them, moment by moment. Pure.

It knows that a break within a shift wins over it, and which presences are work (logged in and not paused), which a
break (paused; or not logged in, of those who came to the shift at all). Who was not seen was not there: a plan is kept
by being seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from ..words import Presence
from .facts import AgentTime

WORK = "work"
_AT_WORK = frozenset({Presence.READY.value, Presence.RINGING.value, Presence.TALKING.value, Presence.WRAP_UP.value})
_AWAY = Presence.OFFLINE.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """`reason` "" = at work; else a break within it."""

    agent: str
    started: datetime
    ended: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch in which neither plan nor presence changed. `planned`: work, a break's reason, or "" = nothing.

    `came`: the agent was seen at work in the shift that it lies in.
    """

    agent: str
    started: datetime
    ended: datetime
    planned: str
    presence: str
    reason: str
    came: bool

    @property
    def at_work(self) -> bool:
        return self.presence in _AT_WORK

    @property
    def adheres(self) -> bool:
        """As planned: at work in a shift, not at work in a break. Where nothing is planned, never."""
        if self.planned == WORK:
            return self.at_work
        return bool(self.planned) and not self.at_work and (self.came or self.presence != _AWAY)


def pieces(plan: Iterable[Planned], times: Iterable[AgentTime], first: datetime, last: datetime) -> Iterator[Piece]:
    """Everything in [first, last) of the agents who have a plan there, in order."""
    planned: dict[str, list[Planned]] = {}
    for one in plan:
        if one.started < last and one.ended > first:
            planned.setdefault(one.agent, []).append(one)
    seen: dict[str, list[AgentTime]] = {}
    for time in times:
        seen.setdefault(time.agent, []).append(time)
    for agent in sorted(planned):
        yield from _pieces(agent, planned[agent], seen.get(agent, []), first, last)


def _pieces(
    agent: str, plan: Sequence[Planned], times: Sequence[AgentTime], first: datetime, last: datetime
) -> Iterator[Piece]:
    spans = [(time.started, time.started + timedelta(milliseconds=time.ms), time) for time in times]
    shifts = [(one.started, one.ended) for one in plan if not one.reason]
    kept = [
        (begin, end)
        for begin, end in shifts
        if any(since < end and begin < until and time.presence in _AT_WORK for since, until, time in spans)
    ]
    edges = {first, last} | {at for one in plan for at in (one.started, one.ended)}
    edges |= {at for started, ended, _ in spans for at in (started, ended)}
    inside = sorted(at for at in edges if first <= at <= last)
    place = 0
    for started, ended in pairwise(inside):
        while place < len(spans) and spans[place][1] <= started:
            place += 1
        now = spans[place][2] if place < len(spans) and spans[place][0] <= started else None
        yield Piece(
            agent=agent,
            started=started,
            ended=ended,
            planned=_planned(plan, started),
            presence=now.presence if now else _AWAY,
            reason=now.reason if now else "",
            came=any(begin <= started < end for begin, end in kept),
        )


def _planned(plan: Sequence[Planned], at: datetime) -> str:
    here = [one for one in plan if one.started <= at < one.ended]
    breaks = [one.reason for one in here if one.reason]
    return breaks[0] if breaks else WORK if here else ""
