"""The reports `outcome`, `missed` and `pauses`, on rows written by hand, on both databases."""

from __future__ import annotations

from dataclasses import replace

from hand_made import DAY, at, question, rows, total

from cti.core.metrics.intervals import By
from cti.core.metrics.thresholds import Thresholds
from cti.db.counting import Span
from cti.db.report_rows import pauses
from cti.journal.importer import Importer
from cti.reporting.makers import MAKERS


async def made(hand, name, *period, **said):
    return await MAKERS[name].make(hand.store, question(name, *period, **said))


async def drilled(hand, name, *period, **said):
    return await MAKERS[name].drill(hand.store, question(name, *period, **said))


async def calls(hand) -> None:
    """One answered after time in two queues, one lost in the menu, one that hung up after exactly 5 s, one closed."""
    await hand.call("a", 0, did="400", queue="service", agent="1001")
    await hand.visit("a", 0, outcome="timeout", agent="", wait_ms=60_000)
    await hand.visit("a", 1, position=1, queue="service")
    await hand.call("b", 10, did="400", outcome="abandoned")
    await hand.call("c", 20, did="400", queue="sales", outcome="short_abandon", wait_seconds=5.0)
    await hand.visit("c", 20, outcome="short_abandon", agent="", wait_ms=5_000)
    await hand.call("d", 30, did="500", outcome="closed")
    await hand.visit("d", 30, outcome="closed", agent="", wait_ms=0)
    await hand.call("ours", 40, direction="outbound", did="")


async def test_every_stay_in_a_queue_has_one_outcome(hand):
    await calls(hand)
    report = await made(hand, "outcome")
    assert [(row["queue"], row["outcome"], row["calls"], row["share_percent"]) for row in rows(report)] == [
        ("sales", "short_abandon", 1, 33.4),
        ("sales", "timeout", 1, 33.3),
        ("sales", "closed", 1, 33.3),
        ("service", "answered", 1, 100.0),
    ]
    assert (total(report)["calls"], len(await drilled(hand, "outcome"))) == (4, 4)


async def test_every_call_from_outside_has_one_outcome_by_the_number_that_was_dialled(hand):
    await calls(hand)
    report = await made(hand, "outcome", per="did", by=By.DAY)
    assert [(row["did"], row["outcome"], row["calls"]) for row in rows(report)] == [
        ("400", "answered", 1),
        ("400", "short_abandon", 1),
        ("400", "hung_up_before", 1),
        ("500", "closed", 1),
    ]
    assert [row["id"] for row in await drilled(hand, "outcome", per="did")] == ["a", "b", "c", "d"]


async def test_what_is_short_follows_the_threshold_asked_for(hand):
    await calls(hand)
    asked = question("outcome", per="did")
    strict = replace(asked, asked=replace(asked.asked, thresholds=Thresholds(short_ms=4_999)))
    told = {(row["did"], row["outcome"]) for row in rows(await MAKERS["outcome"].make(hand.store, strict))}
    assert ("400", "abandoned") in told
    assert ("400", "short_abandon") not in told


async def test_missed_rings_know_whether_their_caller_was_served(hand):
    await hand.call("a", 0)
    await hand.call("b", 5, outcome="abandoned")
    await hand.offer("a", 0, outcome="no_answer", ring_ms=15_000)
    await hand.offer("a", 1, position=1, agent="1002")
    await hand.offer("b", 5, outcome="busy", ring_ms=500)
    await hand.offer("b", 6, position=1, outcome="caller_gone", ring_ms=900)
    first, second = rows(await made(hand, "missed"))
    assert (first["agent"], first["offers"], first["missed"], first["no_answer"], first["busy"]) == ("1001", 2, 2, 1, 1)
    assert (first["ring_lost_seconds"], first["callers"], first["callers_unserved"]) == (15.5, 2, 1)
    assert (second["agent"], second["missed"]) == ("1002", 0)
    assert [(row["call"], row["served"]) for row in await drilled(hand, "missed")] == [("a", True), ("b", False)]
    assert (await made(hand, "missed", agents=("1002",), per="reason")).rows == ()


async def test_a_pause_of_long_before_is_known_and_one_over_midnight_is_cut(hand):
    await hand.presence("1001", -5 * DAY, "paused", reason="training", billable=True)
    await hand.presence("1001", 60, "ready")
    await hand.presence("1002", 14 * 60 + 50, "paused", reason="break")  # 23:50 in Shanghai
    await hand.presence("1002", 15 * 60 + 5, "paused", reason="break", over_time=True)
    await hand.presence("1002", 15 * 60 + 10, "ready")
    report = await made(hand, "pauses", 0, 2 * DAY, by=By.DAY)
    assert [
        (row["from"].day, row["agent"], row["pauses"], row["time_seconds"], row["over_maximum"]) for row in rows(report)
    ] == [(2, "1001", 0, 3600.0, 0), (2, "1002", 1, 600.0, 0), (3, "1002", 0, 600.0, 1)]
    assert (total(report)["time_seconds"], total(report)["billable_seconds"]) == (4800.0, 3600.0)
    assert [row["started"] for row in await drilled(hand, "pauses")] == [at(-5 * DAY), at(890), at(905)]
    (only,) = rows(await made(hand, "pauses", agents=("1002",), per="reason"))
    assert (only["reason"], only["over_time_seconds"]) == ("break", 300.0)


async def test_what_the_engine_told_of_pauses_is_what_the_report_reads(store, day, instant):
    for second, more in ((0, {}), (900, {"over_time": True})):
        when = instant(second).timestamp()
        day.tell("presence", when, agent="1001", presence="paused", reason="break", payable=True, **more)
    day.tell("presence", instant(960).timestamp(), agent="1001", presence="ready", reason="")
    await Importer(day.files, store).drain()
    (pause,) = await pauses(store.database, Span(since=instant(0), until=instant(2000)), instant(2000))
    assert [(part.started, part.over_time) for part in pause.parts] == [(instant(0), False), (instant(900), True)]
