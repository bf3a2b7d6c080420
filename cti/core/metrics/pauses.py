"""Pauses of agents, whole: from the presence that began one to the next that is another, whatever was told between.

The engine tells of a pause again when it has lasted too long, and after a restart: that is still the one pause. It
knows when each part of it counted as paid, billable, or over the maximum. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ..words import Presence


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One line of an agent's presence, as it was journaled; of a pause, what its reason counted as then."""

    agent: str
    at: datetime
    presence: str
    reason: str = ""
    payable: bool = True
    billable: bool = False
    over_time: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A stretch of a pause in which it counted as the same."""

    started: datetime
    ended: datetime
    payable: bool
    billable: bool
    over_time: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """One pause of one agent. `ended` is `until` for one that still went on then."""

    agent: str
    reason: str
    started: datetime
    ended: datetime
    parts: tuple[Part, ...]


def pauses_of(told: Iterable[Told], until: datetime) -> list[Pause]:
    """`told` in order of agent and instant; nothing is known of time after `until`."""
    found: list[list[Told]] = []
    before: Told | None = None
    ends: list[datetime] = []
    for line in told:
        if line.at >= until:
            continue
        if before is not None and before.agent != line.agent:
            before = None
        open_one = before is not None and before.presence == Presence.PAUSED
        same = line.presence == Presence.PAUSED and before is not None and before.reason == line.reason
        if open_one and same:
            found[-1].append(line)
        elif open_one:
            ends[-1] = line.at
        if line.presence == Presence.PAUSED and not (open_one and same):
            found.append([line])
            ends.append(until)
        before = line
    return [_pause(lines, end) for lines, end in zip(found, ends, strict=True)]


def _pause(lines: list[Told], end: datetime) -> Pause:
    borders = [*(line.at for line in lines[1:]), end]
    parts = tuple(
        Part(started=line.at, ended=ended, payable=line.payable, billable=line.billable, over_time=line.over_time)
        for line, ended in zip(lines, borders, strict=True)
    )
    return Pause(agent=lines[0].agent, reason=lines[0].reason, started=lines[0].at, ended=end, parts=parts)
