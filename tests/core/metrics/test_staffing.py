"""The fewest agents by theory. One erlang: C(2, 1) = 1/3 and C(3, 1) = 1/11, so 76 % and 95 % within a third of AHT."""

from __future__ import annotations

import math

import pytest

from cti.core.metrics.staffing import MOST_AGENTS, Demand, fewest, patience_seconds, staffed

ONE_ERLANG = Demand(rate=1 / 60, handling_seconds=60, patience_seconds=math.inf, within_seconds=20)


def test_the_fewest_agents_that_reach_the_target():
    assert [staffed(ONE_ERLANG, 2, target).needed_erlang_c for target in (0.76, 0.77, 0.95, 0.96)] == [2, 3, 3, 4]


def test_what_is_to_be_expected_of_those_who_were_there():
    told = staffed(ONE_ERLANG, 2, 0.8)
    assert told.with_erlang_c.service_level == pytest.approx(1 - math.exp(-1 / 3) / 3)
    assert told.with_erlang_a == told.with_erlang_c  # nobody gives up


def test_of_nobody_nothing_is_expected():
    told = staffed(ONE_ERLANG, 0, 0.8)
    assert (told.with_erlang_c, told.with_erlang_a, told.needed_erlang_c) == (None, None, 3)


def test_callers_who_give_up_need_fewer_agents_in_a_rush():
    rush = Demand(rate=1, handling_seconds=60, patience_seconds=60, within_seconds=20)
    told = staffed(rush, 60, 0.8)
    assert told.needed_erlang_a < told.needed_erlang_c
    assert told.with_erlang_c.service_level == 0.0 < told.with_erlang_a.service_level


@pytest.mark.parametrize("least", [1, 2, 3, 7, 64, 65, 9_999])
def test_the_search_finds_the_first_that_is_enough(least):
    assert fewest(lambda n: float(n >= least), 0.5) == least


def test_what_no_number_of_agents_reaches_is_not_searched_for_ever():
    assert fewest(lambda _: 0.0, 0.5) == MOST_AGENTS


def test_patience_is_all_waiting_over_those_who_gave_up():
    assert patience_seconds(600_000, 4) == 150.0
    assert patience_seconds(600_000, 0) == math.inf
