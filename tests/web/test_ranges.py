"""Recordings: whole, in part, and asked for by somebody hostile (HOSTILE 53)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from yarl import URL

from cti.web.backend import Recording
from cti.web.ranges import parse_range

HEADER, SOUND = b"RIFFheader--", bytes(range(200))
WHOLE = HEADER + SOUND
AUTH = {"Authorization": "Bearer boss-token-1"}


@pytest.fixture
def sound(tmp_path: Path, backend: Any) -> Path:
    file = tmp_path / "c1.raw"
    file.write_bytes(SOUND + b"still being written")
    backend.recordings["c1"] = Recording(HEADER, file, len(SOUND))
    return file


@pytest.fixture
def shortened(tmp_path: Path) -> Path:
    file = tmp_path / "short.raw"
    file.write_bytes(SOUND[:20])
    return file


async def fetch(client: ClientSession, *ranges: str, call: str = "c1") -> tuple[int, bytes, Any]:
    headers = [*AUTH.items(), *(("Range", text) for text in ranges)]
    async with client.get(URL(f"/api/calls/{call}/recording", encoded=True), headers=headers) as answer:
        return answer.status, await answer.read(), answer.headers


async def test_another_file_of_a_call_is_asked_for_by_its_path(client: ClientSession, sound: Path) -> None:
    for file, status in (("c1.raw", 200), ("../c1.raw", 404)):
        query = {"file": file}
        async with client.get("/api/calls/c1/recording", params=query, headers=AUTH) as answer:
            assert answer.status == status


async def test_a_recording_is_its_header_and_its_sound(client: ClientSession, sound: Path) -> None:
    status, body, headers = await fetch(client)
    assert (status, body) == (200, WHOLE)
    assert headers["Content-Type"] == "audio/wav"
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-3", 0, 4),
        ("bytes=8-19", 8, 20),
        ("bytes=50-", 50, 212),
        ("bytes=-1", 211, 212),
        ("bytes=-9999", 0, 212),
        ("bytes=200-9999", 200, 212),
        ("bytes=12-12", 12, 13),
    ],
)
async def test_one_range_is_sent_across_the_seam(
    client: ClientSession, sound: Path, asked: str, start: int, end: int
) -> None:
    status, body, headers = await fetch(client, asked)
    assert (status, body) == (206, WHOLE[start:end])
    assert headers["Content-Range"] == f"bytes {start}-{end - 1}/212"


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=212-",
        "bytes=5-4",
        "bytes=-0",
        "bytes=-",
        "bytes=a-b",
        "lines=0-1",
        "",
        "bytes=0-0," * 1000 + "0-0",
        "bytes=-1,-1",
        "bytes=0-" + "9" * 4000,
        "bytes=１-２",
    ],
)
def test_everything_but_one_satisfiable_range_is_refused(asked: str) -> None:
    assert parse_range(asked, 212) is None


async def test_a_thousand_ranges_are_answered_416(client: ClientSession, sound: Path) -> None:
    status, _, headers = await fetch(client, "bytes=" + ",".join(["0-0"] * 1000))
    assert (status, headers["Content-Range"]) == (416, "bytes */212")
    assert (await fetch(client, "bytes=0-1", "bytes=2-3"))[0] == 416


@pytest.mark.parametrize(
    "call", ["..%2F..%2Fetc%2Fpasswd", "%2Fetc%2Fpasswd", "..", "c1%00", "c1%0d%0aX:%20y", "nothing"]
)
async def test_an_id_is_never_a_path(client: ClientSession, sound: Path, call: str) -> None:
    status, body, _ = await fetch(client, call=call)
    assert status == 404
    assert b"root:" not in body


async def test_a_symlink_or_a_folder_or_a_missing_file_is_not_sent(
    client: ClientSession, sound: Path, tmp_path: Path, backend: Any
) -> None:
    link = tmp_path / "link.raw"
    link.symlink_to(sound)
    for path in (link, tmp_path, tmp_path / "gone.raw"):
        backend.recordings["c1"] = Recording(HEADER, path, 10)
        status, body, _ = await fetch(client)
        assert (status, SOUND[:4] in body) == (404, False)


async def test_a_file_shorter_than_promised_is_sent_as_far_as_it_goes(
    client: ClientSession, shortened: Path, backend: Any
) -> None:
    backend.recordings["c1"] = Recording(HEADER, shortened, len(SOUND))
    status, body, headers = await fetch(client)
    assert (status, body, headers["Content-Length"]) == (200, WHOLE[:32], "32")
