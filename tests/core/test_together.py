"""Lines that share a call or a leg are of one conversation, however long the chain."""

from __future__ import annotations

from datetime import UTC, datetime

from cti.core.journal import JournalLine, Source
from cti.core.together import Calls, Threads, by_conversation, is_of_a_call, tie_calls


def line(call: str, leg: str, offset: int = 0, source: Source = Source.CEL) -> JournalLine:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    return JournalLine(source=source, file_id="f", offset=offset, at=at, kind="CHAN_START", call=call, leg=leg)


def test_a_chain_of_shared_keys_is_one_group_and_the_rest_stays_apart():
    threads = Threads(["lonely"])
    for one, other in (("a", "b"), ("c", "d"), ("e", "e"), ("b", "c"), ("", "e"), ("", "")):
        threads.tie(one, other)
    assert sorted(map(sorted, threads.groups().values())) == [["a", "b", "c", "d"], ["e"], ["lonely"]]
    assert threads.keys() == {"a", "b", "c", "d", "e", "lonely"}


def test_lines_that_share_a_call_or_a_leg_come_together_however_they_were_read():
    lines = [line("a", "a", 3), line("b", "x", 2), line("a", "b", 1), line("z", "z", 0), line("", "q", 4)]
    for told in ([lines], [lines[::-1]], [[one] for one in lines]):
        threads, calls = Threads(), Calls(list)
        for some in told:
            tie_calls(some, threads, calls)
        found = by_conversation(calls, threads)
        assert sorted(sorted(own.offset for own in group) for group in found.values()) == [[0], [1, 2, 3]]
        assert set(found) == {threads.root("a"), threads.root("z")}


def test_lines_without_a_call_and_lines_of_messages_are_of_no_conversation():
    assert is_of_a_call(line("a", "b"))
    assert not is_of_a_call(line("", "b"))
    assert not is_of_a_call(line("a", "b", source=Source.VOICEMAIL))
