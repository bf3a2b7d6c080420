"""The benchmark of imports, small: its journals are those of real calls, and every call comes out as one row."""

from __future__ import annotations

import pytest
from cluster import require_server

from cti.core.journal import Source
from cti.journal.files import Reader
from cti.journal.reading import read
from cti.stage.bench_import import measured
from cti.stage.bench_journals import write_journals


class Nothing:
    async def positions(self, source):
        return {}


async def test_the_journals_are_accepted_and_always_the_same(tmp_path):
    found = []
    for name in ("one", "two"):
        files, lines = write_journals(tmp_path / name, 50)
        reader = Reader(files, 1 << 24)
        await reader.open(Nothing())
        chunks = reader.next()
        readings = [read(chunk) for chunk in chunks]
        assert sum(len(chunk.records) for chunk in chunks) == lines
        assert not any(reading.refused for reading in readings)
        assert {chunk.position.source for chunk in chunks} == set(Source) - {Source.VOICEMAIL}
        found.append([chunk.records for chunk in chunks])
    assert found[0] == found[1]


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_every_call_becomes_one_conversation_within_the_memory_that_was_promised(database):
    if database == "postgresql":
        require_server()
    said: list[str] = []
    result = measured(0.05, said.append, (database,))
    assert result["calls"] == 1_200
    assert set(result) & {"sqlite", "postgresql"} == {database}
    told = result[database]
    assert told["lines_per_second"] == pytest.approx(result["lines"] / told["seconds"], rel=0.05)
    assert told["megabytes"] < result["aim"]["megabytes"]
    assert said[-1].startswith(database)
