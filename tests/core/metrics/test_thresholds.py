"""T and S of queues: of their own or the usual ones, asked for otherwise, written down, and told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cti.core.metrics.counters import count
from cti.core.metrics.facts import Visit
from cti.core.metrics.thresholds import Thresholds, told_key

USUAL = Thresholds(within_ms=20_000, short_ms=5_000)
SITE = Thresholds(
    queues={"rescue": Thresholds(within_ms=10_000, short_ms=5_000), "parts": Thresholds(within_ms=20_000, short_ms=500)}
)


def visit(queue: str, outcome: str, wait_ms: int) -> Visit:
    return Visit(call="c", queue=queue, entered=datetime(2026, 11, 2, tzinfo=UTC), outcome=outcome, wait_ms=wait_ms)


def test_each_stay_is_judged_by_its_queue_and_the_total_adds_up_what_the_queues_counted():
    stays = [visit(queue, "answered", 15_000) for queue in ("sales", "rescue", "parts")]
    stays += [visit(queue, "abandoned", 3_000) for queue in ("sales", "rescue", "parts")]
    found = count(stays, SITE)
    assert (found["answered"], found["answered_in_time"]) == (3, 2)
    assert (found["abandoned"], found["short_abandoned"]) == (3, 2)


def test_what_a_command_asks_for_holds_in_every_queue_and_the_other_one_stays_their_own():
    asked = SITE.instead(within_ms=30_000)
    assert {asked.of(queue).within_ms for queue in ("sales", "rescue", "parts")} == {30_000}
    assert (asked.of("parts").short_ms, asked.of("sales").short_ms) == (500, 5_000)
    assert SITE.instead(1_000, 2_000).key == "1000/2000"
    assert SITE.instead() == SITE


def test_a_queue_whose_own_are_the_usual_ones_is_no_other_key():
    same = Thresholds(queues={"rescue": Thresholds()})
    assert same.key == USUAL.key == "20000/5000"
    assert SITE.key == "20000/5000 parts=20000/500 rescue=10000/5000"


@pytest.mark.parametrize(
    ("before", "changed"),
    [
        (SITE.key, set()),
        (USUAL.key, {"rescue", "parts"}),
        ("20000/5000 rescue=10000/5000", {"parts"}),
        ("20000/5000 rescue=9000/5000 parts=20000/500 gone=1/1", {"rescue", "gone"}),
        ("30000/5000 rescue=10000/5000 parts=20000/500", None),  # whoever has none of their own
    ],
)
def test_which_queues_have_others_than_before_is_read_from_the_key(before, changed):
    assert SITE.changed_since(before) == changed


def test_each_queues_own_are_told_beside_the_usual_ones():
    assert (SITE.told_within, SITE.told_short) == ("20 s; rescue 10 s", "5 s; parts 0.5 s")
    assert USUAL.told_within == "20 s"
    assert told_key(SITE.key) == "T 20 s, S 5 s; parts T 20 s, S 0.5 s; rescue T 10 s, S 5 s"
