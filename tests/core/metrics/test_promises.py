"""What was said of a wait, and what came."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cti.core.metrics.promises import Promise, Told, judge, summed

ZERO = datetime(2026, 11, 2, tzinfo=UTC)
LATER = ZERO + timedelta(days=1)


def told(minutes: int, gone: float | None, *, answered: bool = True, expected: int | None = 90_000) -> Told:
    ended = None if gone is None else ZERO + timedelta(seconds=gone)
    return Told(call="c", queue="sales", at=ZERO, minutes=minutes, expected_ms=expected, gone=ended, answered=answered)


@pytest.mark.parametrize(
    ("one", "now", "became"),
    [
        (told(2, 60), LATER, Promise.KEPT),
        (told(2, 120), LATER, Promise.KEPT),  # exactly
        (told(2, 121), LATER, Promise.BROKEN),
        (told(2, 121, answered=False), LATER, Promise.BROKEN),  # gave up, when it was over already
        (told(2, 119, answered=False), LATER, Promise.UNKNOWN),
        (told(2, None), ZERO + timedelta(seconds=120), Promise.UNKNOWN),
        (told(2, None), ZERO + timedelta(seconds=121), Promise.BROKEN),
        (told(0, 10), LATER, Promise.OPEN_ENDED),
    ],
)
def test_what_became_of_an_announcement(one, now, became):
    assert judge(one, now) is became


def test_the_estimate_is_compared_where_both_are_known():
    found = summed(
        [told(2, 60), told(2, 150), told(2, 30, answered=False), told(2, 60, expected=None), told(0, 2400)], LATER
    )
    assert (found.told, found.judged, found.compared) == (5, 3, 3)
    assert (found.expected_ms, found.came_ms, found.error_ms) == (270_000, 2_610_000, 30_000 + 60_000 + 2_310_000)
