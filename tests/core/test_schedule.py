"""Schedules: minutes of the local day, over midnight, with exceptions by date."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from cti.core.schedule import OpenDay, Period, Reason, Span, State, make_schedule
from cti.core.schedule_override import Kind, Override, parse_override

SHANGHAI = ZoneInfo("Asia/Shanghai")
NIGHT = Span(22 * 60, 6 * 60)
DAY = Span(8 * 60, 18 * 60)
MINUTE = timedelta(minutes=1)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 10, day, hour, minute, tzinfo=SHANGHAI)  # 1 October 2026 is a Thursday


def listed(day: int, *spans: Span, reason: str = "", note: str = "") -> OpenDay:
    return OpenDay(date(2026, 10, day), spans, reason, note)


def test_it_is_open_from_the_first_minute_to_before_the_last() -> None:
    schedule = make_schedule("s", "Asia/Shanghai", {4: [DAY]})
    assert [schedule.is_open(at(1, h, m)) for h, m in ((7, 59), (8, 0), (17, 59), (18, 0))] == [
        False,
        True,
        True,
        False,
    ]


def test_the_timezone_of_the_asker_does_not_matter() -> None:
    schedule = make_schedule("s", "Asia/Shanghai", {4: [DAY]})
    assert schedule.is_open(at(1, 8).astimezone(UTC))
    assert not schedule.is_open(at(1, 7, 59).astimezone(ZoneInfo("America/New_York")))


def test_a_night_is_split_at_midnight_and_sunday_runs_into_monday() -> None:
    schedule = make_schedule("s", "Asia/Shanghai", {7: [NIGHT]})
    assert schedule.periods == (Period(1, 0, 360), Period(7, 1320, 1440))


def test_a_night_that_ends_at_midnight_has_no_rest() -> None:
    assert make_schedule("s", "UTC", {1: [Span(1320, 0)]}).periods == (Period(1, 1320, 1440),)


def test_a_listed_date_wins_over_its_weekday() -> None:
    schedule = make_schedule("s", "Asia/Shanghai", {4: [DAY]}, [listed(1, Span(600, 660))])
    assert schedule.is_open(at(1, 10))
    assert not schedule.is_open(at(1, 11))
    assert schedule.is_open(at(8, 11))


def test_a_closed_date_takes_the_rest_of_its_night_with_it() -> None:
    schedule = make_schedule("s", "Asia/Shanghai", {4: [NIGHT], 5: [NIGHT]}, [listed(1)])
    assert not schedule.is_open(at(1, 23))
    assert not schedule.is_open(at(2, 5))  # the night of the closed Thursday
    assert schedule.is_open(at(2, 22))
    assert schedule.is_open(at(3, 5))


def test_a_listed_night_runs_into_the_next_day_beside_that_days_own_hours() -> None:
    schedule = make_schedule("s", "Asia/Shanghai", {5: [DAY]}, [listed(1, NIGHT)])
    assert [schedule.is_open(at(2, hour)) for hour in (5, 7, 9)] == [True, False, True]


def test_the_hour_that_comes_twice_is_open_twice_and_the_one_that_is_skipped_never() -> None:
    berlin = make_schedule("s", "Europe/Berlin", {day: [Span(150, 160)] for day in range(1, 8)})
    assert berlin.is_open(datetime(2026, 10, 25, 0, 35, tzinfo=UTC))  # 02:35 summer time
    assert berlin.is_open(datetime(2026, 10, 25, 1, 35, tzinfo=UTC))  # 02:35 winter time
    spring = [berlin.is_open(datetime(2026, 3, 29, hour, 35, tzinfo=UTC)) for hour in range(24)]
    assert not any(spring)


@given(st.integers(0, 2 * 366 * 1440), st.sampled_from([DAY, NIGHT, Span(0, 1440)]))
def test_a_period_of_every_day_depends_on_the_time_of_day_only(minutes: int, span: Span) -> None:
    schedule = make_schedule("s", "UTC", {day: [span] for day in range(1, 8)})
    instant = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    minute = minutes % 1440
    inside = span.first <= minute < span.last if span.first < span.last else not span.last <= minute < span.first
    assert schedule.is_open(instant) is inside


OFFICE = make_schedule(
    "office",
    "Asia/Shanghai",
    {day: [DAY] for day in range(1, 6)},
    [*(listed(day, reason="holiday", note="National Day") for day in range(1, 8)), listed(10, DAY, note="made up")],
    {"holiday": Reason("holiday")},
)
FORCED = Override(open=False, kind=Kind.UNTIL, until=at(8, 12).astimezone(UTC), reason="holiday", by="cli-anna")


def test_a_state_tells_the_reason_the_rule_and_the_next_change() -> None:
    assert OFFICE.state_at(datetime(2026, 9, 30, 9, 0, tzinfo=SHANGHAI)) == State(
        True, "", "wed: open 08:00-18:00", datetime(2026, 9, 30, 10, 0, tzinfo=UTC)
    )
    assert OFFICE.state_at(at(3, 9)) == State(
        False, "holiday", "2026-10-03, National Day: closed (holiday)", datetime(2026, 10, 7, 16, 0, tzinfo=UTC)
    )
    assert OFFICE.state_at(at(10, 9)).rule == "2026-10-10, made up: open 08:00-18:00"
    assert OFFICE.state_at(at(11, 9)).rule == "sun: closed"
    assert OFFICE.state_at(at(12, 7)).rule == "mon: closed, open 08:00-18:00"


def test_the_changes_of_the_national_day_weeks_are_told_in_order() -> None:
    changes = list(OFFICE.changes(datetime(2026, 9, 30, 9, 0, tzinfo=SHANGHAI), 12))
    told = [(f"{one.at.astimezone(SHANGHAI):%m-%d %H:%M}", one.state.open, one.state.reason) for one in changes]
    assert told == [
        ("09-30 09:00", True, ""),
        ("09-30 18:00", False, ""),
        ("10-01 00:00", False, "holiday"),
        ("10-08 00:00", False, ""),
        ("10-08 08:00", True, ""),
        ("10-08 18:00", False, ""),
        ("10-09 08:00", True, ""),
        ("10-09 18:00", False, ""),
        ("10-10 08:00", True, ""),
        ("10-10 18:00", False, ""),
        ("10-12 08:00", True, ""),
    ]


def test_what_never_changes_has_no_next_change() -> None:
    always = make_schedule("s", "Europe/Berlin", {day: [Span(0, 1440)] for day in range(1, 8)})
    assert always.state_at(at(1, 0)).until is None
    assert make_schedule("s", "UTC", {}).state_at(at(1, 0)).until is None
    assert make_schedule("s", "UTC", {}).period_end(at(1, 0)) is None


def test_a_change_may_lie_behind_a_sunday_that_skips_its_hour() -> None:
    berlin = make_schedule("s", "Europe/Berlin", {7: [Span(120, 180)]})
    assert berlin.state_at(datetime(2026, 3, 23, tzinfo=UTC)).until == datetime(2026, 4, 5, 0, 0, tzinfo=UTC)


def test_a_period_that_the_clock_jumps_into_begins_when_it_is_set() -> None:
    berlin = make_schedule("s", "Europe/Berlin", {7: [Span(150, 240)]})  # 02:30-04:00
    before = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)
    assert berlin.state_at(before).until == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)  # 02:00 becomes 03:00


def test_a_period_in_the_half_hour_that_comes_twice_has_four_changes() -> None:
    howe = make_schedule("s", "Australia/Lord_Howe", {7: [Span(100, 110)]})  # 01:40-01:50; 02:00 is set back to 01:30
    changes = [one.at for one in howe.changes(datetime(2026, 4, 4, 14, 0, tzinfo=UTC), 1)][1:]
    first = datetime(2026, 4, 4, 14, 40, tzinfo=UTC)
    assert changes == [first + minutes * MINUTE for minutes in (0, 10, 30, 40)]


@given(st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Shanghai"]), st.data())
def test_nothing_changes_before_the_next_change_and_something_does_then(zone: str, data: st.DataObject) -> None:
    spans = st.builds(Span, st.integers(0, 1439), st.integers(1, 1440)).filter(lambda span: span.first != span.last)
    week = data.draw(st.dictionaries(st.integers(1, 7), st.lists(spans, max_size=2), min_size=1))
    day = st.dates(date(2026, 3, 20), date(2026, 4, 8))
    listed_days = st.builds(OpenDay, day, st.tuples(spans), st.just(""))
    days = data.draw(st.lists(listed_days, max_size=2, unique_by=lambda one: one.day))
    schedule = make_schedule("s", zone, week, days)
    start = datetime(2026, 3, 20, tzinfo=UTC) + data.draw(st.integers(0, 18 * 1440)) * MINUTE
    until = schedule.state_at(start).until
    end = until or start + timedelta(days=10)
    is_open = schedule.is_open(start)
    assert all(
        schedule.is_open(start + minutes * MINUTE) is is_open for minutes in range(0, (end - start) // MINUTE, 7)
    )
    if until is not None:
        assert schedule.is_open(until - timedelta(seconds=1)) is is_open
        assert schedule.is_open(until) is not is_open


def test_an_override_decides_until_its_end_and_is_never_revived() -> None:
    assert OFFICE.state_at(at(8, 9), FORCED) == State(
        False, "holiday", "override: closed (holiday) until 2026-10-08 12:00", FORCED.until
    )
    assert OFFICE.state_at(at(8, 12), FORCED).rule == "thu: open 08:00-18:00"


def test_an_override_that_ends_where_the_hours_say_the_same_changes_nothing_then() -> None:
    ends_at_night = Override(open=False, kind=Kind.UNTIL, until=at(8, 22))
    assert OFFICE.state_at(at(8, 9), ends_at_night).until == datetime(2026, 10, 9, 0, 0, tzinfo=UTC)


def test_an_override_until_undone_has_no_end() -> None:
    forced = Override(open=True, kind=Kind.UNDONE)
    assert OFFICE.state_at(at(3, 3), forced) == State(True, "", "override: open until undone", None)


def test_a_period_ends_where_the_hours_turn_whatever_the_reasons() -> None:
    assert OFFICE.period_end(at(9, 9)) == datetime(2026, 10, 9, 10, 0, tzinfo=UTC)
    assert OFFICE.period_end(datetime(2026, 9, 30, 20, tzinfo=SHANGHAI)) == datetime(2026, 10, 8, 0, 0, tzinfo=UTC)


def test_an_override_comes_back_from_its_text() -> None:
    for override in (FORCED, Override(open=True, kind=Kind.UNDONE, by="phone-1001", since=at(1, 0))):
        assert parse_override(override.text()) == override
    assert FORCED.text() == "closed:1791432000:until:holiday:cli-anna:0"


@given(st.text() | st.from_regex(r"(open|closed):[0-9]+:(period|until|undone):[a-z]*:[a-z]*:[0-9]+", fullmatch=True))
def test_whatever_the_database_holds_is_read_and_means_the_same_when_written_again(text: str) -> None:
    found = parse_override(text)
    assert found is None or parse_override(found.text()) == found


def test_an_override_typed_by_hand_counts_until_it_is_undone() -> None:
    assert parse_override("closed") == Override(open=False, kind=Kind.UNDONE)
    assert [parse_override(text) for text in ("", "shut", "CLOSED", ":0:undone", " closed")] == [None] * 5
