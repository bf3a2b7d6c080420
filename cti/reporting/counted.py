"""What a report counts, read from the database; and the same counted row by row, to hold one against the other.

It knows which facts belong to which report. It prints nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from ..core.metrics.counters import COUNTERS, add, count
from ..core.metrics.facts import AgentTime, Channel, Fact, Offer, Visit
from ..core.metrics.intervals import By, cut
from ..db.connection import Database
from ..db.counting import Span, agent_times, offer_counts, offers, visit_counts, visits
from ..db.people import People
from ..db.store import Store
from ..reports.build import Asked, Counted
from ..reports.catalogue import REPORTS

Difference = tuple[str, str, int, int]  # line, counter, as counted in SQL, as the rows say


async def counted_for(store: Store, asked: Asked, span: Span) -> tuple[list[Counted], dict[str, str]]:
    """Everything that this report adds up, and what its lines are called."""
    kind = REPORTS[asked.name]
    keys = [kind.line] if kind.line else []
    found: list[Counted] = list(await visit_counts(store.database, span, keys, asked.thresholds))
    if "offers" in kind.facts:
        found += await offer_counts(store.database, span, keys, asked.thresholds)
    if "agent_times" in kind.facts:
        found += by_quarter(await agent_times(store.database, span, datetime.now(UTC)), asked)
    titles = {}
    if kind.line == "agent":
        titles = {agent.number: agent.name for agent in await People(store.database).agents()}
    return found, titles


def by_quarter(times: Iterable[AgentTime], asked: Asked) -> list[Counted]:
    """Each stretch cut at quarters, so that a pause over midnight counts in both days."""
    found: dict[tuple[datetime, str], dict[str, int]] = defaultdict(dict)
    counters = [counter for counter in COUNTERS.values() if counter.fact is AgentTime]
    for time in times:
        holds = [c.name for c in counters if all(test.holds(time, asked.thresholds) for test in c.tests)]
        ended = time.started + timedelta(milliseconds=time.ms)
        for quarter, ms in cut(time.started, ended, By.QUARTER, UTC):
            key = quarter, time.agent
            found[key] = add(found[key], dict.fromkeys(holds, ms))
    return [(quarter, (agent,), counts) for (quarter, agent), counts in found.items()]


async def drilled_rows(database: Database, name: str, span: Span) -> list[dict[str, Any]]:
    """The rows behind a report's numbers."""
    if name == "agent":
        return await offers(database, span)
    rows = await visits(database, span)
    return [row for row in rows if row["outcome"] in ("abandoned", "short_abandon")] if name == "abandoned" else rows


async def check_counts(database: Database, asked: Asked, span: Span, counted: Iterable[Counted]) -> list[Difference]:
    """Where the sums that SQL made are not those of the rows, counted one by one in Python."""
    kind = REPORTS[asked.name]
    ours: dict[str, dict[str, int]] = defaultdict(dict)
    for _, keys, counts in counted:
        line = keys[0] if keys else ""
        ours[line] = add(ours[line], counts)
    facts: dict[str, list[Fact]] = defaultdict(list)
    for row in await visits(database, span):
        facts[row[kind.line] if kind.line else ""].append(_visit(row))
    if "offers" in kind.facts:
        for row in await offers(database, span):
            facts[row["agent"]].append(_offer(row))
    if "agent_times" in kind.facts:
        for time in await agent_times(database, span, datetime.now(UTC)):
            facts[time.agent].append(time)
    theirs = {line: count(of_line, asked.thresholds) for line, of_line in facts.items()}
    return [
        (line, name, ours[line].get(name, 0), theirs.get(line, {}).get(name, 0))
        for line in sorted(ours.keys() | theirs.keys())
        for name in COUNTERS
        if ours[line].get(name, 0) != theirs.get(line, {}).get(name, 0)
    ]


def _visit(row: dict[str, Any]) -> Visit:
    return Visit(
        **{name: value for name, value in row.items() if name != "position"} | {"channel": Channel(row["channel"])}
    )


def _offer(row: dict[str, Any]) -> Offer:
    return Offer(**{name: value for name, value in row.items() if name != "position"})
