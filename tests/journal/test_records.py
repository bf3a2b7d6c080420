"""Bytes -> records, however they are cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.journal.records import Record, split_csv, split_lines


def in_pieces(split, data: bytes, sizes: list[int]) -> list[Record]:
    """As a tail reads a file that grows: each time from where the last complete record ended."""
    records, offset, seen = [], 0, 0
    for size in [*sizes, len(data)]:
        seen = min(len(data), seen + size)
        found, offset = split(data[offset:seen], offset)
        records += found
    return records


@given(st.lists(st.text(alphabet="ab|", max_size=5)), st.lists(st.integers(0, 7)))
def test_lines_fed_in_pieces_are_lines_fed_at_once(texts, sizes):
    data = "".join(text + "\n" for text in texts).encode() + b"half"
    assert in_pieces(split_lines, data, sizes) == split_lines(data, 0)[0]


@given(st.lists(st.lists(st.text(alphabet='ab,"\n', max_size=6), min_size=1, max_size=4)), st.lists(st.integers(0, 9)))
def test_csv_fed_in_pieces_is_csv_fed_at_once(rows, sizes):
    quoted = [["E", *row] for row in rows]
    data = "".join(",".join('"' + v.replace('"', '""') + '"' for v in row) + "\n" for row in quoted).encode()
    whole = split_csv(data, 0)[0]
    assert len(whole) == len(rows)
    assert in_pieces(split_csv, data, sizes) == whole


@given(st.lists(st.sampled_from([b'"A",""', b'"A"', b'"A","b', b'""c"', b'd"', b"\n", b"\n", b"\n", b""])))
def test_csv_that_is_cut_by_its_lines_is_cut_as_if_it_were_not(parts):
    data = b"".join(parts)
    assert split_csv(data, 2) == split_csv(b"\n\n" + data, 0)  # after an empty line every quote is counted


def test_offsets_are_where_records_begin():
    assert split_lines(b"one\n\ntwo\nhal", 100) == ([Record(100, b"one"), Record(105, b"two")], 109)


def test_a_quoted_newline_does_not_end_a_record():
    assert split_csv(b'"E","a\nb"\n"F","c"\n', 0)[0] == [Record(0, b'"E","a\nb"'), Record(10, b'"F","c"')]


@pytest.mark.parametrize("torn", [b'"CHAN_START","17953', b'"CHAN_START","1795","x'])
def test_a_torn_record_takes_only_the_next_newline_with_it(torn):
    whole = b'"CHAN_END","1","2"\n'
    records, end = split_csv(torn + b"\n" + whole + whole, 0)
    assert [record.raw for record in records][-2:] == [whole[:-1]] * 2
    assert end == len(torn) + 1 + 2 * len(whole)


def test_a_quote_at_a_line_start_inside_a_value_is_doubled_and_so_no_fresh_record():
    assert len(split_csv(b'"E","a\n""CHAN_END"",""x"\n', 0)[0]) == 1
