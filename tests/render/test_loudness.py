"""Loudness: prompts are equally loud, nothing is clipped by it, and what cannot be a prompt is said."""

from __future__ import annotations

import numpy as np
import pytest

from cti.render.loudness import CEILING, LEVEL, level_of, levelled, listen
from cti.render.sound import RATE, WIDE, Samples, Sound


def speech(rate: int, level: float, seconds: float = 3.0) -> Samples:
    """Noise in syllables of 0.2 s with a pause after every fourth, at about `level` dB; the same at every call."""
    at = np.arange(round(seconds * rate)) / rate
    syllables = np.abs(np.sin(2 * np.pi * 2.5 * at)) * ((at % 0.8) < 0.65)
    voice = np.sin(2 * np.pi * 180 * at) + 0.6 * np.sin(2 * np.pi * 540 * at + 1) + 0.3 * np.sin(2 * np.pi * 1620 * at)
    return (voice * syllables * 10 ** (level / 20)).astype(np.float32)


def sound(level: float, seconds: float = 3.0, clipped: int = 0) -> Sound:
    return Sound(narrow=speech(RATE, level, seconds), wide=speech(WIDE, level, seconds), clipped=clipped)


@pytest.mark.parametrize("level", [-30.0, -20.0, -10.0, 0.0])
def test_quiet_and_loud_recordings_come_out_alike(level: float) -> None:
    made = sound(level)
    even = levelled(made, listen(made))
    assert level_of(even.narrow) == pytest.approx(LEVEL, abs=0.5)
    assert level_of(even.wide, WIDE) == pytest.approx(LEVEL, abs=0.5)


def test_pauses_do_not_make_a_recording_louder() -> None:
    said = speech(RATE, -20)
    with_pauses = np.concatenate([said, np.zeros(10 * RATE, np.float32), said])
    assert level_of(with_pauses) == pytest.approx(level_of(said), abs=0.3)


def test_a_single_bang_is_held_down_and_the_voice_still_reaches_the_level() -> None:
    made = sound(-30)
    for samples, rate in ((made.narrow, RATE), (made.wide, WIDE)):
        samples[rate : rate + rate // 100] = 0.5
    even = levelled(made, listen(made))
    for samples in (even.narrow, even.wide):
        assert 20 * np.log10(np.abs(samples).max()) <= CEILING + 0.01
    assert level_of(even.narrow) > LEVEL - 4


def test_noise_is_not_raised_without_end() -> None:
    made = sound(-40)
    heard = listen(made)
    assert level_of(levelled(made, heard).narrow) == pytest.approx(heard.level + 20, abs=0.5)
    assert heard.warnings[0].startswith("faint: ")


def test_silence_and_a_click_are_no_prompts() -> None:
    empty = Sound(narrow=np.zeros(RATE, np.float32), wide=np.zeros(WIDE, np.float32))
    assert listen(empty).refused.startswith("silent: ")
    assert listen(sound(-20, seconds=0.05)).refused.startswith("only 0.05 seconds")
    nothing = Sound(narrow=np.zeros(0, np.float32), wide=np.zeros(0, np.float32))
    assert listen(nothing).refused.startswith("only 0.00 seconds")


def test_callers_hear_of_clipping_and_of_speeches() -> None:
    assert listen(sound(-20)).warnings == ()
    assert listen(sound(-20, clipped=40)).warnings[0].startswith("clipped: 40 times")
    assert listen(sound(-20, seconds=130)).warnings == ("long: 130 seconds",)
