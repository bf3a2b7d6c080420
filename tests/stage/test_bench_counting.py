"""The benchmark of reports at a small size: every way to ask gives the same document, and memory stays small."""

from __future__ import annotations

import math

from cti.db import rolling
from cti.stage.bench_counting import MEMORY_MIB, QUESTIONS, promises, run
from cti.stage.year_of_calls import DAYS, calls_of_day, day_of_calls


def test_a_year_is_made_of_as_many_calls_as_were_asked_for_and_always_of_the_same():
    assert sum(calls_of_day(day, 12_345) for day in range(DAYS)) == 12_345
    assert day_of_calls(7, 12_345) == day_of_calls(7, 12_345)
    assert day_of_calls(7, 12_345) != day_of_calls(8, 12_345)


def test_sums_rows_and_parquet_give_the_same_reports_and_the_making_can_be_taken_in_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr(rolling, "PIECE", 96 * 60)  # few calls need few transactions
    assert run("", tmp_path, 5_000, at_most=0.5) is None
    found = run("", tmp_path, 5_000, at_most=math.inf)
    assert found is not None
    for name in QUESTIONS:
        assert found[name]["equal"], found
        assert found[name]["lines"] > 1
    assert 0 < found["memory_mib"] < MEMORY_MIB
    held = promises(found)
    assert held["memory"]
    assert not promises(found | {"memory_mib": MEMORY_MIB})["memory"]
    assert not promises(found | {"day_by_queue": found["day_by_queue"] | {"equal": False}})["day_by_queue_equal"]
