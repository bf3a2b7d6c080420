"""The importer rests between rounds: short after a few lines, longer after many, not at all while more is left."""

from __future__ import annotations

import pytest

from cti.core.journal import Source
from cti.journal.importer import LEAST_REST, MOST_REST, Round
from cti.journal.tail import Tail


@pytest.mark.parametrize(
    ("stored", "more", "rest"), [(0, False, LEAST_REST), (700, False, 0.7), (9_000, False, MOST_REST), (9_000, True, 0)]
)
def test_many_lines_make_a_long_rest_and_a_backlog_makes_none(stored, more, rest):
    assert Round(moved=True, stored=stored, more=more).rest_seconds == pytest.approx(rest)


def test_a_chunk_says_whether_more_stands_behind_it(tmp_path):
    log = tmp_path / "queue_log"
    line = b"1795309664|1.1|q|NONE|DID|" + b"x" * 1_000 + b"\n"
    log.write_bytes(line * 200)
    tail = Tail(log, source=Source.QUEUE_LOG, chunk_bytes=len(line) * 100)
    found = []
    while chunk := tail.step():
        found.append((len(chunk.records), chunk.more))
        tail.accept(chunk.position)
    assert found == [(100, True), (100, False)]
