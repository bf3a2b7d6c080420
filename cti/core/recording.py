"""How long a recording's sound is; pure.

It knows sizes; it opens nothing. Recordings are raw while they grow (interleaved signed 16-bit, little endian, two
channels: MixMonitor's options `bD`), so a length is a size divided, and no header can lie.
"""

from __future__ import annotations

SAMPLE_BYTES = 2


def seconds_of(size_bytes: int, rate: int = 8000, channels: int = 2) -> float:
    """Seconds of sound in `size_bytes` of raw interleaved slin16; a last frame that is not whole doesn't count."""
    frame = SAMPLE_BYTES * channels
    return max(0, size_bytes) // frame / rate
