"""The call benchmark's result: the chosen rung on top, ratios, and aims that say None when the ladder cannot tell."""

from __future__ import annotations

from cti.stage.bench_report import report


def side(name: str, p99: dict[float, float], clean: float, following: float) -> dict:
    cpu = {"asterisk": 6.0, "engine": 0.5, "importer": 2.0} if name == "cti" else {"asterisk": 5.0}
    rungs = {
        rate: {"p50": 1.0, "p99": value, "calls": 10, "failed": 0, "cpu_ms_per_call": cpu}
        for rate, value in p99.items()
    }
    return {
        "rungs": rungs,
        "clean": clean,
        "next": {"p50": following, "p99": 4 * following, "count": 9, "calls": 5, "failed": 0},
    }


def told(cti: dict[float, float], queue: dict[float, float]) -> dict:
    found = {"cti": side("cti", cti, max(cti), 10.0), "queue": side("queue", queue, max(queue), 500.0)}
    return report(found, sorted({*cti, *queue}), {"agents": 300, "machine": {}})


def test_the_rung_of_150_is_on_top_when_both_came_so_far():
    result = told({50.0: 12.0, 150.0: 20.0, 250.0: 30.0}, {50.0: 10.0, 150.0: 40.0})
    assert result["cps"] == 150.0
    assert result["invite_to_agent_ms"] == {"cti": {"p50": 1.0, "p99": 20.0}, "queue": {"p50": 1.0, "p99": 40.0}}
    assert result["cpu_ms_per_call"] == {"asterisk_cti": 6.0, "engine": 0.5, "importer": 2.0, "asterisk_queue": 5.0}
    assert result["cti_to_queue"]["invite_to_agent_p99"] == 0.5
    assert (result["calls"], result["failed"]) == (30, 0)
    assert [rung["queue"] for rung in result["rungs"]][-1] is None


def test_aims_that_are_met_and_missed_are_told_apart():
    met = told({50.0: 12.0, 150.0: 20.0, 250.0: 30.0}, {50.0: 10.0, 150.0: 40.0})["aims"]
    assert all(met.values())
    missed = told({50.0: 14.0, 150.0: 50.0}, {50.0: 10.0, 150.0: 40.0})["aims"]
    assert [missed[f"p99_{aim}"] for aim in ("within_3_ms_of_queue_at_50", "below_queue_from_150_on")] == [False, False]
    assert missed["clean_at_250"] is False


def test_a_ladder_without_an_aims_rung_says_none():
    aims = told({20.0: 12.0}, {20.0: 10.0})["aims"]
    assert aims["p99_within_3_ms_of_queue_at_50"] is None
    assert aims["p99_below_queue_from_150_on"] is None
