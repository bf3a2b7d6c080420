"""Tables that are wider than the terminal come in pieces, each with the columns that say what a line is about."""

from __future__ import annotations

from cti.cli.wide_table import pieces, widths_of


def test_what_fits_is_one_table():
    assert pieces([10, 10, 10], heads=1, width=34) == [[0, 1, 2]]


def test_what_does_not_fit_goes_on_below_with_the_same_head():
    assert pieces([10, 8, 8, 8, 8], heads=1, width=34) == [[0, 1, 2], [0, 3, 4]]


def test_a_column_that_never_fits_stands_alone_and_none_is_lost():
    assert pieces([4, 90, 5], heads=1, width=20) == [[0, 1], [0, 2]]
    assert pieces([4, 4], heads=2, width=80) == [[0, 1]]


def test_names_are_broken_at_blanks_and_chinese_is_twice_as_wide():
    assert widths_of(["service level", "x"], [["80.0 %", "队列"], ["–", "abc"]]) == [7, 4]
    assert widths_of(["calls"], []) == [5]
