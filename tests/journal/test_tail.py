"""Following a journal: half lines, rotation, truncation, compression, restarts."""

from __future__ import annotations

import gzip
import os
import shutil

import pytest

from cti.journal.records import LONGEST
from cti.journal.tail import Tail


def drain(tail: Tail) -> list[str]:
    found = []
    while chunk := tail.step():
        found += [record.raw.decode() for record in chunk.records]
        tail.accept(chunk.position)
    return found


@pytest.fixture
def log(tmp_path):
    return tmp_path / "queue_log"


def append(path, *lines: str, end: str = "\n") -> None:
    with path.open("a") as file:
        file.write("\n".join(lines) + end)


def test_a_missing_file_is_waited_for(log):
    tail = Tail(log)
    assert drain(tail) == []
    append(log, "one")
    assert drain(tail) == ["one"]


def test_half_a_line_waits_for_its_end(log):
    tail = Tail(log)
    append(log, "one", "tw", end="")
    assert drain(tail) == ["one"]
    append(log, "o")
    assert drain(tail) == ["two"]


def test_what_was_not_accepted_is_read_again(log):
    append(log, "one", "two")
    tail = Tail(log)
    first, again = tail.step(), tail.step()
    assert first == again
    tail.accept(first.position)
    assert tail.step() is None


def test_a_new_tail_goes_on_from_the_stored_position(log):
    append(log, "one", "two")
    chunk = Tail(log).step()
    append(log, "three")
    assert drain(Tail(log, {chunk.position.file_id: chunk.position.offset})) == ["three"]


@pytest.mark.parametrize("name", ["queue_log.1", "queue_log.0", "queue_log-20261122", "queue_log.20261122T101500"])
def test_a_renamed_file_is_finished_before_the_new_one(log, name):
    append(log, "one")
    tail = Tail(log)
    assert drain(tail) == ["one"]
    append(log, "two")
    log.rename(log.with_name(name))
    append(log, "three")
    assert drain(tail) == ["two", "three"]


def test_a_file_that_is_copied_and_truncated_is_finished_in_its_copy(log):
    append(log, "one")
    tail = Tail(log)
    drain(tail)
    append(log, "two")
    shutil.copy(log, log.with_name("queue_log.1"))
    os.truncate(log, 0)
    append(log, "three")
    assert drain(tail) == ["two", "three"]


def test_a_compressed_file_is_the_same_file(log):
    append(log, "one", "two")
    tail = Tail(log, chunk_bytes=4)
    chunk = tail.step()
    tail.accept(chunk.position)
    with gzip.open(log.with_name("queue_log.2.gz"), "wb") as file:
        file.write(log.read_bytes())
    log.unlink()
    append(log, "three")
    assert [record.raw for record in chunk.records] + drain(tail) == [b"one", "two", "three"]


def test_a_half_compressed_file_is_met_again_later(log):
    whole = gzip.compress(b"one\ntwo\n" * 50)
    packed = log.with_name("queue_log.1.gz")
    packed.write_bytes(whole[:-12])
    tail = Tail(log)
    assert tail.step() is None
    packed.write_bytes(whole)
    assert drain(tail) == ["one", "two"] * 50


def test_rotated_files_of_before_the_first_start_are_read_too(log):
    for age, name in enumerate(["queue_log.3", "queue_log.2.gz", "queue_log.1"]):
        data = f"{name}\n".encode()
        log.with_name(name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
        os.utime(log.with_name(name), (1000 + age, 1000 + age))
    append(log, "live")
    assert drain(Tail(log)) == ["queue_log.3", "queue_log.2.gz", "queue_log.1", "live"]


def test_files_that_only_look_alike_are_left_alone(log):
    for name in ("queue_log.bak", "queue_log~", "queue_logger.1", "xqueue_log.1"):
        append(log.with_name(name), "no")
    log.with_name("queue_log.1").mkdir()
    append(log, "yes")
    assert drain(Tail(log)) == ["yes"]


def test_a_file_that_lost_its_end_is_cut_back_there(log):
    append(log, "one", "two")
    tail = Tail(log)
    drain(tail)
    os.truncate(log, 4)
    chunk = tail.step()
    assert (chunk.position.cut, chunk.position.offset, chunk.records) == (True, 4, ())
    tail.accept(chunk.position)
    append(log, "new")
    assert drain(tail) == ["new"]


def test_a_copy_in_the_making_is_not_a_cut(log):
    append(log, "one", "two")
    tail = Tail(log)
    drain(tail)
    log.with_name("queue_log.1").write_text("one\n")
    assert tail.step() is None


@pytest.mark.parametrize("length", [LONGEST + 10, 5 * LONGEST])
def test_a_line_without_end_is_passed_over_in_bounded_memory(log, length):
    append(log, "one", "x" * length, end="")
    tail = Tail(log, chunk_bytes=1000)
    assert drain(tail) == ["one"]
    append(log, "", "two")
    assert [line for line in drain(tail) if len(line) < LONGEST] == ["two"]


def test_small_chunks_and_large_ones_read_the_same(log):
    append(log, *(f"line {number} " + "x" * (number * 7 % 300) for number in range(500)))
    assert drain(Tail(log, chunk_bytes=64)) == drain(Tail(log)) == log.read_text().splitlines()
