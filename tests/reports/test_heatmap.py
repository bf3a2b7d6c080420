"""Weekday by hour: how long each hour of the week was, and what came in one of them."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from cti.core.metrics.counters import count
from cti.core.metrics.facts import Visit
from cti.core.metrics.thresholds import Thresholds
from cti.reports.heatmap import heatmap_report

from .asking import BERLIN, SHANGHAI, asked, local, rows, total

WEEK = ("2026-11-02", "2026-11-09")  # a Monday to a Monday


def visit(at: str, outcome: str = "answered", wait_ms: int = 1000, zone=SHANGHAI, fold: int = 0):
    fact = Visit(call="c", queue="q", entered=local(at, zone, fold), outcome=outcome, wait_ms=wait_ms)
    quarter = fact.entered.replace(minute=fact.entered.minute // 15 * 15, second=0)
    return quarter, (), count([fact], Thresholds())


def made(since: str, until: str, *counted, known_until: str = "2030-01-01", **more):
    question = asked("heatmap", since, until, **more)
    return heatmap_report(question, counted, known_until=local(known_until, question.zone))


def cells(report) -> dict[tuple[str, str], dict]:
    return {(row["weekday"], row["hour"]): row for row in rows(report)}


def test_every_hour_of_a_whole_week_is_there_once():
    found = cells(made(*WEEK, visit("2026-11-02 09:10"), visit("2026-11-02 09:59:59", "abandoned", 20_000)))
    assert len(found) == 168
    assert {row["hours"] for row in found.values()} == {1.0}
    nine = found["Mon", "09:00"]
    assert (nine["entered"], nine["service_level_offered_percent"], nine["abandon_offered_percent"]) == (2, 50.0, 50.0)
    ten = found["Mon", "10:00"]
    assert (ten["entered"], ten["entered_per_hour"], ten["service_level_offered_percent"]) == (0, 0.0, None)


def test_a_weekday_that_came_twice_is_told_for_one_of_them():
    found = cells(made("2026-11-02", "2026-11-10", visit("2026-11-02 09:00"), visit("2026-11-09 09:00")))
    assert (found["Mon", "09:00"]["hours"], found["Mon", "09:00"]["entered_per_hour"]) == (2.0, 1.0)
    assert found["Tue", "09:00"]["hours"] == 1.0


def test_an_hour_that_the_period_cuts_counts_as_what_it_was():
    found = cells(made("2026-11-02 09:20", "2026-11-02 10:30", visit("2026-11-02 09:25")))
    assert set(found) == {("Mon", "09:00"), ("Mon", "10:00")}
    assert (found["Mon", "09:00"]["hours"], found["Mon", "09:00"]["entered_per_hour"]) == (0.67, 1.5)
    assert found["Mon", "10:00"]["hours"] == 0.5


def test_hours_that_have_not_come_yet_are_not_hours_without_calls():
    found = cells(made(*WEEK, known_until="2026-11-02 09:30"))
    assert max(found) == ("Mon", "09:00")
    assert found["Mon", "09:00"]["hours"] == 0.5


@pytest.mark.parametrize(("day", "hours"), [("2026-10-25", 2.0), ("2027-03-28", None)])
def test_a_repeated_hour_is_two_and_a_skipped_one_is_none(day, hours):
    after = (local(day, BERLIN) + timedelta(hours=30)).astimezone(BERLIN).strftime("%Y-%m-%d")
    calls = [visit(f"{day} 02:30", zone=BERLIN, fold=fold) for fold in (0, 1)] if hours else []
    found = cells(made(day, after, *calls, zone=BERLIN))
    assert ("Sun", "02:00") in found if hours else ("Sun", "02:00") not in found
    if hours:
        assert (found["Sun", "02:00"]["hours"], found["Sun", "02:00"]["entered_per_hour"]) == (hours, 1.0)
    assert sum(row["hours"] for row in found.values()) == (25 if hours else 23)


def test_a_zone_off_by_a_quarter_of_an_hour_has_hours_of_its_own():
    found = cells(made("2026-11-02", "2026-11-03", visit("2026-11-02 09:00", zone=ZoneInfo("Asia/Kathmandu")),
                       zone=ZoneInfo("Asia/Kathmandu")))  # fmt: skip
    assert found["Mon", "09:00"]["entered"] == 1


def test_a_terminal_is_shown_hours_by_weekdays_without_the_hours_of_the_night():
    report = made(*WEEK, visit("2026-11-02 09:10"), visit("2026-11-04 10:10", "abandoned", 9_000))
    first, level, lost = report.compact
    assert [column.title for column in first.columns] == ["", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert [row[:4] for row in first.rows] == [("09:00", "1", "0", "0"), ("10:00", "0", "0", "1")]
    assert level.rows[0][1:3] == ("100.0 %", "–")
    assert lost.rows[1][3] == "100.0 %"


def test_by_month_each_month_has_its_own_week():
    report = made("2026-10-01", "2026-12-01", visit("2026-10-05 09:00"), visit("2026-11-02 09:00"), by="month")
    mondays = [row for row in rows(report) if (row["weekday"], row["hour"]) == ("Mon", "09:00")]
    assert [(row["from"].month, row["hours"], row["entered"]) for row in mondays] == [(10, 4.0, 1), (11, 5.0, 1)]
    assert report.compact == ()


def test_the_total_is_the_whole_period():
    report = made(*WEEK, visit("2026-11-02 09:10"))
    assert (total(report)["hours"], total(report)["entered"]) == (168.0, 1)
    assert len(report.charts) == 3
