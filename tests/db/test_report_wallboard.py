"""The report `wallboard`, on a quarter of an hour written by hand, on both databases."""

from __future__ import annotations

import pytest
from hand_made import question, rows, total

from cti.core.metrics.intervals import By
from cti.errors import UsageError
from cti.reporting.makers import MAKERS

MAKER = MAKERS["wallboard"]


async def floor(hand) -> None:
    """09:00–09:15. One waits 2 minutes, of which a phone rings the last half; one waits from minute 1 to 11 and leaves.
    1001 is ready to minute 3, then talks; 1002 is paused all the time, since yesterday.
    """
    for call in ("a", "b"):
        await hand.call(call, 0)
    await hand.visit("a", 0, wait_ms=120_000)
    await hand.offer("a", 1.5, ring_ms=30_000)
    await hand.visit("b", 1, wait_ms=600_000, outcome="abandoned", agent="")
    await hand.presence("1001", -60, "ready")
    await hand.presence("1001", 3, "talking")
    await hand.presence("1001", 15, "offline")
    await hand.presence("1002", -1200, "paused", reason="lunch")


async def test_the_most_and_the_mean_of_every_moment(hand):
    await floor(hand)
    (line,) = rows(await MAKER.make(hand.store, question("wallboard", 0, 15)))
    assert (line["waiting_most"], line["waiting_mean"], line["longest_wait_seconds"]) == (2, 0.767, 600.0)
    assert (line["ready_least"], line["ready_most"], line["ready_mean"]) == (0, 1, 0.2)
    assert (line["talking_most"], line["talking_mean"], line["paused_most"], line["paused_mean"]) == (1, 0.8, 1, 1.0)


async def test_a_caller_for_whom_a_phone_rings_is_not_in_line(hand):
    await floor(hand)
    found = rows(await MAKER.make(hand.store, question("wallboard", 0, 3, by=By.MINUTE)))
    assert [row["waiting_most"] for row in found] == [1, 2, 1]
    assert [row["waiting_mean"] for row in found] == [1.0, 1.5, 1.0]
    assert [row["longest_wait_seconds"] for row in found] == [60.0, 90.0, 120.0]


async def test_who_was_missed_is_in_line_again(hand):
    await hand.call("a", 0)
    await hand.visit("a", 0, wait_ms=180_000)
    await hand.offer("a", 0, ring_ms=60_000, outcome="no_answer", position=0)
    await hand.offer("a", 2, ring_ms=60_000, position=1)
    found = rows(await MAKER.make(hand.store, question("wallboard", 0, 3, by=By.MINUTE)))
    assert [row["waiting_most"] for row in found] == [0, 1, 0]
    assert [row["longest_wait_seconds"] for row in found] == [None, 120.0, None]


async def test_the_whole_period_is_not_the_mean_of_the_means_of_unequal_pieces(hand):
    await floor(hand)
    report = await MAKER.make(hand.store, question("wallboard", 0, 20))
    assert [row["waiting_mean"] for row in rows(report)] == [0.767, 0.0]
    assert (total(report)["waiting_most"], total(report)["waiting_mean"]) == (2, 0.575)


async def test_nothing_is_told_of_time_that_has_not_come(hand):
    await hand.call("a", 0, ended=None, outcome="")
    await hand.visit("a", 0, outcome="", wait_ms=0, agent="")
    found = rows(await MAKER.make(hand.store, question("wallboard", 0, 60, now=20)))
    assert [row["longest_wait_seconds"] for row in found] == [900.0, 1200.0]


async def test_one_queue_alone(hand):
    await floor(hand)
    (line,) = rows(await MAKER.make(hand.store, question("wallboard", 0, 15, queues=("parts",))))
    assert (line["waiting_most"], line["longest_wait_seconds"], line["ready_most"]) == (0, None, 1)


async def test_who_was_in_line_is_listed(hand):
    await floor(hand)
    found = await MAKER.drill(hand.store, question("wallboard", 0, 15))
    lengths = [(row["call"], (row["in_line_to"] - row["in_line_from"]).total_seconds()) for row in found]
    assert lengths == [("a", 90.0), ("b", 600.0)]


async def test_too_many_lines_are_refused(hand):
    with pytest.raises(UsageError, match="--by hour"):
        await MAKER.make(hand.store, question("wallboard", 0, 100 * 1440, by=By.MINUTE))
