"""Instants as whole numbers, in SQL: quarters of an hour and milliseconds since 1970, and how quarters make intervals.

It knows how each database stores an instant. It knows no calendar: while a zone's clock is not moved, its hours and
days are made of whole quarters by adding a constant (no offset of a zone differs from UTC by less), and who asks for a
period in which the clock is moved asks twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Integer, cast, func, literal_column

from ..core.metrics.intervals import QUARTER, By

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
QUARTER_SECONDS = 900
QUARTER_MS = 900_000


def quarter_of(at: datetime) -> int:
    """Whole quarters of an hour since 1970, UTC."""
    return (at - EPOCH) // QUARTER


def quarter_after(at: datetime) -> int:
    """The first quarter that does not begin before `at`."""
    return -((EPOCH - at) // QUARTER)


def instant_of(quarter: int) -> datetime:
    """When a quarter begins."""
    return EPOCH + quarter * QUARTER


def epoch_ms(at: datetime) -> int:
    """Whole milliseconds since 1970, rounded down: sums of stretches then add up wherever they are cut."""
    return (at - EPOCH) // timedelta(milliseconds=1)


def quarter_sql(at: Any, *, sqlite: bool) -> Any:
    """`quarter_of` for a column. SQLite's strftime rounds 59.9996 seconds up to the next minute: they are cut off."""
    if sqlite:
        seconds = cast(func.strftime("%s", func.substr(at, 1, 19)), Integer)
        return seconds // literal_column(str(QUARTER_SECONDS), Integer)
    return cast(func.floor(func.extract("epoch", at) / QUARTER_SECONDS), Integer)


def epoch_ms_sql(column: str, *, sqlite: bool) -> str:
    """`epoch_ms` for a column; SQLite has instants as `2026-11-22 09:46:52.123456`."""
    if sqlite:
        seconds = f"CAST(strftime('%s', substr({column}, 1, 19)) AS INTEGER)"
        return f"({seconds} * 1000 + CAST(substr({column}, 21, 3) AS INTEGER))"
    return f"CAST(FLOOR(EXTRACT(EPOCH FROM {column}) * 1000) AS BIGINT)"


@dataclass(frozen=True, slots=True)
class Grid:
    """Intervals of `seconds` (0 = the whole period is one) on a clock that is `offset` seconds ahead of UTC."""

    seconds: int = QUARTER_SECONDS
    offset: int = 0

    @classmethod
    def of(cls, by: By | None, offset: timedelta) -> Grid:
        """Weeks and months are put together from days, by who knows the calendar; nothing is shorter than a quarter."""
        if by is None:
            return cls(0)
        seconds = {By.MINUTE: QUARTER_SECONDS, By.QUARTER: QUARTER_SECONDS, By.HOUR: 3600}.get(by, 86_400)
        return cls(seconds, offset // timedelta(seconds=1))

    def sql(self, quarter: Any) -> Any:
        """The number of the interval that this quarter is in."""
        if not self.seconds:
            return literal_column("0", Integer)
        if self == Grid():
            return quarter
        size, ahead = literal_column(str(self.seconds), Integer), literal_column(str(self.offset), Integer)
        return (quarter * literal_column(str(QUARTER_SECONDS), Integer) + ahead) // size

    def start(self, number: int, since: datetime) -> datetime:
        """When that interval begins, within a period that begins at `since`."""
        if not self.seconds:
            return since
        return max(EPOCH + timedelta(seconds=number * self.seconds - self.offset), since)
