"""Missed rings: whose, why, when; what they cost callers."""

from __future__ import annotations

from cti.core.metrics.counters import count
from cti.core.metrics.facts import Offer
from cti.core.metrics.thresholds import Thresholds
from cti.reports.missed import Missed, missed_report

from .asking import BERLIN, asked, local, rows, total

OFFERS = (  # call, agent, at, outcome, ms, whether the caller was served in the end
    ("a", "1001", "2026-11-02 09:59:59", "no_answer", 15_000, True),
    ("a", "1002", "2026-11-02 10:00:00", "busy", 400, True),
    ("a", "1003", "2026-11-02 10:00:01", "answered", 3_000, True),
    ("b", "1001", "2026-11-02 10:30:00", "no_answer", 15_000, False),
    ("b", "1001", "2026-11-02 10:31:00", "unreachable", 100, False),
    ("c", "1001", "2026-11-02 10:40:00", "caller_gone", 2_000, False),
    ("d", "1001", "2026-11-02 10:50:00", "answered", 2_000, True),
)


def made(per: str, offers=OFFERS, **more):
    facts = [
        Offer(call=call, queue="sales", agent=agent, offered=local(at), outcome=word, ring_ms=ms)
        for call, agent, at, word, ms, _ in offers
    ]
    counted = [
        (
            fact.offered.replace(minute=fact.offered.minute // 15 * 15, second=0),
            (fact.agent,),
            count([fact], Thresholds()),
        )
        for fact in facts
    ]
    rings = [
        Missed(call, agent, local(at), word, ms, served)
        for call, agent, at, word, ms, served in offers
        if word not in ("answered", "caller_gone")
    ]
    question = asked("missed", "2026-11-02", "2026-11-03", **more)
    return missed_report(question, counted, rings, per=per, titles={"1001": "王芳"})


def made_of(question, rings, per: str):
    return missed_report(question, [], rings, per=per, titles={})


def test_each_agent_has_the_rings_they_missed_why_and_what_it_cost():
    first, second, third = rows(made("agent"))
    assert first == {
        "agent": "1001",
        "agent_name": "王芳",
        "offers": 4,  # the caller who hung up is nobody's miss
        "missed": 3,
        "missed_rate_percent": 75.0,
        "no_answer": 2,
        "busy": 0,
        "unreachable": 1,
        "lost": 0,
        "ring_lost_seconds": 30.1,
        "callers": 2,
        "callers_unserved": 1,
    }
    assert (second["agent"], second["missed_rate_percent"], second["callers_unserved"]) == ("1002", 100.0, 0)
    assert (third["agent"], third["missed"], third["missed_rate_percent"]) == ("1003", 0, 0.0)


def test_a_caller_whom_two_agents_missed_is_one_caller_in_the_total():
    whole = total(made("agent"))
    assert (whole["missed"], whole["callers"], whole["callers_unserved"]) == (4, 2, 1)
    assert sum(row["callers"] for row in rows(made("agent"))) == 3


def test_by_reason_and_by_hour_it_is_the_same_sum():
    by_reason = {row["reason"]: (row["missed"], row["ring_lost_seconds"]) for row in rows(made("reason"))}
    assert by_reason == {"no_answer": (2, 30.0), "busy": (1, 0.4), "unreachable": (1, 0.1)}
    by_hour = {row["hour"]: (row["offers"], row["missed"]) for row in rows(made("hour"))}
    assert by_hour == {"09:00": (1, 1), "10:00": (5, 3)}


def test_a_ring_counts_in_the_interval_in_which_it_began():
    found = rows(made("agent", by="hour"))
    assert [(f"{row['from']:%H}", row["agent"], row["missed"]) for row in found] == [
        ("09", "1001", 1),
        ("10", "1001", 2),
        ("10", "1002", 1),
        ("10", "1003", 0),
    ]


def test_both_hours_of_a_night_that_has_three_oclock_twice_are_one_hour_of_the_clock():
    rings = [
        Missed(call, "1", local("2026-10-25 02:30", BERLIN, fold), "busy", 1_000, True)
        for fold, call in enumerate(("a", "b"))
    ]
    question = asked("missed", "2026-10-25", "2026-10-26", zone=BERLIN)
    assert [(row["hour"], row["missed"]) for row in rows(made_of(question, rings, "hour"))] == [("02:00", 2)]
    by_hour = asked("missed", "2026-10-25", "2026-10-26", zone=BERLIN, by="hour")
    assert [row["from"].isoformat() for row in rows(made_of(by_hour, rings, "agent"))] == [
        "2026-10-25T02:00:00+02:00",
        "2026-10-25T02:00:00+01:00",
    ]


def test_without_rings_there_is_no_rate():
    found = made("agent", offers=())
    assert (found.rows, total(found)["missed_rate_percent"]) == ((), None)
