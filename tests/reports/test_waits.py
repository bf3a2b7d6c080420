"""How long callers waited: exact percentiles, buckets with their borders, the service level at every T."""

from __future__ import annotations

from dataclasses import replace

from cti.core.metrics.catalogue import METRICS
from cti.core.metrics.counters import count
from cti.core.metrics.facts import Visit
from cti.core.metrics.thresholds import Thresholds
from cti.reports.waits import EDGES, Wait, waits_report

from .asking import asked, local, rows, total

DAY = ("2026-11-02", "2026-11-03")
NINE = local("2026-11-02 09:00")
WAITS = (  # ten stays: how they ended, seconds
    *(("answered", s) for s in (0, 5, 20, 20.001, 61)),
    *(("abandoned", s) for s in (3, 5, 40)),
    ("timeout", 300),
    ("", 0),  # still waiting
)


def made(per: str, waits=WAITS, queue: str = "sales", **more):
    told = [Wait(NINE, queue, outcome, round(s * 1000), 1) for outcome, s in waits]
    return waits_report(asked("waits", *DAY, **more), told, per=per)


def test_percentiles_are_waits_that_somebody_waited():
    answered, abandoned, other = rows(made("queue"))
    assert answered == {
        "queue": "sales",
        "ended": "answered",
        "ended_zh": "接通",
        "calls": 5,
        "mean_seconds": 21.2,
        "p50_seconds": 20.0,
        "p80_seconds": 20.001,
        "p90_seconds": 61.0,
        "p95_seconds": 61.0,
        "longest_seconds": 61.0,
    }
    assert (abandoned["ended"], abandoned["calls"], abandoned["p50_seconds"]) == ("abandoned", 3, 5.0)
    assert (other["ended"], other["calls"], other["longest_seconds"]) == ("other", 1, 300.0)
    whole = total(made("queue"))
    assert (whole["calls"], whole["p50_seconds"], whole["longest_seconds"]) == (9, 20.0, 300.0)


def test_who_waited_exactly_as_long_as_a_border_is_below_it():
    by_top = {row["up_to_seconds"]: row for row in rows(made("bucket"))}
    assert (by_top[5]["answered"], by_top[5]["abandoned"]) == (2, 2)  # 0 and 5; 3 and 5
    assert (by_top[20]["answered"], by_top[25]["answered"]) == (1, 1)  # 20 s, and 20.001 s
    assert by_top[20]["answered_so_far_percent"] == 60.0
    assert by_top[5]["abandoned_so_far_percent"] == 66.67


def test_every_wait_is_in_one_bucket_and_the_last_bucket_has_one():
    found = rows(made("bucket"))
    assert [sum(row[name] for row in found) for name in ("answered", "abandoned", "other")] == [5, 3, 1]
    assert (found[-1]["up_to_seconds"], found[-1]["other"]) == (300, 1)
    whole = total(made("bucket"))
    assert (whole["answered"], whole["abandoned"], whole["other"]) == (5, 3, 1)


def test_the_service_level_at_every_t_is_what_the_metric_says_at_that_t():
    visits = [
        Visit(call="c", queue="sales", entered=NINE, outcome=outcome, wait_ms=round(s * 1000)) for outcome, s in WAITS
    ]
    for row in rows(made("bucket")):
        counts = count(visits, Thresholds(within_ms=row["up_to_seconds"] * 1000))
        for name in ("service_level.offered", "service_level.offered_minus_short"):
            assert row[f"{name.replace('.', '_')}_percent"] == round(METRICS[name].value(counts), 2)


def test_who_was_short_is_judged_by_the_queue_that_they_waited_in():
    told = [
        Wait(NINE, queue, outcome, 3_000, 1) for queue in ("sales", "rescue") for outcome in ("answered", "abandoned")
    ]
    question = asked("waits", *DAY)
    strict = Thresholds(queues={"rescue": Thresholds(short_ms=1_000)})
    for thresholds, level in ((question.thresholds, 100.0), (strict, 66.67)):
        (row,) = rows(waits_report(replace(question, thresholds=thresholds), told, per="bucket"))
        assert row["service_level_offered_minus_short_percent"] == level


def test_a_wait_beyond_every_border_is_in_the_bucket_without_an_end():
    (*_, last) = rows(made("bucket", (("answered", EDGES[-1] + 0.001),)))
    assert (last["over_seconds"], last["up_to_seconds"], last["answered"]) == (EDGES[-1], None, 1)
    assert last["service_level_offered_percent"] == 100.0


def test_each_queue_has_its_own_and_together_they_are_one():
    told = [Wait(NINE, queue, "answered", ms, 2) for queue, ms in (("sales", 1000), ("service", 9000))]
    of_queue = rows(waits_report(asked("waits", *DAY), told, per="queue"))
    assert [(row["queue"], row["calls"], row["p95_seconds"]) for row in of_queue] == [
        ("sales", 2, 1.0),
        ("service", 2, 9.0),
    ]
    (together,) = rows(waits_report(asked("waits", *DAY), told, per="all"))
    assert (together["calls"], together["p50_seconds"], together["p80_seconds"]) == (4, 1.0, 9.0)


def test_a_wait_counts_in_the_interval_of_its_entry():
    told = [Wait(local(at), "sales", "answered", 1000, 1) for at in ("2026-11-02 23:59:59", "2026-11-03 00:00")]
    found = rows(waits_report(asked("waits", "2026-11-02", "2026-11-04", by="day"), told, per="all"))
    assert [(row["from"].day, row["calls"]) for row in found] == [(2, 1), (3, 1)]


def test_when_nobody_came_there_is_no_line():
    for per in ("queue", "all", "bucket"):
        assert made(per, ()).rows == ()


def test_who_still_waits_counts_against_the_service_level_and_in_no_bucket():
    (row,) = rows(made("bucket", (("answered", 1), ("", 0))))
    assert (row["answered"], row["other"], row["service_level_offered_percent"]) == (1, 0, 50.0)
