"""How each queue has been served since the site's midnight: metrics of the rows, and of what is not yet a row.

It knows each caller's stay in a queue as a fact of `core.metrics` from the moment of entry on, so live numbers and
reports are the same code. A stay counts to the day of its entry, as in a report. The rows know better than the engine
(queue_log and CEL saw the caller, the engine saw an event of it; the native queue may have served): from time to time
`settle` takes the sums of the rows, and a stay that has its row is forgotten here. Once the journals are folded the
numbers are those of `cti report queue --from today` to the last digit. Callbacks are counted by their rows alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from ..core.metrics.catalogue import METRICS
from ..core.metrics.counters import COUNTERS, add
from ..core.metrics.facts import Visit
from ..core.metrics.intervals import By, end_of, milliseconds, start_of
from ..core.metrics.thresholds import Thresholds
from ..core.words import CallId, Outcome, QueueName

SHOWN = (
    *("entered", "answered", "abandoned", "short_abandoned", "sent_on", "callback_requested", "called_back", "closed"),
    *("asa", "mean_wait", "abandon.offered", "abandon.without_short"),
)
SERVICE = "service_level.offered"
ROW_WITHIN = timedelta(minutes=15)  # a stay that has no row so long after its end is some other call's in the rows
_KEPT = timedelta(days=2)
_STILL_THERE = ("", Outcome.ABANDONED.value, Outcome.SHORT_ABANDON.value)  # who comes back had not hung up
Counts = Mapping[str, int]
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True, eq=False)
class _Stay:
    """One stay that has no final row yet; `ended` None: the caller waits. `key` and `counts`: what it adds to where."""

    visit: Visit
    ended: datetime | None = None
    key: tuple[str, datetime] = ("", _NEVER)
    counts: Counts = field(default_factory=dict)


class Today:
    """`zone` says when midnight is; `thresholds` and `service`, a metric's name, are the site's."""

    def __init__(self, zone: tzinfo, thresholds: Thresholds | None = None, service: str = SERVICE) -> None:
        self.zone = zone
        self._stays: dict[str, list[_Stay]] = {}  # by call, in the order of entry
        self._live: dict[tuple[str, datetime], dict[str, int]] = {}  # sums of these stays, by queue and day
        self._rows: Mapping[str, Counts] = {}
        self._uncounted: dict[_Stay, None] = {}  # not in these sums yet: most are over before anybody looks
        self._today = (_NEVER, _NEVER)  # the day that was asked for last
        self._day = _NEVER
        self.define(zone, thresholds or Thresholds(), service)

    def define(self, zone: tzinfo, thresholds: Thresholds, service: str) -> None:
        """The site as it is now. What the rows say is to be asked again: see `settle`."""
        self.zone, self.thresholds, self._service = zone, thresholds, METRICS[service]
        metrics = [METRICS[name] for name in (*SHOWN, service)]
        names = {name for metric in metrics for _, name in metric.top + metric.bottom}
        self.counters = [COUNTERS[name] for name in sorted(names)]
        self._rows, self._live, self._today = {}, {}, (_NEVER, _NEVER)
        self._uncounted = {stay: None for stays in self._stays.values() for stay in stays}

    def midnight(self, at: datetime) -> datetime:
        """When the site's day began."""
        begin, end = self._today
        if not begin <= at < end:
            begin = start_of(at, By.DAY, self.zone)
            self._today = begin, end_of(begin, By.DAY, self.zone)
        return begin

    # --- what happens -----------------------------------------------------------------------------

    def joined(self, call: CallId, queue: QueueName, entered: datetime, at: datetime) -> None:
        """A caller waits: a new stay, unless they came back to the line from a miss or from the native queue."""
        stays = self._stays.get(call, [])
        last = stays[-1] if stays else None
        if last is not None and last.visit.queue == queue and last.visit.outcome in _STILL_THERE:
            self._keep(call, [*stays[:-1], _Stay(last.visit._replace(outcome="", wait_ms=0))])
        elif not call.startswith("callback"):
            came = at if stays else entered  # sent on by hand they keep their time, but the queue has them only now
            visit = Visit(call=call, queue=queue, entered=came, outcome="", wait_ms=0)
            self._keep(call, [*stays, _Stay(visit)])

    def left(self, call: CallId, at: datetime, outcome: Outcome) -> None:
        """A caller talks with an agent, hung up, or was sent on."""
        stays = self._stays.get(call)
        if stays and stays[-1].ended is None:
            visit = stays[-1].visit
            waited = milliseconds(at - visit.entered)
            if outcome is Outcome.ABANDONED and waited <= self.thresholds.of(visit.queue).short_ms:
                outcome = Outcome.SHORT_ABANDON
            self._keep(call, [*stays[:-1], _Stay(visit._replace(outcome=outcome.value, wait_ms=waited), at)])

    # --- what the rows say --------------------------------------------------------------------------

    @property
    def unsettled(self) -> list[str]:
        """The calls of which `settle` wants the rows."""
        return sorted(self._stays)

    def settle(self, sums: Mapping[str, Counts], rows: Iterable[Visit], at: datetime) -> None:
        """`sums`: queue -> counts of all rows since midnight; `rows`: those among them that are of unsettled calls."""
        self._day = self.midnight(at)
        self._count()
        self._live = {key: counts for key, counts in self._live.items() if key[1] >= self._day - _KEPT}
        known: dict[str, list[Visit]] = defaultdict(list)
        for one in rows:
            known[one.call].append(one)
        left = dict(sums)
        for call in self.unsettled:
            kept = []
            for stay, row in _beside(self._stays[call], known[call]):
                if (row is not None and row.outcome) or (stay.ended and at - stay.ended > ROW_WITHIN):
                    continue  # the row counts
                kept.append(stay)
                if row is not None:
                    left[row.queue] = _less(left.get(row.queue, {}), self._counts_of(row))
            if kept != self._stays[call]:
                self._keep(call, kept)
        self._rows = left

    def _keep(self, call: str, stays: list[_Stay]) -> None:
        """These stays of a call and no others. The sums follow: to show a queue costs the same at any length."""
        before = self._stays.pop(call, [])
        if stays:
            self._stays[call] = stays
        for stay in before:
            if stay in stays:
                continue
            if stay in self._uncounted:
                del self._uncounted[stay]
            else:
                self._add(stay, -1)
        self._uncounted.update((stay, None) for stay in stays if stay not in before)

    def _count(self) -> None:
        """Bring the sums up to now."""
        for stay in self._uncounted:
            stay.key, stay.counts = (stay.visit.queue, self.midnight(stay.visit.entered)), self._counts_of(stay.visit)
            self._add(stay, 1)
        self._uncounted.clear()

    def _add(self, stay: _Stay, sign: int) -> None:
        sums = self._live.setdefault(stay.key, {})
        for name, number in stay.counts.items():
            if number:
                sums[name] = sums.get(name, 0) + sign * number

    # --- what is shown --------------------------------------------------------------------------------

    def of(self, queue: QueueName, at: datetime) -> dict[str, Any]:
        """The queue's numbers now, under the names of the report's columns, and the definition of the service level."""
        self._count()
        midnight = self.midnight(at)
        rows = self._rows.get(queue, {}) if self._day == midnight else {}
        counts = add(rows, self._live.get((queue, midnight), {}))
        shown = {METRICS[name].column: METRICS[name].printed(counts) for name in SHOWN}
        return {
            **shown,
            "service_percent": self._service.printed(counts),
            "definition": self._service.titled,
            "formula": self._service.formula,
            "within_seconds": self.thresholds.of(queue).within_ms / 1000,
            "short_seconds": self.thresholds.of(queue).short_ms / 1000,
        }

    def _counts_of(self, visit: Visit) -> dict[str, int]:
        return {counter.name: counter.of(visit, self.thresholds) for counter in self.counters}


def _beside(stays: list[_Stay], rows: list[Visit]) -> list[tuple[_Stay, Visit | None]]:
    """Each stay with its row. The last ones of a queue belong together: after a start the engine may know fewer."""
    left = sorted(rows, key=lambda row: row.entered)
    found: list[tuple[_Stay, Visit | None]] = []
    for stay in reversed(stays):
        row = next((row for row in reversed(left) if row.queue == stay.visit.queue), None)
        if row is not None:
            left.remove(row)
        found.insert(0, (stay, row))
    return found


def _less(counts: Counts, others: Counts) -> dict[str, int]:
    return add(counts, {name: -value for name, value in others.items()})
