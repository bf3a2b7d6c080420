"""Pauses: counted where they began, their time where it passed."""

from __future__ import annotations

from datetime import timedelta

from cti.core.metrics.pauses import Told, pauses_of
from cti.reports.pauses import pauses_report

from .asking import BERLIN, asked, local, rows, total

DAYS = ("2026-11-02", "2026-11-04")


def told(at: str, presence: str, reason: str = "", agent: str = "1001", zone=None, **more) -> Told:
    when = local(at, zone) if zone else local(at)
    return Told(agent=agent, at=when, presence=presence, reason=reason, **more)


NIGHT = (told("2026-11-02 23:40", "paused", "lunch", payable=False), told("2026-11-03 00:10", "ready"))


def made(*lines: Told, per: str = "both", since: str = DAYS[0], until: str = DAYS[1], **more):
    question = asked("pauses", since, until, **more)
    found = [pause for pause in pauses_of(lines, question.until) if pause.ended > question.since]
    return pauses_report(question, found, per=per, titles={"1001": "王芳"}, known_until=question.until)


def test_a_pause_over_midnight_is_time_of_both_days_and_a_pause_of_the_first():
    first, second = rows(made(*NIGHT, by="day"))
    assert (first["pauses"], first["time_seconds"]) == (1, 1200.0)
    assert (second["pauses"], second["time_seconds"]) == (0, 600.0)
    whole = total(made(*NIGHT, by="day"))
    assert (whole["pauses"], whole["time_seconds"], whole["longest_seconds"]) == (1, 1800.0, 1800.0)


def test_a_pause_is_cut_at_the_edges_of_the_period():
    (row,) = rows(made(*NIGHT, since="2026-11-03", until="2026-11-03 00:05"))
    assert (row["pauses"], row["time_seconds"], row["longest_seconds"]) == (0, 300.0, 300.0)
    assert made(*NIGHT, since="2026-11-03 00:10", until="2026-11-03 09:00").rows == ()


def test_each_reason_counts_as_what_it_was_then():
    lines = (
        told("2026-11-02 09:00", "paused", "break"),
        told("2026-11-02 09:15", "paused", "break", over_time=True),
        told("2026-11-02 09:20", "ready"),
        told("2026-11-02 12:00", "paused", "training", billable=True),
        told("2026-11-02 12:30", "paused", "lunch", payable=False),
        told("2026-11-02 13:00", "ready"),
    )
    found = {row["reason"]: row for row in rows(made(*lines))}
    assert found["break"]["agent_name"] == "王芳"
    seconds = ("time_seconds", "over_time_seconds", "payable_seconds", "billable_seconds")
    assert {reason: [row["over_maximum"], *(row[name] for name in seconds)] for reason, row in found.items()} == {
        "break": [1, 1200.0, 300.0, 1200.0, 0.0],
        "training": [0, 1800.0, 0.0, 1800.0, 1800.0],
        "lunch": [0, 1800.0, 0.0, 0.0, 0.0],
    }
    assert found["lunch"]["share_percent"] == 37.5
    (agent,) = rows(made(*lines, per="agent"))
    assert (agent["pauses"], agent["time_seconds"], agent["share_percent"]) == (3, 4800.0, 100.0)


def test_a_pause_that_goes_over_its_maximum_on_the_next_day_is_over_on_that_day():
    lines = (told("2026-11-02 23:50", "paused", "break"), told("2026-11-03 00:05", "paused", "break", over_time=True))
    first, second = rows(made(*lines, told("2026-11-03 00:06", "ready"), by="day"))
    assert (first["over_maximum"], second["over_maximum"], second["over_time_seconds"]) == (0, 1, 60.0)


def test_a_pause_through_a_change_of_the_clock_is_as_long_as_it_was():
    for night, hours in (("2026-10-25", 5), ("2027-03-28", 3)):
        lines = (told(f"{night} 00:00", "paused", "x", zone=BERLIN), told(f"{night} 04:00", "ready", zone=BERLIN))
        question = asked("pauses", night, f"{night} 12:00", zone=BERLIN, by="hour")
        told_of = pauses_of(lines, question.until)
        found = rows(pauses_report(question, told_of, per="both", titles={}, known_until=question.until))
        assert len(found) == hours
        assert {row["time_seconds"] for row in found} == {3600.0}


def test_a_pause_that_still_goes_on_is_told_until_now():
    now = local("2026-11-02 09:30")
    told_of = pauses_of([told("2026-11-02 09:00", "paused", "x")], now)
    (row,) = rows(pauses_report(asked("pauses", *DAYS), told_of, per="reason", titles={}, known_until=now))
    assert row["time_seconds"] == timedelta(minutes=30).total_seconds()
