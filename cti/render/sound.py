"""Sound as telephones carry it: any PCM WAV in, 8 kHz 16-bit mono out.

It knows RIFF and filtering, in pure Python (`audioop` is gone from Python 3.13); it refuses to know what the sound
is for. Resampling is a windowed-sinc low-pass at 0.45 of the output rate, evaluated at the output instants
(J. O. Smith, "Digital Audio Resampling", ccrma.stanford.edu/~jos/resample).
"""

from __future__ import annotations

import math
import struct
import sys
from array import array
from collections.abc import Iterator, Sequence
from operator import mul

from ..errors import RenderError

RATE = 8000  # Hz, what G.711 carries
MAX_SECONDS = 900
_ZEROS = 8  # zero crossings of the sinc on each side
_PHASES = 512  # finer positions than this are rounded to it


def telephone_wav(data: bytes, what: str) -> bytes:
    """Convert a WAV file's bytes. Raises RenderError (`what` names it) for anything but PCM of 8-32 bits,
    4-192 kHz, at most 15 minutes; sizes in the header that promise more than there is are not believed."""
    rate, samples = read_pcm(data, what)
    if len(samples) > MAX_SECONDS * rate:
        raise RenderError(f"{what}: {len(samples) // rate} seconds of sound, at most {MAX_SECONDS}")
    return write_wav(resample(samples, rate))


def read_pcm(data: bytes, what: str) -> tuple[int, list[float]]:
    """(rate in Hz, mono samples from -32768 to 32767)."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise RenderError(f"{what} is not a WAV file")
    chunks = dict(_chunks(data))
    head, body = chunks.get(b"fmt ", b""), chunks.get(b"data", b"")
    if len(head) < 16 or not body:
        raise RenderError(f"{what} is a WAV file without sound")
    kind, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", head)
    if kind == 0xFFFE and len(head) >= 26:  # WAVE_FORMAT_EXTENSIBLE: the real kind begins the sub-format GUID
        kind = struct.unpack_from("<H", head, 24)[0]
    if kind != 1 or bits not in (8, 16, 24, 32) or not 1 <= channels <= 8 or not 4000 <= rate <= 192_000:
        form = f"format {kind}, {bits} bits, {channels} channels, {rate} Hz"
        raise RenderError(f"{what}: {form}; convert it to 16-bit PCM WAV")
    if len(body) > MAX_SECONDS * rate * channels * bits // 8:
        raise RenderError(f"{what} is longer than {MAX_SECONDS} seconds")
    return rate, _mono(_samples(body, bits), channels)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        yield name, data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _samples(body: bytes, bits: int) -> Sequence[float]:
    width = bits // 8
    body = body[: len(body) - len(body) % width]
    if bits == 8:
        return [(byte - 128) * 256 for byte in body]
    if bits == 24:  # the two upper bytes are enough for a telephone
        body = b"".join(body[at + 1 : at + 3] for at in range(0, len(body), 3))
    values = array("i" if bits == 32 else "h", body)
    if sys.byteorder == "big":
        values.byteswap()
    return [value / 65536 for value in values] if bits == 32 else values


def _mono(samples: Sequence[float], channels: int) -> list[float]:
    if channels == 1:
        return [float(sample) for sample in samples]
    frames = len(samples) // channels
    return [math.fsum(samples[at * channels : (at + 1) * channels]) / channels for at in range(frames)]


def resample(samples: Sequence[float], rate: int) -> array[int]:
    """Samples at `rate` as 16-bit samples at 8 kHz; a louder peak than 16 bits hold is clipped."""
    if rate == RATE:
        return array("h", (_clip(sample) for sample in samples))
    shared = math.gcd(rate, RATE)
    up, down = RATE // shared, rate // shared
    cutoff = 0.45 * min(RATE / rate, 1.0)  # of the input rate
    side = math.ceil(_ZEROS / (2 * cutoff))
    phases = min(up, _PHASES)
    rows = [_row(phase / phases, side, cutoff) for phase in range(phases)]
    padded = [0.0] * side + list(samples) + [0.0] * (side + 1)
    width = 2 * side
    found = array("h")
    for index in range(len(samples) * up // down):
        whole, part = divmod(index * down, up)
        row = rows[part * phases // up]
        found.append(_clip(sum(map(mul, row, padded[whole + 1 : whole + 1 + width]))))
    return found


def _row(fraction: float, side: int, cutoff: float) -> list[float]:
    """Weights of the 2 * side input samples around an output instant that lies `fraction` after one of them."""
    weights = [_weight(offset - fraction, side, cutoff) for offset in range(1 - side, side + 1)]
    total = sum(weights)
    return [weight / total for weight in weights]  # no hum at the phases' rhythm: each row passes 0 Hz alike


def _weight(x: float, side: int, cutoff: float) -> float:
    angle = 2 * math.pi * cutoff * x
    sinc = math.sin(angle) / angle if angle else 1.0
    window = 0.42 + 0.5 * math.cos(math.pi * x / side) + 0.08 * math.cos(2 * math.pi * x / side)  # Blackman
    return sinc * window


def _clip(sample: float) -> int:
    return max(-32768, min(32767, round(sample)))


def write_wav(samples: array[int]) -> bytes:
    """A WAV file of 16-bit mono samples at 8 kHz."""
    if sys.byteorder == "big":
        samples = array("h", samples)
        samples.byteswap()
    body = samples.tobytes()
    head = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", 36 + len(body), b"WAVE", b"fmt ", 16, 1, 1, RATE, RATE * 2, 2, 16)
    return head + struct.pack("<4sI", b"data", len(body)) + body
