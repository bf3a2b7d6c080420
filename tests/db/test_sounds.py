"""Rows of recordings, as the index of the recordings folder asks for them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cti.db.sounds import Sounds
from cti.recordings.index import Recording

AT = datetime(2026, 11, 22, 7, tzinfo=UTC)
ONE = Recording(
    path="2026/11/22/1795300000.1.raw", call="1795300000.1", started=AT, seconds=3.0, bytes=96_000, state="whole"
)
PATHS = ["2026/11/22/1795300000.1.raw", "2026/11/22/x/1.1.raw", "2026/11/220/2.1.raw", "2026/11_22/3.1.raw", "4.1.raw"]


@pytest.fixture
def sounds(store) -> Sounds[Recording]:
    return Sounds(store.database, Recording)


async def test_a_row_comes_back_as_it_was_and_a_later_one_takes_its_place(sounds):
    await sounds.save_recordings([ONE])
    assert [row async for row in sounds.recordings()] == [ONE]
    longer = replace(ONE, seconds=4.0, bytes=128_000)
    await sounds.save_recordings([longer])
    assert [row async for row in sounds.recordings()] == [longer]


async def test_rows_are_asked_for_by_path(sounds):
    await sounds.save_recordings([replace(ONE, path=path) for path in PATHS])
    found = await sounds.recordings_at([PATHS[1], PATHS[4], "5.1.raw"])
    assert {row.path for row in found} == {PATHS[1], PATHS[4]}


@pytest.mark.parametrize(
    ("folder", "path"), [("2026/11/22", PATHS[0]), ("2026/11/22/x", PATHS[1]), ("2026/11_22", PATHS[3]), ("", PATHS[4])]
)
async def test_rows_are_asked_for_by_folder_and_not_by_what_looks_like_it(sounds, folder, path):
    await sounds.save_recordings([replace(ONE, path=path) for path in PATHS])
    assert [row.path for row in await sounds.recordings_in(folder)] == [path]
