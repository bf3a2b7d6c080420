"""Counts made by the database are those of its rows, quarter by quarter, on both databases."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from cti.core.metrics.counters import Thresholds, add, count
from cti.core.metrics.facts import Channel, Offer, Visit
from cti.core.metrics.intervals import By, start_of
from cti.db.counting import Span, agent_times, offer_counts, offers, visit_counts, visits
from cti.journal.importer import Importer

THRESHOLDS = Thresholds(within_ms=2_000, short_ms=4_000)


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
    expected = defaultdict(dict)
    for row in rows:
        visit = Visit(**{name: row[name] for name in row if name != "position"} | {"channel": Channel(row["channel"])})
        key = start_of(visit.entered, By.QUARTER, UTC), (visit.queue, visit.agent)
        expected[key] = add(expected[key], count([visit], THRESHOLDS))
    found = await visit_counts(store.database, span(instant), ("queue", "agent"), THRESHOLDS)
    assert len({at for at, _, _ in found}) > 1  # more than one quarter of an hour
    for at, keys, counts in found:
        told = expected.pop((at, keys))
        assert counts == {name: told[name] for name in counts}
    assert expected == {}


async def test_rings_are_counted_as_their_rows_say(store, day, instant):
    await imported(store, day)
    rows = await offers(store.database, span(instant))
    facts = [Offer(**{name: row[name] for name in row if name != "position"}) for row in rows]
    found = await offer_counts(store.database, span(instant), (), THRESHOLDS)
    total = {}
    for _, _, counts in found:
        total = add(total, counts)
    expected = count(facts, THRESHOLDS)
    assert total == {name: expected[name] for name in total}
    assert total["offers"] == 200
    assert total["offers_missed"] == 67


async def test_only_what_was_asked_for_is_counted(store, day, instant):
    await imported(store, day, 30)
    none = await visit_counts(store.database, span(instant, queues=("parts",)), ("queue",), THRESHOLDS)
    assert none == []
    one = await visits(store.database, span(instant, agents=("1001",)))
    assert {row["agent"] for row in one} == {"1001"}
    before = await visits(store.database, span(instant, first=0, last=95))
    assert len(before) == 10  # the tenth began at 90 s


async def test_an_agents_time_is_known_from_the_last_change_before_the_period(store, day, instant):
    day.tell("presence", (instant(-7200)).timestamp(), agent="1001", presence="ready", reason="")
    day.tell("presence", (instant(60)).timestamp(), agent="1001", presence="paused", reason="lunch", payable=False)
    await Importer(day.files, store).drain()
    times = await agent_times(store.database, span(instant, first=0, last=3600), now=instant(100))
    assert [(time.presence, time.ms, time.payable) for time in times] == [
        ("ready", 60_000, True),
        ("paused", 40_000, False),
    ]


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
    now = datetime.fromtimestamp(0, UTC) + timedelta(days=40_000)
    assert len(await agent_times(store.database, span(instant, first=0), now=now)) == 1


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
