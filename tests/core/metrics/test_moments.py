"""How many there were at every moment, and who had waited longest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cti.core.metrics.moments import levels, longest

ZERO = datetime(2026, 11, 2, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return ZERO + timedelta(seconds=seconds)


def spans(*pairs: tuple[float, float]) -> list[tuple[datetime, datetime]]:
    return [(at(start), at(end)) for start, end in pairs]


MINUTES = spans((0, 60), (60, 120))


def test_the_most_is_of_one_moment_and_the_mean_of_all() -> None:
    first, second = levels(spans((10, 40), (20, 30), (55, 90)), MINUTES)
    assert (first.most, first.least, first.mean) == (2, 0, 0.75)
    assert (second.most, second.least, second.mean) == (1, 0, 0.5)


def test_who_leaves_as_another_comes_was_never_there_with_them() -> None:
    (level,) = levels(spans((0, 30), (30, 60)), MINUTES[:1])
    assert (level.most, level.least, level.mean) == (1, 1, 1.0)


def test_a_change_at_the_border_belongs_to_the_interval_that_begins_there() -> None:
    first, second = levels(spans((60, 61), (0, 60)), MINUTES)
    assert (first.most, second.most) == (1, 1)
    assert second.ms == 1000


def test_what_began_before_the_first_interval_counts_in_it() -> None:
    assert levels(spans((-100, 10)), MINUTES)[0].most == 1


def test_a_stretch_without_length_was_never_there() -> None:
    assert levels(spans((5, 5)), MINUTES)[0].most == 0


def test_the_longest_wait_counts_from_the_entry_also_in_a_later_interval() -> None:
    waits = [(at(-30), at(10), at(70)), (at(50), at(50), at(55))]
    assert longest(waits, MINUTES) == [90_000, 100_000]


def test_when_nobody_waits_there_is_no_longest_wait() -> None:
    assert longest([(at(0), at(60), at(60))], MINUTES) == [None, None]


TIMES = st.integers(0, 300).map(float)


@given(st.lists(st.tuples(TIMES, TIMES), max_size=12))
def test_it_is_what_looking_at_every_second_would_have_seen(pairs: list[tuple[float, float]]) -> None:
    intervals = spans(*[(n, n + 60) for n in range(0, 300, 60)])
    for (start, _), level in zip(intervals, levels(spans(*pairs), intervals), strict=True):
        begin = int((start - ZERO).total_seconds())
        seen = [sum(first <= second < last for first, last in pairs) for second in range(begin, begin + 60)]
        assert (level.most, level.least, level.ms) == (max(seen), min(seen), 1000 * sum(seen))
