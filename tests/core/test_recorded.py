"""A recorded day: presences as shifts and attendance, callers as what really happened."""

from __future__ import annotations

from cti.core.arrivals import Recorded
from cti.core.recorded import Noted, attendance_of, run_of, shifts_of
from cti.core.scenario import Shift
from cti.core.words import Outcome, Presence

P = Presence


def noted(agent: str, *changes: tuple[float, Presence] | tuple[float, Presence, str]) -> list[Noted]:
    return [Noted(agent=agent, at=c[0], presence=c[1], reason=c[2] if len(c) > 2 else "") for c in changes]


DAY = [
    *noted(
        "1001",
        (-50, P.READY),
        (10, P.RINGING),
        (12, P.TALKING),
        (40, P.PAUSED, "lunch"),
        (60, P.READY),
        (90, P.OFFLINE),
    ),
    *noted("1002", (-80, P.READY), (-70, P.OFFLINE)),
    *noted("1003", (30, P.READY), (95, P.TALKING)),
]


def test_work_is_from_login_to_logout_with_its_breaks():
    assert shifts_of(DAY, 100.0) == [
        Shift(agent="1001", start=0.0, end=90.0),
        Shift(agent="1001", start=40.0, end=60.0, reason="lunch"),
        Shift(agent="1002", start=0.0, end=0.0),  # was not there
        Shift(agent="1003", start=30.0, end=100.0),
    ]


def test_attendance_is_cut_at_both_ends():
    days = attendance_of(DAY, 100.0)
    assert days["1001"].seconds == {P.READY: 40, P.RINGING: 2, P.TALKING: 28, P.PAUSED: 20, P.OFFLINE: 10}
    assert days["1003"].seconds == {P.READY: 65, P.TALKING: 5}


def test_who_was_never_noted_was_not_there_unless_nothing_was_noted_at_all():
    assert Shift(agent="1009", start=0.0, end=0.0) in shifts_of(DAY, 100.0, ["1003", "1009"])
    assert shifts_of([], 100.0, ["1009"]) == []


def test_what_happened_can_be_measured_like_a_run():
    callers = [
        Recorded(call="c1", at=5.0, queue="sales", outcome=Outcome.ANSWERED, wait_seconds=9.0, ring_seconds=4.0),
        Recorded(call="c2", at=6.0, queue="sales", outcome=Outcome.SHORT_ABANDON, wait_seconds=2.0),
    ]
    first, second = run_of(callers, DAY, 100.0).visits
    assert (first.offered, first.outcome) == (10.0, "answered")
    assert (second.offered, second.outcome) == (None, "abandoned")
