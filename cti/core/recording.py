"""What a recording's file is called and how long its sound is; pure.

It knows names and sizes; it opens nothing. Recordings are raw while they grow (interleaved signed 16-bit, little
endian, two channels: MixMonitor's options `bD`), so a length is a size divided, and no header can lie.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from hashlib import blake2b

from .words import CallId

SAMPLE_BYTES = 2
ID_LENGTH = 80
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]|^[.-]|\.(?=\.)")


def recording_name(call: CallId, started: datetime) -> str:
    """The path below the recordings folder, `YYYY/MM/DD/<safe id>.raw`; days are UTC's.

    An id that is not plain (other characters, a leading dot or dash, two dots, too long, empty) gets its unsafe
    characters replaced and a digest of the true id appended, so no two ids share a name and none leaves the folder.
    """
    return f"{started.astimezone(UTC):%Y/%m/%d}/{_safe(call)}.raw"


def seconds_of(size_bytes: int, rate: int = 8000, channels: int = 2) -> float:
    """Seconds of sound in `size_bytes` of raw interleaved slin16; a last frame that is not whole doesn't count."""
    frame = SAMPLE_BYTES * channels
    return max(0, size_bytes) // frame / rate


def _safe(call: CallId) -> str:
    if call and len(call) <= ID_LENGTH and not _UNSAFE.search(call):
        return call
    digest = blake2b(call.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return f"{_UNSAFE.sub('_', call[:ID_LENGTH])}~{digest}"
