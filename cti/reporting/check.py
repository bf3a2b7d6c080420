"""Holds the numbers of a report against where they come from: sums by quarter of an hour, rows, and journals.

Four ways lead to the same counts: the sums, SQL over the rows, Python over the rows one by one, and Python over the
conversations that are folded once more from the stored lines. The period is gone through in pieces, so that a year
takes time and no memory. Every place where two neighbours differ is told: a sum that is not its rows', a row that is
not what the journals say. Whether the stored lines are those of the files, `cti journal verify` says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from ..core.metrics.counters import add, count
from ..core.metrics.facts import AgentTime, Channel, Fact, Offer, Visit
from ..core.metrics.thresholds import Thresholds
from ..db.agent_time import agent_times
from ..db.connection import Database
from ..db.counting import offers, visits
from ..db.quarters import QUARTER_MS, epoch_ms, instant_of, quarter_of
from ..db.row_check import RowDifference, row_differences
from ..db.span import Span
from ..db.tally import Counted, Tally, tally
from ..reports.build import Asked
from ..reports.catalogue import REPORTS
from .counted import whole_tally

_Sums = dict[tuple[datetime, str], dict[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """`place` is found to be one thing where it should be another, as `witness` says."""

    place: str
    found: object
    expected: object
    witness: str

    def __str__(self) -> str:
        return f"{self.place} is {self.found}, {self.witness} {self.expected}"


async def differences(database: Database, asked: Asked, span: Span, now: datetime) -> AsyncIterator[Difference]:
    """Of everything that this report counts in the span."""
    for day in _days(span):
        wanted = whole_tally(asked, day)
        from_sums = _summed(await tally(database, wanted, now))
        from_rows = _summed(await tally(database, replace(wanted, rolled=False), now))
        one_by_one = _summed(await _one_by_one(database, wanted, now))
        for place, found, expected in _unlike(from_sums, from_rows, asked.zone):
            yield Difference(place=f"rollup of {place}", found=found, expected=expected, witness="the rows say")
        for place, found, expected in _unlike(from_rows, one_by_one, asked.zone):
            witness = "the rows say, one by one,"
            yield Difference(place=f"SQL's sum of {place}", found=found, expected=expected, witness=witness)
    async for row in row_differences(database, span, REPORTS[asked.name].facts):
        yield _of_row(row)


def _days(span: Span) -> Iterator[Span]:
    """The span in days of UTC, whose quarters are whole."""
    since = span.since
    while since < span.until:
        until = instant_of((quarter_of(since) // 96 + 1) * 96)
        yield replace(span, since=since, until=min(until, span.until))
        since = until


def _summed(counted: Iterable[Counted]) -> _Sums:
    sums: _Sums = defaultdict(dict)
    for at, line, counts in counted:
        key = instant_of(quarter_of(at)), line[0] if line else ""
        sums[key] = add(sums[key], counts)
    return sums


def _unlike(some: _Sums, others: _Sums, zone: tzinfo) -> Iterator[tuple[str, int, int]]:
    for key in sorted(some.keys() | others.keys()):
        ours, theirs = some.get(key, {}), others.get(key, {})
        at = key[0].astimezone(zone).strftime("%Y-%m-%d %H:%M")
        for name in sorted(ours.keys() | theirs.keys()):
            if ours.get(name, 0) != theirs.get(name, 0):
                yield f"{at} {key[1] or 'all'}: {name}", ours.get(name, 0), theirs.get(name, 0)


async def _one_by_one(database: Database, wanted: Tally, now: datetime) -> list[Counted]:
    """The same counts by Python, fact by fact."""
    facts: list[tuple[datetime, Fact]] = []
    if "visits" in wanted.facts:
        facts += [(row["entered"], _visit(row)) for row in await visits(database, wanted.span)]
    if "offers" in wanted.facts:
        facts += [(row["offered"], _offer(row)) for row in await offers(database, wanted.span)]
    if "agent_times" in wanted.facts:
        times = await agent_times(database, wanted.span, now)
        facts += [(piece.started, piece) for time in times for piece in _in_quarters(time)]
    lines = [(getattr(fact, wanted.key),) if wanted.key else () for _, fact in facts]
    return [(at, line, _counts(fact, wanted.thresholds)) for (at, fact), line in zip(facts, lines, strict=True)]


def _counts(fact: Fact, thresholds: Thresholds) -> dict[str, int]:
    return {name: number for name, number in count([fact], thresholds).items() if number}


def _in_quarters(time: AgentTime) -> Iterator[AgentTime]:
    at = epoch_ms(time.started)
    end = at + time.ms
    while at < end:
        quarter = at // QUARTER_MS
        until = min(end, (quarter + 1) * QUARTER_MS)
        yield time._replace(started=instant_of(quarter), ms=until - at)
        at = until


def _of_row(row: RowDifference) -> Difference:
    if not row.column:
        missing = row.found == "missing"
        witness = "the journals tell of it" if missing else "the journals do not tell of it"
        return Difference(place=f"{row.table} {row.row}", found=row.found, expected="", witness=witness)
    place = f"{row.table} {row.row}: {row.column}"
    return Difference(place=place, found=row.found, expected=row.expected, witness="the journals say")


def _visit(row: dict[str, object]) -> Visit:
    values = {name: value for name, value in row.items() if name != "position"}
    return Visit(**values | {"channel": Channel(str(row["channel"]))})  # type: ignore[arg-type]


def _offer(row: dict[str, object]) -> Offer:
    return Offer(**{name: value for name, value in row.items() if name != "position"})  # type: ignore[arg-type]
