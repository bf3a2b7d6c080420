"""Erlang B, C and A against published tables, against exact fractions, and at sizes where naive sums overflow."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from cti.core.erlang import erlang_a, erlang_b, erlang_c


@pytest.mark.parametrize(
    ("lines", "load"), [(1, 0.0101), (5, 1.361), (10, 4.461), (20, 12.03), (50, 37.90), (100, 84.06)]
)
def test_one_percent_is_blocked_at_the_loads_of_the_published_table(lines: int, load: float) -> None:
    assert erlang_b(lines, load) == pytest.approx(0.01, rel=0.002)


@pytest.mark.parametrize(
    ("agents", "load"), [(1, Fraction(1, 2)), (3, Fraction(5, 2)), (12, Fraction(10)), (40, Fraction(36))]
)
def test_erlang_c_is_the_sum_that_defines_it(agents: int, load: Fraction) -> None:
    busy = load**agents / math.factorial(agents) * agents / (agents - load)
    exact = busy / (sum(load**k / math.factorial(k) for k in range(agents)) + busy)
    assert erlang_c(agents, float(load) / 100, 100).wait_probability == pytest.approx(float(exact), rel=1e-12)


def test_fifty_agents_with_and_without_impatience_as_published() -> None:
    """Garnett, Mandelbaum, Reiman (2002), table 1: 48 calls a minute, talks of one minute, patience of two minutes."""
    patient, impatient = erlang_c(50, 0.8, 60), erlang_a(50, 0.8, 60, 120)
    assert patient.asa_seconds == pytest.approx(20.8, abs=0.05)
    assert patient.occupancy == pytest.approx(0.96)
    assert impatient.abandoned == pytest.approx(0.031, abs=0.0005)
    assert impatient.abandoned * 120 == pytest.approx(3.7, abs=0.05)  # the mean wait of all callers
    assert impatient.occupancy == pytest.approx(0.93, abs=0.005)


@pytest.mark.parametrize("load", [0.5, 4.0, 9.0, 15.0, 40.0])
def test_erlang_a_is_the_birth_and_death_process_that_defines_it(load: float) -> None:
    agents, patience = 10, 37.0
    weights, n = [1.0], 0
    while n < 400:
        n += 1
        weights.append(weights[-1] * load / (min(n, agents) + max(0, n - agents) * 100 / patience))
    total, waiting = sum(weights), sum((n - agents) * w for n, w in enumerate(weights) if n > agents)
    found = erlang_a(agents, load / 100, 100, patience)
    assert found.wait_probability == pytest.approx(sum(weights[agents:]) / total, rel=1e-6)
    assert found.abandoned == pytest.approx(waiting / total / patience / (load / 100), rel=1e-6)


def test_without_end_to_patience_erlang_a_is_erlang_c() -> None:
    assert erlang_a(10, 0.08, 100, math.inf) == erlang_c(10, 0.08, 100)
    nearly, patient = erlang_a(10, 0.08, 100, 1e7), erlang_c(10, 0.08, 100)
    assert nearly.asa_seconds == pytest.approx(patient.asa_seconds, rel=1e-3)
    assert nearly.service_level == pytest.approx(patient.service_level, rel=1e-3)


@pytest.mark.parametrize("load", [0.001, 100.0, 480.0, 500.0, 700.0, 5000.0])
def test_five_hundred_agents_overflow_nothing(load: float) -> None:
    found = erlang_a(500, load / 180, 180, 90)
    assert 0 <= found.wait_probability <= 1
    assert 0 <= found.service_level <= 1
    assert found.abandoned >= 1 - 500 / load - 1e-9
    assert math.isfinite(found.asa_seconds)
    assert 0 <= erlang_c(500, load / 180, 180).wait_probability <= 1


def test_a_queue_that_cannot_keep_up_waits_for_ever_without_impatience() -> None:
    assert erlang_c(10, 0.1, 100).asa_seconds == math.inf
    assert erlang_c(0, 0.1, 100).service_level == 0.0


def test_nobody_at_work_answers_nobody() -> None:
    assert (erlang_a(0, 0.1, 100, 60).abandoned, erlang_a(0, 0.1, 100, 60).service_level) == (1.0, 0.0)
