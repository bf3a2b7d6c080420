"""Counters: at the threshold, over nothing, in parts, and the same in SQL as in Python."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cti.core.metrics.catalogue import METRICS
from cti.core.metrics.counters import COUNTERS, add, count, sql_of
from cti.core.metrics.facts import AgentTime, Channel, Fact, Offer, SurveyAnswer, Visit
from cti.core.metrics.metric import Unit
from cti.core.metrics.thresholds import Thresholds
from cti.core.words import Miss, Outcome, Presence

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
THRESHOLDS = Thresholds(within_ms=20_000, short_ms=5_000)
MS = st.sampled_from([0, 1, 4_999, 5_000, 5_001, 19_999, 20_000, 20_001, 90_000]) | st.integers(0, 10_000_000)
VISITS = st.builds(
    Visit,
    call=st.just("c"),
    queue=st.sampled_from(["sales", "service"]),
    entered=st.just(AT),
    outcome=st.sampled_from(["", *(word.value for word in Outcome)]),
    wait_ms=MS,
    ring_ms=MS,
    channel=st.sampled_from(Channel),
    agent=st.sampled_from(["", "1001"]),
    talk_ms=MS,
    hold_ms=MS,
    wrap_ms=MS,
    transferred=st.booleans(),
)
OFFERS = st.builds(
    Offer,
    call=st.just("c"),
    queue=st.just("sales"),
    agent=st.just("1001"),
    offered=st.just(AT),
    outcome=st.sampled_from(["", "answered", *(word.value for word in Miss)]),
    ring_ms=MS,
)
TIMES = st.builds(
    AgentTime,
    agent=st.just("1001"),
    started=st.just(AT),
    presence=st.sampled_from([word.value for word in Presence]),
    ms=MS,
    reason=st.sampled_from(["", "lunch"]),
    payable=st.booleans(),
    billable=st.booleans(),
)
ANSWERS = st.builds(
    lambda answer, **more: SurveyAnswer(answer=answer, outcome="silent" if answer is None else "answered", **more),
    answer=st.none() | st.integers(1, 5),
    call=st.just("c"),
    position=st.just(1),
    queue=st.just("sales"),
    agent=st.just("1001"),
    survey=st.just("care"),
    question=st.just("content"),
    at=st.just(AT),
    worst=st.just(1),
    best=st.just(5),
    top_two=st.booleans(),
)
FACTS = st.lists(VISITS | OFFERS | TIMES | ANSWERS, max_size=30)


def visit(outcome: str, wait_ms: int, **more: Any) -> Visit:
    return Visit(call="c", queue="sales", entered=AT, outcome=outcome, wait_ms=wait_ms, **more)


def counts(*facts: Fact) -> dict[str, int]:
    return count(facts, THRESHOLDS)


def test_exactly_at_the_threshold_is_in_time_and_not_under_it() -> None:
    found = counts(visit("answered", 20_000))
    assert (found["answered_in_time"], found["answered_under_time"], found["late"]) == (1, 0, 0)


def test_a_millisecond_later_is_late() -> None:
    found = counts(visit("answered", 20_001))
    assert (found["answered_in_time"], found["late"]) == (0, 1)


def test_exactly_at_the_short_threshold_is_short() -> None:
    found = counts(visit("abandoned", 5_000), visit("abandoned", 5_001))
    assert (found["short_abandoned"], found["under_short_abandoned"]) == (1, 0)
    assert found["abandoned_after_short_in_time"] == 1


def test_whoever_came_while_it_was_closed_did_not_enter() -> None:
    found = counts(visit("closed", 0), visit("blocked", 0))
    assert (found["entered"], found["closed"]) == (0, 2)


def test_a_callback_is_not_offered_a_second_time() -> None:
    found = counts(visit("callback_requested", 40_000), visit("answered", 0, channel=Channel.CALLBACK, talk_ms=1000))
    assert (found["entered"], found["answered"], found["called_back"]) == (1, 0, 1)
    assert METRICS["answer_rate.with_callback"].value(found) == 100.0


def test_who_still_waits_has_entered_and_may_be_late_already() -> None:
    found = counts(visit("", 30_000))
    assert (found["entered"], found["still_waiting"], found["late"], found["abandoned"]) == (1, 1, 1, 0)


@pytest.mark.parametrize("metric", [metric for metric in METRICS.values() if metric.bottom], ids=lambda m: m.name)
def test_without_calls_there_is_no_number(metric: Any) -> None:
    assert metric.value(counts()) is None


def test_every_metric_is_made_of_counters_that_exist_and_names_its_unit_in_both_languages() -> None:
    for name, metric in METRICS.items():
        assert {counter for _, counter in metric.top + metric.bottom} <= set(COUNTERS), name
        assert metric.says, name
        assert metric.says_zh, name
        assert metric.bottom or metric.unit is not Unit.PERCENT


def test_a_formula_can_be_read() -> None:
    assert METRICS["abandon.without_short"].formula == "(abandoned - short_abandoned) / (entered - short_abandoned)"


@given(FACTS, FACTS)
def test_two_intervals_together_count_what_they_count_apart(some: list[Fact], more: list[Fact]) -> None:
    assert add(counts(*some), counts(*more)) == counts(*some, *more)


@given(st.lists(FACTS, max_size=4))
def test_of_many_lines_a_metric_prints_what_it_prints_of_each(lines: list[list[Fact]]) -> None:
    counted = [counts(*facts) for facts in lines]
    columns = {name: [each[name] for each in counted] for name in COUNTERS}
    for metric in METRICS.values():
        assert list(metric.printed_of(columns)) == [metric.printed(each) for each in counted], metric.name


@given(FACTS)
def test_every_caller_who_entered_has_one_end(facts: list[Fact]) -> None:
    found = counts(*facts)
    ends = ("answered", "abandoned", "sent_on", "callback_requested", "failed", "still_waiting")
    assert found["entered"] == sum(found[name] for name in ends)


@settings(max_examples=50)
@given(FACTS, st.sampled_from([THRESHOLDS, Thresholds(queues={"sales": Thresholds(within_ms=5_000, short_ms=1)})]))
def test_sql_counts_as_python_does(facts: list[Fact], thresholds: Thresholds) -> None:
    rows = sqlite3.connect(":memory:")
    for kind in (Visit, Offer, AgentTime, SurveyAnswer):
        names = kind._fields
        rows.execute(f"CREATE TABLE {kind.__name__} ({', '.join(names)})")
        values = [[_plain(getattr(fact, name)) for name in names] for fact in facts if isinstance(fact, kind)]
        rows.executemany(f"INSERT INTO {kind.__name__} VALUES ({', '.join('?' * len(names))})", values)
    expected = count(facts, thresholds)
    for name, counter in COUNTERS.items():
        statement = f"SELECT {sql_of(counter, thresholds)} FROM {counter.fact.__name__}"
        assert rows.execute(statement).fetchone() == (expected[name],), name
    rows.close()


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
