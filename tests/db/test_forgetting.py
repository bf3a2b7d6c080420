"""Whole months of history can be let go, on both databases alike; what is kept stays whole."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from cti.core.journal import JournalLine, Position, Source
from cti.db.forgetting import _OF_A_CALL, forget_before
from cti.db.months import PARTED, Month
from cti.db.tables import Table

BORDER = datetime(2024, 3, 1, tzinfo=UTC)


def line(source: Source, at: datetime, offset: int, kind: str, call: str, leg: str = "", **data: object) -> JournalLine:
    return JournalLine(
        source=source, file_id=source.value, offset=offset, at=at, kind=kind, call=call, leg=leg or call, data=data
    )


def call(number: int, at: datetime, seconds: float = 60) -> list[JournalLine]:
    """A caller who waits and hangs up."""
    name = f"{int(at.timestamp())}.{number}"
    told = {"queue": "sales", "agent": "", "number": "138"}
    end = at + timedelta(seconds=seconds)
    return [
        line(Source.QUEUE_LOG, at, 10 * number, "ENTERQUEUE", name, **told),
        line(Source.ENGINE, at, 10 * number, "explain", name, decision="wait"),
        line(Source.QUEUE_LOG, end, 10 * number + 5, "ABANDON", name, **told, position=1, entered=1, wait=int(seconds)),
    ]


def message(number: int, at: datetime, folder: str) -> JournalLine:
    values = {"box": "100", "context": "default", "folder": folder, "seconds": 3.0, "number": "139"}
    return line(Source.VOICEMAIL, at, number, "found", "", f"message-{number}", **values)


async def stored(store) -> dict[str, list[dict]]:
    rows: dict[str, list[dict]] = {}
    async for text in store.export():
        row = json.loads(text)
        rows.setdefault(row.pop("table"), []).append(row)
    return rows


async def filled(store) -> list[JournalLine]:
    lines = [
        *call(1, BORDER - timedelta(days=500)),
        *call(2, BORDER - timedelta(days=20)),
        *call(3, BORDER - timedelta(seconds=30)),  # goes on into the month that is kept
        *call(4, BORDER),
        *call(5, BORDER + timedelta(days=40)),
        line(Source.ENGINE, BORDER - timedelta(days=9), 800, "presence", "", agent="1001", presence="ready"),
        line(Source.ENGINE, BORDER + timedelta(days=9), 900, "presence", "", agent="1001", presence="paused"),
    ]
    ends = [Position(source=source, file_id=source.value, path=source.value, offset=10_000) for source in Source]
    await store.import_lines(lines, ends)
    return lines


async def test_conversations_that_began_before_go_with_all_that_is_theirs(store):
    lines = await filled(store)
    before = await stored(store)
    gone = {one.table: one.rows for one in await forget_before(store.database, Month.of(BORDER))}
    assert gone["conversations"] == 3
    assert gone["presences"] == 1
    after = await stored(store)
    kept = {lines[9].call, lines[12].call}
    assert {row["id"] for row in after["conversations"]} == kept
    for table in ("segments", "visits", "explanations"):
        assert after[table] == [row for row in before[table] if row["call"] in kept]
        assert len(after[table]) == 2
    assert {row["call"] for row in after["journal_lines"]} == kept | {""}
    assert [row["presence"] for row in after["presences"]] == ["paused"]


async def test_what_is_kept_folds_to_the_same_rows_and_what_is_gone_does_not_come_back(store):
    await filled(store)
    await forget_before(store.database, Month.of(BORDER))
    after = await stored(store)
    await store.refold_all()
    assert await stored(store) == after
    assert {one.rows for one in await forget_before(store.database, Month.of(BORDER))} == {0}


async def test_a_dry_run_counts_and_deletes_nothing(store):
    await filled(store)
    before = await stored(store)
    would = await forget_before(store.database, Month.of(BORDER), dry_run=True)
    assert await stored(store) == before
    assert await forget_before(store.database, Month.of(BORDER)) == would
    assert {one.table for one in would} == {*PARTED, "surveys", "announcements", "journal_lines"}


def test_nothing_that_belongs_to_a_call_is_overlooked():
    of_calls = {name for name, table in Table.metadata.tables.items() if "call" in table.columns}
    assert of_calls == {*_OF_A_CALL, "journal_lines", "recordings"}  # recordings are files, which stay
