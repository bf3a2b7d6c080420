"""How each queue was served today: live stays and rows add up to one number, and no caller counts twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cti.core.metrics.counters import add, count
from cti.core.metrics.facts import Visit
from cti.core.metrics.thresholds import Thresholds
from cti.core.words import CallId, Outcome, QueueName
from cti.engine.today import ROW_WITHIN, Today

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)  # in Shanghai
CHINA = ZoneInfo("Asia/Shanghai")
SALES, PARTS = QueueName("sales"), QueueName("parts")


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def came(today: Today, call: str, entered: float, queue: QueueName = SALES, at: float | None = None) -> None:
    today.joined(CallId(call), queue, later(entered), later(entered if at is None else at))


def row(call: str, entered: float, outcome: str, wait_ms: int = 0, queue: str = "sales") -> Visit:
    return Visit(call=call, queue=queue, entered=later(entered), outcome=outcome, wait_ms=wait_ms)


def sums(*rows: Visit) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for one in rows:
        found[one.queue] = dict(add(found.get(one.queue, {}), count([one], Thresholds())))
    return found


def test_a_queue_that_nobody_entered_has_no_service_and_says_which_it_would_be() -> None:
    today = Today(CHINA).of(SALES, NOON)
    assert (today["entered"], today["service_percent"], today["asa_seconds"]) == (0, None, None)
    assert (today["definition"], today["within_seconds"], today["short_seconds"]) == ("service_level.offered v1", 20, 5)
    assert today["formula"] == "answered_in_time / entered"


def test_the_sites_own_definition_and_thresholds_are_used_and_told() -> None:
    today = Today(CHINA, Thresholds(within_ms=10_000, short_ms=3_000), "service_level.asterisk_perf")
    for call, waited in (("1.1", 10.0), ("1.2", 10.001)):
        came(today, call, 0)
        today.left(CallId(call), later(waited), Outcome.ANSWERED)
    came(today, "1.3", 0)
    found = today.of(SALES, NOON)
    assert (found["service_percent"], found["definition"]) == (50.0, "service_level.asterisk_perf v1")
    assert (found["within_seconds"], found["short_seconds"]) == (10, 3)


def test_a_queue_is_counted_with_its_own_thresholds_and_says_which() -> None:
    own = {"rescue": Thresholds(within_ms=10_000, short_ms=1_000)}
    today = Today(CHINA, Thresholds(queues=own))
    for queue in (SALES, QueueName("rescue")):
        came(today, f"{queue}.1", 0, queue)
        today.left(CallId(f"{queue}.1"), later(15), Outcome.ANSWERED)
        came(today, f"{queue}.2", 0, queue)
        today.left(CallId(f"{queue}.2"), later(3), Outcome.ABANDONED)
    sales, rescue = today.of(SALES, NOON), today.of(QueueName("rescue"), NOON)
    assert [one["service_percent"] for one in (sales, rescue)] == [50.0, 0.0]
    assert [one["short_abandoned"] for one in (sales, rescue)] == [1, 0]
    assert [(one["within_seconds"], one["short_seconds"]) for one in (sales, rescue)] == [(20, 5), (10, 1)]


def test_a_site_that_is_read_again_counts_those_who_are_there_by_its_new_definition() -> None:
    today = Today(CHINA)
    came(today, "1.1", 0)
    today.left(CallId("1.1"), later(12), Outcome.ANSWERED)
    assert today.of(SALES, NOON)["service_percent"] == 100.0
    today.define(CHINA, Thresholds(within_ms=10_000), "service_level.offered")
    assert (today.of(SALES, NOON)["entered"], today.of(SALES, NOON)["service_percent"]) == (1, 0.0)


def test_a_caller_counts_from_entry_on_and_once_whatever_becomes_of_them() -> None:
    today = Today(CHINA)
    for call in ("1.1", "1.2", "1.3"):
        came(today, call, 0)
    assert (today.of(SALES, NOON)["entered"], today.of(SALES, NOON)["service_percent"]) == (3, 0.0)
    today.left(CallId("1.1"), later(8), Outcome.ANSWERED)
    came(today, "1.2", 0, at=15)  # back in the line after a miss
    today.left(CallId("1.2"), later(30), Outcome.ABANDONED)
    today.left(CallId("1.3"), later(4), Outcome.ABANDONED)
    found = today.of(SALES, NOON)
    assert (found["entered"], found["answered"], found["abandoned"], found["short_abandoned"]) == (3, 1, 2, 1)
    assert (found["service_percent"], found["asa_seconds"], found["mean_wait_seconds"]) == (33.33, 8.0, 14.0)


def test_who_comes_back_from_the_native_queue_had_not_hung_up() -> None:
    today = Today(CHINA)
    came(today, "1.1", 0)
    today.left(CallId("1.1"), later(10), Outcome.ABANDONED)
    came(today, "1.1", 0, at=30)
    today.left(CallId("1.1"), later(40), Outcome.ANSWERED)
    found = today.of(SALES, NOON)
    assert (found["entered"], found["answered"], found["abandoned"], found["asa_seconds"]) == (1, 1, 0, 40.0)


def test_a_caller_who_is_sent_to_another_queue_has_entered_both() -> None:
    today = Today(CHINA)
    came(today, "1.1", 0)
    today.left(CallId("1.1"), later(60), Outcome.OVERFLOW)
    came(today, "1.1", 0, PARTS, at=60)
    today.left(CallId("1.1"), later(65), Outcome.ANSWERED)
    sales, parts = today.of(SALES, NOON), today.of(PARTS, NOON)
    assert (sales["entered"], sales["sent_on"], sales["answered"]) == (1, 1, 0)
    assert (parts["entered"], parts["answered"], parts["asa_seconds"]) == (1, 1, 5.0)


def test_a_row_takes_the_place_of_its_live_stay_and_knows_the_time_better() -> None:
    today = Today(CHINA)
    came(today, "1.1", 0)
    today.left(CallId("1.1"), later(8.2), Outcome.ANSWERED)
    seen = row("1.1", 0, "answered", 8_137)
    today.settle(sums(seen), [seen], later(10))
    assert today.unsettled == []
    assert (today.of(SALES, NOON)["entered"], today.of(SALES, NOON)["asa_seconds"]) == (1, 8.137)


def test_while_a_row_is_behind_what_the_engine_saw_counts() -> None:
    today = Today(CHINA)
    came(today, "1.1", 0)
    today.left(CallId("1.1"), later(8), Outcome.ANSWERED)
    open_row = row("1.1", 0, "")
    today.settle(sums(open_row, row("1.0", -60, "abandoned", 9_000)), [open_row], later(10))
    found = today.of(SALES, NOON)
    assert (found["entered"], found["answered"], found["abandoned"]) == (2, 1, 1)
    assert today.unsettled == ["1.1"]


def test_who_was_served_without_the_engine_counts_by_their_row() -> None:
    today = Today(CHINA)
    today.settle(sums(row("1.1", 0, "answered", 30_000)), [], later(100))
    assert (today.of(SALES, NOON)["answered"], today.of(SALES, NOON)["service_percent"]) == (1, 0.0)


def test_an_engine_that_starts_in_the_middle_takes_the_last_stay_for_its_own() -> None:
    """It knows of one queue, the rows of two."""
    today = Today(CHINA)
    came(today, "1.1", 60, PARTS)
    rows = [row("1.1", 0, "overflow", 60_000), row("1.1", 60, "", queue="parts")]
    today.settle(sums(*rows), rows, later(70))
    assert (today.of(SALES, NOON)["sent_on"], today.of(PARTS, NOON)["entered"]) == (1, 1)
    assert today.unsettled == ["1.1"]


def test_a_stay_that_never_gets_a_row_is_forgotten() -> None:
    today = Today(CHINA)
    came(today, "1.1", 0)
    today.left(CallId("1.1"), later(8), Outcome.ANSWERED)
    today.settle({}, [], later(ROW_WITHIN.total_seconds()))
    assert today.unsettled == ["1.1"]
    today.settle({}, [], later(ROW_WITHIN.total_seconds() + 9))
    assert (today.unsettled, today.of(SALES, NOON)["entered"]) == ([], 0)


def test_a_callback_counts_by_its_row_alone() -> None:
    today = Today(CHINA)
    came(today, "callback-1", 0)
    today.left(CallId("callback-1"), later(8), Outcome.ANSWERED)
    assert (today.unsettled, today.of(SALES, NOON)["entered"]) == ([], 0)


def test_a_caller_counts_to_the_day_of_entry_and_midnight_is_the_sites_own() -> None:
    today = Today(CHINA)
    assert today.midnight(NOON) == datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
    before, after = 12 * 3600 - 60, 12 * 3600 + 60
    came(today, "1.1", before)
    today.settle(sums(row("1.0", 0, "answered", 1_000)), [], later(before))
    assert today.of(SALES, later(before))["entered"] == 2
    today.left(CallId("1.1"), later(after), Outcome.ANSWERED)
    assert today.of(SALES, later(after))["entered"] == 0
