"""Sound for phones and proof of who speaks: tones as 8 kHz A-law, mu-law or WAV, and the frequency that is heard.

It knows G.711 and one-frequency detection (Goertzel), in plain Python; a second of sound takes milliseconds. It
refuses to know phones, recordings' names, or any codec beyond G.711 and signed linear.
"""

from __future__ import annotations

import math
import sys
import wave
from array import array
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from ..errors import UsageError

RATE = 8000  # samples a second, everywhere here


class Codec(NamedTuple):
    """A G.711 law as SDP names it, with the RTP payload type that RFC 3551 gives it."""

    name: str
    payload: int


ALAW = Codec("PCMA", 8)
ULAW = Codec("PCMU", 0)


def tone(hertz: float, seconds: float, amplitude: float = 0.4) -> array[int]:
    """A sine as signed 16 bit samples at 8 kHz; `amplitude` is a part of full scale, from 0 to 1."""
    if not 0 < hertz < RATE / 2:
        raise UsageError(f"a tone must be above 0 and below {RATE // 2} Hz, got {hertz}")
    step = 2 * math.pi * hertz / RATE
    return array("h", (round(32767 * amplitude * math.sin(step * n)) for n in range(round(RATE * seconds))))


def encode(samples: Iterable[int], codec: Codec) -> bytes:
    """Signed 16 bit samples -> one G.711 byte each (ITU-T G.711, as in the usual reference code)."""
    table = _ALAW_TABLE if codec == ALAW else _ULAW_TABLE
    return bytes(table[(sample + 32768) >> 2] for sample in samples)


def write_wav(file: Path, samples: array[int]) -> None:
    """A mono 16 bit 8 kHz WAV file, which Asterisk plays as it is."""
    with wave.open(str(file), "wb") as out:
        out.setparams((1, 2, RATE, 0, "NONE", "not compressed"))
        out.writeframes(_little_endian(samples).tobytes())


def read_wav(file: Path) -> array[int]:
    """The samples of a mono 16 bit 8 kHz WAV file. Raises UsageError for any other shape."""
    with wave.open(str(file), "rb") as source:
        shape = (source.getnchannels(), source.getsampwidth(), source.getframerate())
        if shape != (1, 2, RATE):
            raise UsageError(f"{file}: wanted mono 16 bit {RATE} Hz, got channels, bytes, rate = {shape}")
        return _little_endian(array("h", source.readframes(source.getnframes())))


def read_stereo_raw(file: Path) -> tuple[array[int], array[int]]:
    """Left and right of headerless interleaved signed linear, as MixMonitor's `D` option writes it.

    app_mixmonitor.c: with `D` the left channel is what the channel received (its own voice), the right one what was
    sent to it. An odd tail, as a killed Asterisk leaves it, is dropped.
    """
    data = file.read_bytes()
    both = _little_endian(array("h", data[: len(data) // 4 * 4]))
    return both[0::2], both[1::2]


def loudness(samples: Sequence[int]) -> float:
    """Root mean square as a part of full scale: 0 is silence, 0.28 the default tone. 0 for no samples."""
    if not samples:
        return 0.0
    return math.sqrt(sum(sample * sample for sample in samples) / len(samples)) / 32768


def power(samples: Sequence[int], hertz: float) -> float:
    """The part of the sound's power at `hertz`, from 0 to 1 (Goertzel). A clean tone gives more than 0.9."""
    energy = sum(sample * sample for sample in samples)
    if energy == 0:
        return 0.0
    turn = 2 * math.cos(2 * math.pi * hertz / RATE)
    last = before = 0.0
    for sample in samples:
        last, before = sample + turn * last - before, last
    found = last * last + before * before - turn * last * before
    return min(1.0, 2 * found / (energy * len(samples)))


def dominant_frequency(samples: Sequence[int], candidates: Iterable[float], share: float = 0.5) -> float | None:
    """Which of `candidates` (Hz) speaks here: the strongest, if it holds at least `share` of the power; else None.

    Half a second from the middle is enough; more than two seconds are thinned to the middle two.
    """
    middle = len(samples) // 2
    window = samples[max(0, middle - RATE) : middle + RATE]
    best, found = max(((power(window, hertz), hertz) for hertz in candidates), default=(0.0, 0.0))
    return found if best >= share else None


def _little_endian(samples: array[int]) -> array[int]:
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def _alaw(sample: int) -> int:
    mask = 0xD5 if sample >= 0 else 0x55
    size = min(sample if sample >= 0 else -sample - 1, 32767) >> 3
    segment = max(0, size.bit_length() - 5)
    step = (size >> 1) & 0x0F if segment < 2 else (size >> segment) & 0x0F
    return ((segment << 4) | step) ^ mask


def _ulaw(sample: int) -> int:
    mask = 0xFF if sample >= 0 else 0x7F
    size = min((sample if sample >= 0 else ~sample) >> 2, 8158) + 33
    segment = max(0, size.bit_length() - 6)
    return ((segment << 4) | ((size >> (segment + 1)) & 0x0F)) ^ mask


_ALAW_TABLE = bytes(_alaw((n << 2) - 32768) for n in range(16384))
_ULAW_TABLE = bytes(_ulaw((n << 2) - 32768) for n in range(16384))
