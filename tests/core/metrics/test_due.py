"""When scheduled reports are due: once a day, week or month, whatever the clock does."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from cti.core.metrics.due import Every, When, due_times, next_due, period_of, read_when

BERLIN, SHANGHAI = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Shanghai")


def local(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def said(when: str, after: str, until: str, zone: ZoneInfo = BERLIN) -> list[str]:
    found = due_times(read_when(when), local(after, zone), local(until, zone), zone)
    return [due.astimezone(zone).strftime("%m-%d %H:%M") for due in found]


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("daily 07:00", When(every=Every.DAILY, clock=time(7))),
        ("weekly 07:30", When(every=Every.WEEKLY, clock=time(7, 30), day=1)),
        ("weekly sun 23:59", When(every=Every.WEEKLY, clock=time(23, 59), day=7)),
        ("monthly 00:00", When(every=Every.MONTHLY, clock=time(0), day=1)),
        ("monthly 31 06:00", When(every=Every.MONTHLY, clock=time(6), day=31)),
    ],
)
def test_what_is_written_is_read_and_written_again(text, when):
    assert read_when(text) == when
    assert read_when(str(when)) == when


@pytest.mark.parametrize(
    "text",
    [
        "",
        "daily",
        "daily 7:00",
        "daily 24:00",
        "weekly Monday 07:00",
        "monthly 32 07:00",
        "daily mon 07:00",
        "hourly 07:00",
    ],
)
def test_anything_else_is_not_read(text):
    assert read_when(text) is None


def test_a_due_time_counts_from_after_the_instant_to_the_instant_itself():
    assert said("daily 07:00", "2026-11-02 07:00", "2026-11-04 07:00") == ["11-03 07:00", "11-04 07:00"]


def test_a_time_that_is_skipped_is_the_moment_of_the_change_and_one_that_comes_twice_the_first():
    assert said("daily 02:30", "2026-03-28 00:00", "2026-03-31 00:00") == ["03-28 02:30", "03-29 03:00", "03-30 02:30"]
    autumn = list(due_times(read_when("daily 02:30"), local("2026-10-24 12:00"), local("2026-10-26 12:00"), BERLIN))
    assert [due.hour for due in autumn] == [0, 1]  # UTC: 02:30 in summer, then in winter; not twice on the 25th
    assert len(autumn) == 2


def test_a_week_is_told_on_its_day_and_a_month_on_its_last_when_it_is_short():
    assert said("weekly mon 07:00", "2026-10-20 00:00", "2026-11-05 00:00") == ["10-26 07:00", "11-02 07:00"]
    assert said("monthly 31 06:00", "2026-01-01 00:00", "2026-04-30 23:00") == [
        "01-31 06:00",
        "02-28 06:00",
        "03-31 06:00",
        "04-30 06:00",
    ]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("daily 07:00", ("2026-10-25 00:00", "2026-10-26 00:00")),
        ("weekly mon 07:00", ("2026-10-19 00:00", "2026-10-26 00:00")),
        ("weekly wed 07:00", ("2026-10-19 00:00", "2026-10-26 00:00")),
        ("monthly 1 07:00", ("2026-09-01 00:00", "2026-10-01 00:00")),
    ],
)
def test_what_is_told_is_the_last_whole_one(when, expected):
    period = period_of(read_when(when), local("2026-10-26 07:00"), BERLIN)
    assert tuple(at.astimezone(BERLIN).strftime("%Y-%m-%d %H:%M") for at in period) == expected


def test_every_day_of_ten_years_has_one_due_time_in_every_zone():
    for zone in (BERLIN, SHANGHAI, ZoneInfo("America/Santiago"), ZoneInfo("Australia/Lord_Howe")):
        first = datetime(2020, 1, 1, 12, tzinfo=UTC)
        found = list(due_times(When(every=Every.DAILY, clock=time(0, 15)), first, first + timedelta(days=3650), zone))
        assert len(found) == 3650
        assert len({due.astimezone(zone).date() for due in found}) == 3650


def test_there_is_always_a_next_one():
    assert next_due(read_when("monthly 31 06:00"), local("2026-01-31 06:00"), BERLIN) == local("2026-02-28 06:00")
