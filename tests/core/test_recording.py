"""How long a recording is."""

import pytest

from cti.core.recording import seconds_of


@pytest.mark.parametrize(("size", "seconds"), [(0, 0.0), (32_000, 1.0), (32_003, 1.0), (-1, 0.0), (16_000, 0.5)])
def test_length_is_size_divided_by_the_frames(size, seconds):
    assert seconds_of(size) == seconds


def test_length_knows_other_rates():
    assert seconds_of(32_000, rate=16_000, channels=1) == 1.0
