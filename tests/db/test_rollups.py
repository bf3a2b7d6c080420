"""Sums by quarter of an hour are those of the rows: whatever comes in whatever order, is cut, killed or made anew."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hand_made import DAY, Hand, question, rows
from hand_made import at as minute
from sqlalchemy import select, text

from cti.core.metrics.counters import add
from cti.core.metrics.intervals import By, start_of
from cti.core.metrics.thresholds import Thresholds
from cti.db.forgetting import forget_before
from cti.db.months import Month
from cti.db.quarters import instant_of, quarter_of
from cti.db.rolling import roll_up, roll_up_anew
from cti.db.rollup_tables import SUMS
from cti.db.rollups import rolled_runs
from cti.db.span import Span
from cti.db.store import Store
from cti.db.tally import Tally, tally
from cti.journal.importer import Importer
from cti.reporting.answer import answer
from cti.reporting.check import Check
from cti.reporting.question import Question
from cti.reports.build import Asked

OURS = Thresholds(within_ms=2_100, short_ms=4_000)
FACTS = ("visits", "offers", "agent_times")


async def asked(store: Store, wanted: Tally, now: datetime) -> dict:
    """Counts by interval and line."""
    found: dict = {}
    for at, line, counts in await tally(store.database, wanted, now):
        key = start_of(at, wanted.by, wanted.zone) if wanted.by else None, line
        found[key] = add(found.get(key, {}), counts)
    return found


async def agree(store: Store, span: Span, now: datetime, thresholds: Thresholds = OURS) -> None:
    """The sums give what the rows give, by whatever they are asked; and Python gives it too, row by row."""
    for key, by, zone in (
        ("queue", By.QUARTER, UTC),
        ("agent", By.HOUR, ZoneInfo("Asia/Kathmandu")),
        ("", By.DAY, ZoneInfo("Australia/Lord_Howe")),
        ("queue", None, UTC),
    ):
        facts = FACTS if key == "agent" else FACTS[:1]
        wanted = Tally(span=span, facts=facts, key=key, by=by, zone=zone, thresholds=thresholds)
        assert await asked(store, wanted, now) == await asked(store, replace(wanted, rolled=False), now)
    for name in ("agent", "queue"):
        report = Asked(name=name, since=span.since, until=span.until, zone=ZoneInfo("UTC"), thresholds=thresholds)
        assert await checked(store, report, span, now) == []


async def checked(store: Store, report: Asked, span: Span, now: datetime) -> list[str]:
    return [str(one) async for one in Check(Question(asked=report, span=span, now=now)).differences(store)]


class Walk:
    """A life of a database: calls and presences out of order, half-read files, lost ends, refolds, roll-ups."""

    def __init__(self, store: Store, day, instant, seed: int) -> None:
        self.store, self.day, self.instant, self.dice = store, day, instant, random.Random(seed)
        self.calls = list(range(1500))
        self.dice.shuffle(self.calls)
        self.steps = Counter()

    async def step(self) -> None:
        done = self.dice.choice((self.call, self.call, self.presence, self.read, self.roll, self.cut, self.refold))
        self.steps[done.__name__] += 1
        await done()

    async def call(self) -> None:
        for _ in range(self.dice.randint(1, 20)):
            self.day.call(self.calls.pop())

    async def presence(self) -> None:
        for _ in range(self.dice.randint(1, 8)):
            second = self.instant(self.dice.randint(-40_000, 15_000)).timestamp() + self.dice.random()
            presence = self.dice.choice(("ready", "ringing", "talking", "wrap_up", "paused", "offline"))
            agent, payable = f"10{self.dice.randint(0, 3):02}", self.dice.random() < 0.5
            self.day.tell("presence", second, agent=agent, presence=presence, reason="x", payable=payable)

    async def read(self) -> None:
        importer = Importer(self.day.files, self.store, chunk_bytes=self.dice.choice((300, 5_000, 1 << 18)))
        for _ in range(self.dice.randint(1, 4)):
            await importer.step()

    async def roll(self) -> None:
        await roll_up(self.store.database, OURS, self.instant(self.dice.randint(0, 20_000)))

    async def cut(self) -> None:
        path = self.dice.choice((self.day.files.engine, self.day.files.queue_log, self.day.files.cel))
        if path.exists():
            os.truncate(path, int(path.stat().st_size * self.dice.uniform(0.3, 1)))

    async def refold(self) -> None:
        if self.dice.random() < 0.3:
            await self.store.refold_all()


async def test_after_any_sequence_of_imports_sums_rows_python_and_journals_agree(store, day, instant):
    walk = Walk(store, day, instant, seed=1 if store.database.is_sqlite else 2)
    whole = Span(since=instant(-36_123), until=instant(20_000))
    for number in range(45):
        await walk.step()
        if number % 4 == 3:
            await agree(store, whole, instant(18_000))
    await Importer(day.files, store).drain()
    await roll_up(store.database, OURS, instant(18_000))
    await agree(store, whole, instant(18_000))
    assert min(walk.steps[name] for name in ("call", "presence", "read", "roll", "cut", "refold")) > 1


async def all_sums(store: Store) -> list:
    async with store.database.reading() as connection:
        return [
            sorted(map(tuple, await connection.execute(select(table.__table__))))
            for table in SUMS  # type: ignore[misc]
        ]


async def imported(store, day, instant, calls=range(0, 400, 9)):
    for number in calls:
        day.call(number)
    for second, presence in ((0, "ready"), (1000, "paused"), (2000, "ready"), (4000, "offline")):
        day.tell("presence", instant(second).timestamp(), agent="1001", presence=presence, reason="")
    await Importer(day.files, store).drain()


async def test_made_anew_the_sums_are_the_same(store, day, instant):
    await imported(store, day, instant, range(0, 200, 7))
    await roll_up(store.database, OURS, instant(2_000))
    for number in range(101, 400, 7):
        day.call(number)
    await Importer(day.files, store).drain()
    assert await roll_up(store.database, OURS, instant(10_000)) > 0
    kept = await all_sums(store)
    assert all(kept)
    assert await roll_up(store.database, OURS, instant(10_000)) == 0  # nothing is due
    assert await roll_up_anew(store.database, OURS, instant(10_000)) > 4
    assert await all_sums(store) == kept
    await store.refold_all()
    await roll_up(store.database, OURS, instant(10_000))
    assert await all_sums(store) == kept


async def runs(store, instant) -> list[range]:
    async with store.database.reading() as connection:
        return await rolled_runs(connection, range(quarter_of(instant(-90_000)), quarter_of(instant(90_000))), OURS)


async def test_a_late_line_takes_its_quarter_out_and_no_other(store, day, instant):
    await imported(store, day, instant)
    await roll_up(store.database, OURS, instant(10_000))
    [before] = await runs(store, instant)
    begun = instant(2_970)  # a call of then: number 297
    day.queue_log(begun.timestamp() + 9, f"{int(begun.timestamp())}.2970", "NONE", "EXITEMPTY", 1, 1, 1)
    await Importer(day.files, store).drain()
    quarter = quarter_of(begun)
    assert await runs(store, instant) == [range(before.start, quarter), range(quarter + 1, before.stop)]


async def test_a_late_presence_takes_out_the_quarters_up_to_the_agents_next_one(store, day, instant):
    await imported(store, day, instant)
    await roll_up(store.database, OURS, instant(10_000))
    [before] = await runs(store, instant)
    day.tell("presence", instant(2_100).timestamp(), agent="1001", presence="paused", reason="late")
    await Importer(day.files, store).drain()
    first, last = quarter_of(instant(2_100)), quarter_of(instant(4_000))
    assert await runs(store, instant) == [range(before.start, first), range(last + 1, before.stop)]


async def test_sums_are_what_is_read_where_there_are_some(store, day, instant):
    await imported(store, day, instant)
    await roll_up(store.database, OURS, instant(10_000))
    async with store.database.writing() as connection:
        for table in ("rollup_visits", "rollup_queue_visits", "rollup_agent_visits"):
            await connection.execute(text(f"UPDATE {table} SET answered = answered + 1000"))
    wanted = Tally(span=Span(since=instant(-1_000), until=instant(9_000)), by=None, thresholds=OURS)
    for asked in (wanted, replace(wanted, key="queue"), replace(wanted, key="agent")):
        assert sum(c["answered"] for _, _, c in await tally(store.database, asked, instant(10_000))) > 1_000
    for from_rows in (
        replace(wanted, rolled=False),
        replace(wanted, thresholds=Thresholds(within_ms=1)),
        replace(wanted, span=replace(wanted.span, queues=("sales",), agents=("1001",))),
        replace(wanted, span=Span(since=instant(1), until=instant(600))),  # no whole quarter
    ):
        assert sum(c["answered"] for _, _, c in await tally(store.database, from_rows, instant(10_000))) < 1_000
    few = replace(wanted, thresholds=Thresholds(within_ms=1), counters=frozenset({"answered"}))  # T says nothing here
    assert sum(c["answered"] for _, _, c in await tally(store.database, few, instant(10_000))) > 1_000


async def test_another_threshold_of_the_site_is_rolled_up_anew(store, day, instant):
    await imported(store, day, instant)
    rolled = await roll_up(store.database, OURS, instant(10_000))
    other = replace(OURS, within_ms=2_099)
    assert await roll_up(store.database, other, instant(10_000)) == rolled
    await agree(store, Span(since=instant(0), until=instant(10_000)), instant(10_000), other)


async def test_a_queues_new_threshold_makes_only_those_quarters_anew_in_which_it_had_calls(hand: Hand):
    await hand.visit("a", 0)
    await hand.visit("b", 40, queue="rescue")
    await hand.visit("c", 80, wait_ms=15_000)
    database, now, span = hand.store.database, minute(100), Span(since=minute(0), until=minute(100))
    own = Thresholds(queues={"rescue": Thresholds(within_ms=9_999)})
    for thresholds, made in (
        (Thresholds(), 6),
        (own, 1),
        (Thresholds(queues={**own.queues, "new": Thresholds(within_ms=1)}), 0),
        (Thresholds(), 1),
    ):
        assert await roll_up(database, thresholds, now) == made
        async with database.reading() as connection:
            assert sum(map(len, await rolled_runs(connection, range(10**7), thresholds))) == 6
        for key in ("", "queue", "agent"):
            wanted = Tally(span=span, key=key, thresholds=thresholds)
            assert await asked(hand.store, wanted, now) == await asked(hand.store, replace(wanted, rolled=False), now)
    assert await roll_up(database, own, now) == 1
    counted = await asked(hand.store, Tally(span=span, key="queue", by=None, thresholds=own), now)
    assert {line: counts["answered_in_time"] for (_, (line,)), counts in counted.items()} == {"sales": 2, "rescue": 0}


async def test_of_what_was_let_go_the_sums_stay_as_they_were_made_and_the_report_says_so(hand: Hand):
    await hand.visit("a", -30 * DAY, wait_ms=15_000)
    await hand.visit("b", 0, wait_ms=15_000)
    now = minute(100)
    await roll_up(hand.store.database, Thresholds(), now)
    await forget_before(hand.store.database, Month(2026, 11))
    strict = Thresholds(within_ms=10_000)
    await roll_up(hand.store.database, strict, now)
    wanted = question("queue", -40 * DAY, DAY)
    for thresholds, in_time, notes in (
        (Thresholds(), 100.0, ()),
        (strict, 50.0, ("up to 2026-11-02 09:00 only sums are left, which were counted with T 20 s, S 5 s",)),
    ):
        report = await answer(hand.store, replace(wanted, asked=replace(wanted.asked, thresholds=thresholds)))
        (row,) = rows(report)
        assert (row["entered"], row["service_level_offered_percent"]) == (2, in_time)
        assert tuple(note.says for note in report.notes) == notes


async def test_a_silence_of_years_costs_nothing(store, day, instant):
    day.call(0)
    day.tell("presence", 1_000_000, agent="1001", presence="ready", reason="a clock that was not set")
    day.tell("presence", 1_000_001, agent="1001", presence="offline", reason="")
    await Importer(day.files, store).drain()
    assert await roll_up(store.database, OURS, instant(3_600)) < 200
    await agree(store, Span(since=instant(-1_000_000), until=instant(4_000)), instant(4_000))


# --- the calendar ------------------------------------------------------------------------------------

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("day_of_change", "hours"),
    [(datetime(2026, 3, 29, tzinfo=BERLIN), 23), (datetime(2026, 10, 25, tzinfo=BERLIN), 25)],
)
async def test_days_on_which_the_clock_is_moved_are_counted_whole(hand, day_of_change, hours):
    """A call each half hour, from an hour before midnight to an hour after the next one."""
    begin = (day_of_change - timedelta(hours=1)).astimezone(UTC)
    for number in range(2 * (hours + 2)):
        at = begin + timedelta(minutes=30 * number)
        await hand.call(str(number), 0, started=at)
        await hand.visit(str(number), 0, entered=at)
    now = begin + timedelta(days=3)
    for rolled in (False, True):
        if rolled:
            await roll_up(hand.store.database, OURS, now)
        span = Span(since=begin, until=now)
        wanted = Tally(span=span, by=By.DAY, zone=BERLIN, thresholds=OURS, counters=frozenset({"entered"}))
        days = await asked(hand.store, wanted, now)
        assert [counts["entered"] for counts in days.values()] == [2, 2 * hours, 2]
        by_hour = await asked(hand.store, replace(wanted, by=By.HOUR), now)
        assert [counts["entered"] for counts in by_hour.values()] == [2] * (hours + 2)
        o_clock = [at.astimezone(BERLIN).hour for at, _ in by_hour]
        assert o_clock.count(2) == {23: 0, 25: 2}[hours]


async def test_a_pause_over_midnight_counts_in_both_days_and_a_state_of_weeks_in_each(hand):
    midnight = datetime(2026, 11, 10, tzinfo=BERLIN).astimezone(UTC)
    minute = (midnight - datetime(2026, 11, 2, 1, tzinfo=UTC)) / timedelta(minutes=1)
    await hand.presence("1001", minute - 10, "paused", reason="lunch", payable=False)
    await hand.presence("1001", minute + 20.5, "ready")
    now = midnight + timedelta(days=40)
    wanted = Tally(
        span=Span(since=midnight - timedelta(days=1), until=now),
        facts=("agent_times",),
        key="agent",
        by=By.DAY,
        zone=BERLIN,
        thresholds=OURS,
        counters=frozenset({"paused_ms", "ready_ms"}),
    )
    for rolled in (False, True):
        if rolled:
            await roll_up(hand.store.database, OURS, now)
        days = list((await asked(hand.store, wanted, now)).values())
        assert days[:2] == [{"paused_ms": 600_000, "ready_ms": 0}, {"paused_ms": 1_230_000, "ready_ms": 85_170_000}]
        assert days[2:] == [{"paused_ms": 0, "ready_ms": 86_400_000}] * 39
        late = replace(wanted, span=Span(since=now - timedelta(hours=1), until=now))
        assert list((await asked(hand.store, late, now)).values()) == [{"paused_ms": 0, "ready_ms": 3_600_000}]


# --- killed, and tampered with -----------------------------------------------------------------------

ROLLER = """
import asyncio, sys
from datetime import datetime
from cti.core.metrics.thresholds import Thresholds
from cti.db import rolling
from cti.db.store import Store

