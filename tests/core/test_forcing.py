"""What a supervisor wishes becomes an override, or is refused with a reason."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cti.core.forcing import Wish, force
from cti.core.schedule import Reason, Schedule, Span, make_schedule
from cti.core.schedule_override import Kind, Override
from cti.errors import Refused, UsageError

NOW = datetime(2026, 10, 8, 3, 0, 0, 500, tzinfo=UTC)  # a Thursday, 11:00 in Shanghai
OFFICE = make_schedule(
    "office", "Asia/Shanghai", {day: [Span(480, 1080)] for day in range(1, 6)}, reasons={"ill": Reason("ill")}
)
ALWAYS = make_schedule("always", "UTC", {day: [Span(0, 1440)] for day in range(1, 8)})


def forced(wish: Wish, schedule: Schedule = OFFICE) -> Override | None:
    return force(schedule, wish, NOW, "cli-王 anna")


def test_until_undone_is_forever_and_tells_who_and_when() -> None:
    override = forced(Wish(state="closed", reason="ill"))
    assert override == Override(
        open=False, kind=Kind.UNDONE, reason="ill", by="cli-anna", since=NOW.replace(microsecond=0)
    )


@pytest.mark.parametrize("state", ["open", "closed"])
def test_a_period_ends_when_the_hours_next_turn(state: str) -> None:
    override = forced(Wish(state=state, kind=Kind.PERIOD))
    assert override is not None
    assert (override.open, override.until) == (state == "open", datetime(2026, 10, 8, 10, 0, tzinfo=UTC))


def test_until_an_instant_ends_then() -> None:
    end = datetime(2026, 12, 24, 12, 0, tzinfo=UTC)
    override = forced(Wish(state="open", kind=Kind.UNTIL, until=end))
    assert override is not None
    assert override.until == end


def test_none_is_no_override() -> None:
    assert forced(Wish(state="none")) is None


def test_a_period_that_never_ends_is_refused() -> None:
    with pytest.raises(Refused, match="never opens or closes"):
        forced(Wish(state="closed", kind=Kind.PERIOD), ALWAYS)


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (Wish(state="shut"), "no state"),
        (Wish(state="closed", reason="weather"), "known: ill"),
        (Wish(state="open", reason="ill"), "belongs to closed"),
        (Wish(state="none", kind=Kind.PERIOD), "takes no end"),
        (Wish(state="closed", kind=Kind.UNTIL, until=NOW), "in the future"),
        (Wish(state="closed", kind=Kind.UNTIL), "in the future"),
        (Wish(state="closed", kind=Kind.UNTIL, until=datetime(9999, 12, 31, tzinfo=UTC)), "before the year 3000"),
    ],
)
def test_nonsense_is_refused(wish: Wish, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        forced(wish)
