"""A message's sound as a WAV file that every player takes, whatever became of its header.

It knows what format_wav.c writes: 44 bytes, then 8 kHz, mono, 16 bit. A full disk or a killed Asterisk leaves lengths
of 0 in the header, so the header is made anew from the file's size.
"""

from __future__ import annotations

import errno
import os
import stat
import struct
from pathlib import Path

from ..errors import NotFound, StoreError
from .spool import HEADER

_MOST = 256 * 1024 * 1024  # bytes: hours of sound


def header(size: int) -> bytes:
    """The 44 bytes before `size` bytes of sound."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 16_000, 2, 16)
    return struct.pack("<4sI4s", b"RIFF", 36 + size, b"WAVE") + form + struct.pack("<4sI", b"data", size)


def playable(file: Path) -> bytes:
    """The whole file, in memory: a few MB at most. Raises NotFound, StoreError."""
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as sound:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise NotFound(f"{file.name} is no sound")
            data = sound.read(_MOST)[HEADER:]
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ELOOP):
            raise NotFound("the sound of this message is gone") from error
        raise StoreError(f"cannot read {file}: {error.strerror}") from error
    data = data[: len(data) - len(data) % 2]
    return header(len(data)) + data
