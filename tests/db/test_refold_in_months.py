"""What is replaced is looked for where it can be, and found wherever it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from test_months import line, store_lines

from cti.core.journal import Position, Source
from cti.db.plain import _months

NEW_YEAR = datetime(2027, 1, 1, tzinfo=UTC)


async def counts(store) -> list[int]:
    async with store.database.reading() as connection:
        wanted = [f"SELECT count(*) FROM {name}" for name in ("conversations", "segments", "visits", "offers")]
        return [(await connection.execute(text(one))).scalar_one() for one in wanted]


async def test_a_call_over_a_months_end_is_replaced_whole_with_each_further_line(store):
    begun = line(NEW_YEAR - timedelta(seconds=90), 0)
    end = [Position(source=Source.QUEUE_LOG, file_id="q", path="q", offset=1000)]
    told = {"queue": "sales", "agent": "1001"}
    story = (
        (30, "RINGNOANSWER", {"ring_ms": 5000}),
        (80, "RINGNOANSWER", {"ring_ms": 5000}),
        (100, "CONNECT", {"hold": 100, "ring": 4}),
        (4_000_000, "COMPLETECALLER", {"hold": 100, "talk": 3_999_900, "position": 1}),  # a clock that leapt
    )
    await store.import_lines([begun], end)
    for number, (second, kind, data) in enumerate(story, 1):
        more = line(begun.at + timedelta(seconds=second), number)
        fields = {name: getattr(more, name) for name in ("source", "file_id", "offset", "at")}
        await store.import_lines(
            [type(more)(**fields, kind=kind, call=begun.call, leg=begun.leg, data=told | data)], end
        )
    lived = [row async for row in store.export()]
    await store.refold_all()
    assert [row async for row in store.export()] == lived
    conversations, _, visits, offers = await counts(store)
    assert (conversations, visits, offers) == (1, 1, 2)


async def test_an_older_call_is_replaced_among_newer_ones(store):
    await store_lines(store, *(NEW_YEAR - timedelta(days=100 * n) for n in range(4)))
    before = await counts(store)
    async with store.database.writing() as connection:
        await connection.execute(text("DELETE FROM journal_files"))
    await store.refold_all()
    assert await counts(store) == before


async def test_a_conversation_that_somebody_deleted_by_hand_is_made_again_with_its_next_line(store):
    begun = line(NEW_YEAR - timedelta(days=200), 0)
    end = [Position(source=Source.QUEUE_LOG, file_id="q", path="q", offset=1000)]
    await store.import_lines([begun], end)
    async with store.database.writing() as connection:
        await connection.execute(text("DELETE FROM conversations"))
    more = replace(begun, offset=1, at=begun.at + timedelta(seconds=9), kind="ABANDON", data={"queue": "sales"})
    await store.import_lines([more], end)
    assert (await counts(store))[:3] == [1, 1, 1]


def test_months_of_a_stretch_are_whole_and_open_where_it_is():
    assert _months("at", NEW_YEAR - timedelta(days=1), NEW_YEAR) == (
        " AND at >= '2026-12-01T00:00:00+00:00' AND at < '2027-02-01T00:00:00+00:00'"
    )
    assert _months("at", NEW_YEAR, None) == " AND at >= '2027-01-01T00:00:00+00:00'"
    assert _months("at", datetime(1990, 1, 1, tzinfo=UTC), datetime(2150, 1, 1, tzinfo=UTC)) == ""
