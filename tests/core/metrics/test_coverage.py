"""What of a talk is on disk."""

from __future__ import annotations

import pytest

from cti.core.metrics.coverage import Coverage, Sound, covered


def sound(ms: int, state: str = "whole") -> Sound:
    return Sound(path="x.raw", state=state, ms=ms)


@pytest.mark.parametrize(
    ("talk", "sounds", "over", "state", "recorded"),
    [
        (60_000, [sound(60_000)], True, Coverage.WHOLE, 60_000),
        (60_000, [sound(58_000)], True, Coverage.WHOLE, 58_000),  # exactly two seconds less
        (60_000, [sound(57_999)], True, Coverage.SHORT, 57_999),
        (60_000, [sound(30_000), sound(40_000)], True, Coverage.WHOLE, 60_000),  # two files, together too long
        (60_000, [], True, Coverage.MISSING, 0),
        (60_000, [sound(0, "missing")], True, Coverage.MISSING, 0),
        (60_000, [sound(0, "missing"), sound(60_000)], True, Coverage.WHOLE, 60_000),
        (60_000, [sound(0, "empty")], True, Coverage.EMPTY, 0),
        (60_000, [sound(10_000, "growing")], True, Coverage.GROWING, 10_000),
        (60_000, [], False, Coverage.GROWING, 0),
        (1_500, [sound(0, "empty")], True, Coverage.EMPTY, 0),  # so short a talk, and still nothing of it
    ],
)
def test_each_call_has_one_state(talk, sounds, over, state, recorded):
    found = covered(talk, sounds, over=over)
    assert (found.state, found.recorded_ms, found.lost_ms) == (state, recorded, talk - recorded)
