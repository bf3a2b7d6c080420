"""JSON at the border: strict coming in, one way going out.

It knows what a JSON text of ours may look like; it knows nothing of what is in it. Coming in: UTF-8 only, no
duplicate keys, no NaN or infinity, a bounded depth, no half surrogates (they could not be stored or sent on).
Going out: compact UTF-8, instants as ISO 8601 UTC with `Z`, days as dates, durations in seconds; text that UTF-8
cannot carry becomes `?` rather than an exception in the middle of a call.
"""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, NoReturn

import orjson

from cti.errors import UsageError

MAX_DEPTH = 8


def iso(at: datetime) -> str:
    """An aware instant as `2026-10-01T08:00:00.000Z`."""
    return _iso(at if at.tzinfo is UTC else at.astimezone(UTC))


@lru_cache(maxsize=4_096)  # a call's instants stand in each of its deltas. UTC only: 02:30 twice in a night is one key
def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")[:-6] + "Z"


def encode(value: object) -> bytes:
    """`value` as compact JSON; NaN and infinity become null. Raises TypeError for what JSON has no word for (a set)."""
    try:
        return orjson.dumps(value, default=_plain, option=_AS_WE_SAY_IT)
    except TypeError:  # half a surrogate pair: the other encoder lets it pass
        return _ENCODER.encode(value).encode("utf-8", "replace")


def decode(raw: bytes) -> Any:
    """Parse `raw`. Raises UsageError with one line that says what is wrong."""
    try:
        value = json.loads(
            raw.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite
        )
    except UnicodeDecodeError as error:
        raise UsageError("the body is not UTF-8") from error
    except RecursionError as error:
        raise UsageError(f"JSON nested deeper than {MAX_DEPTH}") from error
    except ValueError as error:
        raise UsageError(f"not JSON: {error}") from error
    _check(value, MAX_DEPTH)
    return value


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be sent as JSON")


_AS_WE_SAY_IT = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
# Made once: `json.dumps` with options of its own makes a new one for each of a thousand deltas a second.
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is out of range")
    return number


def _check(value: object, depth: int) -> None:
    if isinstance(value, str):
        if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
            raise UsageError("half a surrogate pair in a text")
        return
    if not isinstance(value, dict | list):
        return
    if depth == 0:
        raise UsageError(f"JSON nested deeper than {MAX_DEPTH}")
    for item in value if isinstance(value, list) else (part for pair in value.items() for part in pair):
        _check(item, depth - 1)
