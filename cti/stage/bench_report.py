"""What the call benchmark says at the end: both rivals side by side, their ratios, and the aims.

It knows the shape of the result; it measures nothing. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Measured = Mapping[str, Any]  # {"rungs": {rate: …}, "clean": rate, "next": …}, from bench_calls.measure
Values = dict[str, Any]
REFERENCE = 150.0  # the rung of the top-level numbers, when both sides came so far


def report(found: Mapping[str, Measured], ladder: Sequence[float], told: Mapping[str, Any]) -> Values:
    """The result, as it is printed. `found` has the sides; `told` what else belongs in it."""
    common = [rate for rate in ladder if all(rate in one["rungs"] for one in found.values())]
    chosen = REFERENCE if REFERENCE in common else common[-1]
    at = {name: one["rungs"][chosen] for name, one in found.items()}
    counted = [*at.values(), *(one["next"] for one in found.values())]
    result = {
        "agents": told["agents"],
        "cps": chosen,
        "invite_to_agent_ms": {name: _spread(one) for name, one in at.items()},
        "free_to_next_ms": {name: _spread(one["next"]) for name, one in found.items()},
        "clean_calls_per_second": {name: one["clean"] for name, one in found.items()},
        "cpu_ms_per_call": _cpu(at),
        "calls": sum(one["calls"] for one in counted),
        "failed": sum(one["failed"] for one in counted),
        "rungs": [_rung(rate, found) for rate in ladder],
        "free_to_next_count": {name: one["next"]["count"] for name, one in found.items()},
        **{key: value for key, value in told.items() if key != "agents"},
    }
    if len(found) == 2:
        result["cti_to_queue"], result["aims"] = _ratios(result), _aims(found, result)
    return result


def show(result: Mapping[str, Any]) -> None:
    """Print it for people, a line for each value."""
    for key, value in result.items():
        for index, line in enumerate(value if isinstance(value, list) else [value]):
            text = ", ".join(f"{k} {v}" for k, v in line.items()) if isinstance(line, dict) else str(line)
            print(f"{key if index == 0 else '':24} {text}")


def _rung(rate: float, found: Mapping[str, Measured]) -> Values:
    return {"cps": rate, **{name: one["rungs"].get(rate) for name, one in found.items()}}


def _spread(one: Measured) -> Values:
    return {"p50": one["p50"], "p99": one["p99"]}


def _cpu(at: Mapping[str, Measured]) -> Values:
    """asterisk_cti, asterisk_queue, engine, importer: milliseconds a call."""
    return {
        f"{role}_{name}" if role == "asterisk" else role: used
        for name, one in at.items()
        for role, used in one["cpu_ms_per_call"].items()
    }


def _ratios(result: Values) -> Values:
    """Ours divided by Queue()'s: below 1 is better, but for calls a second."""
    cpu = result["cpu_ms_per_call"]
    ratios = {
        f"{what}_{part}": _ratio(*(result[f"{what}_ms"][name][part] for name in ("cti", "queue")))
        for what in ("invite_to_agent", "free_to_next")
        for part in ("p50", "p99")
    }
    ratios["clean_calls_per_second"] = _ratio(*(result["clean_calls_per_second"][name] for name in ("cti", "queue")))
    ratios["asterisk_cpu"] = _ratio(cpu["asterisk_cti"], cpu["asterisk_queue"])
    return ratios


def _ratio(ours: float | None, theirs: float | None) -> float | None:
    return round(ours / theirs, 3) if ours is not None and theirs else None


def _aims(found: Mapping[str, Measured], result: Values) -> Values:
    """Each aim, and whether this run met it; None where the ladder does not tell."""
    pairs = {rate: _p99s(found, rate) for rate in found["cti"]["rungs"] if rate in found["queue"]["rungs"]}
    known = {rate: pair for rate, pair in pairs.items() if pair is not None}
    fast = [ours < theirs for rate, (ours, theirs) in known.items() if rate >= 150]
    following = found["cti"]["next"]
    return {
        "free_to_next_p50_under_15_ms": following["p50"] is not None and following["p50"] < 15,
        "free_to_next_p99_under_50_ms": following["p99"] is not None and following["p99"] < 50,
        "p99_within_3_ms_of_queue_at_50": known[50.0][0] - known[50.0][1] <= 3 if 50.0 in known else None,
        "p99_below_queue_from_150_on": all(fast) if fast else None,
        "clean_at_250": found["cti"]["clean"] >= 250,
        "engine_under_2_ms_a_call": result["cpu_ms_per_call"]["engine"] < 2,
    }


def _p99s(found: Mapping[str, Measured], rate: float) -> tuple[float, float] | None:
    ours, theirs = (found[name]["rungs"][rate]["p99"] for name in ("cti", "queue"))
    return None if ours is None or theirs is None else (ours, theirs)
