"""From the times that SIPp's light scenarios log to what a benchmark tells. Pure.

It knows what is matched with what: a caller's INVITE with the first INVITE that an agent's phone got for that number,
an agent's BYE with that agent's next INVITE. It knows neither processes nor files.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..phones import LoggedTime


@dataclass(frozen=True, slots=True)
class Spread:
    """Milliseconds of many; `p50` and `p99` None when there are none."""

    count: int
    p50: float | None
    p99: float | None

    @classmethod
    def of(cls, seconds: Iterable[float]) -> Spread:
        values = sorted(seconds)
        return cls(len(values), percentile(values, 50), percentile(values, 99))


def percentile(ordered: Sequence[float], percent: float) -> float | None:
    """The nearest-rank percentile of ascending seconds, in milliseconds."""
    if not ordered:
        return None
    rank = max(1, -(-len(ordered) * percent // 100))
    return round(ordered[int(rank) - 1] * 1000, 2)


def invite_to_agent(callers: Iterable[LoggedTime], agents: Iterable[LoggedTime]) -> list[float]:
    """Seconds from each caller's INVITE to the first one at an agent's phone; calls that no phone got are left out."""
    first = {number: invite.epoch for number, invite in _first_invites(agents).items()}
    sent = {time.number: time.epoch for time in callers if time.kind == "invite"}
    return [first[number] - epoch for number, epoch in sent.items() if number in first]


def answered(callers: Iterable[LoggedTime], agents: Iterable[LoggedTime]) -> int:
    """How many of the callers' calls an agent's phone answered."""
    numbers = {time.number for time in callers if time.kind == "invite"}
    calls = {time.call_id: time.number for time in agents if time.kind == "invite"}
    return len({calls.get(time.call_id, "") for time in agents if time.kind == "answered"} & numbers)


def free_to_next(callers: Sequence[LoggedTime], agents: Sequence[LoggedTime]) -> list[float]:
    """Seconds from each agent's BYE to that agent's next INVITE, of the BYEs at which a caller waited.

    A caller waits from the own INVITE until an agent's phone got one for that number. BYEs after the last caller came
    do not count: the line runs dry then.
    """
    rang = sorted(invite.epoch for invite in _first_invites(agents).values())
    came = sorted(time.epoch for time in callers if time.kind == "invite")
    by_agent: dict[str, list[float]] = {}
    owner: dict[str, str] = {}
    for time in agents:
        if time.kind == "invite":
            by_agent.setdefault(time.agent, []).append(time.epoch)
            owner[time.call_id] = time.agent
    for invites in by_agent.values():
        invites.sort()
    gaps = []
    for time in agents:
        if time.kind != "bye" or not came or time.epoch > came[-1]:
            continue
        if bisect_right(came, time.epoch) <= bisect_right(rang, time.epoch):
            continue  # nobody waited: it is the next caller who takes this long to come
        invites = by_agent.get(owner.get(time.call_id, ""), [])
        index = bisect_right(invites, time.epoch)
        if index < len(invites):
            gaps.append(invites[index] - time.epoch)
    return gaps


def _first_invites(agents: Iterable[LoggedTime]) -> dict[str, LoggedTime]:
    first: dict[str, LoggedTime] = {}
    for time in agents:
        if time.kind == "invite" and (time.number not in first or time.epoch < first[time.number].epoch):
            first[time.number] = time
    return first
