"""Sound: what telephones can carry passes, what they cannot would alias and is taken out."""

from __future__ import annotations

import math
import struct
from array import array

import pytest

from cti.errors import RenderError
from cti.render.music import melody
from cti.render.sound import read_pcm, resample, telephone_wav, write_wav


def tone(hertz: float, rate: int, seconds: float = 0.2) -> list[float]:
    return [10_000 * math.sin(2 * math.pi * hertz * n / rate) for n in range(round(seconds * rate))]


def strength(samples: array[int], hertz: float) -> float:
    """The amplitude of one frequency (a single DFT bin), edges left out."""
    middle = samples[200:-200]
    real = sum(s * math.cos(2 * math.pi * hertz * n / 8000) for n, s in enumerate(middle))
    imaginary = sum(s * math.sin(2 * math.pi * hertz * n / 8000) for n, s in enumerate(middle))
    return 2 * math.hypot(real, imaginary) / len(middle)


def wav(rate: int, body: bytes, *, channels: int = 1, bits: int = 16, kind: int = 1, size: int | None = None) -> bytes:
    frame = channels * bits // 8
    head = struct.pack("<4sIHHIIHH", b"fmt ", 16, kind, channels, rate, rate * frame, frame, bits)
    data = struct.pack("<4sI", b"data", len(body) if size is None else size) + body
    return b"RIFF" + struct.pack("<I", 4 + len(head) + len(data)) + b"WAVE" + head + data


@pytest.mark.parametrize("rate", [11_025, 16_000, 22_050, 44_100, 48_000])
def test_speech_frequencies_pass_and_aliases_do_not(rate: int) -> None:
    for hertz in (300, 1000, 2500):
        assert strength(resample(tone(hertz, rate), rate), hertz) == pytest.approx(10_000, rel=0.05)
    too_high = min(5000, rate / 2 - 200)
    assert strength(resample(tone(too_high, rate), rate), 8000 - too_high) < 100  # 40 dB down


def test_8_khz_is_left_as_it_is() -> None:
    samples = array("h", range(-100, 100))
    assert resample(samples, 8000) == samples


def test_the_length_is_kept_in_seconds() -> None:
    assert len(resample([0.0] * 22_050, 22_050)) == 8000


@pytest.mark.parametrize(
    ("bits", "body"),
    [
        (8, bytes([128, 192, 64])),
        (16, struct.pack("<3h", 0, 16384, -16384)),
        (24, b"".join(v.to_bytes(3, "little", signed=True) for v in (0, 1 << 22, -(1 << 22)))),
        (32, struct.pack("<3i", 0, 1 << 30, -(1 << 30))),
    ],
)
def test_every_width_reads_the_same_samples(bits: int, body: bytes) -> None:
    assert read_pcm(wav(8000, body, bits=bits), "x") == (8000, [0.0, 16384.0, -16384.0])


def test_stereo_is_mixed() -> None:
    body = struct.pack("<4h", 100, 300, -100, -300)
    assert read_pcm(wav(8000, body, channels=2), "x")[1] == [200.0, -200.0]


def test_a_header_that_lies_about_its_size_is_not_believed() -> None:
    body = struct.pack("<2h", 1, 2)
    assert read_pcm(wav(8000, body, size=0x7FFFF000), "x")[1] == [1.0, 2.0]


@pytest.mark.parametrize(
    "data",
    [b"", b"RIFF", b"RIFFxxxxWAVE", b"<svg/>" * 20, b"ID3\x03mp3", wav(8000, b""), wav(8000, b"12", kind=3),
     wav(8000, b"12", channels=0), wav(0, b"12"), wav(8000, b"12", bits=12), wav(4000, bytes(4000 * 2 * 901))],
)  # fmt: skip
def test_what_is_not_pcm_sound_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(RenderError, match=r"jingle\.wav"):
        telephone_wav(data, "jingle.wav")


def test_a_written_wav_reads_back() -> None:
    samples = array("h", [0, 1, -1, 32767, -32768])
    assert read_pcm(write_wav(samples), "x") == (8000, [0.0, 1.0, -1.0, 32767.0, -32768.0])


def test_the_melody_is_quiet_music_without_a_seam() -> None:
    rate, samples = read_pcm(melody(), "melody")
    assert rate == 8000
    assert 15 < len(samples) / rate < 60
    assert 1000 < max(map(abs, samples)) < 8000
    assert abs(samples[0] - samples[-1]) < 500
