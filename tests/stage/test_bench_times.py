"""What the call benchmark makes of the times that SIPp logged."""

from __future__ import annotations

import pytest

from cti.phones import LoggedTime
from cti.stage.bench_times import Spread, answered, free_to_next, invite_to_agent, percentile


def caller(kind: str, epoch: float, number: str) -> LoggedTime:
    return LoggedTime(kind, epoch, f"c{number}", "", number)


def agent(kind: str, epoch: float, call: str, agent: str = "", number: str = "") -> LoggedTime:
    return LoggedTime(kind, epoch, call, agent, number)


def test_a_call_is_measured_to_the_first_phone_that_rings_for_it():
    callers = [caller("invite", 10.0, "1"), caller("invite", 20.0, "2"), caller("invite", 30.0, "3")]
    agents = [agent("invite", 10.5, "a", "2001", "1"), agent("invite", 22.0, "b", "2001", "2")]
    agents.append(agent("invite", 20.25, "c", "2002", "2"))
    assert invite_to_agent(callers, agents) == [0.5, 0.25]


def test_a_call_counts_as_answered_when_a_phone_answered_it():
    callers = [caller("invite", 1.0, "1"), caller("answered", 1.1, "1"), caller("invite", 1.0, "2")]
    agents = [agent("invite", 1.2, "a", "2001", "1"), agent("answered", 1.3, "a", "2001", "1")]
    agents += [agent("invite", 0.2, "z", "2001", "9"), agent("answered", 0.3, "z", "2001", "9")]
    assert answered(callers, agents) == 1


def test_an_agent_who_hangs_up_while_a_caller_waits_is_measured_to_the_next_ring():
    callers = [caller("invite", 1.0, "1"), caller("invite", 2.0, "2"), caller("invite", 9.0, "3")]
    agents = [agent("invite", 1.1, "a", "2001", "1"), agent("bye", 5.0, "a"), agent("invite", 5.25, "b", "2001", "2")]
    assert free_to_next(callers, agents) == [0.25]


def test_an_agent_who_hangs_up_while_nobody_waits_is_not_measured():
    callers = [caller("invite", 1.0, "1"), caller("invite", 7.0, "2"), caller("invite", 9.0, "3")]
    agents = [agent("invite", 1.1, "a", "2001", "1"), agent("bye", 5.0, "a"), agent("invite", 7.1, "b", "2001", "2")]
    assert free_to_next(callers, agents) == []


def test_after_the_last_caller_came_nothing_is_measured():
    callers = [caller("invite", 1.0, "1"), caller("invite", 2.0, "2")]
    agents = [agent("invite", 1.1, "a", "2001", "1"), agent("bye", 5.0, "a"), agent("invite", 5.1, "b", "2001", "2")]
    assert free_to_next(callers, agents) == []


@pytest.mark.parametrize(("percent", "milliseconds"), [(50, 50_000), (99, 99_000), (1, 1_000), (100, 100_000)])
def test_percentiles_are_by_nearest_rank(percent, milliseconds):
    assert percentile([float(n) for n in range(1, 101)], percent) == milliseconds


def test_of_nothing_there_is_no_percentile():
    assert Spread.of([]) == Spread(0, None, None)
