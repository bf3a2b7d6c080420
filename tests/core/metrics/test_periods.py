"""The period to compare with, and the last whole day, week and month, over changes of the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from cti.core.metrics.intervals import By
from cti.core.metrics.periods import Against, earlier, last_whole, wall

BERLIN = ZoneInfo("Europe/Berlin")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


def said(period: tuple[datetime, datetime]) -> list[str]:
    return [at.astimezone(BERLIN).strftime("%Y-%m-%d %H:%M") for at in period]


@pytest.mark.parametrize(
    ("first", "last", "against", "expected"),
    [
        ("2026-11-08", "2026-11-15", "previous", ["2026-11-01 00:00", "2026-11-08 00:00"]),
        ("2026-10-25", "2026-10-26", "previous", ["2026-10-24 00:00", "2026-10-25 00:00"]),  # 25 hours against 24
        ("2026-11-01", "2026-12-01", "previous", ["2026-10-01 00:00", "2026-11-01 00:00"]),  # 30 days against 31
        ("2026-03-01", "2026-04-01", "previous", ["2026-02-01 00:00", "2026-03-01 00:00"]),
        ("2026-11-02 08:00", "2026-11-02 10:30", "previous", ["2026-11-02 05:30", "2026-11-02 08:00"]),
        ("2026-10-26 08:00", "2026-10-26 18:00", "last-week", ["2026-10-19 08:00", "2026-10-19 18:00"]),
        ("2028-02-29", "2028-03-01", "last-year", ["2027-02-28 00:00", "2027-03-01 00:00"]),
        (
            "2027-03-29 02:30",
            "2027-03-29 04:00",
            "last-year",
            ["2026-03-29 03:00", "2026-03-29 04:00"],
        ),  # 02:30 skipped
    ],
)
def test_a_period_is_held_against_one_of_the_same_name(first, last, against, expected):
    assert said(earlier(local(first), local(last), Against(against), BERLIN)) == expected


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        (By.DAY, ["2026-10-25 00:00", "2026-10-26 00:00"]),
        (By.WEEK, ["2026-10-19 00:00", "2026-10-26 00:00"]),
        (By.MONTH, ["2026-09-01 00:00", "2026-10-01 00:00"]),
    ],
)
def test_what_was_over_on_a_monday_morning(by, expected):
    assert said(last_whole(by, local("2026-10-26 07:00"), BERLIN)) == expected


def test_a_time_that_the_clock_skips_is_the_moment_of_the_change():
    assert wall(date(2026, 3, 29), time(2, 30), BERLIN) == datetime(2026, 3, 29, 1, tzinfo=UTC)


def test_a_time_that_comes_twice_is_the_first_of_them():
    assert wall(date(2026, 10, 25), time(2, 30), BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
