"""`--check` of every report: of a varied day nothing differs; what is tampered with, or broken on its way, is named."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from inspect import isasyncgenfunction
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, text

from cti.core.metrics.intervals import By
from cti.core.metrics.report_names import PER
from cti.core.metrics.thresholds import Thresholds
from cti.db import retold
from cti.db.connection import View
from cti.db.forgetting import forget_before
from cti.db.months import Month
from cti.db.rolling import roll_up
from cti.db.span import Span
from cti.db.store import Store
from cti.db.tables import PlanRow, RecordingRow
from cti.journal.importer import Importer
from cti.reporting import facts
from cti.reporting.check import Check
from cti.reporting.question import Question
from cti.reports import waits
from cti.reports.build import Asked
from cti.reports.catalogue import REPORTS
from cti.stage.bench_journals import write_journals

BY = {"interval": By.HOUR, "wallboard": By.QUARTER, "staffing": By.HOUR}
OURS = Thresholds(queues={"service": Thresholds(within_ms=3_000, short_ms=30_000)})
ANSWERED, ABANDONED, ASKED = "1795301010.1010", "1795301020.1020", "1795301070.1070"  # calls of `day.call`
AGAIN = "1795302700.7"  # of who was given up twenty minutes before


def question(name: str, instant, *, by: By | None = None, since: float = -1_000, until: float = 9_000, **more):
    span = Span(since=instant(since), until=instant(until))
    zone = ZoneInfo("Asia/Shanghai")
    asked = Asked(name=name, since=span.since, until=span.until, zone=zone, thresholds=OURS, by=by or BY.get(name))
    usual = {"window": timedelta(days=7), "target": 0.8}
    return Question(asked=asked, span=span, now=instant(until + 1_000), more=usual | more)


async def told(store: Store, asked: Question) -> list[str]:
    return [str(one) async for one in Check(asked).differences(store)]


@asynccontextmanager
async def tampered(store: Store, statement: str) -> AsyncIterator[Store]:
    """The store as it would be after this statement; afterwards it is as before."""

    class Undone(Exception):
        pass

    with suppress(Undone):
        async with store.database.writing() as connection:
            changed = await connection.execute(text(statement))
            assert changed.rowcount > 0, statement
            yield Store(View(store.database, connection))
            raise Undone


@pytest.fixture
async def varied(store, day, tmp_path, instant) -> Store:
    """Calls that were answered, missed, abandoned, passed on, asked, announced to, recorded; agents who paused."""
    write_journals(tmp_path / "day", 40, seed=14)
    for number in range(101, 115):
        day.call(number)
    at = instant(1_500).timestamp()
    for minute in (0, 20):  # who was given up calls again
        call = f"{at + 60 * minute:.0f}.7"
        day.cel(at + 60 * minute, call, call, "CHAN_START", "from-trunk", "PJSIP/itsp-00000007", "13800000007")
        day.queue_log(at + 60 * minute + 2, call, "NONE", "ENTERQUEUE", "", "13800000007", 1)
        caller = {"number": "13800000007", "path": "main:1>sub:3", "did": "4008001234"}
        day.tell("joined", at + 60 * minute + 2, call=call, queue="sales", caller=caller)
        numbers = {"position": 2, "wait_minutes": 1, "expected_seconds": 30}
        day.tell("told", at + 60 * minute + 5, call=call, queue="sales", **numbers)
        day.queue_log(at + 60 * minute + 40, call, "NONE", "ABANDON", 1, 1, 38)
        day.cel(at + 60 * minute + 40, call, call, "LINKEDID_END")
    for second, presence in ((-8e5, "ready"), (100, "paused"), (2_000, "ready")):
        day.tell("presence", instant(second).timestamp(), agent="2001", presence=presence, reason="lunch")
    await Importer(day.files, store).drain()
    async with store.database.writing() as connection:
        sound = {"path": "a.raw", "call": ANSWERED, "started": None, "seconds": 5.0, "bytes": 9, "channels": 2}
        await connection.execute(insert(RecordingRow), [sound | {"state": "whole"}])
        plan = {"agent": "2001", "started": instant(0), "ended": instant(3_600), "reason": ""}
        await connection.execute(insert(PlanRow), [plan])
    await roll_up(store.database, OURS, instant(10_000))
    return store


async def test_of_a_varied_day_nothing_differs_in_any_report(varied, instant):
    for name in REPORTS:
        for place, per in enumerate(PER.get(name, ("",))):
            by = By.QUARTER if place else None
            check = Check(question(name, instant, by=by, **({"per": per} if per else {})))
            assert [str(one) async for one in check.differences(varied)] == [], (name, per, by)
            assert check.numbers > 0, (name, per, by)
            assert check.ways[-2:] == ("rows", "journals")


# report, how it is asked, what is done to the database, what must be told: of a cell, of a sum, of a row
TAMPERINGS = (
    (
        "queue",
        {},
        f"UPDATE visits SET wait_ms = 7 WHERE call = '{ANSWERED}'",
        "report, sales: asa_seconds is 2.731 in rollups, 2.57 in rows, 2.731 in journals",
        " sales: answered_wait_ms is ",
        f"visits {ANSWERED} 0: wait_ms is 7 in rows, 2100 in journals",
    ),
    (
        "interval",
        {},
        f"DELETE FROM visits WHERE call = '{ABANDONED}'",
        "report, 2026-11-22 06:00: entered is 55 in rollups, 54 in rows, 55 in journals",
        f"visits {ABANDONED} 0 is missing in rows, there in journals",
    ),
    (
        "abandoned",
        {},
        f"UPDATE visits SET outcome = 'answered' WHERE call = '{ABANDONED}'",
        "report, sales: abandoned is 8 in rollups, 7 in rows, 8 in journals",
        "report, total: abandoned is 11 in the report, 10 in the rows behind it",
        f"visits {ABANDONED} 0: outcome is answered in rows, short_abandon in journals",
    ),
    (
        "service-level",
        {},
        f"UPDATE visits SET wait_ms = 21000 WHERE call = '{ANSWERED}'",
        "report, sales: service_level_offered_percent is ",
        f"visits {ANSWERED} 0: wait_ms is 21000 in rows, 2100 in journals",
    ),
    (
        "agent",
        {},
        f"DELETE FROM offers WHERE call = '{ANSWERED}'",
        "report, 1003: offers is 3 in rollups, 2 in rows, 3 in journals",
        f"offers {ANSWERED} 0 is missing in rows, there in journals",
    ),
    (
        "agent",
        {},
        "UPDATE rollup_agent_times SET paused_ms = 0 WHERE paused_ms > 0",
        "report, 2001: paused_seconds is 0.0 in rollups, 1900.0 in rows, 1900.0 in journals",
        "rollup of 2026-11-22 06:30 2001: paused_ms is 0 in rollups, 900000 in rows",
    ),
    (
        "outcome",
        {},
        f"UPDATE visits SET outcome = 'timeout' WHERE call = '{ABANDONED}'",
        "report, the line sales timeout is missing in rollups, there in rows, missing in journals",
        f"visits {ABANDONED} 0: outcome is timeout in rows, short_abandon in journals",
    ),
    (
        "outcome",
        {},
        "UPDATE rollup_queue_visits SET abandoned = abandoned + 1 WHERE queue = 'sales'",
        "report, sales abandoned: calls is ",
        "rollup of 2026-11-22 06:15 sales: abandoned is 2 in rollups, 1 in rows",
    ),
    (
        "outcome",
        {"per": "did"},
        f"UPDATE conversations SET outcome = 'failed' WHERE id = '{ABANDONED}'",
        "report, the line 4008001234 failed is there in rows, missing in journals",
        f"conversations {ABANDONED}: outcome is failed in rows, short_abandon in journals",
    ),
    (
        "funnel",
        {},
        f"DELETE FROM segments WHERE kind = 'menu' AND call = '{ABANDONED}'",
        "main: callers is ",
        f"segments {ABANDONED} 0 is missing in rows, there in journals",
    ),
    (
        "heatmap",
        {},
        f"UPDATE visits SET outcome = 'abandoned' WHERE call = '{ANSWERED}'",
        "report, Sun 06:00: answered is 43 in rollups, 42 in rows, 43 in journals",
        f"visits {ANSWERED} 0: outcome is abandoned in rows, answered in journals",
    ),
    (
        "heatmap",
        {},
        "UPDATE rollup_visits SET entered = entered + 1",
        "report, Sun 06:00: entered is 58 in rollups, 55 in rows, 55 in journals",
        "rollup of 2026-11-22 06:45 all: entered is ",
    ),
    (
        "waits",
        {},
        f"UPDATE visits SET wait_ms = 7000 WHERE call = '{ANSWERED}'",
        "report, sales answered: longest_seconds is 7.0 in rows, 5.717 in journals",
        f"visits {ANSWERED} 0: wait_ms is 7000 in rows, 2100 in journals",
    ),
    (
        "waits",
        {"per": "bucket"},
        f"UPDATE visits SET wait_ms = 7000 WHERE call = '{ANSWERED}'",
        "report, 5 10: answered is 17 in rows, 16 in journals",
        "report, chart 1 (waits) is drawing 1 in rows, drawing 2 in journals",
    ),
    (
        "transfers",
        {},
        "DELETE FROM segments WHERE kind = 'transfer'",
        "report, the line 1005 2000 is missing in rows, there in journals",
        " is missing in rows, there in journals",
    ),
    (
        "missed",
        {"per": "reason"},
        "UPDATE offers SET outcome = 'busy' WHERE outcome = 'no_answer'",
        "report, the line busy is there in rollups, there in rows, missing in journals",
        ": outcome is busy in rows, no_answer in journals",
    ),
    (
        "missed",
        {},
        "UPDATE rollup_agent_offers SET offers = offers + 1",
        "report, 1003: offers is 5 in rollups, 3 in rows, 3 in journals",
        " 1003: offers is ",
    ),
    (
        "pauses",
        {},
        "UPDATE presences SET reason = 'meeting' WHERE presence = 'paused'",
        "report, the line 2001 meeting is there in rows, missing in journals",
        ": reason is meeting in rows, lunch in journals",
    ),
    (
        "survey",
        {},
        f"UPDATE surveys SET answer = 4 WHERE call = '{ASKED}' AND position = 1",
        "report, sales care content 1–5: survey_mean is 3.5 in rows, 3.0 in journals",
        f"surveys {ASKED} 1: answer is 4 in rows, 3 in journals",
    ),
    (
        "repeat",
        {"window": timedelta(minutes=30)},
        f"UPDATE conversations SET number = '13900000000' WHERE id = '{AGAIN}'",
        "report, sales: repeated is 0 in rows, 1 in journals",
        f"conversations {AGAIN}: number is 13900000000 in rows, 13800000007 in journals",
    ),
    (
        "recordings",
        {},
        f"DELETE FROM segments WHERE call = '{ANSWERED}' AND kind = 'talk'",
        "report, sales: whole is 0 in rows, 1 in journals",
        f"segments {ANSWERED} 3 is missing in rows, there in journals",
    ),
    (
        "wallboard",
        {},
        f"UPDATE visits SET wait_ms = 90000 WHERE call = '{AGAIN}'",
        "report, 2026-11-22 07:00: longest_wait_seconds is 90.0 in rows, 38.0 in journals",
        f"visits {AGAIN} 0: wait_ms is 90000 in rows, 38000 in journals",
    ),
    (
        "staffing",
        {},
        "DELETE FROM presences WHERE presence = 'ready'",
        "agents is ",
        "rollup of 2026-11-22 06:15 all: ready_ms is ",
        " is missing in rows, there in journals",
    ),
    (
        "expected-wait",
        {},
        f"UPDATE announcements SET wait_minutes = 0 WHERE call = '{AGAIN}'",
        "report, sales: open_ended is 1 in rows, 0 in journals",
        ": wait_minutes is 0 in rows, 1 in journals",
    ),
    (
        "adherence",
        {},
        "UPDATE presences SET presence = 'ready' WHERE presence = 'paused'",
        "report, 2001: absent_seconds is 0.0 in rows, 1900.0 in journals",
        ": presence is ready in rows, paused in journals",
    ),
    (
        "queue",
        {},
        f"DELETE FROM journal_lines WHERE call = '{ABANDONED}'",
        "report, sales: entered is 21 in rollups, 21 in rows, 20 in journals",
        f"visits {ABANDONED} 0 is there in rows, missing in journals",
    ),
    (
        "queue",
        {},
        f"DELETE FROM journal_lines WHERE call = '{ABANDONED}' AND kind NOT IN ('CHAN_END', 'ABANDON')",
        f"visits {ABANDONED} 0 is there in rows, missing in journals",
    ),
)


async def test_whatever_is_tampered_with_is_named(varied, instant):
    tampered_with = {name for name, *_ in TAMPERINGS}
    assert tampered_with == set(REPORTS)
    wrong = []
    for name, more, statement, *said in TAMPERINGS:
        async with tampered(varied, statement) as store:
            found = await told(store, question(name, instant, **more))
        wrong += [(name, statement, one, found[:9]) for one in said if not any(one in line for line in found)]
    assert not wrong, "\n".join(str(line) for one in wrong for line in (*one[:3], *one[3]))


def but_the_last(reading):
    """The same way to read facts, which loses one of them."""
    if isasyncgenfunction(reading):

        async def one_by_one(*given, **more):
            for one in [one async for one in reading(*given, **more)][:-1]:
                yield one

        return one_by_one

    async def broken(*given, **more):
        return list(await reading(*given, **more))[:-1]

    return broken


# of each report a way to its facts, as `Rows` calls it
READINGS = (
    *(("tally", name) for name in ("queue", "interval", "abandoned", "service-level", "agent", "heatmap", "staffing")),
    ("tally", "missed"),
    ("missed_rings", "missed"),
    ("waits", "waits"),
    ("pauses", "pauses"),
    ("travelled", "funnel"),
    ("passed_on", "transfers"),
    ("talked_calls", "recordings"),
    ("contact_rows", "repeat"),
    ("answers", "survey"),
    ("in_line", "wallboard"),
    ("agent_times", "adherence"),
    ("announced_waits", "expected-wait"),
    ("tally", "outcome"),
)


async def test_a_reader_of_rows_that_loses_one_is_told(varied, instant, monkeypatch):
    assert {report for _, report in READINGS} == set(REPORTS)
    for reading, name in READINGS:
        asked = question(name, instant, window=timedelta(minutes=30))
        with monkeypatch.context() as broken:
            broken.setattr(facts, reading, but_the_last(getattr(facts, reading)))
            found = await told(varied, asked)
        assert any(" in rows, " in one and " in journals" in one for one in found), (reading, name, found)


async def test_a_report_that_adds_up_wrongly_is_told_by_the_rows_behind_it(varied, instant, monkeypatch):
    """Its lines are put together by the same code wherever the facts come from; what it is made of shows it."""
    right = waits._percentiles
    monkeypatch.setattr(waits, "_percentiles", lambda *given: right(*given)[1:])
    found = await told(varied, question("waits", instant))
    assert found == ["report, all lines together: calls is 13 in the report, 56 in the rows behind it"]


async def test_a_long_period_is_folded_again_for_each_question_and_not_kept(varied, instant, monkeypatch):
    monkeypatch.setattr(retold, "MOST_KEPT", 5)
    assert await told(varied, question("missed", instant)) == []


async def test_of_an_agent_who_said_nothing_for_weeks_the_last_line_counts(varied, instant):
    """`2001` was ready nine days before the first pause, which the period begins with."""
    asked = question("wallboard", instant, since=-50)
    assert await told(varied, asked) == []
    statement = "UPDATE journal_lines SET kind = 'noise' WHERE kind = 'presence' AND at < '2026-11-20'"
    async with tampered(varied, statement) as store:
        found = await told(store, asked)
    assert "report, total: ready_least is 1 in rows, 0 in journals" in found


async def test_of_history_that_was_let_go_nothing_is_left_to_hold_the_sums_against(store, day, instant):
    for number in (*range(10), *range(100_000, 100_010)):
        day.call(number)
    await Importer(day.files, store).drain()
    await roll_up(store.database, OURS, instant(1_010_000))
    await forget_before(store.database, Month(2026, 12))
    asked = question("queue", instant, until=1_009_000)
    check = Check(asked)
    assert [str(one) async for one in check.differences(store)] == []
    first = instant(1_000_000)  # of a row that is kept
    assert first - timedelta(minutes=15) < check.since <= first
    assert check.numbers == 38
    gone = Check(question("queue", instant))
    assert [str(one) async for one in gone.differences(store)] == []
    assert (gone.numbers, gone.ways) == (0, ())
    async with tampered(store, "DELETE FROM visits WHERE call = '1796300000.1000000'") as changed:
        found = await told(changed, asked)
    assert "visits 1796300000.1000000 0 is missing in rows, there in journals" in found
