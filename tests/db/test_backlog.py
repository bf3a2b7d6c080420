"""A backlog that several processes read gives the rows that one process gives, whatever happens to any of them."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import shutil
import signal
import sys
from dataclasses import replace

import pytest

from cti.backlog import Backlog
from cti.backlog.workers import Worker
from cti.db.store import Store
from cti.errors import StoreError
from cti.journal.abreast import abreast, parted
from cti.journal.files import Reader
from cti.journal.importer import Importer
from cti.journal.records import Records
from cti.stage.bench_journals import write_journals

CALLS, CHUNK = 120, 30_000  # a dozen batches, each of which cuts calls in two

IMPORTER = """
import asyncio, sys
from pathlib import Path
from cti.backlog import Backlog
from cti.db.store import Store
from cti.journal.files import journal_files

async def main():
    folder = Path(sys.argv[2])
    async with Store(sys.argv[1]) as store:
        files = journal_files(folder / "log", folder / "engine.jsonl")
        print("open", flush=True)
        await Backlog(files, store, chunk_bytes=20_000, worth=1, told=tell).drain()

def tell(lines):
    sys.stdin.readline()  # goes on when it may
    print(lines, flush=True)

if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.fixture
def journals(tmp_path):
    """A folder of believable journals."""
    files, _ = write_journals(tmp_path / "journals", CALLS)
    return files


@pytest.fixture
def new_file(tmp_path, migrated_file):
    """Each call gives the URL of an empty database: what processes do is the same with either."""
    count = iter(range(100))
    return lambda: f"sqlite:///{shutil.copy(migrated_file, tmp_path / f'file{next(count)}.sqlite')}"


def backlog(files, store, **options) -> Backlog:
    return Backlog(files, store, chunk_bytes=CHUNK, worth=1, workers=2, **options)


async def test_what_several_processes_read_is_what_one_reads(new_database, journals, exported):
    batches: list[int] = []
    async with Store(new_database()) as many, Store(new_database()) as one:
        stored = await backlog(journals, many, told=batches.append).drain()
        assert len(batches) > 5
        assert stored == await Importer(journals, one).drain()
        assert await exported(many) == await exported(one)
        assert await many.count_conversations() == CALLS
        assert await backlog(journals, many).drain() == 0


async def test_a_backlog_goes_on_where_the_engine_stopped_and_stores_known_lines_once(new_database, journals, exported):
    async with Store(new_database()) as begun, Store(new_database()) as one:
        first = await Importer(journals, begun, chunk_bytes=9_000).step()
        rest = await backlog(journals, begun).drain()
        assert first + rest == await Importer(journals, one).drain()
        assert await exported(begun) == await exported(one)
        async with begun.database.writing() as connection:
            await connection.exec_driver_sql("DELETE FROM journal_files")  # as if every position had been lost
        assert await backlog(journals, begun).drain() == 0
        assert await exported(begun) == await exported(one)


async def test_killing_it_at_any_instant_loses_and_doubles_nothing(new_database, tmp_path, exported):
    files, _ = write_journals(tmp_path / "journals", 250)
    dice, url, pipe = random.Random(20), new_database(), asyncio.subprocess.PIPE
    for _ in range(2):
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", IMPORTER, url, str(tmp_path / "journals"), stdin=pipe, stdout=pipe
        )
        for _ in range(dice.randint(2, 4)):  # "open", then a few batches, then it dies somewhere in the next one
            await child.stdout.readline()
            child.stdin.write(b"on\n")
        await asyncio.sleep(dice.random() * 0.05)  # not to wait for anything: to die at a random instant
        os.kill(child.pid, signal.SIGKILL)
        assert await child.wait() == -signal.SIGKILL
        assert await child.stdout.read() is not None  # its workers have it open, too: they end with their pipe
    async with Store(url) as killed, Store(new_database()) as clean:
        assert await Importer(files, clean).drain() > await Importer(files, killed).drain() > 0
        assert await exported(killed) == await exported(clean)


async def test_a_process_that_dies_ends_the_import_and_the_next_goes_on(new_file, journals, exported, monkeypatch):
    ask = Worker.ask

    def dying(self: Worker, chunks):
        self.process.kill()
        return ask(self, chunks)

    async with Store(new_file()) as store, Store(new_file()) as one:
        with monkeypatch.context() as patch:
            patch.setattr(Worker, "ask", dying)
            with pytest.raises(StoreError, match="died"):
                await backlog(journals, store).drain()
        await backlog(journals, store).drain()
        await Importer(journals, one).drain()
        assert await exported(store) == await exported(one)


