"""Music for callers who wait: a quiet melody of our own, so that an instance needs no files and owes no royalties.

It knows tones and how long they ring; 8 kHz mono, about half a minute, made to be repeated without a seam.
"""

from __future__ import annotations

import math
from array import array

from .sound import RATE, write_wav

_BEAT = 0.48  # seconds
_LEVEL = 3600  # of 32767: well below speech, as callers expect
# Five tones (gong, shang, jue, zhi, yu) on D: (semitones above D4, beats); None is a rest.
_MELODY: tuple[tuple[int | None, float], ...] = (
    (12, 2), (9, 1), (7, 1), (9, 2), (4, 2), (7, 1), (4, 1), (2, 1), (0, 1), (2, 3), (None, 1),
    (4, 2), (7, 1), (9, 1), (12, 2), (14, 2), (12, 1), (9, 1), (7, 1), (9, 1), (7, 3), (None, 1),
    (9, 2), (12, 1), (14, 1), (16, 2), (14, 1), (12, 1), (9, 1), (7, 1), (4, 1), (2, 1), (0, 3), (None, 1),
)  # fmt: skip
_BASS = (-24, -15, -17, -12)  # one soft low tone for each four beats


def melody() -> bytes:
    """The WAV file."""
    beats = sum(length for _, length in _MELODY)
    total = round(beats * _BEAT * RATE)
    sound = [0.0] * total
    at = 0.0
    for tone, length in _MELODY:
        if tone is not None:
            _ring(sound, at, tone, length * _BEAT + 1.0, 1.0)
        at += length * _BEAT
    for bar in range(int(beats // 4)):
        _ring(sound, bar * 4 * _BEAT, _BASS[bar % len(_BASS)] + 12, 4 * _BEAT, 0.5)
    return write_wav(array("h", (round(max(-1.8, min(1.8, sample)) * _LEVEL) for sample in sound)))


def _ring(sound: list[float], at: float, tone: int, seconds: float, loudness: float) -> None:
    """Add a struck string: two partials that fade; what rings past the end sounds at the beginning again."""
    step = 2 * math.pi * 293.66 * 2 ** (tone / 12) / RATE
    begin, total = round(at * RATE), len(sound)
    for index in range(round(seconds * RATE)):
        time = index / RATE
        fade = min(1.0, time / 0.02) * math.exp(-2.2 * time) * min(1.0, (seconds - time) / 0.05)
        angle = step * index
        sound[(begin + index) % total] += loudness * fade * (math.sin(angle) + 0.25 * math.sin(2 * angle))
