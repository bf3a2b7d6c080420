"""The floor's numbers of today and `cti report queue --from today` are the same, fed with the same calls, on both
databases."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from cti.core.metrics.catalogue import METRICS
from cti.core.metrics.thresholds import Thresholds
from cti.core.words import CallId, Outcome, QueueName
from cti.db.span import Span
from cti.db.tally import Tally, tally
from cti.db.today import stays_since
from cti.engine.today import SHOWN, Today
from cti.journal.importer import Importer
from cti.reports.build import Asked, build

CHINA, SALES = ZoneInfo("Asia/Shanghai"), QueueName("sales")
THRESHOLDS = Thresholds(within_ms=2_000, short_ms=4_000)


def saw(today: Today, day, instant, number: int) -> None:
    """One call in its journals, and as the engine saw it: some milliseconds beside what CEL will tell."""
    call, begin = CallId(day.call(number)), number * 10
    today.joined(call, SALES, instant(begin + 1), instant(begin + 1.2))
    if number % 3 == 0:
        today.left(call, instant(begin + 6.04), Outcome.ABANDONED)
    else:
        today.left(call, instant(begin + 3.123), Outcome.ANSWERED)


async def settled(store, today: Today, now) -> None:
    span = Span(since=today.midnight(now), until=now)
    today.settle(*await stays_since(store.database, span, today.counters, today.thresholds, today.unsettled), now)


async def reported(store, today: Today, now) -> dict[str, object]:
    span = Span(since=today.midnight(now), until=now)
    asked = Asked(name="queue", since=span.since, until=span.until, zone=CHINA, thresholds=today.thresholds)
    report = build(
        asked, await tally(store.database, Tally(span=span, key="queue", thresholds=today.thresholds), span.until)
    )
    names = [column.name for column in report.columns]
    (row,) = (dict(zip(names, row, strict=True)) for row in report.rows if row[0] == "sales")
    return row


async def test_once_the_journals_are_folded_every_number_is_the_reports_to_the_last_digit(store, day, instant):
    today, now = Today(CHINA, THRESHOLDS), instant(3600)
    for number in range(60):
        saw(today, day, instant, number)
    before = today.of(SALES, now)
    await Importer(day.files, store).drain()
    await settled(store, today, now)
    shown, row = today.of(SALES, now), await reported(store, today, now)
    for name in SHOWN:
        assert shown[METRICS[name].column] == row[METRICS[name].column], name
    assert shown["service_percent"] == row["service_level_offered_percent"]
    assert today.unsettled == []
    assert (row["entered"], row["answered"], row["abandoned"]) == (60, 40, 20)
    assert (before["entered"], before["answered"], before["abandoned"]) == (60, 40, 20), "before there was any row"
    assert abs(before["asa_seconds"] - row["asa_seconds"]) < 0.1


async def test_while_some_calls_are_not_folded_yet_each_caller_counts_once(store, day, instant):
    today, now = Today(CHINA, THRESHOLDS), instant(400)
    for number in range(30):
        saw(today, day, instant, number)
    importer = Importer(day.files, store, chunk_bytes=900)
    while await importer.step():
        await settled(store, today, now)
        found = today.of(SALES, now)
        assert (found["entered"], found["answered"], found["abandoned"]) == (30, 20, 10)
    row = await reported(store, today, now)
    assert today.of(SALES, now)["asa_seconds"] == row["asa_seconds"]
