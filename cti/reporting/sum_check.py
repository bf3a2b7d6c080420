"""Holds every counter of every quarter of an hour against itself: the kept sums, SQL over the rows, and Python over the
rows one by one. It goes day by day and keeps nothing. Whether the rows are right it does not ask.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, tzinfo

from ..core.metrics.counters import add
from ..core.metrics.facts import Channel, Offer, Visit
from ..core.metrics.intervals import By
from ..db.agent_time import agent_times
from ..db.connection import Database
from ..db.counting import offers, visits
from ..db.quarters import instant_of, quarter_of
from ..db.span import Span
from ..db.tally import Counted, Tally, tally
from .differing import Difference
from .question import Tell
from .recount import Recount

_Sums = dict[tuple[datetime, str], dict[str, int]]


async def differing_sums(
    database: Database, asked: Tally, zone: tzinfo, now: datetime, tell: Tell
) -> AsyncIterator[Difference]:
    """Of the facts, the lines and the period of this tally."""
    days = list(_days(asked.span))
    for number, day in enumerate(days):
        tell("holding sums against rows", number, len(days))
        wanted = replace(asked, span=day, counters=None, by=By.QUARTER)
        from_sums = _summed(await tally(database, wanted, now))
        from_rows = _summed(await tally(database, wanted.from_rows, now))
        one_by_one = _summed(await _one_by_one(database, wanted, now))
        for place, found, expected in _unlike(from_sums, from_rows, zone):
            yield Difference(place=f"rollup of {place}", told={"rollups": found, "rows": expected})
        for place, found, expected in _unlike(from_rows, one_by_one, zone):
            yield Difference(place=f"sum of {place}", told={"SQL": found, "Python": expected})


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
    found = Recount(wanted)
    if "visits" in wanted.facts:
        for row in await visits(database, wanted.span):
            values = {name: value for name, value in row.items() if name != "position"}
            found.add(Visit(**values | {"channel": Channel(str(row["channel"]))}))
    if "offers" in wanted.facts:
        for row in await offers(database, wanted.span):
            found.add(Offer(**{name: value for name, value in row.items() if name != "position"}))
    if "agent_times" in wanted.facts:
        for time in await agent_times(database, wanted.span, now):
            found.add_time(time)
    return found.counted()
