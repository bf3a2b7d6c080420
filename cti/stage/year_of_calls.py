"""A year of stays in queues that never was: the shape of a big house's days, as columns.

Busy hours and weekends, queues of all sizes, waits that lie exactly on the thresholds too. Every conversation is one
stay in one queue: what is made are rows of `visits` and nothing else. So it is a year for those who count stays, and
none for those who read conversations, segments, rings or presences. The same size and seed give the same rows. It knows
nothing of counting them and of where they are kept.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..core.metrics.facts import Channel
from ..core.words import Outcome
from ..db.exported import EXPORTED
from ..reports.parquet import arrow_schema

BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
DAYS = 365
QUEUES = [f"queue{number:02}" for number in range(24)]
CALLS_OF_AN_AGENT = 25_000  # in a year
_HOURS = np.array([1, 1, 1, 1, 2, 4, 10, 25, 50, 62, 64, 60, 52, 55, 60, 60, 55, 45, 35, 25, 15, 8, 4, 2], float)
_WEEK = (1.15, 1.05, 1.0, 1.0, 1.0, 0.55, 0.35)
_OUTCOMES = (
    (Outcome.ANSWERED, 0.84),
    (Outcome.ABANDONED, 0.07),
    (Outcome.SHORT_ABANDON, 0.02),
    (Outcome.OVERFLOW, 0.02),
    (Outcome.TIMEOUT, 0.01),
    (Outcome.EXIT_KEY, 0.01),
    (Outcome.VOICEMAIL, 0.01),
    (Outcome.CALLBACK_REQUESTED, 0.01),
    (Outcome.CLOSED, 0.01),
)
_CHANNELS = [Channel.LIVE.value, Channel.CALLBACK.value]
_SCHEMA = arrow_schema(EXPORTED["visits"].columns)


def calls_of_day(day: int, calls: int) -> int:
    """How many of a year's calls come on this day; together they are exactly `calls`."""
    upto = _upto(calls)
    return upto[day] - (upto[day - 1] if day else 0)


@cache
def _upto(calls: int) -> list[int]:
    """How many have come by the end of each day."""
    weights = np.cumsum([_WEEK[(BEGIN + timedelta(days=n)).weekday()] for n in range(DAYS)])
    found: list[int] = np.rint(weights / weights[-1] * calls).astype(int).tolist()
    return found


def date_of(day: int) -> date:
    """The date of the year's day, counted from 0."""
    return (BEGIN + timedelta(days=day)).date()


def day_of_calls(day: int, calls: int) -> Any:
    """Rows of `visits` in the order of entry, as an Arrow table with the columns of the export."""
    dice, count = np.random.default_rng((20_251, day)), calls_of_day(day, calls)
    hours = dice.choice(24, count, p=_HOURS / _HOURS.sum())
    micros = np.sort(hours * 3_600_000_000 + dice.integers(0, 3_600_000_000, count))
    outcomes = dice.choice(len(_OUTCOMES), count, p=[share for _, share in _OUTCOMES])
    sizes = 1 / np.arange(1, len(QUEUES) + 1) ** 0.7
    queues = dice.choice(len(QUEUES), count, p=sizes / sizes.sum())
    waits = dice.exponential(9_000 + 700 * queues).astype(int)
    waits = np.where(dice.random(count) < 0.02, dice.choice([5_000, 20_000], count), waits)
    names = [*(f"{number}" for number in range(1000, 1000 + max(10, calls // CALLS_OF_AN_AGENT))), ""]
    agents, works = dice.integers(0, len(names) - 1, count), dice.exponential((180_000, 9_000, 25_000), (count, 3))
    moved, called = dice.random((count, 2)).T
    entered = int((BEGIN + timedelta(days=day)).timestamp()) * 1_000_000 + micros
    talked = outcomes == 0
    back = talked & (called < 0.01)
    closed = outcomes == len(_OUTCOMES) - 1
    talk, hold, wrap = np.where(talked[:, None], works, 0).astype(int).T
    columns = {
        "call": pc.binary_join_element_wise(_text(entered // 1_000_000), _text(np.arange(count)), "."),
        "position": np.zeros(count, int),
        "queue": _words(QUEUES, queues),
        "entered": entered,
        "outcome": _words([outcome.value for outcome, _ in _OUTCOMES], outcomes),
        "channel": _words(_CHANNELS, back.astype(int)),
        "agent": _words(names, np.where(talked, agents, len(names) - 1)),
        "wait_ms": np.where(back | closed, 0, waits),
        "ring_ms": np.minimum(waits, 4_000),
        "talk_ms": talk,
        "hold_ms": hold,
        "wrap_ms": wrap,
        "transferred": talked & (moved < 0.06),
    }
    return pa.table([pa.array(columns[field.name]).cast(field.type) for field in _SCHEMA], schema=_SCHEMA)


def _text(numbers: Any) -> Any:
    return pa.array(numbers).cast(pa.string())


def _words(words: list[str], places: Any) -> Any:
    return pa.array(words).take(pa.array(places))
