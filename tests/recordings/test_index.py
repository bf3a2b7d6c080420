"""The recordings folder -> rows, and rows -> something a browser can play."""

from __future__ import annotations

import io
import os
import wave
from dataclasses import dataclass, field

import pytest

from cti.errors import NotFound, StoreError
from cti.recordings.index import Recording, RecordingIndex, as_wav, call_of, sound_file, wav_header

CALL = "1795300000.1"
SECOND = b"\x01\x02\x03\x04" * 8000


@dataclass
class Rows:
    """A database of recordings in memory."""

    ended: dict[str, bool] = field(default_factory=dict)
    rows: dict[str, Recording] = field(default_factory=dict)
    asked: int = 0

    async def recordings(self):
        return list(self.rows.values())

    async def save_recordings(self, recordings):
        self.rows.update({recording.path: recording for recording in recordings})

    async def calls_ended(self, calls):
        self.asked += len(calls)
        return {call: self.ended[call] for call in calls if call in self.ended}


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest.fixture
def index(tmp_path, rows) -> RecordingIndex:
    (tmp_path / "2026/11/22").mkdir(parents=True)
    return RecordingIndex(tmp_path, rows)


def write(index: RecordingIndex, name: str, sound: bytes) -> str:
    path = f"2026/11/22/{name}"
    (index.folder / path).write_bytes(sound)
    return path


async def test_a_finished_call_has_a_whole_recording_of_so_many_seconds(index, rows):
    path = write(index, f"{CALL}.raw", SECOND * 3)
    rows.ended[CALL] = True
    assert await index.step() == 1
    found = rows.rows[path]
    assert (found.call, found.seconds, found.bytes, found.state, found.channels) == (CALL, 3.0, 96_000, "whole", 2)


async def test_a_recording_grows_until_its_call_is_over(index, rows):
    path = write(index, f"{CALL}.raw", SECOND)
    await index.step()
    assert rows.rows[path].state == "growing"
    write(index, f"{CALL}.raw", SECOND * 2)
    rows.ended[CALL] = True
    await index.step()
    assert (rows.rows[path].state, rows.rows[path].seconds) == ("whole", 2.0)


async def test_an_empty_file_and_a_missing_one_are_marked(index, rows):
    empty = write(index, f"{CALL}.raw", b"")
    gone = write(index, "1795300009.9.raw", SECOND)
    rows.ended |= {CALL: True, "1795300009.9": True}
    await index.step()
    (index.folder / gone).unlink()
    await index.step()
    assert (rows.rows[empty].state, rows.rows[gone].state) == ("empty", "missing")


async def test_what_is_finished_is_not_looked_at_again(index, rows):
    write(index, f"{CALL}.raw", SECOND)
    rows.ended[CALL] = True
    await index.step()
    rows.asked = 0
    assert await index.step() == 0
    assert rows.asked == 0


async def test_after_a_restart_nothing_changes(index, rows):
    write(index, f"{CALL}.raw", SECOND)
    rows.ended[CALL] = True
    await index.step()
    assert await RecordingIndex(index.folder, rows).step() == 0


@pytest.mark.parametrize(
    ("path", "call"),
    [
        ("2026/11/22/1795300000.1.raw", "1795300000.1"),
        ("1795300000.1-consult.raw", "1795300000.1"),
        ("node-a-1795300000.1.raw", "node-a-1795300000.1"),
        ("1795300000.1.wav", ""),
        ("notes.raw", ""),
        ("../../etc/passwd.raw", ""),
    ],
)
def test_a_files_name_says_whose_it_is(path, call):
    assert call_of(path) == call


async def test_a_wav_is_what_the_raw_file_was(index):
    path = index.folder / write(index, f"{CALL}.raw", SECOND + b"\x07")
    size, blocks = as_wav(path, block_bytes=1000)
    data = b"".join(blocks)
    assert len(data) == size == 44 + len(SECOND)
    with wave.open(io.BytesIO(data)) as sound:
        assert (sound.getnchannels(), sound.getframerate(), sound.getsampwidth()) == (2, 8000, 2)
        assert sound.readframes(10**6) == SECOND


def test_a_header_of_more_than_4_gib_still_is_a_header():
    assert len(wav_header(1 << 40)) == 44


@pytest.mark.parametrize("path", ["../secrets.toml", "/etc/passwd", "2026/11/22", "nothing.raw", "a\x00b", "link.raw"])
def test_only_files_in_the_folder_are_played(index, path):
    index.folder.parent.joinpath("secrets.toml").write_text("x")
    os.symlink("/etc/passwd", index.folder / "link.raw")
    with pytest.raises(NotFound):
        sound_file(index.folder, path)


def test_a_vanished_file_is_said(tmp_path):
    with pytest.raises(StoreError):
        as_wav(tmp_path / "gone.raw")
