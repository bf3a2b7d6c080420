"""Who stands between a waiting caller and an agent: everybody with a higher score who wants the same agents.

It knows lines, rings and pools; it knows no seconds of service and no history (`expected_wait` does). Callers of other
queues count when an agent at work serves both; who only wants agents that this caller can't have does not.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from .queue import Line, Place, Waiting
from .words import AgentId, QueueName


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stretch of the wait during which the same rings are open, from `opens` seconds from now on.

    `agents` at work may answer then, `ready` of them are free this instant. `ahead` are the callers who come first, by
    queue: each counts as much as is likely to fall on these agents, the part of the agents able to serve that caller
    who are among them.
    """

    opens: float
    agents: int
    ready: int
    ahead: tuple[tuple[QueueName, float], ...]


def position(state: Waiting, lines: Iterable[Line], at: datetime) -> int:
    """1 for the caller who is next, 2 for the one after …: counts those with a higher score who want the same agents.

    While nobody who could serve this caller is at work, the callers of the same queue are counted.
    """
    mine = _at_work(state.line, state.line.open_ring(state.entry, at))
    return 1 + sum(count for line, count in _ahead(state, lines) if _competes(line, state.line, mine, at))


def stages(state: Waiting, lines: Iterable[Line], at: datetime) -> list[Stage]:
    """The rest of this caller's wait, ring by ring; the first stage is now."""
    entry, line = state.entry, state.line
    ahead = [(rival, count, _wanted(rival, at)) for rival, count in _ahead(state, lines)]
    first = line.open_ring(entry, at)
    found = []
    for ring in range(first, len(line.pools)):
        mine = _at_work(line, ring) - entry.missed
        opens = 0.0 if ring == first else max(0.0, line.opens[ring] - entry.waited(at))
        ready = sum(len(pool.ready - entry.missed) for pool in line.pools[first + 1 : ring + 1])
        found.append(Stage(opens=opens, agents=len(mine), ready=ready, ahead=_shares(ahead, mine)))
    return found


def _shares(ahead: list[tuple[Line, int, set[AgentId]]], mine: set[AgentId]) -> tuple[tuple[QueueName, float], ...]:
    shares: dict[QueueName, float] = {}
    for line, count, wanted in ahead:
        if wanted and (common := len(mine & wanted)):
            shares[line.rules.name] = shares.get(line.rules.name, 0.0) + count * common / len(wanted)
    return tuple(shares.items())


def _ahead(state: Waiting, lines: Iterable[Line]) -> Iterator[tuple[Line, int]]:
    """Each line with how many of its callers come first: it is sorted, so they needn't be asked one by one."""
    place = state.entry.place
    for line in lines:
        if count := bisect_left(line.entries, place, key=_place):
            yield line, count


def _competes(rival: Line, own: Line, mine: set[AgentId], at: datetime) -> bool:
    if not mine:
        return rival.rules.name == own.rules.name
    return not mine.isdisjoint(_wanted(rival, at))


def _wanted(line: Line, at: datetime) -> set[AgentId]:
    """Who may serve the first caller of this line; those behind have waited less, and will have the same rings."""
    return _at_work(line, line.open_ring(line.entries[0][1], at))


def _at_work(line: Line, ring: int) -> set[AgentId]:
    if ring == 0:
        return line.pools[0].serving
    return set().union(*(pool.serving for pool in line.pools[: ring + 1]))


def _place(item: tuple[Place, object]) -> Place:
    return item[0]
