"""Repeat callers and first-call resolution, with a window that may not be over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cti.core.metrics.repeats import Contact, Repeats, repeats

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
WEEK = timedelta(days=7)


def contact(days: float, number: str = "13800138000", *, answered: bool = True, topic: str = "") -> Contact:
    at = MONDAY + timedelta(days=days)
    return Contact(call=f"c{days}", number=number, at=at, answered=answered, topic=topic)


def of(*contacts: Contact, known_days: float = 30) -> Repeats:
    return repeats(contacts, MONDAY, MONDAY + WEEK, window=WEEK, known_until=MONDAY + timedelta(days=known_days))


def test_who_does_not_call_again_was_helped_by_the_first_call() -> None:
    found = of(contact(0))
    assert (found.first_call_resolution_percent, found.repeat_percent) == (100.0, 0.0)


def test_who_calls_again_within_the_window_was_not() -> None:
    found = of(contact(0), contact(3))
    assert (found.contacts, found.repeated, found.first_calls, found.resolved) == (2, 1, 1, 0)


def test_exactly_at_the_end_of_the_window_is_a_repeat_and_a_moment_later_is_none() -> None:
    assert of(contact(0), contact(7)).resolved == 0
    assert of(contact(0), contact(7.0001)).resolved == 1


def test_a_contact_whose_window_is_not_over_is_told_apart_and_not_counted() -> None:
    found = of(contact(0), contact(0, "13900000000"), known_days=6.9)
    assert (found.contacts, found.first_calls, found.censored) == (0, 0, 2)
    assert found.first_call_resolution_percent is None


def test_a_repeat_that_is_known_already_does_not_count_before_the_window_is_over() -> None:
    found = of(contact(0), contact(1), known_days=2)
    assert (found.contacts, found.repeated, found.censored) == (0, 0, 2)


def test_a_call_of_the_week_before_makes_this_one_a_second_call() -> None:
    found = of(contact(-2), contact(1))
    assert (found.contacts, found.first_calls) == (1, 0)


def test_an_unanswered_call_is_a_contact_but_settles_nothing() -> None:
    found = of(contact(0, answered=False))
    assert (found.contacts, found.first_calls, found.first_call_resolution_percent) == (1, 0, None)


def test_a_withheld_number_is_told_and_left_out() -> None:
    found = of(contact(0, ""), contact(1, ""))
    assert (found.contacts, found.withheld) == (0, 2)


def test_another_matter_of_the_same_customer_is_no_repeat_when_topics_are_told_apart() -> None:
    found = of(contact(0, topic="sales"), contact(1, topic="parts"))
    assert (found.repeated, found.resolved) == (0, 2)
