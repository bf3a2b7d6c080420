"""Counts of facts by Python, one fact after the other: what SQL's counts of the same facts must be.

It knows intervals and whose line a fact stands in; where facts come from it does not know.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ..core.metrics.counters import COUNTERS
from ..core.metrics.facts import AgentTime, Fact, Offer, Visit
from ..core.metrics.intervals import start_of
from ..core.words import Presence
from ..db.quarters import QUARTER_MS, epoch_ms, instant_of
from ..db.tally import Counted, Tally

_COUNTERS = {kind: [one for one in COUNTERS.values() if one.fact is kind] for kind in (Visit, Offer, AgentTime)}
_Key = tuple[datetime, tuple[str, ...]]


class Recount:
    """Add what was asked for; `counted` is then what `db.tally` gives. Logged out is no time."""

    def __init__(self, wanted: Tally) -> None:
        self._wanted = wanted
        self._counters = {
            kind: [one for one in counters if wanted.counters is None or one.name in wanted.counters]
            for kind, counters in _COUNTERS.items()
        }
        self._sums: dict[_Key, dict[str, int]] = {}

    def add(self, fact: Visit | Offer) -> None:
        self._add(fact.entered if isinstance(fact, Visit) else fact.offered, fact)

    def add_time(self, time: AgentTime) -> None:
        """It belongs to every quarter of an hour that it is in."""
        if time.presence != Presence.OFFLINE:
            for piece in _in_quarters(time):
                self._add(piece.started, piece)

    def counted(self) -> list[Counted]:
        return [(at, line, counts) for (at, line), counts in self._sums.items()]

    def _add(self, at: datetime, fact: Visit | Offer | AgentTime) -> None:
        wanted = self._wanted
        begin = start_of(at, wanted.by, wanted.zone) if wanted.by else wanted.span.since
        line = (_line(fact, wanted.key),) if wanted.key else ()
        sums = self._sums.setdefault((max(begin, wanted.span.since), line), {})
        for counter in self._counters[type(fact)]:
            sums[counter.name] = sums.get(counter.name, 0) + counter.of(fact, wanted.thresholds)


def _line(fact: Fact, key: str) -> str:
    return "" if isinstance(fact, AgentTime) and key != "agent" else str(getattr(fact, key))  # time is of no queue


def _in_quarters(time: AgentTime) -> Iterator[AgentTime]:
    at = epoch_ms(time.started)
    end = at + time.ms
    while at < end:
        quarter = at // QUARTER_MS
        until = min(end, (quarter + 1) * QUARTER_MS)
        yield time._replace(started=instant_of(quarter), ms=until - at)
        at = until
