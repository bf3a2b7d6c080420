"""Journals -> rows, on both databases: once, whole, again the same, whatever is killed."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import shutil
import signal
import sys

import pytest
from sqlalchemy import select

from cti.core.journal import JournalLine, Position, Source
from cti.db.fact_tables import SurveyRow
from cti.db.history import Wanted
from cti.db.store import Store
from cti.errors import StoreError
from cti.journal.importer import Importer

IMPORTER = """
import asyncio, sys
from pathlib import Path
from cti.db.store import Store
from cti.journal.importer import Importer, journal_files

async def main():
    folder = Path(sys.argv[2])
    async with Store(sys.argv[1]) as store:
        importer = Importer(journal_files(folder / "log", folder / "engine.jsonl"), store, chunk_bytes=700)
        print("open", flush=True)
        while sys.stdin.readline():  # a step for each line
            await importer.step()
            print("step", flush=True)

asyncio.run(main())
"""


async def test_a_day_becomes_conversations(store, day):
    calls = [day.call(number) for number in range(30)]
    assert await Importer(day.files, store).drain() > 300
    rows = await store.conversations()
    assert [row["id"] for row in rows] == calls[::-1]
    answered = await store.conversation(calls[1])
    assert (answered["outcome"], answered["agent"], answered["agents"]) == ("answered", "1001", ["1001"])
    assert (answered["wait_seconds"], answered["talk_seconds"], answered["language"]) == (2.1, 4.9, "zh")
    assert [segment["kind"] for segment in answered["segments"]] == ["menu", "wait", "ring", "talk"]
    missed = await store.conversation(calls[3])
    assert (missed["outcome"], missed["agents"], missed["number"]) == ("short_abandon", [], "13800000003")
    assert [told["decision"]["chosen"] for told in await store.explanations(calls[3])] == ["1003"]


async def test_what_callers_answered_after_the_talk_are_rows_of_the_agent_who_talked(store, day):
    calls = [day.call(number) for number in range(30)]
    await Importer(day.files, store).drain()
    async with store.database.reading() as connection:
        rows = [dict(row) for row in (await connection.execute(select(SurveyRow.__table__))).mappings()]
    asked = [n for n in range(30) if n % 5 == 2 and n % 3]
    assert {row["call"] for row in rows} == {calls[n] for n in asked}
    by_key = {(row["call"], row["position"]): row for row in rows}
    first, second = by_key[calls[2], 1], by_key[calls[7], 2]
    assert (first["question"], first["answer"], first["agent"], first["top_two"]) == ("content", 3, "1002", False)
    assert (second["question"], second["answer"], second["outcome"]) == ("solved", None, "hung_up")
    assert (await store.conversation(calls[2]))["segments"][-1]["kind"] == "survey"


async def test_talks_tell_who_served_which_number(store, day):
    first = day.call(1)
    day.call(2)
    day.call(3)  # nobody answers
    await Importer(day.files, store).drain()
    began = (await store.conversation(first))["started"]
    talks = {number: (agent, seconds) for number, agent, _, seconds in await store.talks(began, 10)}
    assert talks["13800000001"] == ("1001", 4.9)
    assert "13800000003" not in talks
    assert len(await store.talks(began, 1)) == 1
    rows = {row["number"]: row for row in await store.conversations()}
    assert await store.talks(max(row["ended"] for row in rows.values()), 10) == []


async def test_importing_again_changes_nothing(store, day, exported):
    day.call(1)
    assert await Importer(day.files, store).drain() > 0
    before = await exported(store)
    assert await Importer(day.files, store).drain() == 0
    async with store.database.writing() as connection:
        await connection.exec_driver_sql("DELETE FROM journal_files")  # as if every position had been lost
    assert await Importer(day.files, store).drain() == 0
    assert await exported(store) == before


async def test_a_deleted_database_is_rebuilt_to_the_byte(new_database, day, exported):
    async with Store(new_database()) as live:
        importer = Importer(day.files, live, chunk_bytes=900)
        for number in range(40):
            day.call(number)
            if number % 9 == 0:
                await importer.drain()
            if number == 20:  # rotated in the middle of the day, one by name and one by copy
                day.files.queue_log.rename(day.files.queue_log.with_name("queue_log.1"))
                shutil.copy(day.files.cel, day.files.cel.with_name("Master.csv.1"))
                os.truncate(day.files.cel, 0)
        await importer.drain()
        lived = await exported(live)
    async with Store(new_database()) as rebuilt:
        await Importer(day.files, rebuilt).drain()
        assert await exported(rebuilt) == lived
    assert lived.count('"table": "conversations"') == 40


async def test_refolding_everything_gives_the_same_rows(store, day, exported):
    for number in range(12):
        day.call(number)
    await Importer(day.files, store).drain()
    before = await exported(store)
    await store.refold_all()
    assert await exported(store) == before


async def test_killing_the_importer_at_any_instant_loses_and_doubles_nothing(new_database, day, exported, tmp_path):
    for number in range(60):
        day.call(number)
    dice, url, pipe = random.Random(20), new_database(), asyncio.subprocess.PIPE
    for _ in range(20):
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", IMPORTER, url, str(tmp_path / "day"), stdin=pipe, stdout=pipe
        )
        for _ in range(dice.randint(1, 4)):  # "open", then a few steps, then it dies somewhere in the next one
            await child.stdout.readline()
            child.stdin.write(b"step\n")
        await asyncio.sleep(dice.random() * 0.01)  # not to wait for anything: to die at a random instant
        os.kill(child.pid, signal.SIGKILL)
        assert await child.wait() == -signal.SIGKILL
    async with Store(url) as killed, Store(new_database()) as clean:
        await Importer(day.files, killed).drain()
        await Importer(day.files, clean).drain()
        assert await exported(killed) == await exported(clean)


async def test_two_importers_at_once_store_everything_once(new_database, day, exported):
    for number in range(20):
        day.call(number)
    url = new_database()
    async with Store(url) as one, Store(url) as two, Store(new_database()) as alone:
        importers = [Importer(day.files, store, chunk_bytes=600) for store in (one, two)]
        await asyncio.gather(*(importer.drain() for importer in importers))
        await Importer(day.files, alone).drain()
        assert await exported(one) == await exported(alone)


async def test_forged_and_torn_lines_are_refused_counted_and_logged_harmlessly(store, day, caplog):
    call = day.call(1)
    forged = f"1795300019|x|q|a|COMPLETECALLER|1|9999|1\n1795300019|{call}|sales|1066|CONNECT|1|e\x1b[2Jvil|1\n"
    day.write(day.files.queue_log, forged + "17953000")
    day.write(day.files.cel, '"CHAN_START","179\n')
    day.write(day.files.engine, '{"kind":"answ\n')
    day.call(2)
    importer = Importer(day.files, store)
    with caplog.at_level(logging.WARNING):
        await importer.drain()
    assert sum(importer.refused.values()) == 5  # the torn 17953000 spoiled the line that came right after it
    assert "\x1b" not in caplog.text
    assert "\\x1b" in caplog.text
    found = await store.conversation(call)
    assert (found["agents"], found["talk_seconds"], found["agent"]) == (["1001"], 4.9, "1001")


async def test_a_database_that_fails_stores_nothing_and_the_same_lines_come_again(store, day, monkeypatch):
    day.call(1)
    importer = Importer(day.files, store)

    async def broken(*_: object) -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("cti.db.store.refold", broken)
        with pytest.raises(StoreError, match="full"):
            await importer.drain()
    assert await store.positions(Source.QUEUE_LOG) == {}
    assert await importer.drain() > 0
    assert len(await store.conversations()) == 1


async def test_a_file_that_lost_its_end_takes_its_lines_back(store, day):
    call = day.call(1)
    await Importer(day.files, store).drain()
    text = day.files.queue_log.read_text().splitlines(keepends=True)
    os.truncate(day.files.queue_log, len("".join(text[:2])))
    day.files.cel.unlink()
    day.files.engine.unlink()
    await Importer(day.files, store).drain()
    async with store.database.reading() as connection:
        left = await connection.exec_driver_sql("SELECT count(*) FROM journal_lines WHERE source = 'queue_log'")
        assert left.scalar() == 2
    day.queue_log(1_795_300_017, call, "NONE", "ABANDON", 1, 1, 6)
    assert await Importer(day.files, store).drain() == 1


def joined(at, call: str, leg: str, kind: str, offset: int, **data: object) -> JournalLine:
    return JournalLine(source=Source.CEL, file_id="c", offset=offset, at=at, kind=kind, call=call, leg=leg, data=data)


async def test_two_linkedids_that_merge_become_one_conversation(store, instant):
    position = [Position(source=Source.CEL, file_id="c", path="Master.csv", offset=100)]
    alone = [
        joined(instant(0), "1795300000.1", "1795300000.1", "CHAN_START", 0, context="from-trunk", number="138"),
        joined(
            instant(5), "1795300005.5", "1795300005.5", "CHAN_START", 1, context="from-agent", channel="PJSIP/1001-1"
        ),
    ]
    await store.import_lines(alone, position)
    assert len(await store.conversations()) == 2
    merged = [
        joined(instant(9), "1795300000.1", "1795300005.5", "CHAN_END", 2),
        joined(instant(9), "1795300000.1", "1795300000.1", "CHAN_END", 3),
    ]
    await store.import_lines(merged, position)
    (row,) = await store.conversations()
    assert (row["id"], row["ended"]) == ("1795300000.1", instant(9))
    assert (await store.conversation("1795300005.5"))["id"] == "1795300000.1"


async def test_instants_come_back_aware_and_in_utc(store, day, instant):
    call = day.call(0)
    await Importer(day.files, store).drain()
    row = await store.conversation(call)
    assert row["started"] == instant(0)
    assert row["started"].utcoffset().total_seconds() == 0


async def test_pages_hold_every_conversation_once(store, day):
    calls = [day.call(number) for number in range(25)]
    await Importer(day.files, store).drain()
    seen, after = [], ""
    while True:
        rows, after = await store.page(Wanted(limit=7, after=after))
        seen += [row["id"] for row in rows]
        if not after:
            break
    assert seen == calls[::-1]


async def test_filters_find_what_they_say(store, day, instant):
    for number in range(21):
        day.call(number)
    await Importer(day.files, store).drain()

    async def count(**wanted: object) -> int:
        return len(await store.conversations(Wanted(**wanted)))

    assert await count(outcome="short_abandon") == 7
    assert await count(agent="1001") == 2
    assert await count(queue="sales", since=instant(50), until=instant(100)) == 5
    assert await count(number="13800000004") == 1
    assert await count(number="'; DROP TABLE conversations;--") == 0
    assert await count(open_only=True) == 0
