"""Sound: every format comes out as the telephone carries it; what a telephone cannot carry is taken out or refused."""

from __future__ import annotations

import os
import struct
from array import array
from pathlib import Path

import numpy as np
import pytest
import soundfile

from cti.errors import RenderError
from cti.render.music import melody
from cti.render.sound import MAX_SECONDS, RATE, WIDE, Samples, pcm, read_sound, write_wav
from cti.site.spoken import SUFFIXES


def tone(hertz: float, rate: int, seconds: float = 0.5, amplitude: float = 0.3) -> Samples:
    return (amplitude * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def strength(samples: Samples, hertz: float, rate: int) -> float:
    """The amplitude of one frequency (a single DFT bin), edges left out."""
    middle = samples[rate // 20 : -rate // 20]
    return 2 * abs(np.dot(middle, np.exp(-2j * np.pi * hertz * np.arange(len(middle)) / rate))) / len(middle)


def saved(file: Path, samples: Samples, rate: int, **how: str) -> Path:
    soundfile.write(str(file), samples, rate, **how)
    return file


FORMATS = {
    "u8.wav": (22_050, {"subtype": "PCM_U8"}),
    "s16.wav": (8000, {"subtype": "PCM_16"}),
    "s24.wav": (44_100, {"subtype": "PCM_24"}),
    "s32.wav": (96_000, {"subtype": "PCM_32"}),
    "float.wav": (48_000, {"subtype": "FLOAT"}),
    "double.wav": (11_025, {"subtype": "DOUBLE"}),
    "gsm.wav": (8000, {"subtype": "GSM610"}),
    "adpcm.wav": (16_000, {"subtype": "IMA_ADPCM"}),
    "a.flac": (44_100, {}),
    "vorbis.ogg": (44_100, {"format": "OGG", "subtype": "VORBIS"}),
    "opus.opus": (48_000, {"format": "OGG", "subtype": "OPUS"}),
    "a.mp3": (44_100, {}),
    "a.aiff": (32_000, {}),
    "a.au": (8000, {"subtype": "ULAW"}),
    "raw.ulaw": (8000, {"format": "RAW", "subtype": "ULAW"}),
    "raw.alaw": (8000, {"format": "RAW", "subtype": "ALAW"}),
    "raw.gsm": (8000, {"format": "RAW", "subtype": "GSM610"}),
    "raw.sln": (8000, {"format": "RAW", "subtype": "PCM_16"}),
    "raw.sln16": (16_000, {"format": "RAW", "subtype": "PCM_16"}),
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_tone_at_both_rates(name: str, tmp_path: Path) -> None:
    rate, how = FORMATS[name]
    sound = read_sound(saved(tmp_path / name, tone(1000, rate), rate, **how))
    assert strength(sound.narrow, 1000, RATE) == pytest.approx(0.3, rel=0.12)  # GSM is the least true
    assert strength(sound.wide, 1000, WIDE) == pytest.approx(0.3, rel=0.12)
    assert sound.seconds == pytest.approx(0.5, abs=0.08)  # MP3 and GSM are padded to whole blocks
    assert len(sound.wide) == pytest.approx(2 * len(sound.narrow), abs=2)
    assert sound.clipped == 0


def test_the_site_names_just_the_suffixes_that_are_read() -> None:
    from cti.render.sound import READABLE

    assert set(READABLE) == SUFFIXES


@pytest.mark.parametrize("rate", [11_025, 16_000, 22_050, 44_100, 48_000])
def test_speech_passes_and_what_would_alias_does_not(rate: int, tmp_path: Path) -> None:
    for hertz in (300, 1000, 2500, 3300):
        sound = read_sound(saved(tmp_path / "a.wav", tone(hertz, rate), rate))
        assert strength(sound.narrow, hertz, RATE) == pytest.approx(0.3, rel=0.03)
    too_high = min(5000, rate // 2 - 200)
    high = read_sound(saved(tmp_path / "a.wav", tone(too_high, rate), rate))
    assert strength(high.narrow, RATE - too_high, RATE) < 0.0003  # 60 dB down
    assert strength(high.wide, too_high, WIDE) == pytest.approx(0.3, rel=0.03)


def test_a_telephones_own_rates_are_left_as_they_are(tmp_path: Path) -> None:
    samples = array("h", range(-2000, 2000))
    (tmp_path / "a.wav").write_bytes(write_wav(samples))
    assert pcm(read_sound(tmp_path / "a.wav").narrow) == samples
    (tmp_path / "b.wav16").write_bytes(write_wav(samples, WIDE))
    assert pcm(read_sound(tmp_path / "b.wav16").wide) == samples


def test_channels_are_mixed(tmp_path: Path) -> None:
    both = np.stack([tone(500, 8000), np.zeros(4000, np.float32)], axis=1)
    assert strength(read_sound(saved(tmp_path / "a.wav", both, 8000)).narrow, 500, RATE) == pytest.approx(
        0.15, rel=0.02
    )


def test_a_recording_that_ran_out_of_range_is_seen_and_a_loud_one_is_not(tmp_path: Path) -> None:
    clipped = np.clip(tone(200, 8000, amplitude=1.5), -1, 1)
    for subtype in ("PCM_16", "FLOAT", "ULAW"):
        file = saved(tmp_path / "a.wav", clipped, 8000, subtype=subtype)
        assert read_sound(file).clipped > 100
    quieter = saved(tmp_path / "a.wav", tone(200, 8000, amplitude=0.999), 8000)
    assert read_sound(quieter).clipped == 0


# --- hostile files ----------------------------------------------------------------------------------------


def lying(body: bytes, size: int, *, rate: int = 8000, channels: int = 1, bits: int = 16, kind: int = 1) -> bytes:
    """A WAV file whose header promises `size` bytes of sound."""
    frame = channels * bits // 8
    head = struct.pack("<4sIHHIIHH", b"fmt ", 16, kind, channels, rate, rate * frame & 0xFFFFFFFF, frame & 0xFFFF, bits)
    return b"RIFF" + struct.pack("<I", size) + b"WAVE" + head + struct.pack("<4sI", b"data", size) + body


@pytest.mark.parametrize("size", [0x7FFFF000, 0xFFFFFFF0])
def test_a_header_that_lies_about_its_size_is_not_believed(size: int, tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(lying(pcm(tone(500, 8000)).tobytes(), size))
    assert read_sound(tmp_path / "a.wav").seconds == pytest.approx(0.5, abs=0.01)


BAD = {
    "empty.wav": b"",
    "riff.wav": b"RIFF",
    "header.wav": b"RIFFxxxxWAVE",
    "page.wav": b"<svg onload=alert(1)/>" * 20,
    "cut.mp3": b"ID3\x03mp3",
    "noise.flac": b"fLaC" + bytes(range(256)) * 8,
    "channels.wav": lying(b"12" * 400, 800, channels=0),
    "many.wav": lying(b"12" * 4000, 8000, channels=200),
    "rate.wav": lying(b"12" * 400, 800, rate=0),
    "fast.wav": lying(b"12" * 400, 800, rate=2_000_000_000),
    "nan.wav": lying(struct.pack("<f", float("nan")) * 400, 1600, bits=32, kind=3),
    "note.ogg": b"OggS" + b"\0" * 400,
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_sound_is_refused_by_name(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(BAD[name])
    with pytest.raises(RenderError, match=name):
        read_sound(tmp_path / name)


def test_a_small_file_that_unpacks_to_hours_costs_no_more_than_the_longest_prompt(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.flac"
    with soundfile.SoundFile(str(bomb), "w", samplerate=8000, channels=1, format="FLAC") as file:
        for _ in range(4 * MAX_SECONDS // 60):
            file.write(np.zeros(8000 * 60, np.int16))
    assert bomb.stat().st_size < 200_000
    with pytest.raises(RenderError, match="longer than 900 seconds"):
        read_sound(bomb)


def test_a_pipe_a_device_a_folder_and_nothing_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "folder.wav").mkdir()
    (tmp_path / "endless.wav").symlink_to("/dev/zero")
    for name in ("pipe.wav", "folder.wav", "endless.wav"):
        with pytest.raises(RenderError, match=f"{name} is not a regular file"):
            read_sound(tmp_path / name)
    with pytest.raises(RenderError, match=r"none\.wav: No such file"):
        read_sound(tmp_path / "none.wav")


def test_a_file_of_gigabytes_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "big.wav").open("wb") as file:
        file.truncate(2 << 30)
    with pytest.raises(RenderError, match="2,147,483,648 bytes"):
        read_sound(tmp_path / "big.wav")


def test_the_melody_is_quiet_music_without_a_seam(tmp_path: Path) -> None:
    (tmp_path / "melody.wav").write_bytes(melody())
    sound = read_sound(tmp_path / "melody.wav")
    samples = pcm(sound.narrow)
    assert 15 < sound.seconds < 60
    assert 1000 < max(map(abs, samples)) < 8000
    assert abs(samples[0] - samples[-1]) < 500
