"""What goes straight to the driver is what SQLAlchemy would have stored, and comes back as it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import insert, select

from cti.core.journal import JournalLine, Position, Source
from cti.db.fact_tables import PresenceRow
from cti.db.plain import Driver
from cti.db.tables import ConversationRow, JournalLineRow
from cti.errors import StoreError

AT = datetime(2026, 11, 22, 8, 0, 0, 1, tzinfo=timezone(timedelta(hours=8)))


def line(offset: int) -> dict[str, object]:
    values = {"z": 1, "a": ['"\\', "李\t\n\u202e", None, 1.5, True], "e": {}}
    text = {"kind": "CHAN_START", "call": "1.1", "leg": "1.2"}
    return {"source": "cel", "file_id": "f", "offset": offset, "at": AT, "data": values, **text}


async def test_rows_by_the_driver_are_those_that_sqlalchemy_stores(store):
    lines = [line(1), line(2)]
    offline = {
        "file_id": "f",
        "agent": "1001",
        "at": AT,
        "presence": "paused",
        "reason": "",
        "billable": False,
        "over_time": False,
    }
    states = [offline | {"offset": 1, "payable": True}, offline | {"offset": 2, "payable": True}]
    async with store.database.writing(folding=True) as connection:
        driver = await Driver.under(connection)
        for table, rows in ((JournalLineRow, lines), (PresenceRow, states)):
            form = driver.form(table)
            await connection.execute(insert(table), [rows[0]])
            await driver.insert(form, form.rows([[rows[1][name] for name in form.columns]]))
    async with store.database.reading() as connection:
        for table, column in ((JournalLineRow, "data"), (PresenceRow, "payable")):
            one, other = (await connection.execute(select(table.__table__).order_by(table.offset))).mappings()
            assert {**one, "offset": 2} == {**other}
            assert other["at"] == AT
            assert other["at"].tzinfo is UTC
            if store.database.is_sqlite:  # to the byte, as `SELECT` of another program sees it
                told = await connection.exec_driver_sql(f"SELECT DISTINCT at, {column} FROM {table.__tablename__}")
                assert len(told.all()) == 1


async def test_many_keys_are_asked_for_in_one_statement(store):
    async with store.database.writing(folding=True) as connection:
        driver = await Driver.under(connection)
        form = driver.form(JournalLineRow)
        rows = [line(number) | {"call": f"{number}.'\"1"} for number in range(3_000)]
        await driver.insert(form, form.rows([[row[name] for name in form.columns] for row in rows]))
        asked = [f"{number}.'\"1" for number in range(0, 6_000, 2)]
        found = await driver.rows("SELECT at, data FROM journal_lines WHERE call {among}", asked)
        assert len(found) == 1_500
        assert driver.instant(found[0][0]) == AT
        assert driver.told(found[0][1]) == rows[0]["data"]
        await driver.delete(JournalLineRow, "call", asked)
        assert len(await driver.rows("SELECT 1 FROM journal_lines WHERE leg {among}", ["1.2"])) == 1_500


async def test_what_the_driver_refuses_is_one_line_and_stores_nothing(store):
    async def store_twice() -> None:
        async with store.database.writing(folding=True) as connection:
            driver = await Driver.under(connection)
            form = driver.form(JournalLineRow)
            rows = form.rows([[line(1)[name] for name in form.columns]])
            await driver.insert(form, rows)
            await driver.insert(form, rows)

    with pytest.raises(StoreError, match="the database refused") as told:
        await store_twice()
    assert "\n" not in str(told.value)
    assert await store.journals() == []
    async with store.database.reading() as connection:
        assert (await connection.execute(select(JournalLineRow.offset))).all() == []


async def test_lines_that_stand_before_stored_ones_are_still_stored_once(store):
    def cel(*offsets: int) -> list[JournalLine]:
        return [
            JournalLine(source=Source.CEL, file_id="f", offset=offset, at=AT, kind="ANSWER", call="1.1", leg="1.1")
            for offset in offsets
        ]

    position = [Position(source=Source.CEL, file_id="f", path="Master.csv", offset=100)]
    assert await store.import_lines(cel(1, 5, 9, 9), position) == 3
    assert await store.import_lines(cel(5, 9), position) == 0
    assert await store.import_lines(cel(0, 5, 7, 9, 11, 11), position) == 3
    async with store.database.reading() as connection:
        offsets = (await connection.execute(select(JournalLineRow.offset).order_by(JournalLineRow.offset))).scalars()
        assert list(offsets) == [0, 1, 5, 7, 9, 11]
        assert (await connection.execute(select(ConversationRow.id))).all() == []
