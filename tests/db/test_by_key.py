"""Lines are found by their call and by their leg, through an index each, of which one has other legs only."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text

from cti.core.journal import JournalLine, Source
from cti.db.by_key import by_key, by_leg
from cti.db.lines import is_new, keep_lines
from cti.db.plain import Driver
from cti.db.tables import JournalLineRow

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
LINES = {"own": ("1.1", "1.1"), "other": ("1.1", "1.2"), "alien": ("2.1", "2.1"), "nobody": ("", "")}


@pytest.fixture
async def driver(store):
    lines = [
        JournalLine(source=Source.CEL, file_id="f", offset=number, at=AT, kind=kind, call=call, leg=leg, data={})
        for number, (kind, (call, leg)) in enumerate(LINES.items())
    ]
    async with store.database.writing(folding=True) as connection:
        driver = await Driver.under(connection)
        await keep_lines(driver, lines)
        yield driver


def of_cel(legs):
    return by_leg(legs, Source.CEL)


@pytest.mark.parametrize(
    ("asked", "keys", "kinds"),
    [
        (of_cel, ["1.1"], {"own"}),
        (of_cel, ["1.2"], {"other"}),
        (by_key, ["1.1"], {"own", "other"}),
        (by_key, ["1.2", "2.1"], {"other", "alien"}),
        (of_cel, ["3.1"], set()),
    ],
)
async def test_no_line_is_missed_whether_its_leg_is_its_call_or_not(driver, asked, keys, kinds):
    found = await driver.connection.execute(select(JournalLineRow.kind).where(asked(keys)))
    assert set(found.scalars()) == kinds


async def test_no_look_for_a_leg_reads_the_whole_table(driver):
    explain = "EXPLAIN QUERY PLAN " if driver.sqlite else "EXPLAIN "
    for asked in (of_cel(["1.1", "1.2"]), by_key(["1.1", "1.2"])):
        statement = (
            select(JournalLineRow.kind)
            .where(asked)
            .compile(driver.connection.sync_connection, compile_kwargs={"literal_binds": True})
        )
        plan = "\n".join(str(row) for row in await driver.connection.execute(text(explain + str(statement))))
        assert "ix_journal_lines_leg" in plan
        assert "ix_journal_lines_call" in plan


async def test_a_file_is_new_from_behind_its_last_line_on(driver):
    last = len(LINES) - 1
    assert not await is_new(driver, Source.CEL, "f", last)
    assert await is_new(driver, Source.CEL, "f", last + 1)
    assert await is_new(driver, Source.CEL, "another", 0)
    assert await is_new(driver, Source.CDR, "f", 0)
