"""A supervisor's wish to open or close by hand becomes an override, or is refused.

It knows what can be wished and when a period ends; who may wish it and where it is kept is not its business.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from ..errors import Refused, UsageError
from .schedule import Schedule
from .schedule_override import Kind, Override, fit_author

STATES = ("open", "closed", "none")
_LAST_YEAR = 2999


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """`state` is one of STATES; `until` is set exactly with `Kind.UNTIL`, `reason` only with `closed`."""

    state: str
    kind: Kind = Kind.UNDONE
    until: datetime | None = None
    reason: str = ""


def force(schedule: Schedule, wish: Wish, at: datetime, by: str) -> Override | None:
    """What the schedule's override is then; None = its hours count again.

    Raises UsageError for what cannot be, Refused for the end of a period that has none.
    """
    if wish.state not in STATES:
        raise UsageError(f"{wish.state[:40]!r} is no state; one of {', '.join(STATES)}")
    if wish.state == "none":
        if wish.kind is not Kind.UNDONE or wish.reason:
            raise UsageError("none takes no end and no reason: the hours count again")
        return None
    if wish.reason and wish.state == "open":
        raise UsageError("a reason belongs to closed")
    if wish.reason and wish.reason not in schedule.reasons:
        known = ", ".join(schedule.reasons) or "none is defined"
        raise UsageError(f"{schedule.name} has no reason {wish.reason[:40]!r}; known: {known}")
    return Override(
        open=wish.state == "open",
        kind=wish.kind,
        until=_end(schedule, wish, at),
        reason=wish.reason,
        by=fit_author(by),
        since=at.astimezone(UTC).replace(microsecond=0),
    )


def _end(schedule: Schedule, wish: Wish, at: datetime) -> datetime | None:
    if wish.kind is Kind.UNDONE:
        return None
    if wish.kind is Kind.PERIOD:
        end = schedule.period_end(at)
        if end is None:
            raise Refused(f"{schedule.name} never opens or closes by its hours; name an instant, or leave the end out")
        return end
    if wish.until is None or wish.until <= at:
        raise UsageError("the end must lie in the future")
    if wish.until.astimezone(UTC).year > _LAST_YEAR:
        raise UsageError(f"the end must lie before the year {_LAST_YEAR + 1}")
    return wish.until.astimezone(UTC).replace(microsecond=0)
