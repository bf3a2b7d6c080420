"""Which of a conversation's files is heard when nobody names one: `Answers` over a store that tells of several."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from cti.core.words import CallId
from cti.web.answers import Answers


class OneCall:
    """A store that knows one conversation and its sound files."""

    def __init__(self, *sounds: tuple[str, int]) -> None:
        self._sounds = sounds

    async def conversation(self, call: str) -> dict[str, Any]:
        return {"recordings": [{"path": path, "bytes": size} for path, size in self._sounds]}


def answers(folder: Path, *sounds: tuple[str, int]) -> Answers:
    for path, size in sounds:
        (folder / path).write_bytes(bytes(size))
    config = cast("Any", SimpleNamespace(recordings=folder))
    return Answers(config, cast("Any", None), cast("Any", None), cast("Any", OneCall(*sounds)), lambda: "UTC")


@pytest.mark.asyncio
async def test_the_longest_is_heard_as_it_is_the_customers(tmp_path: Path) -> None:
    found = await answers(tmp_path, ("consulted.raw", 8), ("customer.raw", 64), ("late.raw", 0)).recording(
        CallId("1"), ""
    )
    assert found is not None
    assert (found.path.name, found.size) == ("customer.raw", 64)


@pytest.mark.asyncio
async def test_another_is_heard_by_its_path_and_no_other_file(tmp_path: Path) -> None:
    told = answers(tmp_path, ("consulted.raw", 8), ("customer.raw", 64))
    (tmp_path / "other.raw").write_bytes(bytes(4))
    found = await told.recording(CallId("1"), "consulted.raw")
    assert found is not None
    assert found.path.name == "consulted.raw"
    assert await told.recording(CallId("1"), "other.raw") is None


@pytest.mark.asyncio
async def test_a_call_without_a_sound_has_no_recording(tmp_path: Path) -> None:
    assert await answers(tmp_path, ("late.raw", 0)).recording(CallId("1"), "") is None
