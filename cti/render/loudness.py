"""How loud a prompt is, and all of them alike: callers should not reach for the volume between two sentences.

It knows levels, peaks and what is wrong with a recording; it refuses to know files. The level is the mean power of
those blocks of 0.4 s that are speech: within 10 dB of the mean of all that is no silence (the gating of ITU-R BS.1770-5
without its K-weighting, which is made for loudspeakers and not for a telephone's band). The common level, -18 dB of
full scale with peaks below -1, is that of Asterisk's own prompts (-17.2 to -18.8, measured on the Debian package's).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .sound import RATE, WIDE, Samples, Sound

LEVEL = -18.0  # dB of full scale
CEILING = -1.0  # dB, of peaks
MOST_GAIN = 20.0  # dB: more would mostly raise noise
MOST_LIMITED = 6.0  # dB that the loudest syllables may be held down
SILENT = -50.0  # dB: nothing that a telephone could tell from its own noise
SHORTEST = 0.1  # seconds
LONG = 120.0  # seconds after which nobody listens
_BLOCK, _STEP = 0.4, 0.1  # seconds
_NOTHING = 1e-7  # power: -70 dB, the absolute gate
_LIMIT_BLOCK = 0.005  # seconds
_CLIPPED_TOPS = 4  # flat tops: a converter that ran out of range, and not one loud consonant


@dataclass(frozen=True, slots=True)
class Heard:
    """What was found out about a recording: its level and peak (dB of full scale) and what callers would notice."""

    level: float
    peak: float
    refused: str = ""
    warnings: tuple[str, ...] = ()


def listen(sound: Sound) -> Heard:
    """Measure, and say what is wrong: `refused` is for what cannot be a prompt at all."""
    level, peak = level_of(sound.narrow), _decibel(float(np.abs(sound.wide).max(initial=0.0)))
    if sound.seconds < SHORTEST:
        return Heard(level, peak, refused=f"only {sound.seconds:.2f} seconds of sound (at least {SHORTEST:g})")
    if level < SILENT:
        return Heard(level, peak, refused=f"silent: {level:.0f} dB of full scale (record it again, closer)")
    warnings = []
    if sound.clipped >= _CLIPPED_TOPS:
        warnings.append(f"clipped: {sound.clipped} times at full scale (record it again, with less gain)")
    if LEVEL - level > MOST_GAIN:
        warnings.append(f"faint: {level:.0f} dB of full scale, made louder by {MOST_GAIN:g} dB with its noise")
    if sound.seconds > LONG:
        warnings.append(f"long: {sound.seconds:.0f} seconds")
    return Heard(level, peak, warnings=tuple(warnings))


def level_of(samples: Samples, rate: int = RATE) -> float:
    """dB of full scale of what is speech; -99 for silence."""
    size, step = round(_BLOCK * rate), round(_STEP * rate)
    sums = np.concatenate(([0.0], np.cumsum(samples.astype(np.float64) ** 2)))
    starts = np.arange(0, max(1, len(samples) - size + 1), step)
    ends = np.minimum(starts + size, len(samples))
    powers = (sums[ends] - sums[starts]) / np.maximum(ends - starts, 1)
    powers = powers[powers > _NOTHING]
    if not len(powers):
        return -99.0
    return float(10 * np.log10(powers[powers >= powers.mean() / 10].mean()))


def levelled(sound: Sound, heard: Heard) -> Sound:
    """The same sound at the common level, its loudest syllables held below the ceiling."""
    wanted = min(MOST_GAIN, LEVEL - heard.level)
    gain = min(wanted, max(CEILING + MOST_LIMITED - heard.peak, CEILING - heard.peak))
    factor = np.float32(10 ** (gain / 20))
    return Sound(narrow=limited(sound.narrow * factor, RATE), wide=limited(sound.wide * factor, WIDE))


def limited(samples: Samples, rate: int) -> Samples:
    """No sample above the ceiling: each 5 ms gets the gain that its peak allows, and gains glide between them.

    At the edge of two blocks the smaller gain holds, so a straight line inside a block never passes its own.
    """
    ceiling = 10 ** (CEILING / 20)
    size = round(_LIMIT_BLOCK * rate)
    padded = np.zeros(-(-len(samples) // size) * size, np.float32)
    padded[: len(samples)] = np.abs(samples)
    gains = np.minimum(1.0, ceiling / np.maximum(padded.reshape(-1, size).max(axis=1), 1e-9))
    if gains.min(initial=1.0) >= 1.0:
        return samples
    edges = np.minimum(np.concatenate(([1.0], gains)), np.concatenate((gains, [1.0])))
    curve = np.interp(np.arange(len(samples)), np.arange(len(edges)) * size, edges)
    return (samples * curve).astype(np.float32)


def _decibel(value: float) -> float:
    return float(20 * np.log10(max(value, 1e-5)))