async def main():
    rolling.PIECE = 2
    async with Store(sys.argv[1]) as store:
        now = datetime.fromisoformat(sys.argv[2])
        while True:
            await rolling.roll_up_anew(store.database, Thresholds(within_ms=2_100, short_ms=4_000), now,
                                       lambda done, due: print(done, flush=True))

asyncio.run(main())
"""


async def test_killed_at_any_instant_a_roll_up_leaves_no_wrong_sum(new_database, day, instant):
    url, now, dice = new_database(), instant(10_000), random.Random(7)
    async with Store(url) as store:
        await imported(store, day, instant)
        wanted = Tally(
            span=Span(since=instant(-1_000), until=instant(9_000)), key="agent", facts=FACTS, thresholds=OURS
        )
        right = await asked(store, replace(wanted, rolled=False), now)
        for _ in range(2):
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-c", ROLLER, url, now.isoformat(), stdout=asyncio.subprocess.PIPE
            )
            for _ in range(dice.randint(1, 9)):
                assert await child.stdout.readline()
            os.kill(child.pid, signal.SIGKILL)
            assert await child.wait() == -signal.SIGKILL
            assert await asked(store, wanted, now) == right


async def told(store: Store, instant, name: str) -> list[str]:
    span = Span(since=instant(-1_000), until=instant(9_000))
    report = Asked(name=name, since=span.since, until=span.until, zone=ZoneInfo("UTC"), thresholds=OURS)
    return await checked(store, report, span, instant(10_000))


CALL = "1795300010.10"  # the second one of a day


TAMPERINGS = (
    (
        "UPDATE rollup_queue_visits SET talk_ms = talk_ms + 1",
        "queue",
        ["rollup of {at} sales: talk_ms is "],
    ),
    ("DELETE FROM rollup_queue_visits", "queue", ["rollup of {at} sales: answered is 0 in rollups, "]),
    ("UPDATE rollup_agent_times SET paused_ms = 0", "agent", ["1001: paused_ms is 0 in rollups, "]),
    (
        f"UPDATE visits SET wait_ms = 7 WHERE call = '{CALL}'",
        "queue",
        [f"visits {CALL} 0: wait_ms is 7 in rows, 2100 in journals", "rollup of {at} sales: answered_wait_ms is "],
    ),
    (
        f"DELETE FROM offers WHERE call = '{CALL}'",
        "agent",
        [f"offers {CALL} 0 is missing in rows, there in journals", "rollup of {at} 1001: offers is "],
    ),
    (
        f"INSERT INTO offers SELECT call, 1, queue, agent, offered, outcome, ring_ms FROM offers WHERE call = '{CALL}'",
        "agent",
        [f"offers {CALL} 1 is there in rows, missing in journals"],
    ),
    (
        "UPDATE presences SET reason = 'meeting' WHERE presence = 'paused'",
        "agent",
        ["reason is meeting in rows, "],
    ),
    ("DELETE FROM presences WHERE presence = 'paused'", "agent", ["is missing in rows, there in journals"]),
    (f"DELETE FROM visits WHERE call = '{CALL}'", "queue", [f"visits {CALL} 0 is missing in rows"]),
    (
        "UPDATE journal_lines SET kind = 'noise' WHERE kind = 'presence'",
        "agent",
        ["is there in rows, missing in journals"],
    ),
)


async def test_a_check_names_what_was_tampered_with(store, day, instant):
    await imported(store, day, instant, range(40))
    at = instant_of(quarter_of(instant(10))).strftime("%Y-%m-%d %H:%M")
    for tampering, report, said in TAMPERINGS:
        await store.refold_all()
        await roll_up(store.database, OURS, instant(10_000))
        assert await told(store, instant, report) == []
        async with store.database.writing() as connection:
            await connection.execute(text(tampering))
        found = await told(store, instant, report)
        for expected in said:
            assert any(expected.format(at=at) in one for one in found), (tampering, found)
        if "rollup" in tampering:
            assert all(one.startswith(("rollup of ", "report, ")) for one in found)
