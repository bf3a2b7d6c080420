"""Sound as telephones carry it: any recording in, 8 and 16 kHz 16-bit mono out.

It knows files, sample rates and how much of them it is willing to read; it refuses to know what the sound is for and
how loud it should be (`loudness`). Decoding is libsndfile's, resampling soxr's (both band-limited and written in C).
Read block by block from a regular file only: a header that promises gigabytes, a compressed file that unpacks to days,
a FIFO or a device cost nothing but a refusal.

Asterisk 22.10.1 knows `.wav` as 8 kHz and `.wav16` as 16 kHz signed linear (format_wav.c) and opens the one nearest to
the codec that the channel speaks (file.c: fileexists_core, ast_set_write_format_from_cap): a G.722 caller hears the
wide one, a G.711 caller the narrow one (tests/pbx/test_prompts.py looks which file it has open).
"""

from __future__ import annotations

import os
import stat
import struct
import sys
from array import array
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from ..errors import RenderError

RATE = 8000  # Hz, what G.711 carries
WIDE = 16000  # Hz, what G.722 and Opus calls are mixed at
SUFFIXES: Mapping[int, str] = {RATE: ".wav", WIDE: ".wav16"}  # as Asterisk names them
MAX_SECONDS = 900
MAX_BYTES = 256 * 1024 * 1024
_BLOCK = 65_536  # frames read at once
_FULL = 0.9  # of full scale: flat tops below it are a loud format's own, not a converter's end
_MOST_CHANNELS, _LEAST_RATE, _MOST_RATE = 8, 4000, 192_000
# Without a header, named by their suffix as Asterisk names them: libsndfile's subtype and the rate.
_HEADERLESS = {
    **dict.fromkeys((".ulaw", ".ul", ".mu", ".pcm"), ("ULAW", RATE)),
    **dict.fromkeys((".alaw", ".al", ".alw"), ("ALAW", RATE)),
    **dict.fromkeys((".sln", ".raw"), ("PCM_16", RATE)),
    ".sln16": ("PCM_16", WIDE),
    ".gsm": ("GSM610", RATE),
}
_WITH_HEADER = (".wav", ".wav16", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aiff", ".aif", ".au", ".caf", ".w64")
READABLE = (*_WITH_HEADER, *_HEADERLESS)

Samples = npt.NDArray[np.float32]  # mono, full scale is 1.0


@dataclass(frozen=True, slots=True)
class Sound:
    """One sound at both rates. `clipped`: how often the recording stood at its own full scale, for three samples."""

    narrow: Samples
    wide: Samples
    clipped: int = 0

    @property
    def seconds(self) -> float:
        return len(self.narrow) / RATE


def read_sound(file: Path, what: str = "") -> Sound:
    """Decode and resample a recording, its channels mixed.

    Raises RenderError (`what`, or the file's name, and what to do): not a regular file, over 256 MiB, no sound that
    libsndfile reads (WAV and AIFF of any width, FLAC, Ogg Vorbis and Opus, MP3, and by suffix raw .gsm .ulaw .alaw .sln
    .sln16), more than 8 channels, not 4-192 kHz, more than 15 minutes, values that are no numbers.
    """
    what = what or str(file)
    try:
        with opened(file, what) as handle, _decoder(handle, file.suffix.lower()) as source:
            return _resampled(source, what)
    except (soundfile.LibsndfileError, ValueError, TypeError, EOFError) as error:
        hint = "WAV, FLAC, Ogg Vorbis or Opus, MP3, or raw .gsm .ulaw .alaw .sln .sln16"
        said = str(getattr(error, "error_string", error)).rstrip(".")
        raise RenderError(f"{what}: no sound can be read from it: {said} ({hint})") from error


@contextmanager
def opened(file: Path, what: str) -> Iterator[int]:
    """A descriptor of a regular file of bearable size; opening a FIFO or a device neither waits nor reads."""
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except OSError as error:
        raise RenderError(f"{what}: {error.strerror}") from error
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise RenderError(f"{what} is not a regular file")
        if status.st_size > MAX_BYTES:
            raise RenderError(f"{what} has {status.st_size:,} bytes, at most {MAX_BYTES:,}")
        yield handle
    finally:
        os.close(handle)


def _decoder(handle: int, suffix: str) -> soundfile.SoundFile:
    how: dict[str, object] = {"closefd": False}  # when opening fails libsndfile sometimes closes, sometimes not
    if suffix in _HEADERLESS:
        subtype, rate = _HEADERLESS[suffix]
        how |= {"format": "RAW", "subtype": subtype, "samplerate": rate, "channels": 1, "endian": "LITTLE"}
    return soundfile.SoundFile(handle, **how)


def _resampled(source: soundfile.SoundFile, what: str) -> Sound:
    rate, channels = source.samplerate, source.channels
    if not (1 <= channels <= _MOST_CHANNELS and _LEAST_RATE <= rate <= _MOST_RATE):
        limits = f"1 to {_MOST_CHANNELS} channels, {_LEAST_RATE} to {_MOST_RATE} Hz"
        raise RenderError(f"{what}: {channels} channels at {rate} Hz ({limits})")
    streams = {to: soxr.ResampleStream(rate, to, 1, dtype="float32") for to in SUFFIXES}
    parts: dict[int, list[Samples]] = {to: [] for to in SUFFIXES}
    frames, flat = 0, _Flat()
    for block in _blocks(source, what):
        frames += len(block)
        flat.look(np.abs(block).max(axis=1))
        if frames > MAX_SECONDS * rate:
            raise RenderError(f"{what} is longer than {MAX_SECONDS} seconds (a prompt is spoken, not broadcast)")
        for to, stream in streams.items():
            parts[to].append(stream.resample_chunk(block.mean(axis=1, dtype=np.float32)))
    for to, stream in streams.items():
        parts[to].append(stream.resample_chunk(np.zeros(0, np.float32), last=True))
    found = {to: np.concatenate(some)[: -(-frames * to // rate)] for to, some in parts.items()}
    return Sound(narrow=found[RATE], wide=found[WIDE], clipped=flat.runs if flat.peak > _FULL else 0)


def _blocks(source: soundfile.SoundFile, what: str) -> Iterator[Samples]:
    while len(frames := source.read(_BLOCK, dtype="float32", always_2d=True)):
        if not np.isfinite(frames).all():
            raise RenderError(f"{what}: it holds values that are no numbers (export it again)")
        yield frames


class _Flat:
    """Counts tops that were cut off: runs of samples that all have the highest value there is (a decoder's overshoot
    counts as full scale). A run across two blocks is missed."""

    def __init__(self) -> None:
        self.peak = 0.0
        self.runs = 0

    def look(self, magnitudes: Samples) -> None:
        held = np.minimum(magnitudes, 1.0)
        top = float(held.max(initial=0.0))
        if top > self.peak:
            self.peak, self.runs = top, 0
        at = held >= self.peak - 1e-4  # 32767 and -32768 are one top
        long = at[2:] & at[1:-1] & at[:-2]
        self.runs += int(np.count_nonzero(long[1:] & ~long[:-1])) + int(long[:1].any())


def pcm(samples: Samples) -> array[int]:
    """Samples as 16-bit integers; a louder peak than they hold is clipped."""
    return array("h", np.clip(np.rint(samples * 32768), -32768, 32767).astype(np.int16).tobytes())


def write_wav(samples: array[int], rate: int = RATE) -> bytes:
    """A WAV file of 16-bit mono samples."""
    if sys.byteorder == "big":
        samples = array("h", samples)
        samples.byteswap()
    body = samples.tobytes()
    head = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", 36 + len(body), b"WAVE", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16)
    return head + struct.pack("<4sI", b"data", len(body)) + body
