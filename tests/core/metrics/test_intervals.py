"""Intervals: hours and days of a time zone, over midnight and both changes of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.core.metrics.intervals import By, cut, end_of, intervals, milliseconds, start_of

BERLIN, SHANGHAI = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Shanghai")
LORD_HOWE, KATHMANDU, SANTIAGO = (
    ZoneInfo("Australia/Lord_Howe"),
    ZoneInfo("Asia/Kathmandu"),
    ZoneInfo("America/Santiago"),
)
ZONES = st.sampled_from([BERLIN, SHANGHAI, LORD_HOWE, KATHMANDU, SANTIAGO, ZoneInfo("America/New_York")])
INSTANTS = st.integers(0, 3 * 365 * 86_400_000).map(
    lambda ms: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
)


def spans(first: datetime, last: datetime, by: By, zone: ZoneInfo) -> list[float]:
    return [(end - start) / timedelta(hours=1) for start, end in intervals(first, last, by, zone)]


def test_a_day_of_spring_has_23_hours_and_one_of_autumn_25() -> None:
    spring, autumn = datetime(2026, 3, 29, 12, tzinfo=BERLIN), datetime(2026, 10, 25, 12, tzinfo=BERLIN)
    assert spans(spring, spring + timedelta(minutes=1), By.DAY, BERLIN) == [23.0]
    assert spans(autumn, autumn + timedelta(minutes=1), By.DAY, BERLIN) == [25.0]


def test_the_hours_of_those_days_are_23_and_25() -> None:
    for day, hours in (((2026, 3, 29), 23), ((2026, 10, 25), 25)):
        first = datetime(*day, tzinfo=BERLIN)
        last = first + timedelta(days=1)
        assert spans(first, last, By.HOUR, BERLIN) == [1.0] * hours


def test_where_the_clock_moves_by_half_an_hour_one_hour_is_cut_short() -> None:
    first = datetime(2026, 4, 5, tzinfo=LORD_HOWE)  # at 02:00 the clock goes back to 01:30
    found = spans(first, first + timedelta(days=1), By.HOUR, LORD_HOWE)
    assert sorted(set(found)) == [0.5, 1.0]
    assert sum(found) == 24.5


def test_a_quarter_of_an_hour_fits_zones_of_forty_five_minutes() -> None:
    at = datetime(2026, 11, 2, 9, 22, tzinfo=KATHMANDU)
    assert start_of(at, By.QUARTER, KATHMANDU).astimezone(KATHMANDU).strftime("%H:%M") == "09:15"
    assert start_of(at, By.HOUR, KATHMANDU).astimezone(KATHMANDU).strftime("%H:%M") == "09:00"


def test_a_midnight_that_does_not_exist_is_the_instant_of_the_change() -> None:
    at = datetime(2026, 9, 6, 12, tzinfo=SANTIAGO)  # 00:00 becomes 01:00
    assert start_of(at, By.DAY, SANTIAGO).astimezone(SANTIAGO).strftime("%d %H:%M") == "06 01:00"


def test_a_pause_over_midnight_counts_in_both_days() -> None:
    started = datetime(2026, 11, 2, 23, 50, tzinfo=SHANGHAI)
    pieces = list(cut(started, started + timedelta(minutes=25), By.DAY, SHANGHAI))
    assert [(start.astimezone(SHANGHAI).day, ms) for start, ms in pieces] == [(2, 600_000), (3, 900_000)]


def test_a_week_begins_on_monday_and_a_month_on_its_first() -> None:
    at = datetime(2026, 11, 1, 12, tzinfo=SHANGHAI)  # a Sunday
    assert start_of(at, By.WEEK, SHANGHAI).astimezone(SHANGHAI).strftime("%m-%d %H:%M") == "10-26 00:00"
    assert start_of(at, By.MONTH, SHANGHAI).astimezone(SHANGHAI).strftime("%m-%d %H:%M") == "11-01 00:00"


def test_nothing_is_cut_into_nothing() -> None:
    at = datetime(2026, 11, 2, tzinfo=UTC)
    assert list(cut(at, at, By.HOUR, SHANGHAI)) == []


@given(INSTANTS, st.sampled_from(By), ZONES)
def test_every_instant_is_in_its_interval_and_intervals_meet(at: datetime, by: By, zone: ZoneInfo) -> None:
    start = start_of(at, by, zone)
    end = end_of(start, by, zone)
    assert start <= at < end
    assert start_of(start, by, zone) == start
    assert start_of(end, by, zone) == end
    assert start_of(end - timedelta(microseconds=1), by, zone) == start


@given(INSTANTS, st.integers(0, 40 * 3600 * 1000), st.sampled_from([By.QUARTER, By.HOUR, By.DAY]), ZONES)
def test_pieces_add_up_to_the_whole(started: datetime, ms: int, by: By, zone: ZoneInfo) -> None:
    ended = started + timedelta(milliseconds=ms)
    pieces = list(cut(started, ended, by, zone))
    assert sum(piece for _, piece in pieces) == milliseconds(ended - started)
    assert [start for start, _ in pieces] == sorted({start for start, _ in pieces})


@pytest.mark.parametrize("by", By)
def test_an_interval_holds_its_start_and_not_its_end(by: By) -> None:
    start = start_of(datetime(2026, 11, 2, 9, 7, tzinfo=SHANGHAI), by, SHANGHAI)
    end = end_of(start, by, SHANGHAI)
    assert [first for first, _ in intervals(start, end, by, SHANGHAI)] == [start]
