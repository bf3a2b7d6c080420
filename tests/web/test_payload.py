"""JSON at the border (HOSTILE 21, 49)."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone

import pytest

from cti.errors import UsageError
from cti.web.payload import MAX_DEPTH, decode, encode, iso


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b'{"a": 1, "a": 2}', "twice"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "Infinity"),
        (b'{"a": 1e999}', "out of range"),
        (b"[" * 60_000, "nested deeper"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "nested deeper"),
        (b'{"a": "\\ud800"}', "surrogate"),
        (b'{"\\udfff": 1}', "surrogate"),
        (b'"\xff"', "UTF-8"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "not JSON"),
        (b"{'a': 1}", "not JSON"),
        (b"", "not JSON"),
    ],
)
def test_hostile_json_is_refused_with_one_line(raw: bytes, why: str) -> None:
    with pytest.raises(UsageError, match=why) as refused:
        decode(raw)
    assert "\n" not in str(refused.value)


def test_ordinary_json_passes() -> None:
    assert decode('{"reason": "午餐", "n": [1, 2.5, null, true]}'.encode()) == {
        "reason": "午餐",
        "n": [1, 2.5, None, True],
    }


def test_names_of_the_language_itself_are_only_keys() -> None:
    assert decode(b'{"__proto__": {"x": 1}}') == {"__proto__": {"x": 1}}


def test_instants_go_out_as_utc_and_durations_as_seconds() -> None:
    shanghai = datetime(2026, 10, 1, 16, 0, tzinfo=timezone(timedelta(hours=8)))
    assert iso(shanghai) == "2026-10-01T08:00:00.000Z"
    assert json.loads(encode({"at": shanghai, "waited": timedelta(seconds=90)})) == {
        "at": "2026-10-01T08:00:00.000Z",
        "waited": 90.0,
    }


def test_a_day_goes_out_as_a_day() -> None:
    assert encode({"known_until": date(2026, 12, 31)}) == b'{"known_until":"2026-12-31"}'


def test_half_a_surrogate_pair_from_a_phone_does_not_stop_a_pop() -> None:
    assert json.loads(encode({"name": "a\ud800b"})) == {"name": "a?b"}


def test_what_json_has_no_word_for_is_an_error_not_a_guess() -> None:
    with pytest.raises(TypeError, match="set cannot be sent"):
        encode({"a": {1, 2}})
