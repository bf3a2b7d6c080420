"""Schedules as written: hours, dates, reasons, public holidays of several countries, and what is not known of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cti.core.schedule import Reason, Schedule, Span
from cti.errors import SiteError
from cti.share import shared_folder
from cti.site.load import load_site
from cti.site.model import Site, Target

SHANGHAI = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 9, 1)
HEAD = "site: {name: Test, timezone: Asia/Shanghai, country: CN, languages: [zh]}\n"
WEEK = 'open: {mon-fri: ["08:00-18:00"]}'


def site_of(folder: Path, schedule: str, today: date = TODAY) -> Site:
    file = folder / "site.yaml"
    file.write_text(HEAD + "prompts: {away: {zh: 休息}}\nschedules:\n  s: {" + schedule + "}\n")
    return load_site(file, today)


def hours_of(folder: Path, schedule: str, today: date = TODAY) -> Schedule:
    return site_of(folder, schedule, today).schedules["s"]


def mistake_of(folder: Path, schedule: str) -> str:
    with pytest.raises(SiteError) as caught:
        site_of(folder, schedule)
    (mistake,) = caught.value.mistakes
    return mistake.partition(":4: ")[2]


def listed(schedule: Schedule) -> dict[str, str]:
    return {str(day.day): day.note for day in schedule.exceptions}


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
    office: Schedule = load_site(shared_folder("dialplan") / "site.yaml", TODAY).schedules["office"]
    assert office.is_open(instant) is is_open


def test_china_has_its_holidays_and_the_days_that_make_up_for_them(tmp_path: Path) -> None:
    hours = hours_of(tmp_path, WEEK + ", holidays: {work_days: fri}")
    days = {day.day: day for day in hours.exceptions}
    assert [day for day in range(20, 31) if date(2026, 9, day) in days] == [20, 25, 26, 27]
    assert days[date(2026, 9, 20)].spans == (Span(480, 1080),)  # a Sunday
    assert days[date(2026, 10, 1)] == (date(2026, 10, 1), (), "", "National Day")
    assert hours.known_until == date(2026, 12, 31)
    assert hours.is_open(datetime(2027, 2, 8, 10, tzinfo=SHANGHAI))  # not announced yet: the week counts


def test_make_up_days_without_hours_are_refused(tmp_path: Path) -> None:
    told = mistake_of(tmp_path, WEEK + ", holidays: {}")
    assert "2026-01-04 is a working day that makes up for a holiday; which hours? (work_days: mon" in told


@pytest.mark.parametrize(("today", "warned"), [(date(2026, 10, 31), False), (date(2026, 11, 2), True)])
def test_the_end_of_the_data_is_told_sixty_days_before(tmp_path: Path, today: date, warned: bool) -> None:
    warnings = site_of(tmp_path, WEEK + ", holidays: {work_days: mon}", today).warnings
    assert len(warnings) == warned
    for warning in warnings:
        assert "site.yaml:4: schedule s: holidays: public holidays of CN are known until 2026-12-31" in warning


@pytest.mark.parametrize("today", [date(2000, 1, 1), date(2031, 5, 5), date(2200, 5, 5)])
@pytest.mark.parametrize("country", ["CN", "DE", "HU", "SA", "US"])
def test_a_year_without_data_is_a_warning_and_never_an_error(tmp_path: Path, today: date, country: str) -> None:
    hours = hours_of(tmp_path, WEEK + f", holidays: {{country: {country}, work_days: mon}}", today)
    assert hours.is_open(datetime(2999, 12, 30, 3, tzinfo=UTC))


def test_a_states_own_holidays_come_with_the_state(tmp_path: Path) -> None:
    bavaria = hours_of(tmp_path, WEEK + ", holidays: {country: DE, subdivision: BY}")
    germany = hours_of(tmp_path, WEEK + ", holidays: {country: DE}")
    assert listed(bavaria)["2027-01-06"] == "Epiphany"
    assert "2027-01-06" not in listed(germany)
    assert listed(germany)["2026-10-03"] == "German Unity Day"
    assert germany.known_until == date(2030, 12, 31)


def test_other_countries_make_up_for_holidays_too(tmp_path: Path) -> None:
    hungary = hours_of(tmp_path, WEEK + ', holidays: {country: HU, work_days: ["09:00-12:00"]}')
    saturday = datetime(2026, 8, 8, 10, tzinfo=SHANGHAI)
    assert hungary.state_at(saturday).rule == "2026-08-08, made up for a holiday: open 09:00-12:00"


def test_a_listed_date_wins_over_a_holiday_and_an_excepted_one_is_an_ordinary_day(tmp_path: Path) -> None:
    holidays = 'holidays: {work_days: mon, except: ["2026-10-05"]}'
    hours = hours_of(tmp_path, WEEK + f', {holidays}, dates: {{"2026-10-06": ["10:00-11:00"]}}')
    open_hours = [hour for hour in range(24) if hours.is_open(datetime(2026, 10, 6, hour, tzinfo=SHANGHAI))]
    assert open_hours == [10]
    assert hours.is_open(datetime(2026, 10, 5, 9, tzinfo=SHANGHAI))
    assert not hours.is_open(datetime(2026, 10, 2, 9, tzinfo=SHANGHAI))


def test_a_reason_has_words_and_a_way_and_belongs_to_days(tmp_path: Path) -> None:
    reasons = "reasons: {trip: {prompt: away, to: hangup}, sick: {}}"
    hours = hours_of(tmp_path, WEEK + f', {reasons}, dates: {{"2026-09-02": {{open: ["08:00-09:00"], reason: trip}}}}')
    assert hours.reasons == {"trip": Reason("trip", "away", Target("hangup")), "sick": Reason("sick")}
    assert hours.state_at(datetime(2026, 9, 2, 10, tzinfo=SHANGHAI))[:2] == (False, "trip")
    assert hours.state_at(datetime(2026, 9, 2, 8, tzinfo=SHANGHAI))[:2] == (True, "")


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        ("holidays: {country: XX}", "nothing is known of country 'XX'"),
        ("holidays: {country: DE, subdivision: BX}", "DE has no subdivision 'BX'"),
        ("holidays: {subdivision: BJ, work_days: ['08:00-09:00']}", "CN has no subdivisions"),
        ("holidays: {country: DE, reason: holidy}, reasons: {holiday: {}}", "did you mean holiday?"),
        ("holidays: {work_days: mon}", "mon has no hours"),
        ("holidays: {work_days: 8-9}", "not a span of time"),
        ("holidays: {country: DE, except: ['2026-10-04']}", "2026-10-04 is no public holiday"),
        ("holidays: {country: DE, except: ['2026-02-30']}", "there is no day"),
        ("holidays: {country: DE, excepts: []}", "did you mean except?"),
        ("reasons: {trip: {prompt: gone}}", "there is no prompt 'gone'"),
        ("reasons: {trip: {to: 'queue:gone'}}", "there is no queue 'gone'"),
        ("reasons: {Trip: {}}", "is not a name"),
        ("dates: {'2026-10-01': {reason: trip}}", "there is no reason 'trip'"),
        ("dates: {'2026-10-01': {open: ['08:00-09:00']}}", "needs reason"),
    ],
)
def test_each_mistake_is_told(tmp_path: Path, schedule: str, said: str) -> None:
    assert said in mistake_of(tmp_path, schedule)
