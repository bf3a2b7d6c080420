"""CSV fields and instants as Asterisk's cel_custom and cdr_custom write them: every value quoted, quotes doubled.

It knows the wire (func_strings.c: CSV_QUOTE; cdrel_custom/formatters.c from 22.9 on) and nothing of what the columns
mean.
"""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime
from functools import lru_cache

from .refusal import LineError

PROBE = re.compile(r"Local/[0-9]+@cti-probe-", re.ASCII)  # a channel of the test call of an apply: nobody's call
_EPOCH = re.compile(r"[0-9]{9,10}(?:\.[0-9]{1,9})?", re.ASCII)
_MICROS = re.compile(r"[0-9]{10}\.[0-9]{6}", re.ASCII)
_CLOCK = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?", re.ASCII)
_CONTROLS = dict.fromkeys((*range(32), 127))
_NO_NUMBER = re.compile(r"[^0-9A-Za-z+*#@._-]")
LONGEST_VALUE = 8_192


def fields(raw: bytes, least: int) -> list[str]:
    """Split one record (which may span lines inside quotes). Raises LineError when it is torn or has too few columns.

    NUL becomes U+FFFD and invalid UTF-8 too: PostgreSQL stores neither, and a lost hang-up is worse than a lost byte.
    """
    text = raw.rstrip(b"\r\n").decode("utf-8", "replace").replace("\x00", "\ufffd")
    values = text[1:-1].split('","')
    if text.count('"') == 2 * len(values) >= 2 * least and text[0] == text[-1] == '"':  # no quote within a value
        return _short(values, text)
    try:
        rows = (
            list(csv.reader([text], strict=True))
            if "\n" not in text
            else list(csv.reader(text.splitlines(True), strict=True))
        )
    except csv.Error as error:
        raise LineError(f"not CSV: {error}") from error
    if len(rows) != 1 or len(rows[0]) < least:
        raise LineError(f"not one record of {least} columns")
    return _short(rows[0], text)


def _short(values: list[str], text: str) -> list[str]:
    if len(text) > LONGEST_VALUE and any(len(value) > LONGEST_VALUE for value in values):
        raise LineError("a value that is too long")
    return values


def plain(text: str) -> str:
    """What a caller, a phone or a provider said, without its control characters."""
    return text if text.isprintable() else text.translate(_CONTROLS)


def number(text: str) -> str:
    """The same of a number: Asterisk writes it down before the dialplan's FILTER() has seen it."""
    return text if not text or (text.isascii() and text.isalnum()) else _NO_NUMBER.sub("", text)


def duration(text: str, below: float) -> float:
    """The seconds of a CDR's column; none is 0. Raises LineError: Asterisk writes numbers, so the record is torn."""
    try:
        seconds = float(text or 0)
    except ValueError as error:
        raise LineError("a duration that is no number") from error
    if not 0 <= seconds < below:
        raise LineError("a duration that cannot be")
    return seconds


@lru_cache(maxsize=1_024)
def _second(epoch: str) -> datetime:
    return datetime.fromtimestamp(int(epoch), UTC)


def instant(text: str) -> datetime:
    """Epoch seconds with a fraction, or `YYYY-MM-DD HH:MM:SS` in UTC. Raises LineError."""
    if found := moment(text):
        return found
    raise LineError("an instant that cannot be read")


def moment(text: str) -> datetime | None:
    """The same, or None when there is none or it cannot be read (an unanswered CDR has no answer instant)."""
    try:
        if len(text) == 17 and text < "4" and _MICROS.fullmatch(text):
            return datetime.fromtimestamp(float(text), UTC)  # a double holds every microsecond until 2106
        if _EPOCH.fullmatch(text):
            seconds, _, fraction = text.partition(".")
            micros = int((fraction + "000000")[:6])  # not through a float: microseconds stay exact
            return _second(seconds).replace(microsecond=micros)
        if _CLOCK.fullmatch(text):
            return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return None
    return None
