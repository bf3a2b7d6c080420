"""A day as it was recorded, as the simulator takes it: who was at work when, and what really became of the callers.

It knows presences as instants and callers as `arrivals.Recorded`. It guesses nothing: an agent of whom nothing was
recorded was not there, unless nothing was recorded of anybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from .arrivals import Recorded
from .scenario import Attendance, Run, Shift, Visit
from .words import AgentId, Outcome, Presence


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """From `at` on (seconds from the beginning, negative before it) this agent's presence was this one."""

    agent: AgentId
    at: float
    presence: Presence
    reason: str = ""


def shifts_of(notes: Iterable[Noted], end: float, agents: Iterable[AgentId] = ()) -> list[Shift]:
    """Work and breaks, until `end`, of everybody who was noted and of `agents`.

    An agent who was never at work gets a shift that is over at once; without any notes there are no shifts.
    """
    shifts: list[Shift] = []
    noted = _by_agent(notes)
    absent: dict[AgentId, list[Noted]] = {agent: [] for agent in agents if noted}
    for agent, own in (absent | noted).items():
        stretches = _stretches(own, end) if own else []
        shifts += _joined([s for s in stretches if s[2].presence is not Presence.OFFLINE], agent, breaks=False)
        shifts += _joined([s for s in stretches if s[2].presence is Presence.PAUSED], agent, breaks=True)
        if not any(shift.agent == agent for shift in shifts):
            shifts.append(Shift(agent=agent, start=0.0, end=0.0))
    return shifts


def attendance_of(notes: Iterable[Noted], end: float) -> dict[AgentId, Attendance]:
    """Seconds in each presence, from the beginning to `end`."""
    found = {}
    for agent, own in _by_agent(notes).items():
        found[agent] = attendance = Attendance()
        for start, stop, note in _stretches(own, end):
            attendance.seconds[note.presence] = attendance.seconds.get(note.presence, 0.0) + stop - start
    return found


def run_of(callers: Sequence[Recorded], notes: Iterable[Noted], end: float) -> Run:
    """What really happened, as a run that can be measured like a simulated one."""
    visits = [
        Visit(
            call=caller.call,
            queue=caller.queue,
            joined=caller.at,
            offered=_rang_at(caller),
            wait_seconds=caller.wait_seconds,
            talk_seconds=caller.talk_seconds,
            outcome=Outcome.ABANDONED if caller.gave_up else caller.outcome,
        )
        for caller in callers
    ]
    return Run(visits=visits, agents=attendance_of(notes, end), seconds=end)


def _rang_at(caller: Recorded) -> float | None:
    if caller.outcome is not Outcome.ANSWERED:
        return None
    return caller.at + max(0.0, caller.wait_seconds - caller.ring_seconds)


def _by_agent(notes: Iterable[Noted]) -> dict[AgentId, list[Noted]]:
    found: dict[AgentId, list[Noted]] = {}
    for note in sorted(notes, key=lambda note: (note.agent, note.at)):
        found.setdefault(note.agent, []).append(note)
    return found


def _stretches(own: Sequence[Noted], end: float) -> list[tuple[float, float, Noted]]:
    last = Noted(agent=own[-1].agent, at=end, presence=Presence.OFFLINE)
    cut = [(max(0.0, note.at), min(end, following.at), note) for note, following in pairwise([*own, last])]
    return [(start, stop, note) for start, stop, note in cut if stop > start]


def _joined(stretches: Sequence[tuple[float, float, Noted]], agent: AgentId, *, breaks: bool) -> list[Shift]:
    """Stretches that touch are one; a break keeps its first reason."""
    shifts: list[Shift] = []
    for start, stop, note in stretches:
        if shifts and shifts[-1].end == start:
            shifts[-1] = Shift(agent=agent, start=shifts[-1].start, end=stop, reason=shifts[-1].reason)
        else:
            shifts.append(Shift(agent=agent, start=start, end=stop, reason=(note.reason or "pause") if breaks else ""))
    return shifts
