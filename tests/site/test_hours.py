"""Schedules: minutes of the local day, over midnight, with exceptions by date."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.share import shared_folder
from cti.site.hours import Period, Schedule, Span, make_schedule
from cti.site.load import load_site

SHANGHAI = ZoneInfo("Asia/Shanghai")
NIGHT = Span(22 * 60, 6 * 60)
DAY = Span(8 * 60, 18 * 60)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 10, day, hour, minute, tzinfo=SHANGHAI)  # 1 October 2026 is a Thursday


def test_it_is_open_from_the_first_minute_to_before_the_last() -> None:
    schedule = make_schedule("s", "Asia/Shanghai", {4: [DAY]}, {})
    assert [schedule.is_open(at(1, h, m)) for h, m in ((7, 59), (8, 0), (17, 59), (18, 0))] == [
        False,
        True,
        True,
        False,
    ]


def test_the_timezone_of_the_asker_does_not_matter() -> None:
    schedule = make_schedule("s", "Asia/Shanghai", {4: [DAY]}, {})
    assert schedule.is_open(at(1, 8).astimezone(UTC))
    assert not schedule.is_open(at(1, 7, 59).astimezone(ZoneInfo("America/New_York")))


def test_a_night_is_split_at_midnight_and_sunday_runs_into_monday() -> None:
    schedule = make_schedule("s", "Asia/Shanghai", {7: [NIGHT]}, {})
    assert schedule.periods == (Period(1, 0, 360), Period(7, 1320, 1440))


def test_a_night_that_ends_at_midnight_has_no_rest() -> None:
    assert make_schedule("s", "UTC", {1: [Span(1320, 0)]}, {}).periods == (Period(1, 1320, 1440),)


def test_a_listed_date_wins_over_its_weekday() -> None:
    schedule = make_schedule("s", "Asia/Shanghai", {4: [DAY]}, {date(2026, 10, 1): [Span(600, 660)]})
    assert schedule.is_open(at(1, 10))
    assert not schedule.is_open(at(1, 11))
    assert schedule.is_open(at(8, 11))


def test_a_closed_date_takes_the_rest_of_its_night_with_it() -> None:
    schedule = make_schedule("s", "Asia/Shanghai", {4: [NIGHT], 5: [NIGHT]}, {date(2026, 10, 1): []})
    assert not schedule.is_open(at(1, 23))
    assert not schedule.is_open(at(2, 5))  # the night of the closed Thursday
    assert schedule.is_open(at(2, 22))
    assert schedule.is_open(at(3, 5))


def test_a_listed_night_runs_into_the_next_day_beside_that_days_own_hours() -> None:
    schedule = make_schedule("s", "Asia/Shanghai", {5: [DAY]}, {date(2026, 10, 1): [NIGHT]})
    assert [schedule.is_open(at(2, hour)) for hour in (5, 7, 9)] == [True, False, True]


def test_the_hour_that_comes_twice_is_open_twice_and_the_one_that_is_skipped_never() -> None:
    berlin = make_schedule("s", "Europe/Berlin", {day: [Span(150, 160)] for day in range(1, 8)}, {})
    assert berlin.is_open(datetime(2026, 10, 25, 0, 35, tzinfo=UTC))  # 02:35 summer time
    assert berlin.is_open(datetime(2026, 10, 25, 1, 35, tzinfo=UTC))  # 02:35 winter time
    spring = [berlin.is_open(datetime(2026, 3, 29, hour, 35, tzinfo=UTC)) for hour in range(24)]
    assert not any(spring)


@given(st.integers(0, 2 * 366 * 1440), st.sampled_from([DAY, NIGHT, Span(0, 1440)]))
def test_a_period_of_every_day_depends_on_the_time_of_day_only(minutes: int, span: Span) -> None:
    schedule = make_schedule("s", "UTC", {day: [span] for day in range(1, 8)}, {})
    instant = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    minute = minutes % 1440
    inside = span.first <= minute < span.last if span.first < span.last else not span.last <= minute < span.first
    assert schedule.is_open(instant) is inside


@pytest.mark.parametrize(
    ("instant", "is_open"),
    [
        (datetime(2026, 9, 30, 17, 59, tzinfo=SHANGHAI), True),
        (datetime(2026, 10, 1, 10, 0, tzinfo=SHANGHAI), False),  # National Day
        (datetime(2026, 10, 7, 10, 0, tzinfo=SHANGHAI), False),
        (datetime(2026, 10, 10, 12, 30, tzinfo=SHANGHAI), True),  # a Saturday worked, no lunch break
        (datetime(2026, 10, 17, 12, 30, tzinfo=SHANGHAI), False),  # an ordinary Saturday's lunch break
        (datetime(2026, 10, 18, 10, 0, tzinfo=SHANGHAI), False),  # Sunday
        (datetime(2027, 1, 1, 10, 0, tzinfo=SHANGHAI), False),
    ],
)
def test_the_demo_office_keeps_its_hours(instant: datetime, is_open: bool) -> None:
    office: Schedule = load_site(shared_folder("dialplan") / "site.yaml").schedules["office"]
    assert office.is_open(instant) is is_open
