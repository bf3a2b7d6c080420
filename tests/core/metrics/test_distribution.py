"""Percentiles and counts are those of the waits one by one."""

from __future__ import annotations

import math
import random

import pytest

from cti.core.metrics.distribution import Distribution


@pytest.mark.parametrize("seed", range(20))
def test_it_is_what_counting_one_by_one_gives(seed):
    chance = random.Random(seed)
    waits = sorted(chance.choice((0, 5_000, 20_000, chance.randrange(60_000))) for _ in range(1 + seed * 7))
    spread = Distribution([(ms, 1) for ms in chance.sample(waits, len(waits))])
    for percent in (1, 50, 80, 90, 95, 99, 100):
        assert spread.percentile(percent) == waits[math.ceil(len(waits) * percent / 100) - 1]
    for ms in (-1, 0, 4_999, 5_000, 5_001, 60_000):
        assert spread.at_most(ms) == sum(wait <= ms for wait in waits)
    assert (spread.total, spread.longest) == (len(waits), waits[-1])


def test_of_ten_the_ninetieth_percent_is_the_ninth_and_not_between():
    spread = Distribution([(n * 1000, 1) for n in range(1, 11)])
    assert [spread.percentile(p) for p in (50, 80, 90, 95)] == [5000, 8000, 9000, 10_000]


def test_many_of_the_same_length_are_many():
    spread = Distribution([(1000, 3), (9000, 1), (1000, 6)])
    assert (spread.total, spread.percentile(90), spread.percentile(91)) == (10, 1000, 9000)


def test_of_nothing_there_is_nothing():
    spread = Distribution([])
    assert (spread.total, spread.percentile(50), spread.longest, spread.at_most(10**9)) == (0, None, None, 0)
