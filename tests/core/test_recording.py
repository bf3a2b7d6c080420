"""Names of recordings: readable for honest ids, harmless for all others."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.core.recording import recording_name, seconds_of

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def test_a_plain_id_is_the_name():
    assert recording_name("node1-1700000000.42", NOON) == "2026/03/02/node1-1700000000.42.raw"


def test_days_are_utc_days():
    shanghai = timezone(timedelta(hours=8))
    assert recording_name("a", datetime(2026, 3, 2, 7, 0, tzinfo=shanghai)).startswith("2026/03/01/")


HOSTILE = st.sampled_from(["", ".", "..", "../../../etc/passwd", "-rf", "a\0b", "x" * 5000])


@given(st.text(st.characters(exclude_categories=())) | HOSTILE)
def test_no_id_escapes_its_folder(call):
    path = PurePosixPath(recording_name(call, NOON))
    assert path.parent == PurePosixPath("2026/03/02")
    assert ".." not in path.name
    assert path.name.isascii()
    assert path.name[0] not in ".-"
    assert len(path.name) < 120


@given(st.lists(st.text(max_size=12), unique=True, max_size=20))
def test_no_two_ids_share_a_name(calls):
    assert len({recording_name(call, NOON) for call in calls}) == len(calls)


@pytest.mark.parametrize(("size", "seconds"), [(0, 0.0), (32_000, 1.0), (32_003, 1.0), (-1, 0.0), (16_000, 0.5)])
def test_length_is_size_divided_by_the_frames(size, seconds):
    assert seconds_of(size) == seconds


def test_length_knows_other_rates():
    assert seconds_of(32_000, rate=16_000, channels=1) == 1.0
