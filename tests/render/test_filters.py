"""Filters: hostile values are made harmless or refused.

The escaped form was read back from Asterisk 22.10 (`voicemail show users`): each value came out as it went in.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.render import filters
from cti.site.model import Target

HOSTILE = (
    "500&PJSIP/itsp/14165551212", "100,evil,args", "100|S(5)", "1\r\nEvent: Hangup", "1\n", "a\0b", ";touch x",
    "$(id)`id`", "${SHELL(id)}", "$[1+1]", '"><svg/onload=alert(1)>', "'; DROP TABLE cdr;--",
    "\u2028", "\ud800", "a)b(", "a\\",
)  # fmt: skip


def asterisk_reads(line: str) -> str:
    """config.c's comment rule: a `;` without a backslash before it ends the line, one with it loses the backslash."""
    out = ""
    for character in line:
        if character == ";" and not out.endswith("\\"):
            return out
        out = out[:-1] + ";" if character == ";" else out + character
    return out


@pytest.mark.parametrize(
    "value", ["a;b", "a\\b", "a\\;b", "a\\\\;b\\\\", ";--x--;", "#include x", "a = b => c", "中文;x"]
)
def test_a_conf_value_comes_out_as_it_went_in(value: str) -> None:
    assert asterisk_reads(filters.conf(value)) == value


@given(st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), max_size=200))
def test_a_conf_value_is_one_line_that_reads_back_or_is_refused(value: str) -> None:
    try:
        text = filters.conf(value)
    except ValueError:
        assert value != value.strip() or value.startswith((">", "="))
        return
    assert asterisk_reads(text) == value


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\0b", " a", "a ", "> a", None, ["a"], "x" * 5000, "\ud800"])
def test_conf_refuses_what_a_line_cannot_hold(value: object) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        filters.conf(value)


def test_conf_prints_booleans_and_numbers_as_asterisk_reads_them() -> None:
    assert [filters.conf(value) for value in (True, False, 20)] == ["yes", "no", "20"]


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_values_are_no_arguments_and_no_names(value: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        filters.arg(value)
    with pytest.raises(ValueError, match=r"\w"):
        filters.name(value)


@pytest.mark.parametrize("value", ["华星汽车 Huaxing Motors", "a (b) c", "+861012345678", "2026-10-01", ""])
def test_ordinary_text_is_an_argument(value: str) -> None:
    assert filters.arg(value) == value


def test_names_are_identifiers() -> None:
    assert [filters.name(value) for value in ("sales", "a-b_c", "1001", "+8610")] == ["sales", "a-b_c", "1001", "+8610"]
    for wrong in ("", "-a", "a b", "a/b", "..", "销售", "a" * 81):
        with pytest.raises(ValueError, match="not a name"):
            filters.name(wrong)


def test_a_need_is_sorted() -> None:
    assert filters.need({"sales": 50, "language_en": 1}) == "language_en=1,sales=50"
    assert filters.need((("b", 2), ("a", 1))) == "a=1,b=2"
    assert filters.need({}) == ""


@pytest.mark.parametrize(
    ("target", "place"),
    [
        (Target("queue", "sales"), "cti-queue-sales,s,1"),
        (Target("menu", "main"), "cti-menu-main,s,1"),
        (Target("voicemail", "x"), "cti-voicemail-x,s,1"),
        (Target("external", "x"), "cti-external-x,s,1"),
        (Target("hangup"), "cti-hangup,s,1"),
    ],
)
def test_targets_become_places(target: Target, place: str) -> None:
    assert filters.goto(target) == place


def test_small_filters() -> None:
    assert filters.prompt("main_menu") == "cti/main_menu"
    assert filters.digits("+86 10-1") == "86101"
    assert filters.variable("a-b") == "a_b"
    assert [filters.key_name(key) for key in "5*#"] == ["5", "star", "hash"]
    with pytest.raises(ValueError, match="no digits"):
        filters.digits("x")
    with pytest.raises(ValueError, match="telephone key"):
        filters.key_name("A")
