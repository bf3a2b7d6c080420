"""A year of stays in queues that never was, as rows of a database and as the Parquet export of the same rows.

It knows the shape of a big house's days: busy hours and weekends, queues of all sizes, waits that lie exactly on the
thresholds too. The same size and seed give the same rows. It knows nothing of counting them. A year is made day by
day; what is made already is left, so that it can be made in pieces.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import func, select

from ..core.metrics.facts import Channel
from ..core.words import Outcome
from ..db.connection import Database
from ..db.exported import EXPORTED
from ..db.fact_tables import VisitRow
from ..db.months import make_room
from ..db.plain import Driver
from ..reports.by_day import DayFolder

BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
DAYS = 365
QUEUES = [f"queue{number:02}" for number in range(24)]
AGENTS = [f"{number}" for number in range(1000, 1400)]
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
_CHANNELS = (Channel.LIVE.value, Channel.CALLBACK.value)
Rows = list[tuple[Any, ...]]
_COLUMNS = [name for name, *_ in EXPORTED["visits"].columns]


def calls_of_day(day: int, calls: int) -> int:
    """How many of a year's calls come on this day; together they are exactly `calls`."""
    weights = np.cumsum([_WEEK[(BEGIN + timedelta(days=n)).weekday()] for n in range(DAYS)])
    upto = np.rint(weights / weights[-1] * calls).astype(int)
    return int(upto[day] - (upto[day - 1] if day else 0))


def day_of_calls(day: int, calls: int) -> Rows:
    """Rows of `visits` in the order of entry, with the columns of the export."""
    dice, count = np.random.default_rng((20_251, day)), calls_of_day(day, calls)
    hours = dice.choice(24, count, p=_HOURS / _HOURS.sum())
    micros = np.sort(hours * 3_600_000_000 + dice.integers(0, 3_600_000_000, count))
    outcomes = dice.choice(len(_OUTCOMES), count, p=[share for _, share in _OUTCOMES])
    sizes = 1 / np.arange(1, len(QUEUES) + 1) ** 0.7
    queues = dice.choice(len(QUEUES), count, p=sizes / sizes.sum())
    waits = dice.exponential(9_000 + 700 * queues).astype(int)
    waits = np.where(dice.random(count) < 0.02, dice.choice([5_000, 20_000], count), waits)
    agents, works = dice.integers(0, len(AGENTS), count), dice.exponential((180_000, 9_000, 25_000), (count, 3))
    moved, called = dice.random((count, 2)).T
    begin = BEGIN + timedelta(days=day)
    first = int(begin.timestamp())
    talked = outcomes == 0
    back = talked & (called < 0.01)
    closed = outcomes == len(_OUTCOMES) - 1
    talk, hold, wrap = np.where(talked[:, None], works, 0).astype(int).T.tolist()
    columns = {
        "call": [f"{first + micro // 1_000_000}.{n}" for n, micro in enumerate(micros.tolist())],
        "position": [0] * count,
        "queue": [QUEUES[n] for n in queues.tolist()],
        "entered": [begin + timedelta(microseconds=micro) for micro in micros.tolist()],
        "outcome": [_OUTCOMES[n][0].value for n in outcomes.tolist()],
        "channel": [_CHANNELS[n] for n in back.tolist()],
        "agent": [AGENTS[n] if talks else "" for n, talks in zip(agents.tolist(), talked.tolist(), strict=True)],
        "wait_ms": np.where(back | closed, 0, waits).tolist(),
        "ring_ms": np.minimum(waits, 4_000).tolist(),
        "talk_ms": talk,
        "hold_ms": hold,
        "wrap_ms": wrap,
        "transferred": (talked & (moved < 0.06)).tolist(),
    }
    return list(zip(*(columns[name] for name in _COLUMNS), strict=True))


async def make_year(database: Database, folder: Path, calls: int, at_most: float) -> bool:
    """Into the database and, as the export has them, into the folder. False: `at_most` seconds were not enough."""
    began = time.monotonic()
    exported = DayFolder(folder, "visits", EXPORTED["visits"].columns).days()
    for day in _missing(exported, await _newest(database)):
        if time.monotonic() - began > at_most:
            return False
        rows = day_of_calls(day, calls)
        await _store(database, rows)
        that = (BEGIN + timedelta(days=day)).date()
        with DayFolder(folder, "visits", EXPORTED["visits"].columns) as files:
            files.put(that, rows)
            files.finish(that, that)
    return True


def _missing(exported: set[date], newest: date | None) -> Iterator[int]:
    for day in range(DAYS):
        that = (BEGIN + timedelta(days=day)).date()
        if that not in exported or newest is None or that > newest:
            yield day


async def _newest(database: Database) -> date | None:
    async with database.reading() as connection:
        found: datetime | None = (await connection.execute(select(func.max(VisitRow.entered)))).scalar()
    return found.date() if found else None


async def _store(database: Database, rows: Rows) -> None:
    async with database.writing(folding=True) as connection:
        await make_room(connection, [rows[0][_COLUMNS.index("entered")]] if rows else [])
        driver = await Driver.under(connection)
        form = driver.form(VisitRow)
        order = [_COLUMNS.index(name) for name in form.columns]
        await driver.insert(form, form.rows(tuple(row[n] for n in order) for row in rows))
