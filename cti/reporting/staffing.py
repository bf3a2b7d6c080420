"""Rows -> the report `staffing`: counts of visits, agents' time at work, and the same callers simulated where asked.

It knows who serves a queue (by the skills and rings of today) and how recorded callers are replayed; the ACD that is
simulated is the one that runs (`core.simulate`).
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ..core.arrivals import Chance, miss_chance_of, replay
from ..core.metrics.intervals import By, intervals
from ..core.metrics.moments import Span
from ..core.metrics.thresholds import Thresholds
from ..core.recorded import shifts_of
from ..core.routing import penalty
from ..core.scenario import Scenario
from ..core.simulate import simulate
from ..core.words import AgentCard, Outcome
from ..db.counting import visits
from ..db.people import People
from ..db.store import Store
from ..db.tally import Tally
from ..errors import UsageError
from ..reports.build import Counted
from ..reports.document import Note, Report
from ..reports.staffing import Simulated, staffing_report
from ..site.rules import onward_of, priorities_of, rules_of
from .question import Maker, Question, Row

TARGET = 0.8
MOST_CALLS = 50_000  # simulated at once
MOST_LINES = 10_000
_ALL = Note(
    says="agents of all queues together; --queue takes those who serve it",
    says_zh="所有队列的座席合并计算；用 --queue 只取服务该队列的座席",
)


async def _make(store: Store, question: Question) -> Report:
    asked, until = question.asked, min(question.asked.until, question.now)
    by = asked.by or By.HOUR
    if by not in (By.QUARTER, By.HOUR):
        raise UsageError("theory is of hours in which calls come evenly: --by 15min or --by hour")
    spans = [(max(start, asked.since), min(end, until)) for start, end in intervals(asked.since, until, by, asked.zone)]
    if len(spans) > MOST_LINES:
        raise UsageError(f"more than {MOST_LINES:,} intervals; ask for a shorter period")
    question = replace(question, asked=replace(asked, by=by))
    return staffing_report(
        question.asked,
        spans,
        await _counted(store, question),
        target=float(question.more.get("target", TARGET)),
        within_ms=_strictest(asked.thresholds, question.span.queues),
        simulated=await _simulated(store, question, spans) if question.more.get("simulate") else None,
        notes=() if question.span.queues else (_ALL,),
        tell=lambda done, all_of_them: question.tell("Erlang", done, all_of_them),
    )


def _strictest(thresholds: Thresholds, queues: Sequence[str]) -> int:
    """Callers of all these queues (none = of all there are) wait in theory's one line: the T that satisfies each."""
    theirs = [thresholds.of(queue) for queue in queues] or [thresholds, *thresholds.queues.values()]
    return min(one.within_ms for one in theirs)


async def _counted(store: Store, question: Question) -> list[Counted]:
    """Visits of these queues, and the time at work of the agents who serve them."""
    span, asked = question.span, question.asked
    calls = Tally(span=span, thresholds=asked.thresholds)
    agents = span.agents or await _serving(store, question)
    times = Tally(span=replace(span, queues=(), agents=agents), facts=("agent_times",), thresholds=asked.thresholds)
    facts = question.facts_of(store)
    return [*await facts.tally(calls, question.now), *await facts.tally(times, question.now)]


async def _serving(store: Store, question: Question) -> tuple[str, ...]:
    """Who serves one of the queues asked for; () = everybody."""
    wanted = set(question.span.queues)
    if not wanted:
        return ()
    if question.site is None:
        raise UsageError("who serves a queue is in site.yaml, which cannot be read (cti site check)")
    rules = [one for one in rules_of(question.site) if one.name in wanted]
    if unknown := sorted(wanted - {one.name for one in rules}):
        raise UsageError(f"site.yaml has no queue {unknown[0]!r}; who serves it is not known")
    cards = await _cards(store)
    serving = [card.agent for card in cards if any(penalty(card, one) is not None for one in rules)]
    return tuple(serving) or ("",)  # nobody, which is not everybody


async def _cards(store: Store) -> list[AgentCard]:
    return [agent.card() for agent in await People(store.database).agents()]


async def _simulated(store: Store, question: Question, spans: Sequence[Span]) -> dict[datetime, Simulated]:
    site, since, until = question.site, question.asked.since, spans[-1][1]
    if site is None:
        raise UsageError("--simulate needs site.yaml without mistakes (cti site check)")
    callers = await question.facts_of(store).recorded_callers(since, until)
    if len(callers) > MOST_CALLS:
        raise UsageError(f"{len(callers):,} callers are too many to simulate; ask for fewer days")
    if unknown := sorted({str(caller.queue) for caller in callers} - set(site.queues)):
        raise UsageError(f"callers waited in queue {unknown[0]!r}, which site.yaml does not have any more")
    end, cards = (until - since).total_seconds(), await _cards(store)
    notes = await question.facts_of(store).recorded_presences(since, until)
    scenario = Scenario(
        queues=rules_of(site),
        agents=cards,
        shifts=shifts_of(notes, end, [card.agent for card in cards]),
        priorities=priorities_of(site),
        onward=onward_of(site),
        miss_chance=miss_chance_of(callers),
    )
    seeds = int(question.more.get("seeds", 3))
    found: dict[datetime, Simulated] = defaultdict(Simulated)
    starts, thresholds = [start for start, _ in spans], question.asked.thresholds
    for seed in range(seeds):
        question.tell("simulating", seed, seeds)
        for visit in simulate(scenario, replay(callers, Chances(seed + 1)), begin=since).visits:
            if question.span.queues and visit.queue not in question.span.queues:
                continue
            place = bisect_right(starts, since + timedelta(seconds=visit.joined)) - 1
            before, within = found[starts[max(0, place)]], thresholds.of(visit.queue).within_ms / 1000
            found[starts[max(0, place)]] = Simulated(
                entered=before.entered + 1,
                in_time=before.in_time + (visit.outcome is Outcome.ANSWERED and visit.wait_seconds <= within),
                abandoned=before.abandoned + (visit.outcome is Outcome.ABANDONED),
            )
    return found


class Chances:
    """Streams of chance of one seed, one for each purpose: the same seed gives the same run."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def __call__(self, purpose: str) -> Chance:
        return random.Random(f"{self._seed} {purpose}").random  # noqa: S311 (a simulation's chance guards nothing)


async def _drill(store: Store, question: Question) -> list[Row]:
    return await visits(store.database, question.span)


STAFFING = Maker(make=_make, drill=_drill)
