"""Rows that cross to another process as bytes are those that the driver stores, whatever stands in them."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select

from cti.core.conversation import fold
from cti.core.journal import JournalLine, Source
from cti.db.fact_tables import SurveyRow
from cti.db.folded import FOLDED
from cti.db.lines import line_loads, line_rows
from cti.db.loads import load
from cti.db.plain import Driver
from cti.db.store import Store
from cti.db.tables import ExplanationRow, JournalLineRow
from cti.journal.queue_log import parse

AT = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)
AWKWARD = [
    "",
    r"\N",
    r"\.",
    "tab\tnew\nline\rback\\slash",
    '"quoted",{}',
    "李娜\u202e\u2028",
    "'; DROP TABLE",
    r"\u0041",
]


def told(offset: int, text: str) -> JournalLine:
    at = AT.astimezone(timezone(timedelta(hours=-3))) + timedelta(microseconds=offset)
    data = {"queue": text, "z": [text, None, True, 1.5], "a": {text: {}}}
    return JournalLine(
        source=Source.ENGINE, file_id="f", offset=offset, at=at, kind="explain", call=text, leg=text, data=data
    )


@pytest.mark.parametrize("table", [JournalLineRow, ExplanationRow])
async def test_awkward_values_arrive_as_they_were(new_database, table):
    lines = [told(offset, text) for offset, text in enumerate(AWKWARD)]
    found = []
    for crossing in (True, False):
        async with Store(new_database()) as store:
            sqlite = store.database.is_sqlite
            async with store.database.writing(folding=True) as connection:
                driver = await Driver.under(connection)
                for rows in pickle.loads(pickle.dumps(list(line_loads(lines, sqlite=sqlite)))) if crossing else ():
                    await rows.store(driver)
                for form, rows in () if crossing else line_rows(lines, sqlite=sqlite):
                    await driver.insert(form, rows)
            async with store.database.reading() as connection:
                found.append((await connection.execute(select(table.__table__).order_by(table.offset))).all())
    assert found[0] == found[1]
    assert [row.call for row in found[0]] == AWKWARD
    assert [row.at for row in found[0]] == [line.at for line in lines]


async def test_parts_can_be_left_out_and_nothing_is_a_value(store):
    values = [("c", position, "sales", "1001", "care", "why", AT, "silent", None, 1, 5, False) for position in range(4)]
    async with store.database.writing(folding=True) as connection:
        driver = await Driver.under(connection)
        rows = load(SurveyRow, driver.form(SurveyRow), [values[:1], [], values[1:3], values[3:]], sqlite=driver.sqlite)
        await rows.store(driver, [True, True, False, True])
    async with store.database.reading() as connection:
        wanted = select(SurveyRow.position, SurveyRow.answer, SurveyRow.top_two).order_by(SurveyRow.position)
        assert (await connection.execute(wanted)).all() == [(0, None, False), (3, None, False)]


TOLD = """
1796000000|1.1|q|NONE|CLOSED
1796000100|1.1|q|NONE|ENTERQUEUE||13800000001|1
1796000109|1.1|q|1001|CONNECT|9||3
1796000120|1.1|q|1001|BLINDTRANSFER|8|from-agent
1796000121|1.1|q|NONE|SURVEYBEGIN|care
1796000125|1.1|q|NONE|SURVEY|care|why|1|5|1|5
1796000126|1.1|q|NONE|SURVEYEND|care|completed
"""


@pytest.mark.parametrize("sqlite", [True, False])
def test_the_rows_of_every_table_can_cross(sqlite):
    """`marshal` takes plain values only: a member of a StrEnum that no form knows of would end an import."""
    lines = [parse(text.encode(), "f", number) for number, text in enumerate(TOLD.split())]
    conversation = fold([line for line in lines if line is not None])
    assert conversation is not None
    for kind in FOLDED:
        parts = list(kind.values([conversation, None]))
        assert [bool(part) for part in parts] == [True, False]
        assert load(kind.table, kind.form(sqlite=sqlite), parts, sqlite=sqlite).pieces