async def test_refused_lines_are_counted_and_told(new_file, journals, exported, caplog):
    with journals.cel.open("a") as cel, journals.queue_log.open("a") as queue_log, journals.engine.open("a") as engine:
        cel.write('"CHAN_START","179\n"NOT\x1b[2J EVENT","1795300001.0","1.1","1.1","","","","","","","","",""\n')
        queue_log.writelines(["1795300019|x|q|a|COMPLETECALLER|1|9999|1\n"] * 30)
        engine.write(
            '{"kind":"answ\n' + '{"kind":"left","at":"2026-11-22T00:00:00+00:00","x":' + "[" * 300 + "]" * 300 + "}\n"
        )
    async with Store(new_file()) as store, Store(new_file()) as one:
        many, alone = backlog(journals, store), Importer(journals, one)
        with caplog.at_level(logging.WARNING):
            await many.drain()
        assert sum(many.refused.values()) == 34
        assert "\\x1b" in caplog.text
        assert "\x1b" not in caplog.text
        assert caplog.text.count("COMPLETECALLER") == 10  # a flood does not fill the log
        await alone.drain()
        assert alone.refused == many.refused
        assert await exported(store) == await exported(one)


async def test_files_that_were_rotated_or_lost_their_end_are_read_like_by_one_process(new_file, journals, exported):
    async with Store(new_file()) as store, Store(new_file()) as one:
        for into in (store, one):
            await Importer(journals, into).drain()
        text = journals.queue_log.read_bytes()
        journals.queue_log.write_bytes(text[: len(text) // 2].rpartition(b"\n")[0] + b"\n")
        journals.engine.rename(journals.engine.with_name("engine-20261122T101500.jsonl"))
        journals.engine.write_bytes(b'{"kind":"opened","at":"2026-11-22T00:00:00+00:00","file":"x"}\n')
        await backlog(journals, store).drain()
        await Importer(journals, one).drain()
        assert await exported(store) == await exported(one)
        with journals.queue_log.open("ab") as file:
            file.write(text[journals.queue_log.stat().st_size :])
        await backlog(journals, store).drain()
        async with Store(new_file()) as anew:
            await Importer(journals, anew).drain()
            assert await exported(store) == await exported(anew)


async def test_the_ends_of_rotated_files_are_stored_with_what_follows_them(new_file, journals, exported):
    for path in journals.paths().values():
        lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
        for number, line in enumerate(lines[:9]):  # nine files of a line each, and the rest
            old = path.with_name(f"{path.name}.{number}")
            old.write_bytes(line)
            os.utime(old, (number, number))
        path.write_bytes(b"".join(lines[9:]))
    batches: list[int] = []
    async with Store(new_file()) as store, Store(new_file()) as one:
        many = Backlog(journals, store, worth=1, workers=2, told=batches.append)
        assert await many.drain() == await Importer(journals, one).drain()
        assert len(batches) == 3  # what the first look found, the other ends, and what is left
        assert await exported(store) == await exported(one)


class Nothing:
    """Knows of no file."""

    async def positions(self, source):
        return {}


async def test_journals_are_cut_at_one_instant_and_every_record_comes_once(journals):
    reader = Reader(journals, 20_000)
    await reader.open(Nothing())
    seen: dict[object, list[int]] = {}
    while chunks := abreast(reader.next()):
        reader.accept(chunks)
        for chunk in chunks:
            seen.setdefault(chunk.position.source, []).extend(record.offset for record in chunk.records)
    whole = Reader(journals, 1 << 24)
    await whole.open(Nothing())
    assert seen == {chunk.position.source: [r.offset for r in chunk.records] for chunk in whole.next()}
    assert abreast([replace(chunk, records=Records(), more=True) for chunk in whole.next()]) != []


async def test_the_last_batch_is_parted_by_instants_and_every_record_comes_once(journals):
    reader = Reader(journals, 1 << 24)
    await reader.open(Nothing())
    whole = reader.next()
    parts = list(parted(whole, 4))
    assert len(parts) == 4
    seen: dict[object, list[int]] = {}
    for part in parts:
        for chunk in part:
            seen.setdefault(chunk.position.source, []).extend(record.offset for record in chunk.records)
            assert chunk.records[-1].offset < chunk.position.offset
    assert seen == {chunk.position.source: [record.offset for record in chunk.records] for chunk in whole}
    ends = {chunk.position.source: chunk.position for part in parts for chunk in part}
    assert ends == {chunk.position.source: chunk.position for chunk in whole}
    counts = [sum(len(chunk.records) for chunk in part) for part in parts]
    assert max(counts) < 2 * min(counts)


async def test_what_cannot_be_parted_stays_one_batch(journals):
    reader = Reader(journals, 1 << 24)
    await reader.open(Nothing())
    whole = reader.next()
    nothing = [replace(chunk, records=Records()) for chunk in whole]
    single = [replace(whole[0], records=whole[0].records[:1])]
    for chunks, parts in ((whole, 1), (whole, 0), (nothing, 4), (single, 4)):
        assert list(parted(chunks, parts)) == [chunks]
