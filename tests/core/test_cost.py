"""What a decision costs must not depend on how many agents and callers there are (scripts/bench_acd measures it)."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from cti.core.acd import Acd
from cti.core.floor import CallPhase
from cti.stage.acd_load import Floor
from cti.stage.bench_acd import SCENES, Watch, counted

NUMBERS = {"events", "offers", "per_second", "mean_us", "p50_us", "p99_us", "max_us", "seen_mean", "seen_max"}


def test_the_benchmark_prints_one_json_object():
    command = [sys.executable, "-m", "cti.stage.bench_acd", "--json", "--sizes", "10,20", "--events", "300"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=100, check=True)
    told = json.loads(ran.stdout)
    assert set(told["scenes"]) == set(told["growth"]) == set(SCENES)
    for name, sides in told["scenes"].items():
        assert set(sides) == {"10", "20"}
        assert all(set(numbers) == NUMBERS for numbers in sides.values())
        assert all(numbers["offers"] > 0 for numbers in sides.values()), name
        assert set(told["growth"][name]["10-20"]) == {"mean_us", "p99_us", "seen_mean"}
    assert set(told["reload"]["20"]) == {"unchanged_ms", "one_queue_ms"}
    assert ran.stderr.count("busy_day") == 3  # progress goes beside it


@pytest.mark.parametrize("scene", SCENES)
def test_four_times_as_many_agents_and_callers_are_not_looked_at_more_often(scene):
    few, many = (counted(SCENES[scene], size, 1_000)["seen_mean"] for size in (60, 240))
    assert many < 1.4 * few, "an index would not care, a scan looks at four times as many"


@pytest.mark.parametrize("scene", ["busy_day", "nobody_can", "everybody_missed"])
def test_the_line_of_a_scene_is_as_long_at_its_end_as_the_core_says(scene):
    acd = Acd()
    watch = Watch(acd)
    floor = Floor(30, watch.tell)
    SCENES[scene](floor, watch, 1_000)
    waiting = {call.call for call in acd.snapshot().calls if call.state is CallPhase.WAITING}
    assert waiting == set(floor.line)
    assert len(waiting) >= 25
    assert watch.offers > 100


def test_what_is_read_is_counted_and_the_core_is_left_as_it_was():
    assert counted(SCENES["quiet_day"], 20, 200)["seen_mean"] > 1
    watch = Watch(Acd(), set())
    floor = Floor(5, watch.tell)
    SCENES["quiet_day"](floor, watch, 50)
    assert set(watch.looked) == {0}
