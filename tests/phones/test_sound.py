"""Tones are what they say, G.711 is G.711, and the one who speaks is found."""

from array import array

import pytest

from cti.errors import UsageError
from cti.phones import ALAW, ULAW, dominant_frequency, loudness, power, read_stereo_raw, tone, write_wav
from cti.phones.sound import encode, read_wav


@pytest.mark.parametrize(
    ("sample", "alaw", "ulaw"),
    [(0, 0xD5, 0xFF), (-1, 0x55, 0x7F), (32767, 0xAA, 0x80), (-32768, 0x2A, 0x00), (1000, 0xFA, 0xCE)],
)
def test_g711_gives_the_known_bytes(sample, alaw, ulaw):
    assert encode([sample], ALAW) == bytes([alaw])
    assert encode([sample], ULAW) == bytes([ulaw])


def test_a_tone_is_found_among_others_and_silence_is_nobody():
    assert dominant_frequency(tone(440, 1.0), [300, 440, 880]) == 440
    assert dominant_frequency(tone(440, 1.0), [300, 880]) is None
    assert dominant_frequency(array("h", bytes(16000)), [300, 440]) is None
    assert dominant_frequency([], [440]) is None


def test_power_of_two_tones_is_shared():
    both = [a + b for a, b in zip(tone(400, 1.0, 0.2), tone(900, 1.0, 0.2), strict=True)]
    assert power(both, 400) == pytest.approx(0.5, abs=0.01)
    assert power(both, 900) == pytest.approx(0.5, abs=0.01)
    assert power(both, 650) == pytest.approx(0, abs=0.01)


def test_loudness_is_a_part_of_full_scale():
    assert loudness(tone(500, 1.0, 0.4)) == pytest.approx(0.4 / 2**0.5, rel=0.01)
    assert loudness([0] * 100) == loudness([]) == 0


def test_a_recording_is_split_into_its_two_sides_and_a_cut_tail_is_dropped(tmp_path):
    left, right = tone(440, 0.5), tone(880, 0.5)
    both = array("h", [sample for pair in zip(left, right, strict=True) for sample in pair])
    file = tmp_path / "call.raw"
    file.write_bytes(both.tobytes() + b"\x01\x02\x03")
    heard = read_stereo_raw(file)
    assert heard == (left, right)
    assert [dominant_frequency(side, [440, 880]) for side in heard] == [440, 880]


def test_a_wav_file_comes_back_as_written_and_other_shapes_are_refused(tmp_path):
    write_wav(tmp_path / "tone.wav", tone(700, 0.1))
    assert read_wav(tmp_path / "tone.wav") == tone(700, 0.1)
    data = bytearray((tmp_path / "tone.wav").read_bytes())
    data[24:28] = (16000).to_bytes(4, "little")
    (tmp_path / "fast.wav").write_bytes(data)
    with pytest.raises(UsageError, match="8000 Hz"):
        read_wav(tmp_path / "fast.wav")


@pytest.mark.parametrize("hertz", [0, -5, 4000])
def test_a_tone_that_8_khz_cannot_carry_is_refused(hertz):
    with pytest.raises(UsageError):
        tone(hertz, 1.0)
