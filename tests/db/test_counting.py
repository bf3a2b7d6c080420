"""Counts made by the database are those of its rows, quarter by quarter, on both databases."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from cti.core.metrics.counters import add, count
from cti.core.metrics.facts import Channel, Offer, Visit
from cti.core.metrics.intervals import By, start_of
from cti.core.metrics.thresholds import Thresholds
from cti.db.agent_time import agent_times
from cti.db.counting import offers, visits
from cti.db.span import Span
from cti.db.tally import Tally, tally
from cti.journal.importer import Importer

THRESHOLDS = Thresholds(within_ms=2_000, short_ms=4_000)
LATER = datetime(2100, 1, 1, tzinfo=UTC)


def span(instant, first=-3600, last=86_400, **only) -> Span:
    return Span(since=instant(first), until=instant(last), **only)


async def imported(store, day, calls=200):
    for number in range(calls):
        day.call(number)
    await Importer(day.files, store).drain()


async def test_stays_in_queues_are_counted_as_their_rows_say(store, day, instant):
    await imported(store, day)
    rows = await visits(store.database, span(instant))
    assert len(rows) == 200
    for key in ("queue", "agent", ""):
        expected = defaultdict(dict)
        for row in rows:
            named = {name: row[name] for name in row if name != "position"}
            visit = Visit(**named | {"channel": Channel(row["channel"])})
            line = start_of(visit.entered, By.QUARTER, UTC), (getattr(visit, key),) if key else ()
            expected[line] = add(expected[line], count([visit], THRESHOLDS))
        found = await tally(store.database, Tally(span=span(instant), key=key, thresholds=THRESHOLDS), LATER)
        assert len({at for at, _, _ in found}) > 1  # more than one quarter of an hour
        for at, line, counts in found:
            told = expected.pop((at, line))
            assert counts == {name: told[name] for name in counts}
        assert expected == {}


async def test_rings_are_counted_as_their_rows_say(store, day, instant):
    await imported(store, day)
    rows = await offers(store.database, span(instant))
    facts = [Offer(**{name: row[name] for name in row if name != "position"}) for row in rows]
    [(_, _, total)] = await tally(store.database, Tally(span=span(instant), facts=("offers",), by=None), LATER)
    expected = count(facts, THRESHOLDS)
    assert total == {name: expected[name] for name in total}
    assert total["offers"] == 200
    assert total["offers_missed"] == 67


async def test_only_what_was_asked_for_is_counted(store, day, instant):
    await imported(store, day, 30)
    none = await tally(store.database, Tally(span=span(instant, queues=("parts",)), key="queue"), LATER)
    assert none == []
    one = await visits(store.database, span(instant, agents=("1001",)))
    assert {row["agent"] for row in one} == {"1001"}
    before = await visits(store.database, span(instant, first=0, last=95))
    assert len(before) == 10  # the tenth began at 90 s
    [(_, _, few)] = await tally(
        store.database, Tally(span=span(instant), by=None, counters=frozenset({"entered"})), LATER
    )
    assert few == {"entered": 30}


async def test_a_queue_may_have_a_threshold_of_its_own(hand):
    for number, queue in enumerate(("sales", "o'hare")):
        await hand.call(str(number), 0)
        await hand.visit(str(number), 0, queue=queue, wait_ms=10_000)
    own = Thresholds(within_ms=9_999, queues={"o'hare": Thresholds(within_ms=10_000)})
    since = datetime(2026, 11, 2, tzinfo=UTC)
    whole = Span(since=since, until=since + timedelta(days=1))
    found = await tally(hand.store.database, Tally(span=whole, key="queue", thresholds=own, by=None), LATER)
    assert {line: counts["answered_in_time"] for _, line, counts in found} == {("sales",): 0, ("o'hare",): 1}


async def test_an_agents_time_is_known_from_the_last_change_before_the_period(store, day, instant):
    day.tell("presence", (instant(-40 * 86_400)).timestamp(), agent="1001", presence="ready", reason="")
    day.tell("presence", (instant(60)).timestamp(), agent="1001", presence="paused", reason="lunch", payable=False)
    await Importer(day.files, store).drain()
    times = await agent_times(store.database, span(instant, first=0, last=3600), now=instant(100))
    assert [(time.presence, time.ms, time.payable) for time in times] == [
        ("ready", 60_000, True),
        ("paused", 40_000, False),
    ]


@pytest.mark.parametrize("agents", [(), ("1001",), ("1002",)])
async def test_time_is_cut_at_quarters_by_sql_as_by_python(store, day, instant, agents):
    for second, presence in ((0.0004, "ready"), (700.25, "paused"), (700.25, "talking"), (4000.9999, "offline")):
        day.tell("presence", (instant(0)).timestamp() + second, agent="1001", presence=presence, reason="")
    day.tell("presence", (instant(10)).timestamp(), agent="1003", presence="wrap_up", reason="")
    await Importer(day.files, store).drain()
    asked = span(instant, first=-100, last=7200, agents=agents)
    times = await agent_times(store.database, asked, now=instant(5000))
    wanted = Tally(span=asked, facts=("agent_times",), key="agent", by=None)
    found = {line[0]: counts for _, line, counts in await tally(store.database, wanted, instant(5000))}
    expected = {agent: count([t for t in times if t.agent == agent], THRESHOLDS) for agent in {t.agent for t in times}}
    assert found == {agent: {name: expected[agent][name] for name in found[agent]} for agent in found}
    assert set(found) == set(expected) == ({"1001", "1003"} if not agents else {"1001"} & set(agents))
    if "1001" in found:
        assert (found["1001"]["ready_ms"], found["1001"]["talking_ms"]) == (700_250, 3_300_749)


async def test_a_file_that_lost_its_end_takes_its_presences_back(store, day, instant):
    for second in (0, 60):
        day.tell("presence", (instant(second)).timestamp(), agent="1001", presence="ready", reason=str(second))
    await Importer(day.files, store).drain()
    path = day.files.engine
    path.write_bytes(path.read_bytes().rsplit(b"\n", 2)[0] + b"\n")
    await Importer(day.files, store).drain()
    times = await agent_times(store.database, span(instant, first=0, last=120), now=instant(120))
    assert [time.ms for time in times] == [120_000]


async def test_refolding_makes_the_same_facts(store, day, instant):
    await imported(store, day, 30)
    day.tell("presence", (instant(0)).timestamp(), agent="1001", presence="ready", reason="")
    await Importer(day.files, store).drain()
    before = [line async for line in store.export()]
    await store.refold_all()
    assert [line async for line in store.export()] == before
    assert len(await agent_times(store.database, span(instant, first=0), now=LATER)) == 1


async def test_reporting_jobs_see_each_stretch_of_an_agents_time_with_its_end(store, day, instant):
    for second, presence in ((0, "ready"), (60, "talking"), (90, "ready")):
        day.tell("presence", (instant(second)).timestamp(), agent="1001", presence=presence, reason="")
    await Importer(day.files, store).drain()
    async with store.database.reading() as connection:
        rows = (
            await connection.execute(text("SELECT presence, ended IS NULL FROM agent_states ORDER BY started"))
        ).all()
    assert [(presence, bool(open_)) for presence, open_ in rows] == [
        ("ready", False),
        ("talking", False),
        ("ready", True),
    ]
