"""The recordings folder -> rows, and rows -> something a browser can play."""

from __future__ import annotations

import io
import os
import shutil
import wave
from dataclasses import dataclass, field

import pytest

from cti.errors import NotFound, StoreError
from cti.recordings.index import Recording, RecordingIndex, as_wav, call_of, rest_seconds, sound_file, wav_header

CALL = "1795300000.1"
SECOND = b"\x01\x02\x03\x04" * 8000


@dataclass
class Rows:
    """A database of recordings in memory."""

    ended: dict[str, bool] = field(default_factory=dict)
    rows: dict[str, Recording] = field(default_factory=dict)
    asked: int = 0

    async def recordings(self):
        for row in list(self.rows.values()):
            yield row

    async def recordings_at(self, paths):
        return [self.rows[path] for path in paths if path in self.rows]

    async def recordings_in(self, folder):
        return [row for path, row in self.rows.items() if os.path.dirname(path) == folder]

    async def save_recordings(self, recordings):
        self.rows.update({recording.path: recording for recording in recordings})

    async def calls_ended(self, calls):
        self.asked += len(calls)
        return {call: self.ended[call] for call in calls if call in self.ended}


@pytest.fixture
def rows() -> Rows:
    return Rows()


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def index(tmp_path, rows, clock) -> RecordingIndex:
    (tmp_path / "2026/11/22").mkdir(parents=True)
    return RecordingIndex(tmp_path, rows, clock)


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


async def test_what_went_and_what_grew_while_nobody_looked_is_seen_after_a_restart(index, rows):
    gone, grown = (write(index, f"179530000{n}.1.raw", SECOND) for n in (1, 2))
    rows.ended["1795300001.1"] = True
    await index.step()
    (index.folder / gone).unlink()
    write(index, "1795300002.1.raw", SECOND * 2)
    rows.ended["1795300002.1"] = True
    assert await RecordingIndex(index.folder, rows).step() == 2
    assert (rows.rows[gone].state, rows.rows[grown].state, rows.rows[grown].seconds) == ("missing", "whole", 2.0)


async def test_a_file_made_in_the_same_tick_of_the_clock_as_the_look_is_found(index, rows):
    folder = index.folder / "2026/11/22"
    await index.step()
    stamp = folder.stat().st_mtime_ns
    path = write(index, f"{CALL}.raw", SECOND)
    os.utime(folder, ns=(stamp, stamp))
    await index.step()
    assert path in rows.rows


async def test_a_folder_that_rests_is_not_read(index, rows, clock, monkeypatch):
    write(index, f"{CALL}.raw", SECOND)
    await index.step()
    clock.now += 2.0
    await index.step()
    read = []
    monkeypatch.setattr(os, "scandir", lambda folder: read.append(folder))
    clock.now += 1.0
    await index.step()
    assert read == []


async def test_memory_keeps_the_folders_that_changed_last_and_what_goes_from_others_is_seen(index, rows):
    for day in range(1, 31):
        folder = index.folder / f"2026/10/{day:02d}"
        folder.mkdir(parents=True)
        (folder / f"17953000{day:02d}.1.raw").write_bytes(SECOND)
        rows.ended[f"17953000{day:02d}.1"] = True
    assert await index.step() == 30
    assert len(index._rows) == 8
    (index.folder / "2026/10/01/1795300001.1.raw").unlink()
    (index.folder / "2026/10/30/1795300030.1.raw").unlink()
    await index.step()
    gone = {path for path, row in rows.rows.items() if row.state == "missing"}
    assert gone == {"2026/10/01/1795300001.1.raw", "2026/10/30/1795300030.1.raw"}
    assert len(index._rows) == 8


async def test_a_folder_that_goes_takes_its_recordings_along(index, rows):
    path = write(index, f"{CALL}.raw", SECOND)
    rows.ended[CALL] = True
    await index.step()
    shutil.rmtree(index.folder / "2026")
    assert await index.step() == 1
    assert rows.rows[path].state == "missing"


async def test_a_file_that_comes_back_is_whole_again(index, rows):
    path = write(index, f"{CALL}.raw", SECOND)
    rows.ended[CALL] = True
    await index.step()
    (index.folder / path).unlink()
    await index.step()
    write(index, f"{CALL}.raw", SECOND)
    await index.step()
    assert rows.rows[path].state == "whole"


async def test_a_database_that_is_down_loses_nothing(index, rows, monkeypatch):
    path = write(index, f"{CALL}.raw", SECOND)

    async def down(_recordings):
        raise StoreError("the database is down")

    with monkeypatch.context() as patch:
        patch.setattr(rows, "save_recordings", down)
        with pytest.raises(StoreError):
            await index.step()
    await index.step()
    assert path in rows.rows


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


@pytest.mark.parametrize(("changed", "rest"), [(0, 1.0), (50, 1.0), (150, 3.0), (9_000, 4.0)])
def test_a_folder_in_which_much_changes_is_left_alone_for_longer(changed, rest):
    assert rest_seconds(changed) == rest
